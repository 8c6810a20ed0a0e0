//! Taking in a whole history where there is none.

use crdt_core::Lv;
use smallvec::SmallVec;

use super::{MAX_LEN, OpLog};
use crate::Update;
use crate::error::{EditError, UpdateError};

impl OpLog {
    /// Takes in an update, whose operations become this log's own if it has none.
    ///
    /// # Errors
    /// As [`Self::apply`].
    pub(crate) fn take(&mut self, update: Update) -> Result<usize, UpdateError> {
        if !self.is_empty() {
            return self.apply(&update);
        }
        let n_events = update.len();
        self.atomically(|oplog| oplog.load_graph(&update))?;
        self.ops = update.into_ops();
        Ok(n_events)
    }

    /// Takes in runs and parents; local versions come out as the update numbers its events.
    fn load_graph(&mut self, update: &Update) -> Result<(), UpdateError> {
        if update.text_bytes() > MAX_LEN {
            let limit = MAX_LEN;
            return Err(UpdateError::Malformed(EditError::TooLong { limit }));
        }
        let mut agents = vec![None; update.agents().len()];
        for run in update.runs() {
            let mut parents = SmallVec::<[Lv; 2]>::new();
            for parent in run.parents {
                let agent = self.agent_of(update, &mut agents, parent.agent);
                match self.graph.lv_of(agent, parent.seq) {
                    Some(lv) => parents.push(lv),
                    None => return Err(UpdateError::MissingDependency(update.dot(parent)?)),
                }
            }
            parents.sort_unstable();
            let agent = self.agent_of(update, &mut agents, run.agent);
            let len = run.lvs.len() as usize;
            for segment in self.graph.segments(agent, run.seq, len, &parents)? {
                self.graph.add_segment(agent, run.seq, &parents, &segment)?;
            }
        }
        Ok(())
    }
}
