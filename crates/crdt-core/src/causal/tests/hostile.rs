//! Bytes made by hand: the examples of the format, and what is refused.

use alloc::vec::Vec;

use super::stores::Set;
use crate::codec::{Budget, Decode, DecodeError, DecodeLimits, Encode, Reader, Writer};
use crate::{
    AgentId, Causal, CausalDelta, Change, DeltaState, Dot, DotContext, DotFun, DotRange, DotRanges,
    DotSet, Fixed, Live, MAX_SEQ, NextSeqError,
};

/// Eight flags, the first in the lowest bit.
pub(super) fn flags(flags: &str) -> u8 {
    let flags = flags.bytes().filter(|flag| *flag != b' ');
    flags.rev().fold(0, |byte, flag| byte << 1 | (flag - b'0'))
}

pub(super) fn state(bytes: &[u8]) -> Result<Causal<Set>, DecodeError> {
    check(bytes)
}

fn delta(bytes: &[u8]) -> Result<CausalDelta<Set>, DecodeError> {
    check(bytes)
}

/// Decodes; what is accepted is encoded as it was.
pub(super) fn check<T: Encode + Decode>(bytes: &[u8]) -> Result<T, DecodeError> {
    let value = T::from_bytes(bytes, &DecodeLimits::default())?;
    assert_eq!(value.to_bytes(), bytes);
    Ok(value)
}

pub(super) fn dot(name: &str, seq: u64) -> Dot {
    Dot::new(AgentId::new(name).unwrap(), seq).unwrap()
}

#[track_caller]
fn assert_not_canonical<T: core::fmt::Debug>(result: Result<T, DecodeError>) {
    assert!(
        matches!(result, Err(DecodeError::NotCanonical { .. })),
        "{result:?}"
    );
}

/// An agent `a`, a context of its dots 0..2, and a word `x` under which dot 1 stands.
fn one_word() -> Vec<u8> {
    // Flags: one range, long; one word, one range, short. The last seq is one less than the expected 2.
    Vec::from([1, 1, b'a', flags("10 1 10 10 0"), 0, 0, b'x', 1])
}

#[test]
fn the_empty_state_takes_two_bytes() {
    assert_eq!(state(&[0, 0]), Ok(Causal::new()));
    assert_eq!(delta(&[0, 0]), Ok(CausalDelta::default()));
}

#[test]
fn a_state_by_hand() {
    let state = state(&one_word()).unwrap();
    assert_eq!(
        state.context(),
        &DotContext::from_iter([dot("a", 0), dot("a", 1)])
    );
    let words: Vec<_> = state.store().iter().collect();
    assert_eq!(words, [(&b'x', &DotSet::from(dot("a", 1)))]);
}

#[test]
fn a_delta_by_hand() {
    // Silent: event 0, gone, and event 1, not gone. Word `x` loses 3 and gains 4.
    let silent = [1, 1, b'a', flags("11 01 00 0 1"), 0, 0, 0];
    let word = [flags("0 10 0 10 0"), b'x', 2, 0];
    let delta = delta(&[&silent[..], &word].concat()).unwrap();
    assert_eq!(delta.gone, DotContext::from_iter([dot("a", 0)]));
    assert_eq!(
        delta.events(),
        DotContext::from_iter([dot("a", 0), dot("a", 1), dot("a", 4)])
    );
    let (word, change) = delta.change().live.iter().next().unwrap();
    assert_eq!(*word, b'x');
    assert_eq!(change.removed, DotRanges::from(dot("a", 3)));
    assert_eq!(change.live, DotSet::from(dot("a", 4)));
}

#[test]
fn an_agent_that_never_occurs_is_refused() {
    assert_not_canonical(state(&[1, 1, b'a', 0]));
    assert_not_canonical(delta(&[1, 1, b'a', 0]));
}

#[test]
fn agents_out_of_order_or_twice_are_refused() {
    let both = |first: u8, second: u8| {
        // One event of each, in the order of the table.
        let flags = flags("11 0 0 0");
        state(&[2, 1, first, 1, second, flags, 0, 0, 0, 1, 0])
    };
    assert_eq!(both(b'a', b'b').unwrap().context().n_dots(), 2);
    assert_not_canonical(both(b'b', b'a'));
    assert_not_canonical(both(b'a', b'a'));
}

#[test]
fn flags_that_nobody_needs_are_clear() {
    for unused in 1..8 {
        assert!(state(&[0, 1 << unused]).is_err());
    }
    // One event and no words.
    let one_event = |unused| state(&[1, 1, b'a', flags("10 0 0") | unused, 0]);
    assert!(one_event(0).is_ok());
    for unused in 4..8 {
        assert_not_canonical(one_event(1 << unused));
    }
}

#[test]
fn a_dot_outside_of_the_context_is_refused() {
    let mut bytes = one_word();
    assert_eq!(bytes[7], 1, "one before the expected seq");
    bytes[7] = 0;
    assert_not_canonical(state(&bytes));
}

#[test]
fn a_dot_in_two_places_is_refused() {
    // As `one_word`, but of two words; the second has the same dot, or the other one.
    let words = |first: u8, second: u8, back: u8| {
        let head = [1, 1, b'a', flags("10 1 11 10 0"), 0, 0, 0, first, 1];
        state(&[&head[..], &[second, flags("10 0"), back]].concat())
    };
    assert_eq!(words(b'x', b'y', 3).unwrap().store().len(), 2);
    assert_not_canonical(words(b'x', b'y', 1));
    // Words are in order, each once.
    assert_not_canonical(words(b'y', b'x', 3));
    assert_not_canonical(words(b'x', b'x', 3));
}

#[test]
fn a_word_without_dots_is_refused() {
    // Its count of ranges is 0.
    assert_not_canonical(state(&[1, 1, b'a', flags("10 1 10 0"), 0, 0, b'x']));
    // In a delta, under a word that neither loses nor gains anything.
    assert_not_canonical(delta(&[
        1,
        1,
        b'a',
        flags("10 0 0 0 10 0"),
        0,
        b'x',
        flags("0"),
    ]));
}

#[test]
fn an_event_said_twice_is_refused() {
    // Silent event 0, and word `x` gains 0.
    let silent = [
        1,
        1,
        b'a',
        flags("10 0 0 0 10 0"),
        0,
        b'x',
        flags("10 0"),
        1,
    ];
    assert_not_canonical(delta(&silent));
    // The same, and the event is gone.
    let gone = [
        1,
        1,
        b'a',
        flags("10 0 1 0 10 0"),
        0,
        b'x',
        flags("10 0"),
        1,
    ];
    assert_not_canonical(delta(&gone));
    // Word `x` loses and gains 0.
    let lost = [1, 1, b'a', flags("0 0 10 10 0 1"), b'x', 0, flags("0 0"), 1];
    assert_not_canonical(delta(&lost));
    // The map loses 0, word `x` gains it.
    let lost_above = [1, 1, b'a', flags("0 10 0 10 0 1"), 0, b'x', flags("0 0"), 1];
    assert_not_canonical(delta(&lost_above));
}

#[test]
fn ranges_that_touch_are_one_range() {
    // Silent events 0 and 1, as two ranges: of one kind, then of two.
    let silent = |kinds: u8| delta(&[1, 1, b'a', flags("11 00 00 00") | kinds, 0, 0, 0]);
    let (first, second) = (1 << 3, 1 << 5);
    assert_not_canonical(silent(0));
    assert_not_canonical(silent(first | second));
    assert_eq!(
        silent(first).unwrap().gone,
        DotContext::from_iter([dot("a", 0)])
    );
    assert_eq!(
        silent(second).unwrap().gone,
        DotContext::from_iter([dot("a", 1)])
    );
}

#[test]
fn no_seq_is_larger_than_the_largest() {
    // The context is one range that begins at `start` and has `n_more + 2` dots.
    let range = |start: u64, n_more: u64| {
        let mut bytes = Vec::from([1, 1, b'a', flags("10 1 0")]);
        let mut writer = Writer::new();
        writer.i64(start.cast_signed());
        writer.u64(n_more);
        bytes.extend(writer.into_bytes());
        state(&bytes)
    };
    let largest = range(MAX_SEQ - 1, 0).unwrap();
    assert!(largest.context().contains(&dot("a", MAX_SEQ)));
    for (start, n_more) in [
        (MAX_SEQ, 0),
        (MAX_SEQ - 1, 1),
        (MAX_SEQ + 1, 0),
        (0, MAX_SEQ),
        (0, u64::MAX),
    ] {
        let refused = range(start, n_more);
        assert!(
            matches!(refused, Err(DecodeError::OutOfRange { .. })),
            "{refused:?}"
        );
    }
    let beyond = DecodeError::OutOfRange {
        offset: 4,
        found: MAX_SEQ + 2,
        max: MAX_SEQ + 1,
    };
    assert_eq!(range(MAX_SEQ - 1, 1), Err(beyond));
    assert!(range(0, MAX_SEQ - 1).is_ok(), "all events there can be");
    // Below 0: one seq less than the expected 0, at the fifth byte.
    let below = state(&[1, 1, b'a', flags("10 0 0"), 1]);
    assert!(
        matches!(below, Err(DecodeError::OutOfRange { offset: 4, .. })),
        "{below:?}"
    );
}

#[test]
fn counts_are_checked_before_anything_is_kept() {
    // Very many ranges, words or dots in a few bytes.
    for many in ["11", "0 11", "0 0 11"] {
        let bytes = [&[1, 1, b'a', flags(many)][..], &[255; 8], &[1]].concat();
        assert!(delta(&bytes).is_err());
        assert!(state(&bytes).is_err());
    }
    // A word under one range of very many live dots, which would be kept one by one.
    let mut writer = Writer::new();
    writer.u64(1);
    writer.str("a");
    writer.u8(flags("0 0 10 0 10 1"));
    writer.u8(b'x');
    writer.i64(0);
    writer.u64(1 << 40);
    let refused = delta(&writer.into_bytes());
    assert!(refused.is_err_and(|error| error.is_budget_exceeded()));
}

/// What is kept takes more than a budget of items alone says.
#[test]
fn dots_are_paid_for_as_the_lists_that_they_become() {
    let dots: DotSet = (0..100).map(|n| dot("a", 2 * n)).collect();
    let mut flag = Causal::<DotSet>::new();
    flag.apply_delta(&CausalDelta {
        events: dots.iter().cloned().collect::<DotContext>().into(),
        gone: DotContext::new(),
        change: Change::bring(dots),
    })
    .unwrap();
    let bytes = flag.to_bytes();
    let read = |limits| Causal::<DotSet>::from_bytes(&bytes, &limits);
    let free = DecodeLimits::default();
    assert_eq!(read(free), Ok(flag.clone()));
    let lists = 100 * (size_of::<Dot>() + size_of::<DotRange>());
    let refused = read(free.with_max_memory(lists as u64));
    assert!(refused.is_err_and(|error| error.is_budget_exceeded()));
}

/// A value of one byte that takes a kibibyte in memory.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Wide([u8; 1 << 10]);

impl Encode for Wide {
    fn encode(&self, w: &mut Writer) {
        w.u8(self.0[0]);
    }
}

impl Decode for Wide {
    fn decode(r: &mut Reader<'_>, _: &mut Budget) -> Result<Self, DecodeError> {
        Ok(Self([r.u8()?; 1 << 10]))
    }
}

#[test]
fn values_are_paid_for_by_what_they_take_in_memory() {
    let n_values = 100;
    let mut register = Causal::<DotFun<Fixed<Wide>>>::new();
    let written = register.mutate::<NextSeqError>(&AgentId::new("a").unwrap(), |_, minter| {
        let mut live = DotFun::default();
        for _ in 0..n_values {
            let wide = DotFun::from((minter.mint()?, Fixed(Wide([7; 1 << 10]))));
            Live::merge(&mut live, &wide);
        }
        Ok(Change::bring(live))
    });
    let n_wide_bytes = n_values << 10;
    let bytes = written.unwrap().to_bytes();
    assert!(bytes.len() < 4 * n_values);
    let read = |n_bytes: usize| {
        let limits = DecodeLimits::default().with_max_memory(n_bytes as u64);
        CausalDelta::<DotFun<Fixed<Wide>>>::from_bytes(&bytes, &limits)
    };
    assert!(read(n_wide_bytes).is_err_and(|error| error.is_budget_exceeded()));
    assert!(read(2 * n_wide_bytes).is_ok());
}
