//! Well-formed input that is out to do harm, and honest input of unusual shape.

use super::hostile::{check, dot, flags, state};
use super::laws::assert_lattice;
use super::stores::Set;
use super::{assert_invariants, joined};
use crate::codec::{DecodeError, Encode, Writer};
use crate::{
    AgentId, Causal, CausalDelta, Change, DecodeDots, Delta, DeltaState, DotContext, DotFun,
    DotMap, DotReader, DotSet, DotWriter, EncodeDots, Lattice, NextSeqError, Payload,
};

#[test]
fn few_bytes_cannot_keep_a_replica_busy_for_long() {
    // A million dots in ten bytes, twice, the second million before the first: put in one by one, each
    // would move a million others.
    let million = |name: &str| {
        let mut writer = Writer::new();
        writer.u64(1);
        writer.str(name);
        writer.u8(flags("0 0 10 1"));
        writer.i64(0);
        writer.u64((1 << 20) - 2);
        check::<CausalDelta<DotSet>>(&writer.into_bytes()).unwrap()
    };
    let mut flag = Causal::<DotSet>::new();
    for name in ["b", "a"] {
        flag.apply_delta(&million(name)).unwrap();
    }
    assert_eq!(flag.store().len(), 2 << 20);
    let mut other = Causal::new();
    other.join(&flag);
    assert_eq!(other, flag);
}

/// A payload that takes less than a byte.
#[derive(Clone, Debug, PartialEq)]
struct Bit(bool);

impl Payload for Bit {
    fn join(&mut self, other: &Self) -> bool {
        let grows = other.0 && !self.0;
        self.0 |= other.0;
        grows
    }

    fn leq(&self, other: &Self) -> bool {
        self.0 <= other.0
    }
}

impl EncodeDots for Bit {
    fn encode_dots(&self, w: &mut DotWriter<'_>) {
        w.flag(self.0);
    }
}

impl DecodeDots for Bit {
    fn decode_dots(r: &mut DotReader<'_, '_>) -> Result<Self, DecodeError> {
        r.flag().map(Self)
    }
}

#[test]
fn a_payload_may_take_less_than_a_byte() {
    let mut bits = Causal::<DotFun<Bit>>::new();
    let alice = AgentId::new("alice").unwrap();
    for n in 0..40 {
        let written = bits.mutate::<NextSeqError>(&alice, |_, minter| {
            Ok(Change::bring(DotFun::from((
                minter.mint()?,
                Bit(n % 3 == 0),
            ))))
        });
        written.unwrap();
    }
    assert_eq!(check(&bits.to_bytes()), Ok(bits));
}

/// Two deltas of a liar, each sound, in which one event adds two words.
fn two_places() -> [CausalDelta<Set>; 2] {
    [b'x', b'y'].map(|word| {
        let mut delta = CausalDelta::<Set> {
            events: DotContext::from_iter([dot("mallory", 0)]).into(),
            gone: DotContext::new(),
            change: Change::default(),
        };
        delta
            .change
            .live
            .merge_at(word, &Change::bring(dot("mallory", 0).into()));
        check(&delta.to_bytes()).unwrap()
    })
}

#[test]
fn one_event_in_two_places_breaks_neither_states_nor_groups() {
    let [x, y] = two_places();
    let Ok(group) = CausalDelta::merge_deltas([&x, &y]);
    assert_eq!(
        check(&group.to_bytes()),
        Ok(group.clone()),
        "others can read the group"
    );
    for deltas in [
        &[&x, &y][..],
        &[&y, &x],
        &[&group],
        &[&group, &x],
        &[&x, &group],
    ] {
        let mut set = Causal::new();
        for delta in deltas {
            set.apply_delta(delta).unwrap();
            assert_invariants(&set);
            assert_eq!(state(&set.to_bytes()), Ok(set.clone()));
        }
    }
    // Two replicas that believed different halves agree on neither.
    let (mut ours, mut theirs) = (Causal::new(), Causal::new());
    ours.apply_delta(&x).unwrap();
    theirs.apply_delta(&y).unwrap();
    let before = ours.clone();
    ours.join(&theirs);
    theirs.join(&before);
    assert_eq!(ours, theirs);
    assert!(ours.store().is_empty());
}

#[test]
fn a_clash_is_found_among_many_events_too() {
    let [x, y] = two_places();
    let mut honest = Causal::<Set>::new();
    let [first, second] = ["alice", "bob"].map(|who| {
        let added = honest.mutate::<NextSeqError>(&AgentId::new(who).unwrap(), |_, minter| {
            let dots = Change::bring(DotSet::from(minter.mint()?));
            Ok(Change::bring(DotMap::from((b'z', dots))))
        });
        added.unwrap()
    });
    let (x, y) = (joined(&x, &first), joined(&y, &second));
    let group = joined(&x, &y);
    assert_eq!(group, joined(&y, &x));
    assert_eq!(check(&group.to_bytes()), Ok(group.clone()));
    let mut set = Causal::new();
    set.apply_delta(&group).unwrap();
    assert_eq!(
        set.store(),
        honest.store(),
        "what is honest came in, the lie did not"
    );
}

#[test]
fn groups_of_contradicting_deltas_are_a_lattice_still() {
    let [x, y] = two_places();
    let nothing = CausalDelta::default();
    for [a, b, c] in [
        [&x, &y, &x],
        [&x, &x, &y],
        [&y, &x, &nothing],
        [&x, &nothing, &y],
    ] {
        assert_lattice(a, b, c);
        assert_lattice(&joined(a, b), b, c);
    }
}
