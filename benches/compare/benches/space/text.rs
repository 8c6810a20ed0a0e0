//! What libraries of collaborative text write and hold.

use crate::memory;
use benches::{Args, Input, Row, histories};
use compare::text::{Automerge, Diamond, Loro, Stored, Wire, Yrs, native_file, updates};
use serde_json::Number;

pub(crate) fn run(args: &Args) {
    for input in histories(args) {
        diamond(args, &input);
        rival::<Yrs>(args, &input);
        rival::<Loro>(args, &input);
        rival::<Automerge>(args, &input);
    }
}

/// The size of a saved history, the memory that it takes to open it and to keep it open, and the
/// mean size of updates, one after each transaction.
fn rival<R: Stored<Update: Wire>>(args: &Args, input: &Input) {
    let Some([size, in_use, update_bytes]) = wanted(args, input) else {
        return;
    };
    let trace = input.load();
    let file = match native_file::<R>(input.name()) {
        Some(file) => file,
        None => {
            let Some((updates, mut replica)) = updates::<R>(&trace) else {
                return;
            };
            if updates.len() > 1 {
                let n_bytes: usize = updates.iter().map(Wire::wire_len).sum();
                mean(args, &update_bytes, R::SUBJECT, n_bytes, updates.len());
            }
            replica.save()
        }
    };
    bytes(args, &size, R::SUBJECT, file.len());
    held(args, &in_use, R::SUBJECT, || R::load(&file));
}

fn diamond(args: &Args, input: &Input) {
    let Some([size, in_use, update_bytes]) = wanted(args, input) else {
        return;
    };
    let trace = input.load();
    let file = Diamond::save(&Diamond::oplog(&trace));
    bytes(args, &size, Diamond::SUBJECT, file.len());
    held(args, &in_use, Diamond::SUBJECT, || {
        let oplog = Diamond::load(&file);
        let branch = Diamond::merge(&oplog);
        (oplog, branch)
    });
    if args.wants(&update_bytes) && trace.txns.len() > 1 {
        let updates = Diamond::updates(&trace);
        let n_bytes: usize = updates.iter().map(Vec::len).sum();
        mean(
            args,
            &update_bytes,
            Diamond::SUBJECT,
            n_bytes,
            updates.len(),
        );
    }
}

fn wanted(args: &Args, input: &Input) -> Option<[String; 3]> {
    let name = |family: &str| format!("text/{family}/{}", input.name());
    let names = ["size-full", "memory", "update-bytes"].map(name);
    names.iter().any(|name| args.wants(name)).then_some(names)
}

fn bytes(args: &Args, bench: &str, subject: &str, len: usize) {
    let row = Row::new(bench, subject);
    Row {
        bytes: Some(Number::from(len)),
        ..row
    }
    .print(args);
}

fn mean(args: &Args, bench: &str, subject: &str, n_bytes: usize, n_updates: usize) {
    let mean = n_bytes as f64 / n_updates as f64;
    let row = Row::new(bench, subject);
    Row {
        bytes: Number::from_f64((mean * 100.0).round() / 100.0),
        ..row
    }
    .print(args);
}

fn held<T>(args: &Args, bench: &str, subject: &str, make: impl FnOnce() -> T) {
    if !args.wants(bench) {
        return;
    }
    let (peak, steady) = memory(make);
    let row = Row::new(bench, subject);
    Row {
        peak_bytes: Some(peak),
        steady_bytes: Some(steady),
        ..row
    }
    .print(args);
}
