//! Saved documents: read at once, edited when the history agrees.

use crdt_core::codec::{DecodeError, DecodeLimits};
use crdt_core::{Classify, ErrorKind};
use crdt_text::{SavedDoc, TextDoc, UpdateError};

use crate::support::{fix_checksum, histories, oplog_of, parts};

fn open(bytes: &[u8]) -> Result<SavedDoc<'_>, DecodeError> {
    SavedDoc::open(bytes, &DecodeLimits::default())
}

#[test]
fn what_was_saved_is_read_and_goes_on() {
    for (seed, trace) in histories() {
        let doc = TextDoc::from(oplog_of(&trace));
        let bytes = doc.save();
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
fn damage_is_noticed_before_use_and_a_sound_history_survives_it() {
    let (_, trace) = histories().next().expect("a history");
    let doc = TextDoc::from(oplog_of(&trace));
    let bytes = doc.save();
    let (head, ends) = parts(&bytes).expect("a file");
    let tip = ends[ends.len() - 2]..bytes.len();
    assert!(tip.len() > 1);
    for at in 0..bytes.len() {
        assert!(open(&bytes[..at]).is_err(), "{at} bytes");
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        assert_eq!(
            open(&damaged).is_ok(),
            (head..tip.start).contains(&at),
            "byte {at}"
        );
        if let Ok(saved) = open(&damaged) {
            assert!(saved.into_doc().is_err(), "byte {at}");
        }
    }
}

#[test]
fn a_text_that_is_not_the_historys_is_corrupt_and_can_be_rebuilt() {
    let (_, trace) = histories().next().expect("a history");
    let doc = TextDoc::from(oplog_of(&trace));
    let mut bytes = doc.save();
    *bytes.last_mut().expect("text") ^= 1;
    fix_checksum(&mut bytes);
    let error = open(&bytes).expect("a text").into_doc().err();
    assert_eq!(error, Some(UpdateError::Corrupt));
    assert_eq!(error.map(|error| error.kind()), Some(ErrorKind::Corrupt));
    let rebuilt = TextDoc::decode(&bytes).expect("a sound history");
    assert_eq!(rebuilt.content(), doc.content());
}
