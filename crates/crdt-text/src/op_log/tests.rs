//! The columns of operations, event by event against in bulk; runs that others offer; and the lengths that
//! are remembered.

use crdt_core::{AgentId, Frontier, Lv, LvRange};
use crdt_testkit::Rng;

use super::ingest::check_ops;
use super::length::KnownLengths;
use super::ops::OpRuns;
use super::{MAX_LEN, OpKind, OpLog};
use crate::{Direction, EditError, RemoteRun, TextOp, walker};

/// One event: where, and what it inserts or else what it deletes, if that is recorded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Event {
    pos: usize,
    inserted: Option<char>,
    deleted: Option<char>,
}

fn events_of(op: &TextOp<'_>) -> Vec<Event> {
    match *op {
        TextOp::Insert { pos, text } => text
            .chars()
            .zip(pos..)
            .map(|(ch, pos)| Event {
                pos,
                inserted: Some(ch),
                deleted: None,
            })
            .collect(),
        TextOp::Delete {
            pos,
            len,
            direction,
            text,
        } => {
            let mut chars = text.into_iter().flat_map(str::chars);
            let at = |k| {
                if direction == Direction::Backward {
                    pos + len - 1 - k
                } else {
                    pos
                }
            };
            (0..len)
                .map(|k| Event {
                    pos: at(k),
                    inserted: None,
                    deleted: chars.next(),
                })
                .collect()
        }
    }
}

fn push_event(runs: &mut OpRuns, event: &Event) {
    let mut buffer = [0; 4];
    match (event.inserted, event.deleted) {
        (Some(ch), _) => runs.push(&TextOp::insert(event.pos, ch.encode_utf8(&mut buffer))),
        (None, deleted) => runs.push(&TextOp::Delete {
            pos: event.pos,
            len: 1,
            direction: Direction::Forward,
            text: deleted.map(|ch| &*ch.encode_utf8(&mut buffer)),
        }),
    }
}

fn one_by_one(events: &[Event]) -> OpRuns {
    let mut runs = OpRuns::default();
    events.iter().for_each(|event| push_event(&mut runs, event));
    runs
}

/// Few positions, so that runs meet; every kind, recorded or not.
fn random_ops(rng: &mut Rng, n: usize) -> Vec<(usize, usize, usize, String)> {
    (0..n)
        .map(|_| {
            let len = rng.between(1, 4);
            let text = (0..len)
                .map(|_| *rng.pick(&['a', 'b', '\u{e9}', '\u{1f600}']))
                .collect();
            (rng.below(5), rng.below(4), len, text)
        })
        .collect()
}

fn op((kind, pos, len, text): &(usize, usize, usize, String)) -> TextOp<'_> {
    let direction = if *kind % 2 == 0 {
        Direction::Forward
    } else {
        Direction::Backward
    };
    match kind {
        0 => TextOp::insert(*pos, text),
        1 | 2 => TextOp::Delete {
            pos: *pos,
            len: *len,
            direction,
            text: None,
        },
        _ => TextOp::Delete {
            pos: *pos,
            len: *len,
            direction,
            text: Some(text),
        },
    }
}

fn debug(runs: &OpRuns) -> String {
    format!("{runs:?}")
}

fn shapes(log: &OpLog) -> Vec<(OpKind, u32, u32)> {
    log.ops()
        .iter(log.all())
        .map(|run| (run.kind, run.pos, run.lvs.len()))
        .collect()
}

fn log_of(ops: &[TextOp<'_>]) -> OpLog {
    let mut log = OpLog::new();
    let agent = log.get_or_create_agent_id("a").expect("a name");
    for op in ops {
        let tip = log.version().clone();
        log.add_operations_at(agent, &tip, core::slice::from_ref(op))
            .expect("a valid op");
    }
    log
}

#[test]
fn bulk_and_event_by_event_give_the_same_columns() {
    for seed in 0..400 {
        let mut rng = Rng::new(seed);
        let ops = random_ops(&mut rng, 12);
        let ops: Vec<TextOp<'_>> = ops.iter().map(op).collect();
        let events: Vec<Event> = ops.iter().flat_map(events_of).collect();
        let bulk = OpRuns::from_ops(ops.iter().copied());
        assert_eq!(
            debug(&bulk),
            debug(&one_by_one(&events)),
            "seed {seed}: {ops:?}"
        );
        let all = LvRange::new(Lv::new(0), bulk.end());
        let read: Vec<Event> = bulk.ops(all).flat_map(|op| events_of(&op)).collect();
        assert_eq!(read, events, "seed {seed}: {ops:?}");
    }
}

#[test]
fn any_part_reads_as_its_events() {
    for seed in 0..60 {
        let mut rng = Rng::new(seed);
        let ops = random_ops(&mut rng, 8);
        let ops: Vec<TextOp<'_>> = ops.iter().map(op).collect();
        let events: Vec<Event> = ops.iter().flat_map(events_of).collect();
        let runs = OpRuns::from_ops(ops.iter().copied());
        for start in 0..=events.len() {
            for end in start..=events.len() {
                let part = LvRange::new(Lv::new(start as u32), Lv::new(end as u32));
                let read: Vec<Event> = runs.ops(part).flat_map(|op| events_of(&op)).collect();
                assert_eq!(read, events[start..end], "seed {seed}: {ops:?}");
                let again = OpRuns::from_ops(runs.ops(part));
                let expected = one_by_one(&events[start..end]);
                assert_eq!(debug(&again), debug(&expected), "seed {seed}: {ops:?}");
            }
        }
    }
}

#[test]
fn cutting_off_the_end_leaves_no_trace_of_it() {
    for seed in 0..60 {
        let mut rng = Rng::new(seed);
        let ops = random_ops(&mut rng, 8);
        let ops: Vec<TextOp<'_>> = ops.iter().map(op).collect();
        let events: Vec<Event> = ops.iter().flat_map(events_of).collect();
        for len in 0..=events.len() {
            let mut runs = OpRuns::from_ops(ops.iter().copied());
            runs.truncate(Lv::new(len as u32));
            let expected = one_by_one(&events[..len]);
            assert_eq!(
                debug(&runs),
                debug(&expected),
                "seed {seed}, {len} events of {ops:?}"
            );
            // And what is pushed then joins what is left as if nothing had been there.
            events[len..]
                .iter()
                .for_each(|event| push_event(&mut runs, event));
            assert_eq!(
                debug(&runs),
                debug(&one_by_one(&events)),
                "seed {seed}, {len}: {ops:?}"
            );
        }
    }
}

#[test]
fn typing_is_one_run_wherever_it_ends() {
    let typed: Vec<TextOp<'_>> = (0..5).map(|at| TextOp::insert(at, "x")).collect();
    assert_eq!(shapes(&log_of(&typed)), [(OpKind::Insert, 0, 5)]);
    let elsewhere = [TextOp::insert(0, "abc"), TextOp::insert(1, "d")];
    assert_eq!(
        shapes(&log_of(&elsewhere)),
        [(OpKind::Insert, 0, 3), (OpKind::Insert, 1, 1)]
    );
}

#[test]
fn backspaces_are_one_run_and_so_are_forward_deletes() {
    let text = TextOp::insert(0, "0123456789");
    let back = [
        text,
        TextOp::delete(7..8),
        TextOp::delete(6..7),
        TextOp::delete(5..6),
    ];
    assert_eq!(shapes(&log_of(&back))[1..], [(OpKind::Backspace, 7, 3)]);
    let forward = [
        text,
        TextOp::delete(7..8),
        TextOp::delete(7..8),
        TextOp::delete(7..8),
    ];
    assert_eq!(shapes(&log_of(&forward))[1..], [(OpKind::Delete, 7, 3)]);
    let bulk = [text, TextOp::backspace(5..8)];
    assert_eq!(shapes(&log_of(&bulk))[1..], [(OpKind::Backspace, 7, 3)]);
    let single = [text, TextOp::backspace(5..6)];
    assert_eq!(shapes(&log_of(&single))[1..], [(OpKind::Delete, 5, 1)]);
}

#[test]
fn a_delete_both_ways_from_one_place_is_two_runs() {
    let text = TextOp::insert(0, "0123456789");
    let ops = [text, TextOp::delete(5..7), TextOp::backspace(2..5)];
    let expected = [(OpKind::Delete, 5, 2), (OpKind::Backspace, 4, 3)];
    assert_eq!(shapes(&log_of(&ops))[1..], expected);
}

#[test]
fn remembered_lengths_are_true_on_branches_edited_in_turn() {
    for seed in 0..20 {
        let mut rng = Rng::new(seed);
        let mut log = OpLog::new();
        let agent = log.get_or_create_agent_id("a").expect("a name");
        let mut heads = vec![Frontier::root(); 12];
        for step in 0..200 {
            let at = rng.below(heads.len());
            if rng.chance(10) {
                // Two branches become one, of a length that nobody has seen.
                let other = rng.below(heads.len());
                heads[at] = log.graph().union(&heads[at], &heads[other]);
            }
            let len = walker::length_at(&log, &heads[at], &mut walker::Lengths::default());
            assert_eq!(
                log.known_length_at(&heads[at]),
                len,
                "seed {seed}, step {step}"
            );
            let past_the_end = log.add_insert_at(agent, &heads[at], len as usize + 1, "x");
            assert!(past_the_end.is_err(), "seed {seed}, step {step}");
            let lvs = if len > 3 && rng.chance(45) {
                log.add_delete_at(agent, &heads[at], len as usize - 2..len as usize)
            } else {
                log.add_insert_at(agent, &heads[at], rng.below(len as usize + 1), "ab\u{e9}")
            };
            heads[at] = Frontier::from(lvs.expect("an edit in range").last());
            assert_eq!(
                walker::length_at(&log, &heads[at], &mut walker::Lengths::default()),
                log.known_length_at(&heads[at])
            );
        }
    }
}

#[test]
fn few_lengths_are_remembered() {
    let mut known = KnownLengths::default();
    for lv in 0..100 {
        known.advance(&Frontier::root(), Frontier::from(Lv::new(lv)), lv);
    }
    let n_remembered = format!("{known:?}").matches('(').count();
    assert!(n_remembered <= 9, "{known:?}");
}

#[test]
fn a_run_is_as_long_as_an_op_log_may_be_and_no_longer() {
    let check = |ops: &[TextOp<'_>]| check_ops(&OpRuns::default(), ops);
    let too_long = Err(EditError::TooLong { limit: MAX_LEN });
    assert_eq!(check(&[TextOp::delete(0..MAX_LEN)]), Ok(MAX_LEN));
    assert_eq!(check(&[TextOp::insert(MAX_LEN - 1, "x")]), Ok(1));
    assert_eq!(check(&[TextOp::insert(MAX_LEN, "x")]), too_long);
    let both = |len| [TextOp::delete(0..MAX_LEN - 7), TextOp::delete(0..len)];
    assert_eq!(check(&both(7)), Ok(MAX_LEN));
    assert_eq!(check(&both(8)), too_long);
}

#[test]
fn a_run_of_backspaces_that_is_known_in_part_goes_on_where_it_was() {
    let mut log = log_of(&[TextOp::insert(0, "abcdefg")]);
    let tip = log.graph().to_remote(log.version()).expect("known");
    let agent = AgentId::new("backspacer").expect("a name");
    let mut offer = |range: core::ops::Range<usize>| {
        log.ingest(&RemoteRun {
            agent: &agent,
            seq: 0,
            parents: &tip,
            ops: &[TextOp::backspace(range)],
        })
    };
    assert_eq!(offer(4..6), Ok(2));
    assert_eq!(offer(2..6), Ok(2));
    assert_eq!(offer(3..6), Ok(0), "all of it is known");
    assert!(offer(1..5).is_err(), "it began elsewhere");
    assert_eq!(log.text_at(log.version()).as_deref(), Ok("abg"));
}

#[test]
fn an_update_tells_how_many_events_it_added() {
    let mut theirs = log_of(&[TextOp::insert(0, "abcd")]);
    let b = theirs.get_or_create_agent_id("b").expect("a name");
    let floor = theirs.shallow_at(theirs.version()).expect("the tip");
    for (pos, text) in [(0, "xyz"), (4, "uv"), (2, "w")] {
        theirs.add_insert(b, pos, text).expect("an insert");
    }
    let update = theirs.update_of_all();
    assert_eq!(OpLog::new().apply(&update), Ok(10));
    for mut ours in [log_of(&[TextOp::insert(0, "abcd")]), floor] {
        assert_eq!(ours.apply(&update), Ok(6));
        assert_eq!(ours.apply(&update), Ok(0));
    }
}
