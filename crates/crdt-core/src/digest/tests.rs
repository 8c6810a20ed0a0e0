//! Digests are those of the published function, and follow what a state means.

use alloc::format;
use alloc::string::ToString as _;
use core::convert::Infallible;

use super::Digest;
use crate::codec::{Encode, Writer};
use crate::{DeltaState, IntervalSet, Summarize};

/// Made with another implementation of the function, which agrees with its published vectors.
#[test]
fn digests_are_those_of_siphash_with_a_key_of_zeros() {
    for (bytes, expected) in [
        ("", "5049d74780a3e07d4202ab47d4cef2f4"),
        ("a", "ffcc4e749c37a0bee6c404890ecd7325"),
        ("hello, replica", "81e8d32a48efe5d75f58f3b86cb0b8e6"),
    ] {
        let digest = Digest::of(bytes.as_bytes());
        assert_eq!(digest.to_string(), expected);
        assert_eq!(format!("{digest:?}"), format!("Digest({expected})"));
        assert_eq!(Digest::from_bytes(digest.to_bytes()), digest);
    }
}

#[test]
fn a_state_that_says_nothing_else_is_its_bytes() {
    let set = IntervalSet::from_iter([1..5, 8..9]);
    assert_eq!(Digest::of_state(&set), Digest::of(&set.to_bytes()));
    assert_ne!(
        Digest::of_state(&set),
        Digest::of_state(&IntervalSet::new())
    );
}

/// A set that keeps a note about itself, which means nothing.
struct Noted(IntervalSet, u8);

impl DeltaState for Noted {
    type Delta = IntervalSet;
    type Error = Infallible;

    fn apply_delta(&mut self, delta: &IntervalSet) -> Result<bool, Infallible> {
        self.0.apply_delta(delta)
    }
}

impl Summarize for Noted {
    type Summary = IntervalSet;

    fn summary(&self) -> IntervalSet {
        self.0.summary()
    }

    fn delta_since(&self, known: &IntervalSet) -> Option<IntervalSet> {
        self.0.delta_since(known)
    }

    fn write_meaning(&self, w: &mut Writer) -> bool {
        self.0.encode(w);
        true
    }
}

impl Encode for Noted {
    fn encode(&self, w: &mut Writer) {
        self.0.encode(w);
        w.u8(self.1);
    }
}

#[test]
fn a_state_that_says_what_it_means_is_that() {
    let (ours, theirs) = (Noted((0..4).into(), 1), Noted((0..4).into(), 2));
    assert_ne!(ours.to_bytes(), theirs.to_bytes());
    assert_eq!(Digest::of_state(&ours), Digest::of_state(&theirs));
    assert_eq!(Digest::of_state(&ours), Digest::of(&ours.0.to_bytes()));
}
