//! Reading a whole history where there is none.

use crdt_core::codec::Budget;

use super::OpLog;
use crate::update;

impl OpLog {
    /// Reads a file into an op log without events; returns how many there are then.
    ///
    /// `None`, and nothing changed, if the op log has events, or if anything is wrong with the file:
    /// reading it as an [`Update`](crate::Update) tells what, so nothing of the budget is spent then.
    pub(crate) fn load(&mut self, bytes: &[u8], budget: &mut Budget) -> Option<usize> {
        if !self.is_empty() {
            return None;
        }
        let (mut graph, mut rest) = (self.graph.clone(), budget.clone());
        self.ops = update::load(bytes, &mut rest, &mut graph)?;
        (self.graph, *budget) = (graph, rest);
        Some(self.len())
    }
}
