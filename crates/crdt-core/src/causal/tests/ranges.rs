//! Removed dots as ranges: a set like any other, whose size is that of its ranges.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::stores::Flag;
use crate::codec::{Decode, DecodeLimits, Encode};
use crate::testing::check_property;
use crate::{
    AgentId, Causal, CausalDelta, Change, Delta, DeltaState, Dot, DotContext, DotRange, DotRanges,
    DotSet, Lattice, MAX_SEQ, Summarize,
};

fn alice() -> AgentId {
    AgentId::new("alice").unwrap()
}

fn model_of(dots: &DotRanges) -> BTreeSet<Dot> {
    let ranges: Vec<DotRange> = dots.ranges().collect();
    ranges.iter().flat_map(DotRange::dots).collect()
}

#[test]
fn ranges_follow_a_model_and_equal_ones_look_alike() {
    fn property(edits: Vec<(u8, Dot, Vec<Dot>)>) {
        let (mut set, mut model) = (DotRanges::new(), BTreeSet::new());
        for (kind, dot, more) in edits {
            let others: DotRanges = more.iter().cloned().collect();
            let n_before = model.len();
            match kind % 4 {
                0 => assert_eq!(set.insert(dot.clone()), model.insert(dot)),
                1 => {
                    model.extend(more);
                    assert_eq!(set.union_with(&others), model.len() > n_before);
                }
                2 => {
                    model.retain(|held| !more.contains(held));
                    set = set.without(&others);
                }
                _ => assert_eq!(set.contains(&dot), model.contains(&dot)),
            }
            assert_eq!(model_of(&set), model);
            assert_eq!(set.n_dots(), model.len() as u128);
            assert_eq!(set.is_empty(), model.is_empty());
            assert_eq!(set, model.iter().rev().cloned().collect());
            let context: DotContext = model.into_iter().collect();
            assert!(set.ranges().eq(context.ranges()), "maximal, in order");
            model = model_of(&set);
        }
    }
    check_property(property as fn(Vec<(u8, Dot, Vec<Dot>)>));
}

#[test]
fn news_are_what_stands_here_or_is_still_to_come() {
    fn property(removed: Vec<Dot>, held: Vec<Dot>, known: DotContext) {
        let store: DotSet = held.into_iter().collect();
        let mut known = known;
        known.join(&store.iter().cloned().collect());
        let removed: DotRanges = removed.into_iter().collect();
        let is_news = |dot: &Dot| store.contains(dot) || !known.contains(dot);
        let expected: DotRanges = model_of(&removed).into_iter().filter(is_news).collect();
        assert_eq!(removed.news_for(&store, &known), expected);
    }
    check_property(property as fn(Vec<Dot>, Vec<Dot>, DotContext));
}

/// A set of removed dots once held them one by one: a peer could make ten bytes into as many dots as the
/// limit on items allowed. All that there are now cost what two cost, wherever they go.
#[test]
fn all_the_dots_there_are_can_be_removed_for_the_price_of_two() {
    let all = DotRange::new(alice(), 1, MAX_SEQ + 1).unwrap();
    let removal = CausalDelta::<Flag> {
        change: Change {
            removed: DotRanges::from_iter([all.clone()]),
            live: Flag::default(),
        },
        ..CausalDelta::default()
    };
    let bytes = removal.to_bytes();
    assert!(bytes.len() < 24, "{} bytes", bytes.len());
    let limits = DecodeLimits::default().with_max_items(8);
    let delta = CausalDelta::<Flag>::from_bytes(&bytes, &limits).unwrap();
    assert_eq!(delta, removal);

    let mut state = Causal::<Flag>::new();
    assert!(state.apply_delta(&delta).unwrap());
    assert_eq!(state.context().n_dots(), u128::from(all.n_dots()));
    assert!(state.news_of(&delta).unwrap().is_empty(), "twice is once");
    let mut group = CausalDelta::<Flag>::default();
    assert!(group.join(&delta) && !group.join(&delta));
    let newcomer = Causal::<Flag>::new();
    let caught_up = state.delta_since(&newcomer.summary()).unwrap();
    assert_eq!(caught_up.events().n_dots(), u128::from(all.n_dots()));
}
