//! Telling an op log from all others.
//!
//! Local versions of one op log mean other events in another, also in a copy that goes its own way. Who
//! remembers any beyond a call must know the op log again.

use alloc::sync::Arc;

use super::OpLog;

/// What no other op log has, not even a copy of it.
#[derive(Debug, Default)]
pub(super) struct Identity(Arc<()>);

impl Clone for Identity {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// Knows an op log again.
#[derive(Clone, Debug)]
pub(crate) struct Recognition(Arc<()>);

impl Recognition {
    /// Whether this is the op log that it was made by.
    pub(crate) fn is_of(&self, oplog: &OpLog) -> bool {
        Arc::ptr_eq(&self.0, &oplog.identity.0)
    }
}

impl OpLog {
    pub(crate) fn recognition(&self) -> Recognition {
        Recognition(Arc::clone(&self.identity.0))
    }
}
