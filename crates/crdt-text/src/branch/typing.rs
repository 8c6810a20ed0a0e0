//! Single keys next to the last one: what nearly all local edits are.
//!
//! Nothing here does what [`Branch::insert`] and [`Branch::delete`] would not do. It only asks, in a
//! few comparisons, whether nothing has to be looked up: the rope's last edit was here, and the
//! event continues the runs that end the op log.

use crdt_core::{AgentIdx, Frontier, LvRange};

use super::Branch;
use crate::OpLog;

impl Branch {
    /// Inserts a key of one byte where the last edit was; `None`, and nothing happened, if that is
    /// not what is asked for.
    #[inline]
    pub(super) fn type_key(
        &mut self,
        oplog: &mut OpLog,
        agent: AgentIdx,
        at: usize,
        text: &str,
    ) -> Option<LvRange> {
        let &[key] = text.as_bytes() else { return None };
        // One byte of text is ASCII, which the compiler does not know.
        if !key.is_ascii() || !self.rope.can_type(at) {
            return None;
        }
        let lvs = oplog.type_key(agent, &self.version, at as u32, key)?;
        self.rope.type_key(key);
        self.version = Frontier::from(lvs.start);
        Some(lvs)
    }

    /// Deletes the key before or after the place of the last edit, if it is one byte.
    #[inline]
    pub(super) fn erase_key(
        &mut self,
        oplog: &mut OpLog,
        agent: AgentIdx,
        at: u32,
    ) -> Option<LvRange> {
        if !self.rope.can_erase(at) {
            return None;
        }
        let lvs = oplog.erase_key(agent, &self.version, at)?;
        self.rope.erase_key(at);
        self.version = Frontier::from(lvs.start);
        Some(lvs)
    }
}
