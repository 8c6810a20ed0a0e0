//! Maps of `crdts`.
//!
//! An entry holds a multi-value register, since the crate's registers that let the last writer win
//! are not values that a map can reset. Writing goes the documented way, from a read to a context
//! to an op; `read_ctx` is the cheapest of the reads.

use crdts::{CmRDT, MVReg};

/// A map from keys to numbers.
pub type Map = crdts::Map<String, MVReg<u64, u64>, u64>;

/// What one put sends to other replicas.
pub type Op = crdts::map::Op<String, MVReg<u64, u64>, u64>;

/// The agent that fills maps.
pub const ALICE: u64 = 1;

/// The agent that changes them elsewhere.
pub const BOB: u64 = 2;

/// Writes an entry, and returns the op for others.
///
/// Applying takes the op itself, so whoever also wants to send it needs a copy.
pub fn put(map: &mut Map, agent: u64, key: String, value: u64) -> Op {
    let context = map.read_ctx().derive_add_ctx(agent);
    let op = map.update(key, context, |register, context| {
        register.write(value, context)
    });
    map.apply(op.clone());
    op
}

#[cfg(test)]
mod tests {
    use super::{ALICE, Map, put};
    use crdts::{CmRDT, CvRDT};

    /// What is left of two entries when the op of the first arrives after that of the second.
    #[test]
    fn an_op_that_comes_too_early_loses_those_before_it_everywhere() {
        let mut theirs = Map::new();
        let [first, second] = ["a", "b"].map(|key| put(&mut theirs, ALICE, key.into(), 1));
        let mut ours = Map::new();
        assert!(ours.validate_op(&second).is_err());
        ours.apply(second);
        ours.apply(first);
        assert_eq!(ours.read_ctx(), theirs.read_ctx());
        assert_eq!((ours.len().val, theirs.len().val), (1, 2));

        // The state with the hole counts as one with a remove.
        ours.merge(theirs.clone());
        theirs.merge(ours.clone());
        assert_eq!((ours.len().val, theirs.len().val), (1, 1));
    }
}
