//! Split and rejoined summaries are what they were; where they cannot be, that is said.

use alloc::vec::Vec;

use crate::{
    AgentId, Causal, CausalSummary, Dot, DotContext, DotRange, DotSet, MAX_SEQ, MemberSink,
    MemberSource, Summarize,
};

/// Good enough for tests: FNV.
fn digest(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn context(ranges: &[(&str, u64, u64)]) -> DotContext {
    let mut context = DotContext::new();
    for (agent, start, end) in ranges {
        let agent = AgentId::new(agent).unwrap();
        context.insert_range(&DotRange::new(agent, *start, *end).unwrap());
    }
    context
}

fn summary() -> CausalSummary {
    CausalSummary {
        known: context(&[
            ("a", 0, 100),
            ("b", 0, 7),
            ("b", 9, 12),
            ("c", MAX_SEQ, MAX_SEQ + 1),
        ]),
        live: context(&[
            ("a", 3, 50),
            ("a", 51, 60),
            ("b", 10, 11),
            ("c", MAX_SEQ, MAX_SEQ + 1),
        ]),
    }
}

fn split(summary: &mut CausalSummary, within: Option<&CausalSummary>) -> Option<Vec<u128>> {
    let mut sink = MemberSink::new(&digest, 1_000);
    summary.split(within, &mut sink);
    sink.finish()
}

#[test]
fn what_was_split_is_rebuilt() {
    let mut head = summary();
    let members = split(&mut head, None).unwrap();
    assert_eq!(members.len(), 47 + 9 + 1 + 1);
    assert!(members.is_sorted() && head.live.is_empty());
    let mut source = MemberSource::new(&digest, &members);
    assert!(head.rejoin(&mut source) && source.is_finished());
    assert_eq!(head, summary());
}

#[test]
fn what_the_other_cannot_know_is_left_out() {
    let other = CausalSummary {
        known: context(&[("a", 0, 52), ("z", 0, 9)]),
        live: DotContext::new(),
    };
    let mut head = summary();
    let members = split(&mut head, Some(&other)).unwrap();
    assert_eq!(members.len(), 47 + 1);
    let mut source = MemberSource::new(&digest, &members);
    assert!(head.rejoin(&mut source) && source.is_finished());
    assert_eq!(head.known, summary().known);
    assert_eq!(head.live, summary().live.intersection(&other.known));
}

#[test]
fn a_digest_of_two_agents_is_no_split() {
    let constant = |_: &[u8]| 1;
    let mut sink = MemberSink::new(&constant, 1_000);
    summary().split(None, &mut sink);
    assert_eq!(sink.finish(), None);
    let members = [1 << 64 | 3];
    let mut source = MemberSource::new(&constant, &members);
    let mut head = summary();
    head.rejoin(&mut source);
    assert!(!source.is_finished());
}

#[test]
fn too_many_members_are_no_split() {
    let mut sink = MemberSink::new(&digest, 57);
    summary().split(None, &mut sink);
    assert_eq!(sink.finish(), None);
    let mut endless = CausalSummary {
        known: context(&[("a", 0, MAX_SEQ)]),
        live: context(&[("a", 0, MAX_SEQ)]),
    };
    assert_eq!(split(&mut endless, None), None);
}

#[test]
fn members_that_do_not_fit_the_head_are_refused() {
    let mut head = summary();
    let members = split(&mut head, None).unwrap();
    let stranger = [members.clone(), [u128::MAX].to_vec()].concat();
    let mut source = MemberSource::new(&digest, &stranger);
    head.rejoin(&mut source);
    assert!(!source.is_finished());
    // Event 1,000 of a known agent is not known.
    let half = members[0] & !u128::from(u64::MAX);
    for seq in [1_000, u64::MAX] {
        let mut unknown = [members.clone(), [half | u128::from(seq)].to_vec()].concat();
        unknown.sort_unstable();
        let mut source = MemberSource::new(&digest, &unknown);
        assert!(!head.rejoin(&mut source));
    }
}

#[test]
fn equal_dots_in_two_fields_are_two_members() {
    let dots = context(&[("a", 0, 5)]);
    let mut sink = MemberSink::new(&digest, 100);
    for field in ["one", "two"] {
        sink.in_field(field, |sink| sink.put_dots(&dots, &dots));
    }
    let members = sink.finish().unwrap();
    assert_eq!(members.len(), 10);
    assert!(members.windows(2).all(|pair| pair[0] < pair[1]));
    let mut source = MemberSource::new(&digest, &members);
    for field in ["one", "two"] {
        let taken = source.in_field(field, |source| source.take_dots(&dots));
        assert_eq!(taken.as_ref(), Some(&dots));
    }
    assert!(source.is_finished());
}

#[test]
fn a_dot_is_the_digest_of_its_agent_and_its_seq() {
    let mut dots = DotContext::new();
    dots.insert(&Dot::new(AgentId::new("a").unwrap(), 9).unwrap());
    let mut sink = MemberSink::new(&digest, 1);
    sink.put_dots(&dots, &dots);
    let expected = digest(&[0, 0, 0, 0, 0, 0, 0, 0, b'a']);
    assert_eq!(
        sink.finish(),
        Some([u128::from(expected) << 64 | 9].to_vec())
    );
}

/// Whoever looks for what differs asks without knowing the type.
#[test]
fn a_summary_of_any_causal_value_is_split_and_rebuilt() {
    type Value = Causal<DotSet>;
    let mut head = summary();
    let mut sink = MemberSink::new(&digest, 1_000);
    Value::split_summary(&mut head, None, &mut sink);
    let members = sink.finish().unwrap();
    assert!(head.live.is_empty() && members.len() == 47 + 9 + 1 + 1);
    // Its last agent has no such event.
    let mut unknown = members.clone();
    if let Some(last) = unknown.last_mut() {
        *last |= u128::from(u64::MAX);
    }
    let mut source = MemberSource::new(&digest, &unknown);
    assert!(!Value::rejoin_summary(&mut head.clone(), &mut source));
    let mut source = MemberSource::new(&digest, &members);
    assert!(Value::rejoin_summary(&mut head, &mut source));
    assert_eq!(head, summary());
}
