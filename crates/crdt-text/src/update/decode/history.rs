//! Putting a history together from its rows.

use crdt_core::codec::{Budget, DecodeError};
use crdt_core::{Lv, LvRange};

use super::super::WireDot;
use super::super::rows::{MALFORMED, OpRow, Rows, Take};
use super::super::slip::SlipRun;
use super::text::Rest;
use crate::op_log::{MAX_LEN, OpRuns, OpsBuilder};

/// How many events cost as much of a budget as one row: they take room in the op log.
const EVENTS_PER_ITEM: u64 = 64;

/// Where runs go, each after what it tells of.
pub(super) trait Target {
    /// Makes room for about so many runs.
    fn reserve(&mut self, n_runs: usize);

    /// Takes a run in; its events follow those of the run before.
    fn run(&mut self, first: WireDot, parents: &[WireDot], lvs: LvRange)
    -> Result<(), DecodeError>;
}

/// A history in the making.
pub(super) struct History<'a, T> {
    target: T,
    rows: Rows,
    /// Of the run at hand.
    parents: Vec<WireDot>,
    ops: OpsBuilder,
    recorded: Rest<'a>,
    rows_left: u64,
    /// What is left of the budget, which is settled in the end: there are very many small spends.
    items_left: u64,
    budget: &'a mut Budget,
    /// Whether all runs and parents were in an order that needs no second look.
    is_plain: bool,
}

/// A history that was read to its end.
pub(super) struct Finished<T> {
    pub(super) target: T,
    pub(super) ops: OpRuns,
    /// Whether no event can be there twice, or before its parents.
    pub(super) is_plain: bool,
}

impl<'a, T: Target> History<'a, T> {
    pub(super) fn new(
        target: T,
        n_agents: usize,
        inserted: String,
        recorded: &'a str,
        max_rows: u64,
        budget: &'a mut Budget,
    ) -> Self {
        Self {
            target,
            rows: Rows::new(n_agents),
            parents: Vec::new(),
            ops: OpsBuilder::new(inserted),
            recorded: Rest::of(recorded),
            rows_left: max_rows,
            items_left: budget.items_left(),
            budget,
            is_plain: true,
        }
    }

    /// Takes the text that a shallow history starts from.
    pub(super) fn push_floor(&mut self, n_chars: u32) -> Result<(), DecodeError> {
        self.spend_items(u64::from(n_chars) / EVENTS_PER_ITEM)?;
        self.ops.push_floor(n_chars).ok_or(MALFORMED)
    }

    /// Makes room for so many runs, as far as they can be paid for.
    pub(super) fn reserve(&mut self, n_runs: u64) {
        let n_runs = n_runs.min(self.items_left) as usize;
        self.target.reserve(n_runs);
        self.ops.reserve(n_runs);
    }

    /// Takes a run with its parents and operations.
    #[inline]
    pub(super) fn take_run(&mut self, from: &mut impl Take) -> Result<(), DecodeError> {
        let head = self.rows.take_head(from)?;
        self.spend(head.n_rows())?;
        self.parents.clear();
        self.rows.take_parents(from, head, &mut self.parents)?;
        let first = head.first;
        self.is_plain &= self.rows.next_seq(first.agent) <= first.seq;
        for parent in &self.parents {
            self.is_plain &= parent.seq < self.rows.next_seq(parent.agent);
        }
        let start = self.ops.len();
        let mut turn = self.rows.turn(first);
        loop {
            self.spend(1)?;
            let row = turn.take_op(from)?;
            self.push_op(row)?;
            if row.is_last {
                break;
            }
        }
        let n_events = self.n_events_since(start);
        self.rows.end_run(first, &turn, n_events)?;
        self.end_run(first, start)
    }

    /// Takes a run that was read before, its agents numbered as the target's.
    pub(super) fn push_run(&mut self, run: &SlipRun) -> Result<(), DecodeError> {
        self.is_plain = false;
        let start = self.ops.len();
        run.ops.iter().try_for_each(|&row| self.push_op(row))?;
        self.parents.clone_from(&run.parents);
        self.end_run(run.first, start)
    }

    #[inline]
    fn push_op(&mut self, row: OpRow) -> Result<(), DecodeError> {
        if self.ops.len().saturating_add(row.len as usize) > MAX_LEN {
            return Err(MALFORMED);
        }
        if row.is_insert() {
            return self.ops.push_insert(row.lowest, row.len).ok_or(MALFORMED);
        }
        let text = if row.is_recorded() {
            Some(self.recorded.take(row.len).ok_or(MALFORMED)?)
        } else {
            None
        };
        self.ops
            .push_delete(row.lowest, row.len, row.direction(), text);
        Ok(())
    }

    #[inline]
    fn end_run(&mut self, first: WireDot, start: usize) -> Result<(), DecodeError> {
        let n_events = self.n_events_since(start);
        self.spend_items(n_events / EVENTS_PER_ITEM)?;
        let start = Lv::new(start as u32);
        self.target.run(
            first,
            &self.parents,
            LvRange::new(start, start.plus(n_events as u32)),
        )
    }

    /// Checks that all text is used up.
    pub(super) fn finish(mut self) -> Result<Finished<T>, DecodeError> {
        if !self.recorded.is_empty() {
            return Err(MALFORMED);
        }
        self.settle(0)?;
        Ok(Finished {
            target: self.target,
            ops: self.ops.finish().ok_or(MALFORMED)?,
            is_plain: self.is_plain,
        })
    }

    fn n_events_since(&self, start: usize) -> u64 {
        self.ops.len().saturating_sub(start) as u64
    }

    /// Pays for rows, out of the input as well as out of the budget.
    #[inline]
    fn spend(&mut self, n_rows: u64) -> Result<(), DecodeError> {
        self.rows_left = self.rows_left.checked_sub(n_rows).ok_or(MALFORMED)?;
        self.spend_items(n_rows)
    }

    #[inline]
    fn spend_items(&mut self, n: u64) -> Result<(), DecodeError> {
        match self.items_left.checked_sub(n) {
            Some(left) => {
                self.items_left = left;
                Ok(())
            }
            None => self.settle(n),
        }
    }

    /// Takes what was spent out of the budget, and `n` items more.
    #[cold]
    fn settle(&mut self, n: u64) -> Result<(), DecodeError> {
        let spent = self.budget.items_left().saturating_sub(self.items_left);
        self.budget.spend_items(spent.saturating_add(n))
    }
}

#[cfg(test)]
mod tests {
    use crdt_core::codec::{Budget, DecodeError, DecodeLimits};

    use super::super::super::Update;
    use super::super::super::rows::{Take, field};
    use super::History;

    /// Tables of one symbol each yield for ever, and take nothing of the input.
    struct Endless {
        n_taken: usize,
    }

    impl Take for Endless {
        fn take(&mut self, field: usize) -> Result<u64, DecodeError> {
            self.n_taken += 1;
            assert!(self.n_taken < 1_000, "it never ends");
            let is_shape = (field::PARENTS..field::PARENT_AGENT).contains(&field);
            // Each parent is the one after the last.
            let step = if field == field::PARENT_SEQ { 2 } else { 0 };
            Ok(if is_shape { 1 << 50 } else { step })
        }
    }

    /// Parents were read before they were paid for.
    #[test]
    fn endless_parents_are_not_read() {
        for (max_rows, limits) in [
            (500, DecodeLimits::default()),
            (u64::MAX, DecodeLimits::default().with_max_items(500)),
        ] {
            let mut budget = Budget::new(&limits);
            let target = Update::default();
            let mut history = History::new(target, 1, String::new(), "", max_rows, &mut budget);
            assert!(history.take_run(&mut Endless { n_taken: 0 }).is_err());
        }
    }
}
