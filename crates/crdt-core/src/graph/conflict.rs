//! Both sides of an event that was offered with other parents.

use alloc::boxed::Box;
use core::fmt;

use super::CausalGraph;
use super::error::IngestError;
use super::frontier::RemoteFrontier;
use super::lv::Lv;
use crate::{AgentIdx, Equivocation};

/// What one side says of an event.
enum Side {
    Parents(RemoteFrontier),
    /// It lies below the floor here, where nothing is left to compare with.
    Dropped,
}

impl fmt::Debug for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parents(dots) => f.debug_tuple("Parents").field(dots).finish(),
            Self::Dropped => f.write_str("Dropped"),
        }
    }
}

impl CausalGraph {
    /// Why a run of `agent` from `first_seq` on, made on `parents`, is refused: event `seq` of it is known.
    #[cold]
    pub(super) fn conflict(
        &self,
        agent: AgentIdx,
        first_seq: u64,
        seq: u64,
        parents: &[Lv],
    ) -> IngestError {
        let known = self.lv_of(agent, seq).and_then(|lv| self.parents_of(lv));
        let ours = known.map_or(Side::Dropped, |parents| self.side(parents.as_slice()));
        let theirs = if seq == first_seq {
            self.side(parents)
        } else {
            Side::Parents([self.dot(agent, seq - 1)].into())
        };
        let dot = self.dot(agent, seq);
        IngestError::Conflict(Box::new(Equivocation::new(dot, &ours, &theirs)))
    }

    fn side(&self, parents: &[Lv]) -> Side {
        let ids = parents.iter().flat_map(|lv| self.version_ids(*lv));
        let mut dots: RemoteFrontier = ids.map(|(agent, seq)| self.dot(agent, seq)).collect();
        dots.sort_unstable();
        Side::Parents(dots)
    }
}
