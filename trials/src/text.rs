//! Updates, saved documents, link messages, anchors and undo stacks from bytes of any origin, read and
//! then used.
//!
//! **Input.** The first byte chooses a format, and whether the checksums are made true before anything is
//! read: garbage behind a checksum that says all is well is what a peer of bad will sends.

mod kept;
mod sums;

use crdt_core::codec::{Decode, DecodeLimits};
use crdt_core::{Delta, DeltaState};
use crdt_text::{Branch, LinkDecoder, LinkEncoder, OpLog, SavedDoc, TextDoc, Update};

use self::sums::{fix_link, fix_sums};
use crate::heap;
use crate::input::{choice, joined, piece};

/// Reads bytes as something of a text, and uses it.
///
/// # Panics
/// If a promise is broken.
pub fn run(bytes: &[u8]) {
    let (kind, rest) = choice(bytes);
    let mut rest = rest.to_vec();
    let is_fixed = kind & 1 == 0;
    let format = kind / 2 % 8;
    match format {
        4 => return kept::anchor(&rest),
        5 => return kept::undo(&rest),
        _ => {}
    }
    if is_fixed && format % 4 != 3 {
        fix_sums(&mut rest);
    }
    match format % 4 {
        0 => update(&rest),
        1 => saved(&rest),
        2 => prefixed(&rest),
        _ => messages(&rest, is_fixed),
    }
}

/// Updates of several shapes, files, the messages of a link, anchors and undo stacks.
pub fn seeds() -> Vec<Vec<u8>> {
    let docs = [small(), concurrent(), long(), cut(concurrent()), on_floor()];
    let mut seeds = Vec::new();
    for doc in &docs {
        seeds.push([&[0], &doc.encode_full()[..]].concat());
        seeds.push([&[2], &doc.save()[..]].concat());
        let since = doc.oplog().encode_missing(&receiver().summary());
        seeds.push([&[0], &since[..]].concat());
    }
    let mut link = LinkEncoder::new();
    let mut messages = Vec::new();
    for doc in &docs {
        messages.extend(joined(&link.encode(&all_of(doc)), &[]));
    }
    seeds.push([&[6], &messages[..]].concat());
    seeds.extend(
        kept::anchors()
            .iter()
            .map(|bytes| [&[8], &bytes[..]].concat()),
    );
    seeds.extend(
        kept::stacks()
            .iter()
            .map(|bytes| [&[10], &bytes[..]].concat()),
    );
    seeds
}

/// Limits as for a stranger: enough for what a fuzzer makes, little enough to stay quick.
fn limits() -> DecodeLimits {
    DecodeLimits::default()
        .with_max_items(1 << 12)
        .with_max_agents(1 << 8)
        .with_max_output_bytes(1 << 16)
}

/// What the limits above allow in memory, whatever the input: rows, their text, and room to grow.
const ALLOWED: usize = 1 << 20;

fn read<T>(bytes: &[u8], read: impl FnOnce() -> Option<T>) -> Option<T> {
    heap::bounded("decoding text", 8, ALLOWED / 8 + bytes.len(), read)
}

fn update(bytes: &[u8]) {
    let decoded = read(bytes, || Update::decode(bytes, &limits()).ok());
    if let Some(update) = decoded {
        take(&update);
    }
    let mut log = receiver();
    let before = log.encode_full();
    if log.decode_and_add(bytes).is_err() {
        assert_eq!(log.encode_full(), before, "what is refused changes nothing");
    }
}

fn saved(bytes: &[u8]) {
    let Some(saved) = read(bytes, || SavedDoc::open(bytes, &limits()).ok()) else {
        return;
    };
    let text = saved.text();
    if let Ok(mut doc) = saved.into_doc() {
        assert_eq!(doc.content(), text, "shown and replayed");
        edit(&mut doc);
    }
}

/// As a document of a node, which puts lengths in front.
fn prefixed(bytes: &[u8]) {
    let read = read(bytes, || TextDoc::from_bytes(bytes, &limits()).ok());
    if let Some(mut doc) = read
        && doc.oplog().len() <= MAX_EVENTS
    {
        edit(&mut doc);
    }
}

fn messages(mut bytes: &[u8], is_fixed: bool) {
    let mut link = LinkDecoder::new();
    let mut n_taken = 0;
    while !bytes.is_empty() {
        let (message, rest) = piece(bytes);
        bytes = rest;
        let mut message = message.to_vec();
        if is_fixed {
            fix_link(&mut message, n_taken);
        }
        let mut untouched = link.clone();
        match read(&message, || link.decode(&message, &limits()).ok()) {
            Some(update) => {
                n_taken += 1;
                take(&update);
            }
            None => assert_eq!(
                format!("{link:?}"),
                format!("{:?}", core::mem::take(&mut untouched)),
                "what is refused changes nothing"
            ),
        }
    }
}

/// More would take long to replay; that it takes no memory is checked all the same.
const MAX_EVENTS: usize = 1 << 16;

/// Brings an update to a replica that knows some of it, perhaps.
fn take(update: &Update) {
    if update.len() > MAX_EVENTS {
        return;
    }
    let again = Update::decode(&update.encode(), &DecodeLimits::default());
    assert_eq!(
        again.as_ref().map(Update::encode),
        Ok(update.encode()),
        "written and read"
    );
    let mut group = all_of(&small());
    let ours = group.encode();
    if group.merge_delta(update).is_err() {
        assert_eq!(group.encode(), ours, "what is refused changes nothing");
    }
    let cut = cut(small()).into_parts().0;
    for known in [receiver(), OpLog::new(), cut] {
        take_by(&known, update);
    }
}

/// Brings an update to one replica, which is whole, empty or shallow.
fn take_by(receiver: &OpLog, update: &Update) {
    let mut log = receiver.clone();
    let before = log.encode_full();
    if log.apply(update).is_err() {
        assert_eq!(log.encode_full(), before, "what is refused changes nothing");
        return;
    }
    let known = receiver.version().clone();
    let text = log.text_at(log.version()).expect("the tip");
    let mut branch = Branch::new_at_local_version(&log, &known).expect("a version");
    drop(branch.merge(&log, log.version()).expect("the tip"));
    assert_eq!(branch.content(), text, "a branch that merges, and a replay");
    drop(branch.checkout(&log, &known).expect("a version"));
    let base = receiver.text_at(&known);
    assert_eq!(Ok(branch.content()), base, "and back");
    let copy = OpLog::decode(&log.encode_full()).expect("what was taken in can be saved");
    assert_eq!(copy, log, "saved and opened");
    edit(&mut TextDoc::from(log));
}

/// Edits a document, and brings what was edited to a copy.
fn edit(doc: &mut TextDoc) {
    let mut copy = doc.clone();
    let me = doc.get_or_create_agent_id("me, today").expect("a name");
    let at = doc.len_chars() / 2;
    let (edited, update) = doc.edit_with_delta(|doc| doc.insert(me, at, "an edit"));
    if edited.is_ok() {
        assert_eq!(copy.apply_delta(&update), Ok(true), "an edit");
        assert_eq!(copy.content(), doc.content(), "an edit and its update");
    }
}

fn all_of(doc: &TextDoc) -> Update {
    doc.oplog().update_missing(&TextDoc::new().summary())
}

/// What a replica holds when the bytes arrive.
fn receiver() -> OpLog {
    small().into_parts().0
}

fn small() -> TextDoc {
    let mut doc = TextDoc::new();
    let alice = doc.get_or_create_agent_id("alice").expect("a name");
    doc.insert(alice, 0, "known").expect("an edit");
    doc.delete(alice, 1..3).expect("an edit");
    doc
}

fn cut(doc: TextDoc) -> TextDoc {
    doc.shallow_at(doc.version()).expect("the tip is critical")
}

/// What follows a floor that the receiver has as an event.
fn on_floor() -> TextDoc {
    let mut doc = cut(small());
    let bob = doc.get_or_create_agent_id("bob").expect("a name");
    doc.insert(bob, 1, "on top").expect("an edit");
    doc
}

fn concurrent() -> TextDoc {
    let (mut ours, mut theirs) = (small(), small());
    let bob = ours.get_or_create_agent_id("bob").expect("a name");
    let zoe = theirs.get_or_create_agent_id("zo\u{eb}").expect("a name");
    ours.insert(bob, 1, "\u{6f22}x").expect("an edit");
    ours.replace(bob, 0..2, "r").expect("an edit");
    theirs.insert(zoe, 1, "zzz").expect("an edit");
    ours.merge(&theirs).expect("one history");
    ours
}

fn long() -> TextDoc {
    let mut doc = concurrent();
    let eve = doc.get_or_create_agent_id("eve").expect("a name");
    doc.insert(eve, 2, &"words that come again, ".repeat(12))
        .expect("an edit");
    for at in 0..12 {
        doc.delete(eve, 3 * at..3 * at + 2).expect("an edit");
    }
    doc
}
