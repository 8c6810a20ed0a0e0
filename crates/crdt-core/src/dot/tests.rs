//! Dots and dot ranges at their limits.

use alloc::string::ToString;
use alloc::vec::Vec;

use crate::testing::{agent, check_codec};
use crate::{AgentId, Dot, DotError, DotRange, MAX_SEQ};

#[test]
fn seqs_end_at_the_largest_exact_json_number() {
    assert_eq!(MAX_SEQ, 9_007_199_254_740_991);
    assert!(Dot::new(agent(0), MAX_SEQ).is_ok());
    for seq in [MAX_SEQ + 1, u64::MAX] {
        assert_eq!(Dot::new(agent(0), seq), Err(DotError::SeqTooLarge { seq }));
    }
}

#[test]
fn ranges_are_never_empty_and_stay_below_the_limit() {
    let range = |start, end| DotRange::new(agent(0), start, end);
    assert!(range(0, 1).is_ok());
    assert!(range(MAX_SEQ, MAX_SEQ + 1).is_ok());
    assert_eq!(range(3, 3), Err(DotError::EmptyRange { start: 3, end: 3 }));
    assert_eq!(range(4, 3), Err(DotError::EmptyRange { start: 4, end: 3 }));
    assert_eq!(
        range(0, MAX_SEQ + 2),
        Err(DotError::SeqTooLarge { seq: MAX_SEQ + 1 })
    );
    assert_eq!(
        range(0, u64::MAX),
        Err(DotError::SeqTooLarge { seq: u64::MAX - 1 })
    );
}

#[test]
fn dots_order_by_agent_bytes_then_seq() {
    let dot = |name, seq| Dot::new(AgentId::new(name).unwrap(), seq).unwrap();
    let mut dots = [dot("b", 0), dot("a", 2), dot("a", 10), dot("B", 5)];
    dots.sort();
    let sorted: Vec<_> = dots.iter().map(Dot::to_string).collect();
    assert_eq!(sorted, ["B:5", "a:2", "a:10", "b:0"]);
}

#[test]
fn a_range_lists_its_dots() {
    let range = DotRange::new(agent(0), 3, 6).unwrap();
    let dots: Vec<Dot> = range.dots().collect();
    assert_eq!(dots.first(), Some(&range.first()));
    assert_eq!(dots.last(), Some(&range.last()));
    assert_eq!(dots.len() as u64, range.n_dots());
    assert!(dots.iter().all(|dot| range.contains(dot.seq())));
    assert_eq!(DotRange::from(range.first()).seqs(), 3..4);
}

#[test]
fn codecs_are_canonical() {
    check_codec::<Dot>();
    check_codec::<DotRange>();
}
