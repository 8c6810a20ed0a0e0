//! Reading a whole history where there is none.

use crdt_core::codec::DecodeLimits;

use super::OpLog;
use crate::update;

impl OpLog {
    /// Reads a file into an op log without events; returns how many there are then.
    ///
    /// `None`, and nothing changed, if the op log has events, or if anything is wrong with the file:
    /// reading it as an [`Update`](crate::Update) tells what.
    pub(crate) fn load(&mut self, bytes: &[u8], limits: &DecodeLimits) -> Option<usize> {
        if !self.is_empty() {
            return None;
        }
        let mut graph = self.graph.clone();
        self.ops = update::load(bytes, limits, &mut graph)?;
        self.graph = graph;
        Some(self.len())
    }
}
