//! What must hold before anything is appended. Nothing here changes the graph.

use super::CausalGraph;
use super::error::GraphError;
use super::frontier::Frontier;
use super::lv::{Lv, MAX_EVENTS};
use super::runs::MAX_PARENTS;
use crate::{AgentIdx, MAX_SEQ};

impl CausalGraph {
    pub(super) fn check_agent(&self, agent: AgentIdx) -> Result<(), GraphError> {
        if agent.index() < self.agents.len() {
            Ok(())
        } else {
            Err(GraphError::UnknownAgent)
        }
    }

    pub(super) fn check_version(&self, version: &Frontier) -> Result<(), GraphError> {
        self.check_known(version.as_slice())
    }

    /// Checks that parents are known, sorted, distinct and minimal.
    #[inline]
    pub(super) fn check_parents(&self, parents: &[Lv]) -> Result<(), GraphError> {
        if self.frontier.is(parents) {
            return Ok(());
        }
        let is_known = match *parents {
            [] => true,
            [parent] => parent < self.end(),
            [low, high] => low < high && high < self.end(),
            _ => false,
        };
        if !is_known {
            self.check_known(parents)?;
            check_sorted(parents)?;
        }
        self.check_above_floor(parents)?;
        if self.is_minimal(parents) {
            Ok(())
        } else {
            Err(GraphError::NonMinimalParents)
        }
    }

    /// Checks that there is room for a run.
    #[inline]
    pub(super) fn check_room(&self, n_events: u32, n_parents: usize) -> Result<(), GraphError> {
        if n_events > MAX_EVENTS - self.end().get() {
            return Err(GraphError::TooManyEvents { limit: MAX_EVENTS });
        }
        if n_parents > MAX_PARENTS as usize - self.runs.n_parents() {
            return Err(GraphError::TooManyParents { limit: MAX_PARENTS });
        }
        Ok(())
    }

    #[inline]
    pub(super) fn check_known(&self, events: &[Lv]) -> Result<(), GraphError> {
        match events.iter().find(|&&lv| lv >= self.end()) {
            Some(lv) => Err(GraphError::UnknownVersion { lv: lv.get() }),
            None => Ok(()),
        }
    }

    /// Stops on a version that this graph did not make, rather than to answer at random.
    ///
    /// O(1): heads are sorted.
    #[inline]
    #[track_caller]
    pub(super) fn assert_known(&self, sorted: &[Lv]) {
        let n_events = self.len();
        assert!(
            sorted.last().is_none_or(|lv| lv.index() < n_events),
            "version {sorted:?} is not of this graph, which has {n_events} events"
        );
    }
}

/// Checks the length of a run against its sequence numbers and what any graph can hold.
#[inline]
pub(super) fn check_len(seq: u64, len: usize) -> Result<u32, GraphError> {
    if len == 0 {
        return Err(GraphError::EmptyRun);
    }
    let n_events = u64::try_from(len).unwrap_or(u64::MAX);
    if seq
        .checked_add(n_events)
        .is_none_or(|end| end > MAX_SEQ + 1)
    {
        return Err(GraphError::SeqOverflow { seq });
    }
    u32::try_from(len)
        .ok()
        .filter(|&len| len <= MAX_EVENTS)
        .ok_or(GraphError::TooManyEvents { limit: MAX_EVENTS })
}

#[inline]
pub(super) fn check_sorted(parents: &[Lv]) -> Result<(), GraphError> {
    if parents.windows(2).any(|pair| pair[0] >= pair[1]) {
        return Err(GraphError::UnsortedParents);
    }
    Ok(())
}
