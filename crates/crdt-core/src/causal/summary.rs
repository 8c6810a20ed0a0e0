//! What a replica of a causal value says it holds.

use crate::DotContext;
use crate::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer};

/// What a replica of a causal value holds: every event it knows, and those still in effect.
///
/// The difference of the two is what was removed, so two summaries find additions and removals alike.
///
/// # Examples
/// ```
/// # use crdt_core::{Causal, DotSet, Summarize};
/// assert!(Causal::<DotSet>::new().summary().known.is_empty());
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct CausalSummary {
    /// The dots of all events seen.
    pub known: DotContext,
    /// Of these, the dots that stand in the store.
    pub live: DotContext,
}

/// First what is known, then what is live.
impl Encode for CausalSummary {
    fn encode(&self, w: &mut Writer) {
        self.known.encode(w);
        self.live.encode(w);
    }
}

impl Decode for CausalSummary {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        let known = DotContext::decode(r, budget)?;
        let offset = r.offset();
        let live = DotContext::decode(r, budget)?;
        if !live.is_subset(&known) {
            return Err(DecodeError::NotCanonical { offset });
        }
        Ok(Self { known, live })
    }
}
