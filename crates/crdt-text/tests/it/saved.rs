//! Saved documents: read at once, edited at once, and the history must agree.

use crdt_core::codec::{DecodeLimits, Writer};
use crdt_core::{Classify, ErrorKind};
use crdt_testkit::Rng;
use crdt_text::{EditError, OpLog, SavedDoc, TextDoc, UpdateError};

use crate::support::{each_history, fix_checksum, histories, oplog_of, parts};

fn open(bytes: &[u8]) -> Result<SavedDoc<'_>, UpdateError> {
    SavedDoc::open(bytes, &DecodeLimits::default())
}

fn some_doc() -> TextDoc {
    let (_, trace) = histories().next().expect("a history");
    TextDoc::from(oplog_of(&trace))
}

/// The sections of a file, with their tags.
fn sections(bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let (mut start, ends) = parts(bytes).expect("a file");
    let mut at = 6;
    let of_tag = |end: usize| {
        let tag = bytes[at];
        let is_more = |byte: &&u8| **byte >= 0x80;
        at += 1 + bytes[at + 1..].iter().take_while(is_more).count() + 1 + 4;
        let content = bytes[start..end].to_vec();
        start = end;
        (tag, content)
    };
    ends.into_iter().map(of_tag).collect()
}

/// A file of sections, its checksums true.
fn file(sections: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut w = Writer::new();
    w.raw(b"CTXT");
    w.u8(1);
    w.u8(sections.len() as u8);
    for (tag, content) in sections {
        w.u8(*tag);
        w.u64(content.len() as u64);
        w.u32_le(0);
    }
    w.u32_le(0);
    sections.iter().for_each(|(_, content)| w.raw(content));
    let mut bytes = w.into_bytes();
    fix_checksum(&mut bytes);
    bytes
}

fn is_corrupt<T>(result: Result<T, UpdateError>) -> bool {
    let error = result.err();
    let kind = error.as_ref().map(Classify::kind);
    error == Some(UpdateError::Corrupt) && kind == Some(ErrorKind::Corrupt)
}

#[test]
fn what_was_saved_is_read_and_goes_on() {
    for (seed, trace) in histories() {
        let doc = TextDoc::from(oplog_of(&trace));
        let bytes = doc.save();
        assert_eq!(file(&sections(&bytes)), bytes, "CRDT_SEED={seed}");
        let saved = open(&bytes).expect("our own bytes");
        assert_eq!(saved.text(), doc.content(), "CRDT_SEED={seed}");
        let read = saved.into_doc().expect("its own history");
        assert_eq!(read.oplog(), doc.oplog(), "CRDT_SEED={seed}");
        assert_eq!(read.save(), bytes, "CRDT_SEED={seed}");
        let decoded = TextDoc::decode(&bytes).expect("an update as well");
        assert_eq!(decoded.content(), doc.content(), "CRDT_SEED={seed}");
    }
}

#[test]
fn nothing_is_saved_and_read_as_well() {
    let bytes = TextDoc::new().save();
    let saved = open(&bytes).expect("our own bytes");
    assert_eq!(saved.text(), "");
    let mut draft = saved.edit();
    let me = draft.get_or_create_agent_id("me").expect("a name");
    draft.insert(me, 0, "x").expect("an insert");
    assert_eq!(draft.to_doc().expect("a history").content(), "x");
}

#[test]
fn damage_is_noticed_before_use_and_a_sound_history_survives_it() {
    let doc = some_doc();
    let bytes = doc.save();
    let (head, ends) = parts(&bytes).expect("a file");
    let digest = ends[ends.len() - 3];
    assert!(ends[ends.len() - 2] < bytes.len());
    for at in 0..bytes.len() {
        assert!(open(&bytes[..at]).is_err(), "{at} bytes");
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        let is_history = (head..digest).contains(&at);
        assert_eq!(open(&damaged).is_ok(), is_history, "byte {at}");
        if let Ok(saved) = open(&damaged) {
            assert!(saved.into_doc().is_err(), "byte {at}");
        }
        if at >= digest {
            let rebuilt = TextDoc::decode(&damaged).expect("a sound history");
            assert_eq!(rebuilt.content(), doc.content(), "byte {at}");
        }
    }
}

#[test]
fn a_text_without_its_digest_is_corrupt_at_once_and_can_be_rebuilt() {
    let doc = some_doc();
    let mut bytes = doc.save();
    *bytes.last_mut().expect("text") ^= 1;
    fix_checksum(&mut bytes);
    assert!(is_corrupt(open(&bytes)));
    let rebuilt = TextDoc::decode(&bytes).expect("a sound history");
    assert_eq!(rebuilt.content(), doc.content());
}

#[test]
fn a_file_without_text_or_digest_is_no_saved_document() {
    let sections = sections(&TextDoc::new().save());
    let n = sections.len();
    for missing in [n - 2, n - 1] {
        let mut rest = sections.clone();
        rest.remove(missing);
        let bytes = file(&rest);
        assert!(matches!(open(&bytes).err(), Some(UpdateError::Decode(_))));
        assert!(TextDoc::decode(&bytes).is_ok(), "a history all the same");
    }
}

#[test]
fn a_text_of_another_version_than_the_history_is_corrupt() {
    let mut doc = some_doc();
    let older = sections(&doc.save());
    let me = doc.get_or_create_agent_id("me").expect("a name");
    // The text is the same again, the version is not.
    doc.insert(me, 0, "x").expect("an insert");
    doc.delete(me, 0..1).expect("a delete");
    let mut mixed = sections(&doc.save());
    let n = mixed.len();
    mixed.splice(n - 2.., older[older.len() - 2..].iter().cloned());
    let mixed = file(&mixed);
    let saved = open(&mixed).expect("a text with its digest");
    assert!(is_corrupt(saved.clone().into_doc()));
    assert!(is_corrupt(saved.edit().to_doc()));
    let rebuilt = TextDoc::decode(&mixed).expect("a sound history");
    assert_eq!(rebuilt.oplog(), doc.oplog());
}

/// The digest finds accidents; a liar can make it true.
#[test]
fn a_forged_text_is_shown_but_goes_nowhere() {
    let doc = some_doc();
    let mut forged = sections(&doc.save());
    let text = b"forged".to_vec();
    let [.., digest, tip] = forged.as_mut_slice() else {
        panic!("a saved document has both");
    };
    let crc = crc32fast::hash(&[&digest.1[4..], &text].concat());
    digest.1[..4].copy_from_slice(&crc.to_le_bytes());
    tip.1 = text;
    let forged = file(&forged);
    let saved = open(&forged).expect("a text with its digest");
    assert_eq!(saved.text(), "forged");
    let mut draft = saved.clone().edit();
    let me = draft.get_or_create_agent_id("me").expect("a name");
    draft.insert(me, 6, "!").expect("an insert");
    assert!(is_corrupt(draft.to_doc()));
    assert_eq!(draft.content(), "forged!", "the draft is still there");
    assert!(is_corrupt(saved.into_doc()));
}

#[test]
fn heads_that_do_not_ascend_or_claim_too_much_are_malformed() {
    let mut doc = TextDoc::new();
    for name in ["a", "b"] {
        let mut other = TextDoc::new();
        let agent = other.get_or_create_agent_id(name).expect("a name");
        other.insert(agent, 0, name).expect("an insert");
        doc.merge(&other).expect("no conflict");
    }
    let sections = sections(&doc.save());
    let spoiled = |heads: &[u8]| {
        let mut sections = sections.clone();
        let crc = crc32fast::hash(&[heads, b"ab"].concat());
        let n = sections.len();
        sections[n - 2].1 = [&crc.to_le_bytes(), heads].concat();
        file(&sections)
    };
    assert!(open(&spoiled(b"\x02\x01a\x00\x01b\x00")).is_ok());
    for heads in [
        &b"\x02\x01b\x00\x01a\x00"[..],
        b"\x02\x01a\x00\x01a\x00",
        b"\x02\x01a\x00\x00\x00",
        b"\x02\x01a\x00",
        b"\x01\x01a\x00\x01b\x00",
        b"\xff\xff\xff\xff\xff\x01",
        b"\x01\x01a\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
        b"",
    ] {
        let bytes = spoiled(heads);
        let error = open(&bytes).err();
        assert!(matches!(error, Some(UpdateError::Decode(_))), "{heads:?}");
    }
}

#[test]
fn a_draft_becomes_what_the_document_would_have_become() {
    each_history(|seed, trace| {
        let mut doc = TextDoc::from(oplog_of(trace));
        let bytes = doc.save();
        let mut draft = open(&bytes).expect("our own bytes").edit();
        assert!(draft.is_unchanged());
        // One has no events yet, the other has.
        let names = ["someone else", trace.txns[0].agent.as_str()];
        let mut rng = Rng::new(seed);
        for _ in 0..30 {
            let name = *rng.pick(&names);
            let in_doc = doc.get_or_create_agent_id(name).expect("a name");
            let in_draft = draft.get_or_create_agent_id(name).expect("a name");
            let len = draft.len_chars();
            let (a, b) = (rng.below(len + 1), rng.below(len + 1));
            let range = a.min(b)..a.max(b).min(a.min(b) + 4);
            let (expected, found) = match rng.below(3) {
                0 => (
                    doc.insert(in_doc, a, "\u{e9}x").map(drop),
                    draft.insert(in_draft, a, "\u{e9}x"),
                ),
                1 => (
                    doc.delete(in_doc, range.clone()).map(drop),
                    draft.delete(in_draft, range),
                ),
                _ => (
                    doc.replace(in_doc, range.clone(), "yz").map(drop),
                    draft.replace(in_draft, range, "yz"),
                ),
            };
            assert_eq!(expected, found);
            assert_eq!(draft.to_string(), doc.content());
        }
        let edited = draft.to_doc().expect("its own history");
        assert_eq!(edited.content(), doc.content());
        assert_eq!(edited.encode_full(), doc.encode_full());
        assert_eq!(edited.version(), edited.oplog().version());
    });
}

#[test]
fn a_draft_refuses_what_a_document_refuses() {
    let bytes = {
        let mut doc = TextDoc::new();
        let me = doc.get_or_create_agent_id("me").expect("a name");
        doc.insert(me, 0, "abc").expect("an insert");
        doc.save()
    };
    let mut draft = open(&bytes).expect("our own bytes").edit();
    let me = draft.get_or_create_agent_id("me again").expect("a name");
    let out = EditError::OutOfBounds { at: 4, len: 3 };
    assert_eq!(draft.insert(me, 4, "x"), Err(out));
    assert_eq!(draft.delete(me, 3..4), Err(out));
    assert_eq!(draft.replace(me, 4..4, "x"), Err(out));
    assert_eq!(draft.insert(me, 0, ""), Err(EditError::Empty));
    assert!(draft.is_unchanged());
    let none = OpLog::new().get_or_create_agent_id("");
    assert_eq!(draft.get_or_create_agent_id(""), none);
    assert_eq!(draft.slice(1..3).as_deref(), Ok("bc"));
    assert!(!format!("{draft:?}").contains("abc"));
}
