//! Benchmarks of space for the text crate.

use crate::memory;
use benches::{Args, Input, Row, histories, keystrokes, op_log, runs};
use crdt_text::{Branch, DecodeLimits, LinkEncoder, OpLog, SavedDoc, TextDoc};
use serde_json::Number;

pub(crate) fn run(args: &Args) {
    for input in histories(args) {
        sizes(args, &input);
        text_only(args, &input);
        update_sizes(args, &input);
    }
    for input in keystrokes(args) {
        update_sizes(args, &input);
    }
}

/// The size of a history in a file, with and without deleted text, and the memory that it takes to
/// open it and to keep it open.
fn sizes(args: &Args, input: &Input) {
    let name = |family: &str| format!("text/{family}/{}", input.name());
    let names = ["size-full", "size-trimmed", "memory"].map(name);
    let [size_full, size_trimmed, in_use] = &names;
    if !names.iter().any(|name| args.wants(name)) {
        return;
    }
    let mut oplog = op_log(&input.load());
    let bytes = oplog.encode_full();
    oplog.drop_deleted_text();
    let trimmed = oplog.encode_full();
    for (bench, bytes) in [(size_full, &bytes), (size_trimmed, &trimmed)] {
        Row {
            bytes: Some(Number::from(bytes.len())),
            ..Row::new(bench, SUBJECT)
        }
        .print(args);
    }

    let (peak, steady) = memory(|| {
        let oplog = OpLog::decode(&bytes).expect("our own bytes");
        let branch = Branch::new_at_tip(&oplog);
        (oplog, branch)
    });
    let row = Row::new(in_use, SUBJECT);
    Row {
        peak_bytes: Some(peak),
        steady_bytes: Some(steady),
        ..row
    }
    .print(args);
}

/// The memory of a text that is shown and edited while its history stays in the file, which is the
/// input here: a program would map it. Beside it stands the length of the text.
fn text_only(args: &Args, input: &Input) {
    let bench = format!("text/memory-text/{}", input.name());
    if !args.wants(&bench) {
        return;
    }
    let saved = TextDoc::from(op_log(&input.load())).save();
    let open = || SavedDoc::open(&saved, &DecodeLimits::default()).expect("our own bytes");
    let n_bytes = open().text().len();
    let (peak, steady) = memory(|| {
        let mut draft = open().edit();
        let agent = draft.get_or_create_agent_id("reader").expect("a name");
        let middle = draft.len_chars() / 2;
        draft.insert(agent, middle, "x").expect("within the text");
        draft
    });
    Row {
        bytes: Some(Number::from(n_bytes)),
        peak_bytes: Some(peak),
        steady_bytes: Some(steady),
        ..Row::new(&bench, SUBJECT)
    }
    .print(args);
}

/// The mean size of the updates that a replica sends, one after each transaction. A history that
/// is one transaction would be one update.
fn update_sizes(args: &Args, input: &Input) {
    let bench = format!("text/update-bytes/{}", input.name());
    if !args.wants(&bench) {
        return;
    }
    let trace = input.load();
    if trace.txns.len() < 2 {
        return;
    }
    let mut oplog = OpLog::new();
    let mut link = LinkEncoder::new();
    let (mut n_alone, mut n_linked) = (0, 0);
    for run in runs(&trace) {
        let before = oplog.version().clone();
        oplog.ingest(&run.as_remote()).expect("a valid history");
        let update = oplog.update_since(&before).expect("a known version");
        n_alone += update.encode().len();
        n_linked += link.encode(&update).len();
    }
    for (subject, n_bytes) in [(SUBJECT, n_alone), (LINKED, n_linked)] {
        let mean = n_bytes as f64 / trace.txns.len() as f64;
        let bytes = Number::from_f64((mean * 100.0).round() / 100.0);
        Row {
            bytes,
            ..Row::new(&bench, subject)
        }
        .print(args);
    }
}

const SUBJECT: &str = "crdt-text";
/// Inside a link, both of whose ends remember.
const LINKED: &str = "crdt-text, link";
