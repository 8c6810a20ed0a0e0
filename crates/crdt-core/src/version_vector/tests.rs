//! Version vectors: laws, and comparison against sets of single events.

use alloc::collections::BTreeSet;

use crate::testing::{agent, check_codec, check_laws, check_property};
use crate::{CausalOrdering, Dot, DotContext, DotError, Lattice, MAX_SEQ, VersionVector};

fn events(vector: &VersionVector) -> BTreeSet<Dot> {
    crate::testing::dots(&DotContext::from(vector))
}

#[test]
fn lattice_laws() {
    check_laws::<VersionVector>();
}

#[test]
fn codec_is_canonical() {
    check_codec::<VersionVector>();
}

#[test]
fn comparison_agrees_with_single_events() {
    fn property(left: VersionVector, right: VersionVector, dot: Dot) -> bool {
        let (l, r) = (events(&left), events(&right));
        let expected = CausalOrdering::from_leq(l.is_subset(&r), r.is_subset(&l));
        left.compare(&right) == expected
            && right.compare(&left) == expected.reverse()
            && left.partial_cmp(&right) == expected.to_partial()
            && (left == right) == (expected == CausalOrdering::Equal)
            && events(&left.meet(&right)) == &l & &r
            && left.contains(&dot) == l.contains(&dot)
            && left.n_agents() == left.iter().count()
    }
    check_property(property as fn(VersionVector, VersionVector, Dot) -> bool);
}

/// Mutation testing: few generated vectors have nothing to tell each other, so this is said by hand.
#[test]
fn only_what_grows_a_vector_is_a_change() {
    let mut vector = VersionVector::new();
    assert_eq!(vector.advance(&agent(0), 5), Ok(true));
    assert_eq!(vector.advance(&agent(0), 5), Ok(false));
    assert_eq!(vector.advance(&agent(0), 4), Ok(false));
    assert_eq!(vector.next_seq(&agent(0)), 5);
    assert!(!vector.join(&vector.clone()));
    assert_eq!(vector.advance(&agent(0), 6), Ok(true));
}

#[test]
fn a_refused_entry_changes_nothing() {
    let mut vector = VersionVector::new();
    vector.advance(&agent(0), 5).unwrap();
    let before = vector.clone();
    let seq = MAX_SEQ + 1;
    assert_eq!(
        vector.advance(&agent(0), seq + 1),
        Err(DotError::SeqTooLarge { seq })
    );
    assert_eq!(
        vector.advance(&agent(1), seq + 1),
        Err(DotError::SeqTooLarge { seq })
    );
    assert_eq!(vector, before);
    assert_eq!(vector.advance(&agent(0), MAX_SEQ + 1), Ok(true));
}

#[test]
fn nothing_held_has_no_entry() {
    let mut vector = VersionVector::new();
    assert_eq!(vector.advance(&agent(0), 0), Ok(false));
    assert!(vector.is_empty());
}
