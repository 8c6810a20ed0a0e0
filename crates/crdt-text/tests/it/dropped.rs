//! Op logs that dropped the text of what is deleted: they merge as ever, and show what is left.

use crdt_core::Delta;
use crdt_testkit::Rng;
use crdt_text::{Branch, DROPPED, Frontier, OpLog, TextDoc, TextOp};

use crate::support::{
    conflict, dot, each_history, ingest, offer, oplog_from, oplog_of, seen, version,
};

fn trimmed(log: &OpLog) -> OpLog {
    let mut log = log.clone();
    log.drop_deleted_text();
    log
}

fn tip(log: &OpLog) -> String {
    log.text_at(log.version()).expect("the tip")
}

#[test]
fn the_tip_stays_and_earlier_versions_keep_their_lengths() {
    each_history(|_, trace| {
        let full = oplog_of(trace);
        let mut trimmed = full.clone();
        let n_dropped = trimmed.drop_deleted_text();
        assert_eq!(tip(&trimmed), tip(&full));
        let inserts = full
            .iter_ops()
            .filter(|op| matches!(op, TextOp::Insert { .. }));
        let n_inserts: usize = inserts.map(|op| op.n_events()).sum();
        assert_eq!(n_dropped, n_inserts - tip(&full).chars().count());
        assert_eq!(
            trimmed.drop_deleted_text(),
            0,
            "there is nothing left to drop"
        );
        assert_eq!(trimmed, full);
        assert_eq!(full, trimmed);
        for txn in &trace.txns {
            let at = version(&full, trace, &[txn.span.end - 1]);
            let (a, b) = (full.text_at(&at), trimmed.text_at(&at));
            let (a, b) = (a.expect("known"), b.expect("known"));
            assert_eq!(a.chars().count(), b.chars().count());
            let agrees = |(a, b): (char, char)| a == b || b == DROPPED;
            assert!(a.chars().zip(b.chars()).all(agrees), "{a:?}, {b:?}");
        }
    });
}

#[test]
fn what_was_dropped_stays_dropped_in_a_file() {
    each_history(|_, trace| {
        let trimmed = trimmed(&oplog_of(trace));
        let bytes = trimmed.encode_full();
        let read = OpLog::decode(&bytes).expect("our own bytes");
        assert_eq!(read, trimmed);
        assert_eq!(read.encode_full(), bytes);
        let first = version(&read, trace, &[trace.txns[0].span.end - 1]);
        let other = version(&trimmed, trace, &[trace.txns[0].span.end - 1]);
        assert_eq!(read.text_at(&first), trimmed.text_at(&other));
    });
}

#[test]
fn the_full_text_wins_or_stays() {
    each_history(|_, trace| {
        let full = oplog_of(trace);
        let mut filled = trimmed(&full);
        assert_eq!(filled.merge(&full), Ok(0));
        assert_eq!(filled.encode_full(), full.encode_full());
        assert_eq!(filled.merge(&trimmed(&full)), Ok(0), "it stays");
        assert_eq!(filled.encode_full(), full.encode_full());
        // Read from a file, the events may be in another order.
        let mut filled = OpLog::decode(&trimmed(&full).encode_full()).expect("our own bytes");
        filled
            .decode_and_add(&full.encode_full())
            .expect("no conflict");
        assert_eq!(filled.encode_full(), full.encode_full());
    });
}

/// Two replicas with a part of the history each, of which one or both dropped what they could.
#[test]
fn replicas_converge_whatever_they_dropped() {
    each_history(|seed, trace| {
        let full = oplog_of(trace);
        let expected = tip(&full);
        let mut rng = Rng::new(seed);
        for which in 0..3 {
            let n = rng.below(trace.txns.len() + 1);
            let mut part = OpLog::new();
            for txn in &trace.txns[..n] {
                ingest(&mut part, trace, txn).expect("a valid history");
            }
            let part = if which == 0 { part } else { trimmed(&part) };
            let all = if which == 1 {
                full.clone()
            } else {
                trimmed(&full)
            };
            let (mut a, mut b) = (part.clone(), all.clone());
            a.merge(&all).expect("no conflict");
            b.merge(&part).expect("no conflict");
            assert_eq!((tip(&a), tip(&b)), (expected.clone(), expected.clone()));
            let mut live = TextDoc::from(part);
            let update = all.encode_missing(&live.summary());
            live.apply_update(&update).expect("no conflict");
            assert_eq!(live.content(), expected);
        }
    });
}

#[test]
fn work_goes_on_beside_dropped_text() {
    each_history(|seed, trace| {
        let full = oplog_of(trace);
        let (mut a, mut b) = (TextDoc::from(full.clone()), TextDoc::from(full));
        a.drop_deleted_text();
        let mut rng = Rng::new(seed);
        for (doc, name) in [(&mut a, "one more"), (&mut b, "another")] {
            let agent = doc.get_or_create_agent_id(name).expect("a name");
            for _ in 0..10 {
                let at = rng.below(doc.len_chars() + 1);
                if at < doc.len_chars() && rng.chance(40) {
                    doc.delete(agent, at..at + 1).expect("within");
                } else {
                    doc.insert(agent, at, "\u{e9}!").expect("within");
                }
            }
        }
        let (for_a, for_b) = (
            b.encode_missing(&a.summary()),
            a.encode_missing(&b.summary()),
        );
        a.apply_update(&for_a).expect("no conflict");
        b.apply_update(&for_b).expect("no conflict");
        assert_eq!(a.content(), b.content());
        assert_eq!(tip(a.oplog()), a.content());
    });
}

#[test]
fn updates_take_text_over_when_they_are_grouped() {
    each_history(|_, trace| {
        let full = oplog_of(trace);
        let all = |log: &OpLog| log.update_since(&Frontier::root()).expect("the root");
        let (expected, dropped) = (all(&full), all(&trimmed(&full)));
        let mut a = dropped.clone();
        a.merge_delta(&expected).expect("no conflict");
        let mut b = expected.clone();
        b.merge_delta(&dropped).expect("no conflict");
        assert_eq!(
            (a.encode(), b.encode()),
            (expected.encode(), expected.encode())
        );
    });
}

#[test]
fn recorded_text_goes_as_well() {
    let mut log = oplog_from("a:0 [] ins 0 h\u{e9}llo");
    let a = log.get_or_create_agent_id("a").expect("a name");
    log.add_delete_with_content(a, 1..3, "\u{e9}l")
        .expect("a delete");
    assert_eq!(log.drop_deleted_text(), 2);
    let texts: Vec<_> = log.iter_ops().map(|op| format!("{op:?}")).collect();
    assert!(
        texts.iter().all(|text| !text.contains('\u{e9}')),
        "{texts:?}"
    );
    assert_eq!(tip(&log), "hlo");
}

/// Wider characters come back: all text behind them moves.
#[test]
fn text_of_any_width_is_taken_over() {
    let full = oplog_from(
        "a:0 [] ins 0 x\u{e9}\u{1f600}y; del 1 2; ins 1 \u{6f22}z; del 1 1\nb:0 [a:3] ins 2 \u{1f600}",
    );
    let mut log = trimmed(&full);
    let mut branch = Branch::new_at_tip(&log);
    log.merge(&full).expect("no conflict");
    assert_eq!(log.encode_full(), full.encode_full());
    let before = version_of(&full, 3);
    branch.checkout(&log, &version_of(&log, 3)).expect("known");
    assert_eq!(branch.to_string(), full.text_at(&before).expect("known"));
    assert_eq!(branch.to_string(), "x\u{e9}\u{1f600}y");
}

fn version_of(log: &OpLog, seq: u64) -> Frontier {
    log.to_local(&[dot("a", seq)]).expect("known")
}

/// What is left is compared as ever, and a batch that fails takes nothing over.
#[test]
fn a_conflict_beside_dropped_text_is_one() {
    let full = oplog_from("a:0 [] ins 0 abc; del 0 1");
    let mut log = trimmed(&full);
    let before = seen(&log);
    let other = oplog_from("a:0 [] ins 0 aXc; del 0 1");
    assert_eq!(conflict(log.merge(&other)), dot("a", 1));
    assert!(log != other);
    // The first run would bring text back, the second contradicts.
    let second = oplog_from("a:0 [] ins 0 abc; del 0 1\nb:0 [a:3] ins 0 q");
    let mut both = trimmed(&second);
    let before_both = seen(&both);
    let liar = oplog_from("a:0 [] ins 0 abc; del 0 1\nb:0 [a:3] ins 0 r");
    assert_eq!(conflict(both.merge(&liar)), dot("b", 0));
    assert_eq!((seen(&log), seen(&both)), (before, before_both));
}

/// Whoever types the character that stands for dropped text sees what was typed.
#[test]
fn the_character_itself_is_text() {
    let mut log = OpLog::new();
    let typed = TextOp::insert(0, "a\u{1a}b");
    offer(&mut log, ("a", 0), &[], &[typed]).expect("a run");
    assert_eq!(offer(&mut log, ("a", 0), &[], &[typed]), Ok(0));
    assert_eq!(tip(&log), "a\u{1a}b");
    assert_eq!(log.drop_deleted_text(), 0);
}
