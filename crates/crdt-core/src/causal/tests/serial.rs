//! Serde of stores, states and deltas: forms, round trips, and documents that are refused.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::stores::{Flag, Nested, Register, Set, Subject, Words};
use super::world::World;
use super::{assert_invariants, check_worlds};
use crate::{
    AgentId, Causal, CausalDelta, CausalSummary, Change, Dot, DotFun, DotMap, DotRanges, DotSet,
    Fixed, Summarize, serde_transparent,
};

/// Writes and reads in a format that shows names and in one that does not.
#[track_caller]
fn assert_round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let json = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&json).unwrap(), value, "{json}");
    let bytes = postcard::to_allocvec(value).unwrap();
    assert_eq!(&postcard::from_bytes::<T>(&bytes).unwrap(), value);
}

#[test]
fn states_and_deltas_round_trip() {
    fn property<S>(world: World<S>)
    where
        S: Subject<Live: Serialize + DeserializeOwned> + Serialize + DeserializeOwned,
    {
        let mut choices = world.choices.clone();
        for _ in 0..4 {
            let state = choices.pick(&world.states);
            assert_round_trip(state);
            assert_round_trip(&state.summary());
            let delta = choices.pick(&world.deltas);
            assert_round_trip(delta);
            assert_round_trip(delta.change());
        }
    }
    check_worlds!(property: Flag, Registers, Nested, Words);
}

#[test]
fn damage_is_refused_or_makes_another_sound_value() {
    fn property<S>(world: World<S>)
    where
        S: Subject<Live: Serialize + DeserializeOwned> + Serialize + DeserializeOwned,
    {
        let mut choices = world.choices.clone();
        let mut state = serde_json::to_string(choices.pick(&world.states))
            .unwrap()
            .into_bytes();
        let mut delta = serde_json::to_string(choices.pick(&world.deltas))
            .unwrap()
            .into_bytes();
        for _ in 0..48 {
            let at = choices.below(state.len());
            let kept = core::mem::replace(&mut state[at], *choices.pick(b"0123a[]{},\""));
            if let Ok(state) = serde_json::from_slice::<Causal<S>>(&state) {
                assert_invariants(&state);
                assert_round_trip(&state);
            }
            state[at] = kept;
            let at = choices.below(delta.len());
            let kept = core::mem::replace(&mut delta[at], *choices.pick(b"0123a[]{},\""));
            if let Ok(delta) = serde_json::from_slice::<CausalDelta<S>>(&delta) {
                assert_invariants(&super::plain(&delta));
                assert_round_trip(&delta);
            }
            delta[at] = kept;
        }
    }
    check_worlds!(property: Flag, Registers, Nested, Words);
}

fn dot(name: &str, seq: u64) -> Dot {
    Dot::new(AgentId::new(name).unwrap(), seq).unwrap()
}

/// JSON with `a0` for the dot 0 of agent `a`, `a0..3` for a range, and single quotes.
fn json(short: &str) -> String {
    let mut json = String::new();
    let mut rest = short;
    while let Some(at) = rest.find(['a', 'b']) {
        let (agent, seq) = (&rest[at..=at], rest[at + 1..].chars().next());
        match seq.and_then(|seq| seq.to_digit(10)) {
            Some(seq) => {
                json += &rest[..at];
                json += &format!("{{'agent':'{agent}',");
                rest = &rest[at + 2..];
                match rest.strip_prefix("..") {
                    Some(end) => {
                        json += &format!("'start':{seq},'end':{}}}", &end[..1]);
                        rest = &end[1..];
                    }
                    None => json += &format!("'seq':{seq}}}"),
                }
            }
            None => {
                json += &rest[..=at];
                rest = &rest[at + 1..];
            }
        }
    }
    (json + rest).replace('\'', "\"")
}

#[track_caller]
fn assert_form<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T, short: &str) {
    assert_eq!(serde_json::to_string(value).unwrap(), json(short));
    assert_round_trip(value);
}

#[test]
fn forms_are_lists_that_any_key_fits_in() {
    assert_form(&DotSet::from_iter([dot("b", 0), dot("a", 1)]), "[a1,b0]");
    assert_form(
        &DotFun::from((dot("a", 1), Fixed("tea".to_string()))),
        "[[a1,'tea']]",
    );
    assert_form(
        &DotMap::from(((1, 2), DotSet::from(dot("a", 1)))),
        "[[[1,2],[a1]]]",
    );
    assert_form(&(DotSet::new(), Register::default()), "[[],[]]");
    let mut words = Causal::<Words>::default();
    let change = Change::bring(DotSet::from(dot("a", 0)));
    let delta = CausalDelta::<Words> {
        events: crate::DotContext::from_iter([dot("a", 0)]).into(),
        gone: crate::DotContext::from_iter([dot("a", 1)]),
        change: Change::bring(DotMap::from((b'x', change))),
    };
    assert_form(
        &delta,
        "{'events':{'a':{'next':1,'cloud':[]}},'gone':{'a':{'next':0,'cloud':[[1,2]]}},\
         'change':{'removed':[],'live':[[120,{'removed':[],'live':[a0]}]]}}",
    );
    words.apply_with_feed(&delta).unwrap();
    assert_form(
        &words,
        "{'store':[[120,[a0]]],'context':{'a':{'next':2,'cloud':[]}}}",
    );
    assert_form(
        &words.summary(),
        "{'known':{'a':{'next':2,'cloud':[]}},'live':{'a':{'next':1,'cloud':[]}}}",
    );
}

#[track_caller]
fn assert_refused<T: DeserializeOwned + Debug>(short: &str, why: &str) {
    let refused = serde_json::from_str::<T>(&json(short))
        .unwrap_err()
        .to_string();
    assert!(refused.starts_with(why), "{refused}");
}

#[test]
fn lists_are_in_order_and_hold_nothing_twice() {
    let follows = "dot a:0 does not follow the dot before it";
    assert_refused::<Flag>("[a1,a0]", follows);
    assert_refused::<Flag>("[a0,a0]", follows);
    assert_refused::<Flag>("[b0,a0]", follows);
    assert_refused::<Register>("[[a0,1],[a0,2]]", follows);
    assert_refused::<Register>("[[b0,1],[a0,1]]", follows);
    let follows = "a key does not follow the key before it";
    assert_refused::<Set>("[[2,[a0]],[1,[a1]]]", follows);
    assert_refused::<Set>("[[1,[a0]],[1,[a1]]]", follows);
}

#[test]
fn removed_dots_are_ranges_in_order_that_do_not_touch() {
    let dots: DotRanges = [0, 1, 2, 7].map(|seq| dot("a", seq)).into_iter().collect();
    assert_form(&dots, "[a0..3,a7..8]");
    for (wrong, seq) in [
        ("[a0..1,a1..2]", 1),
        ("[a2..3,a0..1]", 0),
        ("[a0..2,a1..3]", 1),
    ] {
        let why = format!("dot a:{seq} does not follow the dot before it");
        assert_refused::<DotRanges>(wrong, &why);
    }
    let why = "dot a:0 does not follow the dot before it";
    assert_refused::<DotRanges>("[b0..1,a0..1]", why);
    assert_refused::<DotRanges>("[a0..0]", "dot range 0..0 is empty");
}

#[test]
fn nothing_under_a_key_is_refused() {
    let nothing = "nothing stands under a key";
    assert_refused::<Set>("[[1,[]]]", nothing);
    assert_refused::<Nested>("[[1,[]]]", nothing);
    assert_refused::<DotMap<u8, (DotSet, Register)>>("[[1,[[],[]]]]", nothing);
    assert_refused::<DotMap<u8, Change<DotSet>>>("[[1,{'removed':[],'live':[]}]]", nothing);
}

#[test]
fn dots_stand_in_one_place_within_the_context() {
    let context = "'context':{'a':{'next':2,'cloud':[]}}";
    let state = |store| format!("{{'store':{store},{context}}}");
    assert_refused::<Causal<Set>>(
        &state("[[1,[a0]],[2,[a0]]]"),
        "dot a:0 stands in two places",
    );
    assert_refused::<Causal<(Flag, Flag)>>(
        &state("[[a0],[a0,a1]]"),
        "dot a:0 stands in two places",
    );
    let unknown = "dot a:2 stands in the store and is not in the context";
    assert_refused::<Causal<Flag>>(&state("[a1,a2]"), unknown);
    assert_refused::<Causal<Nested>>(&state("[[1,[[2,[a0,a2]]]]]"), unknown);
}

#[test]
fn what_a_delta_says_does_not_contradict_itself() {
    let delta = |change: &str| {
        let [events, gone] = [
            "{'a':{'next':2,'cloud':[]}}",
            "{'a':{'next':0,'cloud':[[4,5]]}}",
        ];
        format!("{{'events':{events},'gone':{gone},'change':{change}}}")
    };
    let refuse = |change: &str, why: &str| assert_refused::<CausalDelta<Set>>(&delta(change), why);
    let both = "dot a:0 is both live and removed";
    refuse(
        "{'removed':[a0..1],'live':[[1,{'removed':[],'live':[a0]}]]}",
        both,
    );
    refuse(
        "{'removed':[],'live':[[1,{'removed':[a0..1],'live':[a0]}]]}",
        both,
    );
    refuse(
        "{'removed':[],'live':[[1,{'removed':[a0..1],'live':[]}],[2,{'removed':[],'live':[a0]}]]}",
        both,
    );
    let twice = "dot a:0 stands in two places";
    refuse(
        "{'removed':[],'live':[[1,{'removed':[],'live':[a0]}],[2,{'removed':[],'live':[a0]}]]}",
        twice,
    );
    let no_event = "dot a:4 is live and not among the events";
    refuse(
        "{'removed':[],'live':[[1,{'removed':[],'live':[a4]}]]}",
        no_event,
    );
    assert_refused::<CausalDelta<Flag>>(
        "{'events':{'a':{'next':2,'cloud':[]}},'gone':{'a':{'next':1,'cloud':[]}},\
         'change':{'removed':[],'live':[]}}",
        "dot a:0 is both among the events and gone",
    );
}

#[test]
fn a_summary_has_nothing_live_that_is_not_known() {
    assert_refused::<CausalSummary>(
        "{'known':{'a':{'next':1,'cloud':[]}},'live':{'a':{'next':2,'cloud':[]}}}",
        "dot a:1 is live and not known",
    );
}

#[test]
fn fields_are_those_there_are_each_once() {
    assert_refused::<Change<Flag>>("{'removed':[]}", "missing field `live`");
    assert_refused::<Change<Flag>>("{'removed':[],'live':[],'more':0}", "unknown field `more`");
    assert_refused::<Change<Flag>>("{'live':[],'live':[]}", "duplicate field `live`");
    assert_refused::<Causal<Flag>>("{'store':[]}", "missing field `context`");
    assert_refused::<CausalDelta<Flag>>("{'events':{},'change':{}}", "missing field `removed`");
    assert_refused::<Register>("[[a0]]", "invalid length 1");
    assert_refused::<Register>("[[a0,1,2]]", "trailing characters");
}

/// A set of any words, by serde's own derive.
#[derive(Debug, PartialEq, serde::Deserialize, serde::Serialize)]
#[serde(
    transparent,
    bound(
        serialize = "T: Ord + serde::Serialize",
        deserialize = "T: Ord + Clone + serde::Deserialize<'de>"
    )
)]
struct Derived<T>(DotMap<T, DotSet>);

/// The same with a name for the field, by this crate's macro.
#[derive(Debug, PartialEq)]
struct Written<T: Ord + Clone> {
    words: DotMap<T, DotSet>,
}

serde_transparent!(Written[T: (Ord + Clone)](words: DotMap<T, DotSet>));

#[test]
fn wrappers_are_written_as_what_they_wrap() {
    let words = || DotMap::from((7_u8, DotSet::from(dot("a", 0))));
    assert_form(&Derived(words()), "[[7,[a0]]]");
    assert_form(&Written { words: words() }, "[[7,[a0]]]");
    assert_refused::<Derived<u8>>("[[7,[]]]", "nothing stands under a key");
    assert_refused::<Written<u8>>("[[7,[]]]", "nothing stands under a key");
}
