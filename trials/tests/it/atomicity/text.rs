//! Documents, op logs, branches, links and updates.

use crdt_core::codec::DecodeLimits;
use crdt_core::{Delta, Dot, Frontier, Lv};
use crdt_testkit::Rng;
use crdt_text::{
    AgentIdx, Branch, Bytes, LinkDecoder, LinkEncoder, OpLog, RemoteRun, TextDoc, TextOp, Update,
    Utf16,
};

use super::{agent, done, walk};

/// A document with two branches that were merged, and text of all widths.
fn doc(rng: &mut Rng) -> TextDoc {
    let (mut ours, mut theirs) = (TextDoc::new(), TextDoc::new());
    let alice = ours.get_or_create_agent_id("alice").expect("a name");
    let bob = theirs.get_or_create_agent_id("bob").expect("a name");
    ours.insert(alice, 0, "x\u{e9}\u{6f22}").expect("an edit");
    if rng.chance(50) {
        theirs.insert(bob, 0, "\u{1f600}y").expect("an edit");
        ours.merge(&theirs).expect("one history");
    }
    ours
}

fn seen_doc(doc: &TextDoc) -> (Vec<u8>, Frontier, String, String, usize) {
    (
        doc.encode_full(),
        doc.version().clone(),
        doc.content(),
        format!("{doc:?}"),
        doc.oplog().graph().agents().iter().count(),
    )
}

fn place(rng: &mut Rng) -> usize {
    *rng.pick(&[0, 1, 2, 4, 9, usize::MAX])
}

fn idx(rng: &mut Rng) -> AgentIdx {
    AgentIdx::new(rng.below(3) as u32)
}

/// Bytes of another history, perhaps damaged, perhaps contradicting, perhaps early.
fn foreign_update(rng: &mut Rng) -> Vec<u8> {
    let mut other = TextDoc::new();
    let alice = other.get_or_create_agent_id("alice").expect("a name");
    other
        .insert(alice, 0, ["x\u{e9}\u{6f22}", "abc"][rng.below(2)])
        .expect("an edit");
    let known = other.version().clone();
    other.insert(alice, 1, "more").expect("an edit");
    let mut bytes = if rng.chance(50) {
        other.encode_full()
    } else {
        other.encode_since(&known).expect("known")
    };
    if rng.chance(30) {
        let at = rng.below(bytes.len());
        bytes[at] ^= 1 << rng.below(8);
    }
    bytes
}

#[test]
fn text_calls_that_fail_change_nothing() {
    walk::<TextDoc, _>(
        doc,
        seen_doc,
        &[
            ("TextDoc::insert", |doc, rng| {
                done(doc.insert(idx(rng), place(rng), ["", "text"][rng.below(2)]))
            }),
            ("TextDoc::insert at bytes", |doc, rng| {
                done(doc.insert(idx(rng), Bytes(place(rng)), "text"))
            }),
            ("TextDoc::delete", |doc, rng| {
                done(doc.delete(idx(rng), place(rng)..place(rng)))
            }),
            ("TextDoc::delete of utf-16", |doc, rng| {
                done(doc.delete(idx(rng), Utf16(place(rng))..Utf16(place(rng))))
            }),
            ("TextDoc::replace", |doc, rng| {
                done(doc.replace(idx(rng), place(rng)..place(rng), ["", "r"][rng.below(2)]))
            }),
            ("TextDoc::get_or_create_agent_id", |doc, rng| {
                done(doc.get_or_create_agent_id("n".repeat(*rng.pick(&[0, 1, 65]))))
            }),
            ("TextDoc::apply_update", |doc, rng| {
                done(doc.apply_update(&foreign_update(rng)))
            }),
            ("TextDoc::apply", |doc, rng| {
                let update = Update::decode(&foreign_update(rng), &DecodeLimits::default());
                update.map_or(Ok(()), |update| done(doc.apply(&update)))
            }),
            ("TextDoc::merge", |doc, rng| {
                let other = TextDoc::decode(&foreign_update(rng));
                other.map_or(Ok(()), |other| done(doc.merge(&other)))
            }),
            ("TextDoc::ingest", |doc, rng| {
                let parents = [Dot::new(agent("alice"), *rng.pick(&[0, 2, 8])).expect("a seq")];
                let len = *rng.pick(&[0, 1, usize::MAX]);
                let op = if rng.chance(50) {
                    TextOp::insert(place(rng), "abc")
                } else {
                    TextOp::delete(0..len)
                };
                done(doc.ingest(&RemoteRun {
                    agent: &agent(["alice", "carol"][rng.below(2)]),
                    seq: *rng.pick(&[0, 3, u64::MAX]),
                    parents: &parents,
                    ops: &[TextOp::insert(0, "good"), op],
                }))
            }),
        ],
    );
}

#[test]
fn op_log_calls_that_fail_change_nothing() {
    fn parts(rng: &mut Rng) -> (OpLog, Branch) {
        doc(rng).into_parts()
    }
    fn version(rng: &mut Rng) -> Frontier {
        Frontier::from_heads([Lv::new(rng.below(8) as u32), Lv::new(rng.below(8) as u32)])
    }
    let seen = |(log, branch): &(OpLog, Branch)| {
        let doc = seen_doc(&TextDoc::from(log.clone()));
        (
            doc,
            format!("{log:?}"),
            branch.version().clone(),
            branch.content(),
        )
    };
    walk::<(OpLog, Branch), _>(
        parts,
        seen,
        &[
            ("OpLog::add_insert", |(log, _), rng| {
                done(log.add_insert(idx(rng), place(rng), ["", "x"][rng.below(2)]))
            }),
            ("OpLog::add_insert_at", |(log, _), rng| {
                done(log.add_insert_at(idx(rng), &version(rng), place(rng), "x"))
            }),
            ("OpLog::add_delete_at", |(log, _), rng| {
                done(log.add_delete_at(idx(rng), &version(rng), place(rng)..place(rng)))
            }),
            ("OpLog::add_delete_with_content", |(log, _), rng| {
                done(log.add_delete_with_content(idx(rng), 0..rng.below(4), "xy"))
            }),
            ("OpLog::add_delete_without_content", |(log, _), rng| {
                done(log.add_delete_without_content(idx(rng), place(rng)..place(rng)))
            }),
            ("OpLog::add_operations_at", |(log, _), rng| {
                let ops = [TextOp::insert(0, "good"), TextOp::delete(0..place(rng))];
                done(log.add_operations_at(idx(rng), &version(rng), &ops))
            }),
            ("OpLog::decode_and_add", |(log, _), rng| {
                done(log.decode_and_add(&foreign_update(rng)))
            }),
            ("Branch::insert", |(log, branch), rng| {
                done(branch.insert(log, idx(rng), place(rng), ["", "x"][rng.below(2)]))
            }),
            ("Branch::delete", |(log, branch), rng| {
                done(branch.delete(log, idx(rng), place(rng)..place(rng)))
            }),
            ("Branch::replace", |(log, branch), rng| {
                done(branch.replace(log, idx(rng), place(rng)..place(rng), ""))
            }),
            ("Branch::merge", |(log, branch), rng| {
                done(branch.merge(log, &version(rng)))
            }),
            ("Branch::checkout", |(log, branch), rng| {
                done(branch.checkout(log, &version(rng)))
            }),
        ],
    );
}

#[test]
fn links_and_groups_that_fail_change_nothing() {
    fn message(rng: &mut Rng) -> Vec<u8> {
        let update = loop {
            let bytes = foreign_update(rng);
            if let Ok(update) = Update::decode(&bytes, &DecodeLimits::default()) {
                break update;
            }
        };
        let mut link = LinkEncoder::new();
        let mut bytes = link.encode(&update);
        let at = rng.below(bytes.len());
        bytes[at] ^= rng.below(3) as u8;
        bytes
    }
    let shown = |link: &LinkDecoder| format!("{link:?}");
    walk::<LinkDecoder, _>(
        |_| LinkDecoder::new(),
        shown,
        &[("LinkDecoder::decode", |link, rng| {
            done(link.decode(&message(rng), &DecodeLimits::default()))
        })],
    );
    let update = |rng: &mut Rng| doc(rng).oplog().update_missing(&TextDoc::new().summary());
    walk::<Update, _>(
        update,
        Update::encode,
        &[("Update::merge_delta", |group, rng| {
            let update = Update::decode(&foreign_update(rng), &DecodeLimits::default());
            update.map_or(Ok(()), |update| done(group.merge_delta(&update)))
        })],
    );
}
