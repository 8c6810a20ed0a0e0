//! Putting an update together from its rows.

use crdt_core::codec::{Budget, DecodeError};
use crdt_core::{AgentId, Lv};

use super::super::rows::{MALFORMED, OpRow, Rows, Take};
use super::super::{Update, WireDot};
use super::parents;
use super::text::Rest;
use crate::op_log::MAX_LEN;

/// How many events cost as much of a budget as one row: they take room in the op log.
const EVENTS_PER_ITEM: u64 = 64;

/// An update in the making.
pub(super) struct History<'a> {
    update: Update,
    rows: Rows,
    inserted: Rest<'a>,
    /// Apart, or else among the inserted text.
    recorded: Option<Rest<'a>>,
    rows_left: u64,
    budget: &'a mut Budget,
    /// Whether all runs and parents were in an order that needs no second look.
    is_plain: bool,
}

impl<'a> History<'a> {
    pub(super) fn new(
        agents: Vec<AgentId>,
        inserted: &'a str,
        recorded: Option<&'a str>,
        max_rows: u64,
        budget: &'a mut Budget,
    ) -> Self {
        Self {
            rows: Rows::new(agents.len()),
            update: Update {
                agents,
                ..Update::default()
            },
            inserted: Rest::of(inserted),
            recorded: recorded.map(Rest::of),
            rows_left: max_rows,
            budget,
            is_plain: true,
        }
    }

    /// Takes a run with its parents and operations.
    pub(super) fn take_run(&mut self, from: &mut impl Take) -> Result<(), DecodeError> {
        let head = self.rows.take_head(from)?;
        self.spend((head.parents.len() as u64).saturating_add(1))?;
        self.is_plain &= self.rows.next_seq(head.first.agent) <= head.first.seq;
        for parent in &head.parents {
            self.is_plain &= parent.seq < self.rows.next_seq(parent.agent);
        }
        self.update.parents.extend_from_slice(&head.parents);
        let start = self.update.ops.end();
        let mut is_first = true;
        loop {
            self.spend(1)?;
            let row = self.rows.take_op(from, head.first.agent, is_first)?;
            self.push_op(row)?;
            is_first = false;
            if row.is_last {
                break;
            }
        }
        self.rows.end_run(head.first, self.n_events_since(start))?;
        self.end_run(head.first, start)
    }

    /// Takes a run that was read before, its agents numbered as the update's.
    pub(super) fn push_run(
        &mut self,
        first: WireDot,
        parents: &[WireDot],
        ops: &[OpRow],
    ) -> Result<(), DecodeError> {
        self.is_plain = false;
        self.update.parents.extend_from_slice(parents);
        let start = self.update.ops.end();
        ops.iter().try_for_each(|&row| self.push_op(row))?;
        self.end_run(first, start)
    }

    #[inline]
    fn push_op(&mut self, row: OpRow) -> Result<(), DecodeError> {
        if self.update.len().saturating_add(row.len as usize) > MAX_LEN {
            return Err(MALFORMED);
        }
        let text = if row.is_insert() {
            Some(self.inserted.take(row.len)?)
        } else if row.is_recorded() {
            let text = self.recorded.as_mut().unwrap_or(&mut self.inserted);
            Some(text.take(row.len)?)
        } else {
            None
        };
        self.update.ops.push(&row.with_text(text));
        Ok(())
    }

    fn end_run(&mut self, first: WireDot, start: Lv) -> Result<(), DecodeError> {
        let end = self.update.ops.end();
        let n_events = self.n_events_since(start);
        self.budget.spend_items(n_events / EVENTS_PER_ITEM)?;
        let parents_end = self.update.parents.len() as u32;
        self.update.end_run(first, end, parents_end);
        Ok(())
    }

    /// Checks that all text is used up, that no event is there twice, and that parents come first.
    pub(super) fn finish(self) -> Result<Update, DecodeError> {
        if !self.inserted.is_empty() || self.recorded.is_some_and(|text| !text.is_empty()) {
            return Err(MALFORMED);
        }
        if !self.is_plain {
            parents::check(&self.update)?;
        }
        Ok(self.update)
    }

    fn n_events_since(&self, start: Lv) -> u64 {
        u64::from(self.update.ops.end().get().saturating_sub(start.get()))
    }

    /// Pays for rows, out of the input as well as out of the budget.
    #[inline]
    fn spend(&mut self, n_rows: u64) -> Result<(), DecodeError> {
        self.rows_left = self.rows_left.checked_sub(n_rows).ok_or(MALFORMED)?;
        self.budget.spend_items(n_rows)
    }
}
