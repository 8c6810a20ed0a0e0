//! Bytes of bad will: cut, flipped, spliced, and with a checksum that says all is well.

use crdt_core::codec::{DecodeError, DecodeLimits, Reader, Writer};
use crdt_testkit::generate::{HistoryConfig, history, typing};
use crdt_testkit::{Rng, Trace};
use crdt_text::{Branch, OpLog, Update, UpdateError};

use crate::support::{
    backspacing_ops, fix_checksum, ingest_ops, oplog_from, oplog_of, parts, seeds, seen,
};

/// What a replica of a stranger holds when the bytes arrive.
fn receiver() -> OpLog {
    oplog_from("a:0 [] ins 0 known\nzoe:0 [a:2] ins 1 x\na:5 [a:4] del 1 3")
}

/// Files of several shapes: small, concurrent, with backspaces and with recorded deletes.
fn files() -> Vec<Vec<u8>> {
    let config = HistoryConfig {
        n_txns: 8,
        ..HistoryConfig::default()
    };
    let trace = history(5, &config);
    let mut backspaces = OpLog::new();
    for txn in &trace.txns {
        let ops = backspacing_ops(txn, 5);
        ingest_ops(&mut backspaces, &trace, txn, &ops).expect("a valid history");
    }
    let mut recorded = receiver();
    let a = recorded.get_or_create_agent_id("a").expect("a name");
    let text = recorded.text_at(recorded.version()).expect("the tip");
    recorded
        .add_delete_with_content(a, 0..text.chars().count(), &text)
        .expect("a delete");
    recorded
        .add_insert(a, 0, &"compressible ".repeat(20))
        .expect("an insert");
    let since_a = recorded
        .to_local(&[crate::support::dot("a", 4)])
        .expect("known");
    vec![
        receiver().encode_full(),
        backspaces.encode_full(),
        recorded.encode_full(),
        recorded.encode_since(&since_a).expect("known"),
        oplog_of(&history(6, &HistoryConfig::default())).encode_full(),
        oplog_of(&typing(4, 3, 900)).encode_full(),
        oplog_of(&typing(3, 2, 600)).encode_full(),
        shallow().encode_full(),
    ]
}

/// What follows a floor that the receiver has as an event.
fn shallow() -> OpLog {
    let known = receiver();
    let mut log = known
        .shallow_at(known.version())
        .expect("the tip is critical");
    let zoe = log.get_or_create_agent_id("zoe").expect("a name");
    log.add_insert(zoe, 1, "on top").expect("an insert");
    log.add_delete_without_content(zoe, 0..3).expect("a delete");
    log
}

/// What is wrong with a file is found out on another way than what is right.
#[test]
fn a_spoiled_file_reads_as_the_update_it_is() {
    for bytes in files() {
        for at in 0..bytes.len() {
            let mut spoiled = bytes.clone();
            spoiled[at] ^= 1 << (at % 8);
            fix_checksum(&mut spoiled);
            let read = OpLog::decode(&spoiled);
            let update = Update::decode(&spoiled, &DecodeLimits::default());
            let applied = update.map_err(UpdateError::from).and_then(|update| {
                let mut log = OpLog::new();
                log.apply(&update).map(|_| log)
            });
            assert_eq!(read, applied, "byte {at}");
            if let (Ok(read), Ok(applied)) = (read, applied) {
                assert_eq!(read.encode_full(), applied.encode_full(), "byte {at}");
            }
        }
    }
}

#[test]
fn every_cut_is_an_error_and_changes_nothing() {
    let mut log = receiver();
    let before = seen(&log);
    for bytes in files() {
        for len in 0..bytes.len() {
            assert!(
                log.decode_and_add(&bytes[..len]).is_err(),
                "{len} bytes of {}",
                bytes.len()
            );
        }
        for extra in [0, 1, 0xff] {
            let longer = [&bytes[..], &[extra]].concat();
            assert!(log.decode_and_add(&longer).is_err(), "a byte more: {extra}");
        }
        assert_eq!(seen(&log), before);
    }
}

#[test]
fn every_flipped_bit_is_an_error_and_changes_nothing() {
    let mut log = receiver();
    let before = seen(&log);
    for mut bytes in files() {
        for bit in 0..bytes.len() * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(
                log.decode_and_add(&bytes).is_err(),
                "bit {bit} of {}",
                bytes.len() * 8
            );
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
        assert_eq!(seen(&log), before);
    }
}

/// Limits as for a stranger: enough for any file here, little enough to stay quick.
fn limits() -> DecodeLimits {
    DecodeLimits::default()
        .with_max_items(1 << 12)
        .with_max_output_bytes(1 << 16)
}

/// Bytes that may be anything: an error that changes nothing, or a history that works.
fn survives(bytes: &[u8], name: &str) -> bool {
    let mut log = receiver();
    let Ok(update) = Update::decode(bytes, &limits()) else {
        return false;
    };
    // A delete of two thousand million scalars is no lie that only bytes can tell; see the
    // allocation tests for those.
    if update.len() > 1 << 20 {
        return false;
    }
    let before = seen(&log);
    if log.apply(&update).is_err() {
        assert_eq!(seen(&log), before, "{name}");
        return false;
    }
    let text = log.text_at(log.version()).expect("the tip");
    let known = receiver().version().clone();
    let mut branch = Branch::new_at_local_version(&log, &known).expect("a version");
    branch.merge(&log, log.version()).expect("the tip");
    assert_eq!(branch.content(), text, "{name}: one merge or two");
    branch.checkout(&log, &known).expect("a version");
    assert_eq!(
        branch.content(),
        receiver().text_at(&known).expect("the tip"),
        "{name}"
    );
    let copy = OpLog::decode(&log.encode_full()).expect("what was taken in can be saved");
    assert_eq!(copy, log, "{name}");
    assert_eq!(copy.text_at(copy.version()), Ok(text), "{name}");
    true
}

fn mutate(bytes: &mut Vec<u8>, files: &[Vec<u8>], rng: &mut Rng) {
    for _ in 0..rng.between(1, 3) {
        // The magic and the version stay, or nothing else would be looked at.
        let at = rng.between(1 + 4 * usize::from(bytes[0] != 1), bytes.len() - 5);
        match rng.below(6) {
            0 => bytes[at] ^= 1 << rng.below(8),
            1 => bytes[at] = rng.next_u64() as u8,
            2 => bytes[at] = *rng.pick(&[0, 1, 2, 0x7f, 0x80, 0xff]),
            3 => drop(bytes.remove(at)),
            4 => bytes.insert(at, rng.next_u64() as u8),
            _ => {
                // A stretch of another file in place of one of this.
                let other = rng.pick(files);
                let from = rng.between(5, other.len() - 5);
                let len = rng.between(
                    1,
                    (other.len() - 4 - from).min(bytes.len() - 4 - at).min(12),
                );
                bytes.splice(at..at + len, other[from..from + len].iter().copied());
            }
        }
    }
}

#[test]
fn damage_with_a_true_checksum_is_an_error_or_a_history_that_works() {
    let files = files();
    let mut n_taken = 0;
    for seed in seeds(6_000) {
        let mut rng = Rng::new(seed);
        let mut bytes = rng.pick(&files).clone();
        mutate(&mut bytes, &files, &mut rng);
        fix_checksum(&mut bytes);
        n_taken += u32::from(survives(&bytes, &format!("CRDT_SEED={seed}")));
    }
    let n_wanted = if std::env::var_os("CRDT_SEED").is_some() {
        0
    } else {
        100
    };
    assert!(
        n_taken >= n_wanted,
        "only {n_taken} were taken in: the test tests little"
    );
}

#[test]
fn every_byte_changed_under_a_true_checksum_is_survived() {
    for (file, bytes) in files().into_iter().enumerate().take(3) {
        for at in 1..bytes.len() {
            for change in [0x01, 0x02, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[at] ^= change;
                fix_checksum(&mut changed);
                survives(
                    &changed,
                    &format!("file {file}, byte {at} changed by {change:#x}"),
                );
            }
        }
    }
}

#[test]
fn cut_files_with_a_true_checksum_are_errors() {
    for bytes in files() {
        for len in 1..bytes.len() {
            let mut cut = bytes[..len].to_vec();
            fix_checksum(&mut cut);
            assert!(
                Update::decode(&cut, &limits()).is_err(),
                "{len} of {}",
                bytes.len()
            );
        }
    }
}

/// The sections of a file, each with its tag.
fn sections(bytes: &[u8]) -> Vec<(u8, &[u8])> {
    let (mut start, ends) = parts(bytes).expect("a file");
    let mut sections = Vec::new();
    for (tag, end) in tags(bytes).into_iter().zip(ends) {
        sections.push((tag, &bytes[start..end]));
        start = end;
    }
    sections
}

/// The tags of a file's sections.
fn tags(bytes: &[u8]) -> Vec<u8> {
    let mut r = Reader::new(&bytes[5..]);
    let n = r.u8().expect("a number");
    let tag = |_| {
        let tag = r.u8().expect("a tag");
        r.u64().expect("a length");
        r.u32_le().expect("a checksum");
        tag
    };
    (0..n).map(tag).collect()
}

/// A file of these sections, with true checksums.
fn file(sections: &[(u8, &[u8])]) -> Vec<u8> {
    let mut w = Writer::new();
    w.raw(b"CTXT\x01");
    w.u8(sections.len() as u8);
    for (tag, content) in sections {
        w.u8(*tag);
        w.u64(content.len() as u64);
        w.u32_le(crc32fast::hash(content));
    }
    w.u32_le(crc32fast::hash(w.as_bytes()));
    sections.iter().for_each(|(_, content)| w.raw(content));
    w.into_bytes()
}

#[test]
fn sections_of_other_files_in_any_order_are_survived() {
    let files: Vec<Vec<u8>> = files()
        .into_iter()
        .filter(|bytes| bytes[0] == b'C')
        .collect();
    let all: Vec<Vec<(u8, &[u8])>> = files.iter().map(|bytes| sections(bytes)).collect();
    assert!(all.len() >= 3);
    for (bytes, sections) in files.iter().zip(&all) {
        assert_eq!(*bytes, file(sections));
    }
    for seed in seeds(2_000) {
        let mut rng = Rng::new(seed);
        let mut chosen = rng.pick(&all).clone();
        for _ in 0..rng.between(1, 2) {
            let at = rng.below(chosen.len());
            match rng.below(5) {
                0 => drop(chosen.remove(at)),
                1 => {
                    let of = rng.pick(&all);
                    chosen.insert(at, of[rng.below(of.len())]);
                }
                2 => {
                    let other = rng.below(chosen.len());
                    chosen.swap(at, other);
                }
                _ => {
                    let of = rng.pick(&all);
                    chosen[at] = of[at.min(of.len() - 1)];
                }
            }
            if chosen.is_empty() {
                break;
            }
        }
        survives(&file(&chosen), &format!("CRDT_SEED={seed}"));
    }
}

/// Sections of the future: those that may be skipped are, the others are named.
#[test]
fn unknown_sections_are_skipped_or_refused_by_their_tags() {
    let bytes = files().pop().expect("a file");
    let mut sections = sections(&bytes);
    sections.push((200, b"what later versions know"));
    let log = OpLog::decode(&file(&sections)).expect("an optional section");
    assert_eq!(log, OpLog::decode(&bytes).expect("valid"));
    sections.last_mut().expect("one").0 = 99;
    let error = Update::decode(&file(&sections), &DecodeLimits::default());
    assert!(matches!(
        error,
        Err(DecodeError::UnknownTag { found: 99, .. })
    ));
}

#[test]
fn noise_is_an_error() {
    let header = b"CTXT\x01";
    let mut log = receiver();
    let before = seen(&log);
    for seed in seeds(3_000) {
        let mut rng = Rng::new(seed);
        let noise: Vec<u8> = (0..rng.below(120)).map(|_| rng.next_u64() as u8).collect();
        assert!(log.decode_and_add(&noise).is_err(), "CRDT_SEED={seed}");
        for header in [&header[..], &[1]] {
            let mut dressed = [header, &noise, &[0; 4]].concat();
            fix_checksum(&mut dressed);
            survives(&dressed, &format!("CRDT_SEED={seed}"));
        }
    }
    assert_eq!(seen(&log), before);
}

/// A trace of the generator with every operation moved: positions far outside are no damage.
#[test]
fn operations_anywhere_are_taken_alike_by_all() {
    for seed in seeds(40) {
        let mut rng = Rng::new(seed);
        let mut trace: Trace = history(seed, &HistoryConfig::default());
        for op in trace.txns.iter_mut().flat_map(|txn| &mut txn.ops) {
            let (crdt_testkit::TraceOp::Insert { pos, .. }
            | crdt_testkit::TraceOp::Delete { pos, .. }) = op;
            if rng.chance(30) {
                *pos = *rng.pick(&[*pos + 1, 40, 1 << 20, (1 << 31) - 1000]);
            }
        }
        let expected = crdt_testkit::Reference::from_trace(&trace).text();
        let log = oplog_of(&trace);
        assert_eq!(log.text_at(log.version()), Ok(expected), "CRDT_SEED={seed}");
        assert_eq!(
            OpLog::decode(&log.encode_full()),
            Ok(log),
            "CRDT_SEED={seed}"
        );
    }
}

/// A file with text that stands in it as it is.
fn forged(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = oplog_of(&typing(3, 2, 500)).encode_full();
    change(&mut bytes);
    fix_checksum(&mut bytes);
    bytes
}

/// Story 6: trailing bytes were ignored in silence.
#[test]
fn bytes_behind_a_valid_update_are_an_error() {
    let small = oplog_from("a:0 [] ins 0 abc").encode_full();
    for mut bytes in [forged(|_| ()), small] {
        bytes.push(0);
        fix_checksum(&mut bytes);
        assert!(matches!(OpLog::decode(&bytes), Err(UpdateError::Decode(_))));
    }
}

/// Story 10: a newer peer's file looked like a damaged one, and was deleted.
#[test]
fn a_future_format_is_named_as_such() {
    let error = Update::decode(&forged(|bytes| bytes[4] = 9), &DecodeLimits::default());
    assert!(error.is_err_and(|error| error == DecodeError::UnknownVersion { found: 9 }));
}
