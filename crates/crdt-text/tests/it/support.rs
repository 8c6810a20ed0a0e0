//! From the testkit's histories to op logs; seeds; and what must not change when a call fails.

use crdt_core::{AgentId, Dot, Frontier};
use crdt_testkit::generate::{HistoryConfig, history};
use crdt_testkit::{Reference, Rng, Trace, TraceOp, Txn};
use crdt_text::{Bytes, OpLog, Patches, RemoteRun, TextDoc, TextOp, UpdateError, Utf16};

/// How many histories each property sees; `CRDT_CASES` multiplies it.
const N_SEEDS: u64 = 120;
/// Seeds that once failed: each took a base text for longer than it was.
const FAILED_ONCE: [u64; 6] = [1233, 2898, 3924, 4173, 4494, 4854];

/// Random histories with their seeds, or the one of `CRDT_SEED`.
pub(crate) fn histories() -> impl Iterator<Item = (u64, Trace)> {
    let all = seeds(N_SEEDS);
    let core::ops::Range { start, end } = all;
    let failed_once = FAILED_ONCE
        .into_iter()
        .filter(move |seed| *seed >= end && start == 0);
    (start..end).chain(failed_once).map(|seed| {
        let config = HistoryConfig {
            ops_out_of_range: seed % 3 == 0,
            seqs_out_of_order: seed % 2 == 0,
            n_txns: 10 + (seed % 4) as usize * 10,
            ..HistoryConfig::default()
        };
        (seed, history(seed, &config))
    })
}

/// Tries a property on random histories, and names the seeds of those that it fails for.
///
/// All are tried, up to a point: one bad history does not hide the others.
pub(crate) fn each_history(property: impl Fn(u64, &Trace)) {
    let mut failing = Vec::new();
    for (seed, trace) in histories() {
        let run = core::panic::AssertUnwindSafe(|| property(seed, &trace));
        if std::panic::catch_unwind(run).is_err() {
            failing.push(seed);
        }
        if failing.len() == 100 {
            break;
        }
    }
    assert!(
        failing.is_empty(),
        "fails with CRDT_SEED of {failing:?}, see above"
    );
}

/// `n` seeds, times `CRDT_CASES`; or only `CRDT_SEED`.
pub(crate) fn seeds(n: u64) -> core::ops::Range<u64> {
    let number = |name| {
        std::env::var(name)
            .ok()
            .and_then(|value| value.parse::<u64>().ok())
    };
    number("CRDT_SEED").map_or(0..n * number("CRDT_CASES").unwrap_or(1), |seed| {
        seed..seed + 1
    })
}

/// The operations of a transaction as the op log takes them.
pub(crate) fn ops(txn: &Txn) -> Vec<TextOp<'_>> {
    txn.ops
        .iter()
        .map(|op| match op {
            TraceOp::Insert { pos, text } => TextOp::insert(*pos, text),
            TraceOp::Delete { pos, len } => TextOp::delete(*pos..*pos + *len),
        })
        .collect()
}

/// The operations of a transaction, some of the deletes made by the backspace key.
pub(crate) fn backspacing_ops(txn: &Txn, seed: u64) -> Vec<TextOp<'_>> {
    let mut rng = Rng::new(seed.wrapping_mul(1 << 20) ^ txn.span.start as u64);
    let ops = ops(txn).into_iter();
    ops.map(|op| match op {
        TextOp::Delete { pos, len, .. } if rng.chance(60) => TextOp::backspace(pos..pos + len),
        op => op,
    })
    .collect()
}

/// The model of a history in which those deletes are backspaces.
pub(crate) fn backspacing_model(trace: &Trace, seed: u64) -> Reference {
    let mut model = Reference::new();
    for txn in &trace.txns {
        let (mut seq, mut parents) = (txn.seq, txn.parents.clone());
        for op in backspacing_ops(txn, seed) {
            for event in single_events(&op) {
                let dot = (txn.agent.as_str(), seq);
                let lv = match event {
                    (pos, Some(ch)) => model.insert(dot, &parents, pos, ch),
                    (pos, None) => model.delete(dot, &parents, pos),
                };
                (seq, parents) = (seq + 1, vec![lv]);
            }
        }
    }
    model
}

/// An operation event by event: where, and what it inserts, if it does.
pub(crate) fn single_events(op: &TextOp<'_>) -> Vec<(usize, Option<char>)> {
    match *op {
        TextOp::Insert { pos, text } => (pos..).zip(text.chars().map(Some)).collect(),
        TextOp::Delete {
            pos,
            len,
            direction: crdt_text::Direction::Backward,
            ..
        } => (pos..pos + len).rev().map(|pos| (pos, None)).collect(),
        TextOp::Delete { pos, len, .. } => vec![(pos, None); len],
    }
}

pub(crate) fn ingest(oplog: &mut OpLog, trace: &Trace, txn: &Txn) -> Result<usize, UpdateError> {
    ingest_ops(oplog, trace, txn, &ops(txn))
}

pub(crate) fn ingest_ops(
    oplog: &mut OpLog,
    trace: &Trace,
    txn: &Txn,
    ops: &[TextOp<'_>],
) -> Result<usize, UpdateError> {
    let parents = trace.parent_dots(txn);
    oplog.ingest(&RemoteRun {
        agent: &txn.agent,
        seq: txn.seq,
        parents: &parents,
        ops,
    })
}

/// The op log of a whole history.
pub(crate) fn oplog_of(trace: &Trace) -> OpLog {
    let mut oplog = OpLog::new();
    for txn in &trace.txns {
        ingest(&mut oplog, trace, txn).expect("a valid history");
    }
    oplog
}

/// An op log in the notation of the testkit, see `Trace::from_notation`.
pub(crate) fn oplog_from(notation: &str) -> OpLog {
    oplog_of(&Trace::from_notation(notation).expect("a history in the notation"))
}

/// The version that events of a history, given by their numbers in it, stand for.
pub(crate) fn version(oplog: &OpLog, trace: &Trace, heads: &[usize]) -> Frontier {
    let dots: Vec<Dot> = heads
        .iter()
        .map(|&lv| trace.dot_of(lv).expect("an event"))
        .collect();
    oplog.to_local(&dots).expect("a known event")
}

pub(crate) fn agent(name: &str) -> AgentId {
    AgentId::new(name).expect("a name")
}

pub(crate) fn dot(name: &str, seq: u64) -> Dot {
    Dot::new(agent(name), seq).expect("a dot")
}

/// The event that was refused because it is known with other content or parents.
#[track_caller]
pub(crate) fn conflict<T: core::fmt::Debug>(refused: Result<T, UpdateError>) -> Dot {
    match refused {
        Err(UpdateError::Conflict(error)) => error.dot,
        other => panic!("not a conflict: {other:?}"),
    }
}

/// A run of one agent at the root of history or on top of some dots.
pub(crate) fn offer(
    oplog: &mut OpLog,
    (name, seq): (&str, u64),
    parents: &[Dot],
    ops: &[TextOp<'_>],
) -> Result<usize, UpdateError> {
    oplog.ingest(&RemoteRun {
        agent: &agent(name),
        seq,
        parents,
        ops,
    })
}

/// Applies patches to a plain text, as an editor would, whatever unit it counts in.
pub(crate) fn apply(text: &mut Vec<char>, patches: &Patches<'_>) {
    let in_bytes = patches.iter_in::<Bytes>();
    let in_utf16 = patches.iter_in::<Utf16>();
    assert_eq!(
        (in_bytes.len(), in_utf16.len()),
        (patches.len(), patches.len())
    );
    for ((patch, bytes), utf16) in patches.iter().zip(in_bytes).zip(in_utf16) {
        assert!(
            patch.pos + patch.deleted <= text.len(),
            "patch out of range: {patch:?}"
        );
        assert!(
            patch.deleted > 0 || !patch.inserted.is_empty(),
            "a patch does something"
        );
        let (before, after) = text.split_at(patch.pos);
        let gone = &after[..patch.deleted];
        let n_bytes = |chars: &[char]| Bytes(chars.iter().map(|ch| ch.len_utf8()).sum());
        let n_units = |chars: &[char]| Utf16(chars.iter().map(|ch| ch.len_utf16()).sum());
        assert_eq!(
            (bytes.pos, bytes.deleted),
            (n_bytes(before), n_bytes(gone)),
            "{patch:?}"
        );
        assert_eq!(
            (utf16.pos, utf16.deleted),
            (n_units(before), n_units(gone)),
            "{patch:?}"
        );
        assert_eq!([bytes.inserted, utf16.inserted], [patch.inserted; 2]);
        text.splice(patch.pos..patch.pos + patch.deleted, patch.inserted.chars());
    }
}

/// All that can be seen of an op log.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Seen(Vec<u8>, Frontier, String, crdt_text::DotContext, String);

pub(crate) fn seen(oplog: &OpLog) -> Seen {
    let text = oplog.text_at(oplog.version()).expect("the tip is known");
    let names: Vec<_> = oplog.graph().agents().iter().collect();
    let shown = format!("{oplog:?} {names:?}");
    Seen(
        oplog.encode_full(),
        oplog.version().clone(),
        shown,
        oplog.summary(),
        text,
    )
}

/// All that can be seen of a document.
pub(crate) fn seen_doc(doc: &TextDoc) -> (Seen, Frontier, String, String) {
    (
        seen(doc.oplog()),
        doc.version().clone(),
        doc.to_string(),
        format!("{doc:?}"),
    )
}

/// Where the parts of a file are: the head's end, and the end of each section.
pub(crate) fn parts(bytes: &[u8]) -> Option<(usize, Vec<usize>)> {
    let mut r = crdt_core::codec::Reader::new(bytes);
    r.raw(5).ok()?;
    let n = r.u8().ok()?;
    let mut lens = Vec::new();
    for _ in 0..n {
        r.u8().ok()?;
        lens.push(usize::try_from(r.u64().ok()?).ok()?);
        r.u32_le().ok()?;
    }
    r.u32_le().ok()?;
    let mut end = r.offset();
    let ends = lens.iter().map(|len| {
        end = end.saturating_add(*len).min(bytes.len());
        end
    });
    Some((r.offset(), ends.collect()))
}

/// Makes all checksums true, as far as there are places for them.
pub(crate) fn fix_checksum(bytes: &mut [u8]) {
    if bytes.first() == Some(&1) {
        if let Some(body) = bytes.len().checked_sub(2) {
            let checksum = crc32fast::hash(&bytes[..body]) as u16;
            bytes[body..].copy_from_slice(&checksum.to_le_bytes());
        }
        return;
    }
    let Some((head, ends)) = parts(bytes) else {
        return;
    };
    let mut start = head;
    let mut at = 6;
    for end in ends {
        let checksum = crc32fast::hash(&bytes[start..end]);
        // Past the tag and the length.
        at += 1
            + bytes[at + 1..]
                .iter()
                .take_while(|byte| **byte >= 0x80)
                .count()
            + 1;
        bytes[at..at + 4].copy_from_slice(&checksum.to_le_bytes());
        at += 4;
        start = end;
    }
    let checksum = crc32fast::hash(&bytes[..at]);
    bytes[at..at + 4].copy_from_slice(&checksum.to_le_bytes());
}
