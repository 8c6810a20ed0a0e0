//! Who mutates, which dots that uses up, and what happens if it cannot be.

use super::stores::{Flag, Register, Set};
use crate::codec::{Decode, DecodeLimits, Encode};
use crate::testing::agent as named;
use crate::{
    AgentId, Author, Causal, CausalDelta, Change, DeltaState, Dot, DotContext, DotFun, DotMap,
    DotRange, DotRanges, Dotted, Equivocation, Fixed, Lattice, MAX_SEQ, Minter, NextSeqError,
    Payload,
};

fn agent(name: &str) -> AgentId {
    AgentId::new(name).unwrap()
}

fn dot(name: &str, seq: u64) -> Dot {
    Dot::new(agent(name), seq).unwrap()
}

/// A flag whose only event is `dot`, as a delta.
fn raised(dot: Dot) -> CausalDelta<Flag> {
    CausalDelta {
        events: DotContext::from_iter([dot.clone()]).into(),
        gone: DotContext::new(),
        change: Change::bring(dot.into()),
    }
}

fn raise(flag: &mut Causal<Flag>, who: &str) -> Result<CausalDelta<Flag>, NextSeqError> {
    flag.mutate(&agent(who), |_, minter| {
        Ok(Change::bring(minter.mint()?.into()))
    })
}

#[test]
fn a_mutation_takes_the_next_seqs_of_its_author() {
    let mut flag = Causal::<Flag>::new();
    raise(&mut flag, "alice").unwrap();
    let delta = flag.mutate::<NextSeqError>(&agent("alice"), |_, minter| {
        assert_eq!(minter.last(), None);
        assert_eq!(minter.mint()?, dot("alice", 1));
        assert_eq!(minter.mint()?, dot("alice", 2));
        assert_eq!(minter.last(), Some(dot("alice", 2)));
        Ok(Change::default())
    });
    // Nothing is live, yet the two events happened.
    let range = DotRange::new(agent("alice"), 1, 3).unwrap();
    assert_eq!(delta.unwrap().events(), DotContext::from_iter([range]));
    assert_eq!(flag.context().next_seq(&agent("alice")), Ok(3));
}

#[test]
fn a_mutation_that_does_nothing_is_the_empty_delta() {
    let mut flag = Causal::<Flag>::new();
    raise(&mut flag, "alice").unwrap();
    let before = flag.clone();
    let delta = flag.mutate::<NextSeqError>(&agent("alice"), |_, _| Ok(Change::default()));
    assert!(delta.unwrap().is_bottom());
    assert_eq!(flag, before);
}

#[test]
fn an_agent_whose_own_events_are_missing_mutates_no_more() {
    // As when a store was lost, and a later delta of one's own comes back from a peer.
    let mut flag = Causal::<Flag>::new();
    flag.apply_delta(&raised(dot("alice", 2))).unwrap();
    let before = flag.clone();
    let gap = NextSeqError::Gap { start: 0, end: 2 };
    assert_eq!(raise(&mut flag, "alice"), Err(gap));
    assert_eq!(flag, before);
    raise(&mut flag, "bob").expect("bob has no gaps");
}

#[test]
fn an_agent_that_used_its_last_seq_mutates_no_more() {
    let mut flag = Causal::<Flag>::new();
    let all_but_one = DotRange::new(agent("alice"), 0, MAX_SEQ).unwrap();
    flag.context.insert_range(&all_but_one);
    let before = flag.clone();
    // Two dots are one too many; the first is not used up.
    let refused = flag.mutate::<NextSeqError>(&agent("alice"), |_, minter| {
        let dots = [minter.mint()?, minter.mint()?];
        Ok(Change::bring(dots.into_iter().collect()))
    });
    assert_eq!(refused, Err(NextSeqError::Exhausted));
    assert_eq!(flag, before);
    raise(&mut flag, "alice").expect("one is left");
    assert!(flag.store().contains(&dot("alice", MAX_SEQ)));
    assert_eq!(raise(&mut flag, "alice"), Err(NextSeqError::Exhausted));
}

#[test]
fn an_error_of_the_mutator_changes_nothing() {
    #[derive(Debug, PartialEq)]
    struct Full;
    impl From<NextSeqError> for Full {
        fn from(_: NextSeqError) -> Self {
            Self
        }
    }
    let mut flag = Causal::<Flag>::new();
    raise(&mut flag, "alice").unwrap();
    let before = flag.clone();
    let refused = flag.mutate(&agent("alice"), |_, minter| {
        minter.mint()?;
        Err(Full)
    });
    assert_eq!(refused, Err(Full));
    assert_eq!(flag, before);
    assert_eq!(
        flag.context().next_seq(&agent("alice")),
        Ok(1),
        "the dot is not used up"
    );
}

/// A count that may grow under its dot while no one else has seen it.
#[derive(Clone, Debug, PartialEq)]
struct Count(u32);

impl Payload for Count {
    fn join(&mut self, other: &Self) -> bool {
        let grows = self.0 < other.0;
        self.0 = self.0.max(other.0);
        grows
    }

    fn leq(&self, other: &Self) -> bool {
        self.0 <= other.0
    }

    fn is_conflict(&self, _: &Self) -> bool {
        false
    }
}

/// Counts one up: under a dot that has not left yet, if there is one.
fn count_up(
    held: &DotFun<Count>,
    minter: &mut Minter,
) -> Result<Change<DotFun<Count>>, NextSeqError> {
    let growing = held.iter().find(|(dot, _)| minter.grow(dot));
    let (dot, n) = match growing {
        Some((dot, count)) => (dot.clone(), count.0 + 1),
        None => (minter.mint()?, 1),
    };
    Ok(Change::bring(DotFun::from((dot, Count(n)))))
}

#[test]
fn unshipped_dots_of_one_s_own_may_grow() {
    let alice = agent("alice");
    let mut ours = Causal::<DotFun<Count>>::new();
    let mut all = CausalDelta::default();
    for _ in 0..3 {
        let before = ours.clone();
        let delta = ours
            .mutate(Author::with_unshipped(&alice, 0), count_up)
            .unwrap();
        assert_eq!(super::joined(&before, &super::plain(&delta)), ours);
        all.join(&delta);
    }
    assert!(
        ours.store().iter().eq([(&dot("alice", 0), &Count(3))]),
        "one dot for three"
    );

    // It is sent: what is counted from here on has a dot of its own.
    let mut theirs = Causal::<DotFun<Count>>::new();
    theirs.apply_delta(&all).unwrap();
    assert_eq!(theirs, ours);
    let delta = ours
        .mutate(Author::with_unshipped(&alice, 1), count_up)
        .unwrap();
    theirs.apply_delta(&delta).unwrap();
    assert_eq!(theirs, ours);
    assert_eq!(theirs.store().len(), 2);

    // With a plain agent every mutation counts as seen the moment it is made.
    ours.mutate(&alice, count_up).unwrap();
    assert_eq!(ours.store().len(), 3);
}

#[test]
fn what_grew_reaches_a_peer_that_compares() {
    let alice = agent("alice");
    let mut ours = Causal::<DotFun<Count>>::new();
    ours.mutate(Author::with_unshipped(&alice, 0), count_up)
        .unwrap();
    let base = ours.clone();
    ours.mutate(Author::with_unshipped(&alice, 0), count_up)
        .unwrap();
    let mut theirs = base.clone();
    theirs.apply_delta(&ours.changes_since(&base)).unwrap();
    assert_eq!(theirs, ours);
    assert!(base.leq(&ours) && !ours.leq(&base));
}

#[test]
fn only_one_s_own_unshipped_dots_grow_and_once_each() {
    let alice = agent("alice");
    let flag = Causal::<Flag>::new();
    let mut minter = Minter::new(flag.context(), Author::with_unshipped(&alice, 5)).unwrap();
    assert!(minter.grow(&dot("alice", 5)));
    assert!(!minter.grow(&dot("alice", 5)), "it has grown");
    assert!(!minter.grow(&dot("alice", 4)), "it was shipped");
    assert!(!minter.grow(&dot("bob", 7)), "it is bob's");
    let mut minter = Minter::new(flag.context(), Author::from(&alice)).unwrap();
    assert!(!minter.grow(&dot("alice", MAX_SEQ)));
}

fn written(dot: Dot, value: u8) -> CausalDelta<Register> {
    CausalDelta {
        events: DotContext::from_iter([dot.clone()]).into(),
        gone: DotContext::new(),
        change: Change::bring(DotFun::from((dot, Fixed(value)))),
    }
}

#[test]
fn two_contents_of_one_event_are_refused_and_change_nothing() {
    let twice = dot("alice", 0);
    let mut register = Causal::<Register>::new();
    register.apply_delta(&written(twice.clone(), 1)).unwrap();
    let before = register.clone();

    // The lie comes with news; those stay outside too.
    let mut lie = written(twice.clone(), 2);
    lie.join(&written(dot("bob", 0), 9));
    assert_eq!(
        register.apply_delta(&lie),
        Err(Equivocation::new(twice.clone(), &Fixed(1_u8), &Fixed(2_u8)))
    );
    assert!(register.apply_with_feed(&lie).is_err());
    assert_eq!(register, before);
    assert!(register.check_all(&super::plain(&lie)).is_err());

    // Where both are in already, the greater wins, and all agree.
    let (mut ours, mut theirs) = (before, Causal::new());
    theirs.apply_delta(&written(twice, 2)).unwrap();
    let theirs_before = theirs.clone();
    theirs.join(&ours);
    ours.join(&theirs_before);
    assert_eq!(ours, theirs);
}

#[test]
fn two_contents_below_a_key_are_found_too() {
    let wrap = |delta: CausalDelta<Register>| CausalDelta::<DotMap<u8, Register>> {
        events: delta.events,
        gone: delta.gone,
        change: Change::bring(DotMap::from((b'x', delta.change))),
    };
    let mut map = Causal::new();
    map.apply_delta(&wrap(written(dot("alice", 0), 1))).unwrap();
    let before = map.clone();
    let lie = wrap(written(dot("alice", 0), 2));
    assert_eq!(
        map.apply_delta(&lie),
        Err(Equivocation::new(
            dot("alice", 0),
            &Fixed(1_u8),
            &Fixed(2_u8)
        ))
    );
    assert_eq!(map, before);
}

#[test]
fn names_of_agents_are_shared_within_a_state() {
    // Bytes from a peer make names of their own; a state keeps the one it has.
    fn travelled<T: Encode + Decode>(value: &T) -> T {
        T::from_bytes(&value.to_bytes(), &DecodeLimits::default()).unwrap()
    }
    let mut ours = Causal::<Set>::new();
    let mut theirs = Causal::<Set>::new();
    for step in 0..20_u8 {
        let (author, who) = if step % 3 == 0 {
            (&mut theirs, 1)
        } else {
            (&mut ours, 0)
        };
        let delta = author.mutate::<NextSeqError>(&named(who), |held, minter| {
            let removed = held.get(&(step % 4)).filter(|_| step % 5 == 0);
            let change = Change {
                removed: removed.map(DotRanges::from).unwrap_or_default(),
                live: minter.mint()?.into(),
            };
            Ok(Change::bring(DotMap::from((step % 4, change))))
        });
        let delta = travelled(&delta.unwrap());
        ours.apply_delta(&delta).unwrap();
        theirs.apply_delta(&delta).unwrap();
    }
    theirs.join(&travelled(&ours));
    for state in [&ours, &theirs, &travelled(&ours)] {
        let names = |agent: &AgentId| {
            let range = state
                .context()
                .ranges()
                .find(|range| range.agent() == agent);
            range.unwrap().agent().as_str().as_ptr()
        };
        state.store().for_each_dot(&mut |dot| {
            assert_eq!(
                dot.agent().as_str().as_ptr(),
                names(dot.agent()),
                "{dot} has its own name"
            );
        });
    }
    assert_eq!(ours, theirs);
}
