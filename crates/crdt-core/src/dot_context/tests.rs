//! Dot contexts against sets of single dots.

use alloc::vec::Vec;

use super::Novelty;
use crate::codec::{Decode, DecodeLimits, Encode, Writer};
use crate::testing::{agent, check_codec, check_laws, check_property, dots};
use crate::{CausalOrdering, Dot, DotContext, DotRange, IntervalSet, MAX_SEQ, NextSeqError};

impl DotContext {
    fn assert_invariants(&self) {
        for seqs in self.agents.values() {
            assert!(!seqs.is_empty(), "empty entry in {self:?}");
            assert!(
                seqs.cloud.first().is_none_or(|first| first > seqs.next),
                "{self:?}"
            );
            assert!(
                seqs.cloud.last().is_none_or(|last| last <= MAX_SEQ),
                "{self:?}"
            );
        }
    }
}

#[test]
fn lattice_laws() {
    check_laws::<DotContext>();
}

#[test]
fn codec_is_canonical() {
    check_codec::<DotContext>();
}

#[test]
fn insertion_agrees_with_single_dots() {
    fn property(ranges: Vec<DotRange>) -> bool {
        let mut context = DotContext::new();
        let mut model = dots(&context);
        ranges.iter().all(|range| {
            let n_before = model.len();
            model.extend(range.dots());
            let changed = context.insert_range(range);
            context.assert_invariants();
            dots(&context) == model && changed == (model.len() > n_before)
        })
    }
    check_property(property as fn(Vec<DotRange>) -> bool);
}

/// Mutation testing: the insertion of one event was seen by examples in the documentation only.
#[test]
fn one_event_is_a_range_of_one() {
    fn property(events: Vec<Dot>) -> bool {
        let mut context = DotContext::new();
        let mut model = dots(&context);
        events.iter().all(|dot| {
            let is_new = model.insert(dot.clone());
            context.insert(dot) == is_new && dots(&context) == model
        })
    }
    check_property(property as fn(Vec<Dot>) -> bool);
}

#[test]
fn queries_agree_with_single_dots() {
    fn property(context: DotContext, dot: Dot, range: DotRange) -> bool {
        let model = dots(&context);
        let seqs: IntervalSet = context.ranges_of(range.agent()).collect();
        let of_agent = model.iter().filter(|dot| dot.agent() == range.agent());
        let next = context.next_seq(dot.agent());
        let held = |seq| model.contains(&Dot::new(dot.agent().clone(), seq).unwrap());
        let first_missing = (0..).find(|&seq| !held(seq)).unwrap_or(0);
        let is_next_right = match next {
            Ok(next) => next == first_missing && !(next..40).any(held),
            Err(NextSeqError::Gap { start, end }) => start == first_missing && held(end),
            Err(NextSeqError::Exhausted | NextSeqError::TooDeep) => false,
        };
        context.contains(&dot) == model.contains(&dot)
            && context.contains_range(&range) == range.dots().all(|dot| model.contains(&dot))
            && seqs.ranges().flatten().eq(of_agent.map(Dot::seq))
            && context.n_dots() == model.len() as u128
            && context.is_empty() == model.is_empty()
            && is_next_right
            && context.is_contiguous() == (DotContext::from(&context.version_vector()) == context)
    }
    check_property(property as fn(DotContext, Dot, DotRange) -> bool);
}

/// Mutation testing: only the tests of stores saw this.
#[test]
fn what_is_not_held_is_new_and_named_alike() {
    fn property(context: DotContext, dot: Dot) -> bool {
        match context.novelty(&dot) {
            Novelty::Known => context.contains(&dot),
            Novelty::Unknown(named) => !context.contains(&dot) && named == dot,
        }
    }
    check_property(property as fn(DotContext, Dot) -> bool);
}

/// Mutation testing: that agents without a first event have no entry was seen by nobody.
#[test]
fn the_version_vector_has_the_prefixes_that_there_are() {
    fn property(context: DotContext) -> bool {
        let prefixes = context.ranges().filter(|range| range.start() == 0);
        let prefixes: Vec<_> = prefixes
            .map(|range| (range.agent().clone(), range.end()))
            .collect();
        let vector = context.version_vector();
        vector
            .iter()
            .map(|(agent, next)| (agent.clone(), next))
            .eq(prefixes)
    }
    check_property(property as fn(DotContext) -> bool);
}

#[test]
fn algebra_agrees_with_single_dots() {
    fn property(left: DotContext, right: DotContext) -> bool {
        let (l, r) = (dots(&left), dots(&right));
        let results = [
            left.union(&right),
            left.intersection(&right),
            left.difference(&right),
        ];
        results.iter().for_each(DotContext::assert_invariants);
        let expected = CausalOrdering::from_leq(l.is_subset(&r), r.is_subset(&l));
        results.each_ref().map(dots) == [&l | &r, &l & &r, &l - &r]
            && left.is_subset(&right) == l.is_subset(&r)
            && left.compare(&right) == expected
            && left.partial_cmp(&right) == expected.to_partial()
    }
    check_property(property as fn(DotContext, DotContext) -> bool);
}

#[test]
fn equal_sets_are_equal_values_whatever_their_history() {
    fn property(context: DotContext, order: Vec<usize>) -> bool {
        let mut shuffled: Vec<Dot> = dots(&context).into_iter().collect();
        let n_dots = shuffled.len().max(1);
        for (from, to) in order.iter().enumerate() {
            if from < shuffled.len() {
                shuffled.swap(from, to % n_dots);
            }
        }
        let rebuilt: DotContext = shuffled.into_iter().collect();
        rebuilt == context && rebuilt.to_bytes() == context.to_bytes()
    }
    check_property(property as fn(DotContext, Vec<usize>) -> bool);
}

#[test]
fn an_agent_stops_after_the_last_seq() {
    let mut context = DotContext::new();
    context.insert_range(&DotRange::new(agent(0), 0, MAX_SEQ + 1).unwrap());
    assert_eq!(context.next_seq(&agent(0)), Err(NextSeqError::Exhausted));
    assert_eq!(context.n_dots(), 1 << 53);
    assert_eq!(
        DotContext::from_bytes(&context.to_bytes(), &DecodeLimits::default()),
        Ok(context)
    );
}

/// An entry `(name, next, cloud)`, the cloud as pairs of skip and length less 1.
type Entry<'a> = (&'a str, u64, &'a [(u64, u64)]);

/// Encodes entries by hand, in the order given.
fn encoded(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut w = Writer::new();
    w.u64(entries.len() as u64);
    for (name, next, cloud) in entries {
        w.str(name);
        w.u64(*next);
        w.u64(cloud.len() as u64);
        for (skip, more) in *cloud {
            w.u64(*skip);
            w.u64(*more);
        }
    }
    w.into_bytes()
}

#[test]
fn decoding_accepts_only_the_canonical_form() {
    let decode =
        |entries: &[_]| DotContext::from_bytes(&encoded(entries), &DecodeLimits::default());
    assert!(decode(&[("a", 1, &[(0, 0)]), ("b", 0, &[(5, 2)])]).is_ok());
    assert!(
        decode(&[("b", 1, &[]), ("a", 1, &[])])
            .unwrap_err()
            .is_malformed()
    );
    assert!(
        decode(&[("a", 1, &[]), ("a", 1, &[])])
            .unwrap_err()
            .is_malformed()
    );
    assert!(decode(&[("a", 0, &[])]).unwrap_err().is_malformed());
    assert!(decode(&[("", 1, &[(0, 0)])]).unwrap_err().is_malformed());
    assert!(
        decode(&[("a", MAX_SEQ + 2, &[])])
            .unwrap_err()
            .is_malformed()
    );
    assert!(
        decode(&[("a", MAX_SEQ + 1, &[(0, 0)])])
            .unwrap_err()
            .is_malformed()
    );
    assert!(
        decode(&[("a", 1, &[(MAX_SEQ, 0)])])
            .unwrap_err()
            .is_malformed()
    );
}

#[test]
fn decoding_stays_within_its_budget() {
    let bytes = encoded(&[("a", 1, &[]), ("b", 1, &[]), ("c", 1, &[])]);
    let limits = DecodeLimits::default();
    let error = |limits| DotContext::from_bytes(&bytes, &limits).unwrap_err();
    assert!(error(limits.with_max_agents(2)).is_budget_exceeded());
    assert!(error(limits.with_max_items(2)).is_budget_exceeded());
    assert!(error(limits.with_max_bytes(2)).is_budget_exceeded());
}

#[test]
fn the_last_number_is_given_out_and_none_after_it() {
    let alice = agent(0);
    let mut context = DotContext::new();
    context.insert_range(&DotRange::new(alice.clone(), 0, MAX_SEQ).unwrap());
    assert_eq!(context.next_seq(&alice), Ok(MAX_SEQ));
    context.insert(&Dot::new(alice.clone(), MAX_SEQ).unwrap());
    assert_eq!(context.next_seq(&alice), Err(NextSeqError::Exhausted));
}
