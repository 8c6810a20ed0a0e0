//! Libraries of collaborative text: each on the jobs that it can do.

use benches::{Args, Input, Keys, Latencies, Timings, histories, keystrokes, live};
use compare::text::{
    Automerge, Cola, Diamond, Loro, Replica, Stored, Yrs, can_write, native_file, updates,
};
use crdt_testkit::Trace;

pub(crate) fn run(args: &Args, results: &str) {
    let timings = |subject| Timings::new(args, subject, results);
    for input in histories(args) {
        diamond_load(args, &mut timings(Diamond::SUBJECT), &input);
        from_bytes::<Yrs>(args, &mut timings(Yrs::SUBJECT), &input);
        from_bytes::<Loro>(args, &mut timings(Loro::SUBJECT), &input);
        from_bytes::<Automerge>(args, &mut timings(Automerge::SUBJECT), &input);
        open(args, &mut timings(Loro::SUBJECT), &input);

        diamond_waiting(args, &input);
        waiting::<Yrs>(args, &input);
        waiting::<Loro>(args, &input);
        waiting::<Automerge>(args, &input);
        waiting::<Cola>(args, &input);
    }
    for input in keystrokes(args) {
        diamond_typing(args, &mut timings(Diamond::SUBJECT), &input);
        typing::<Yrs>(args, &mut timings(Yrs::SUBJECT), &input);
        typing::<Loro>(args, &mut timings(Loro::SUBJECT), &input);
        typing::<Automerge>(args, &mut timings(Automerge::SUBJECT), &input);
        typing::<Cola>(args, &mut timings(Cola::SUBJECT), &input);
    }
}

/// From a history, in memory or in bytes, to its text.
fn diamond_load(args: &Args, timings: &mut Timings, input: &Input) {
    let names = ["merge", "from-bytes"].map(|family| format!("text/{family}/{}", input.name()));
    if !names.iter().any(|name| args.wants(name)) || DIAMOND_TAKES_MINUTES.contains(&input.name()) {
        return;
    }
    let [merge, from_bytes] = &names;
    let bytes = Diamond::save(&Diamond::oplog(&input.load()));
    let oplog = Diamond::load(&bytes);
    timings.job(merge, || &oplog, Diamond::merge);
    timings.job(
        from_bytes,
        || &bytes,
        |bytes| {
            let oplog = Diamond::load(bytes);
            let content = Diamond::merge(&oplog).content().to_string();
            (oplog, content)
        },
    );
}

/// From the file of a whole history to the text.
fn from_bytes<R: Stored>(args: &Args, timings: &mut Timings, input: &Input) {
    let bench = format!("text/from-bytes/{}", input.name());
    if !args.wants(&bench) {
        return;
    }
    let native = native_file::<R>(input.name());
    let Some(bytes) = native.or_else(|| Some(written::<R>(&input.load())?.save())) else {
        return;
    };
    timings.job(
        &bench,
        || &bytes,
        |bytes| {
            let replica = R::load(bytes);
            let content = replica.content();
            (replica, content)
        },
    );
}

/// From a snapshot, which holds the text as such, to the text; our side makes an edit on top.
fn open(args: &Args, timings: &mut Timings, input: &Input) {
    let bench = format!("text/open/{}", input.name());
    if !args.wants(&bench) {
        return;
    }
    if let Some(replica) = written::<Loro>(&input.load()) {
        let bytes = replica.snapshot();
        timings.job(&bench, || &bytes, |bytes| Loro::load(bytes).content().len());
    }
}

/// A replica with all of a trace in it; where one writer made it, its text is checked.
fn written<R: Replica>(trace: &Trace) -> Option<R> {
    let (_, replica) = updates::<R>(trace)?;
    if let ([_], Some(expected)) = (trace.txns.as_slice(), &trace.end_content) {
        assert!(replica.content() == *expected, "another text");
    }
    Some(replica)
}

/// One transaction after the other arrives at an open document that tells an editor where its text
/// changed.
fn waiting<R: Replica>(args: &Args, input: &Input) {
    let bench = format!("text/live/{}", input.name());
    if !args.wants(&bench) {
        return;
    }
    let trace = input.load();
    if trace.txns.len() < 2 || trace.txns.len() > MAX_UPDATES {
        return;
    }
    if let Some((updates, _)) = updates::<R>(&trace) {
        let latencies = live(&updates, R::watched, R::apply);
        Latencies::report(latencies, args, &bench, R::SUBJECT);
    }
}

fn diamond_waiting(args: &Args, input: &Input) {
    let bench = format!("text/live/{}", input.name());
    if !args.wants(&bench) {
        return;
    }
    let trace = input.load();
    if trace.txns.len() < 2 || trace.txns.len() > MAX_UPDATES {
        return;
    }
    let start = || Diamond::typist().0;
    let latencies = live(&Diamond::updates(&trace), start, |doc, update| {
        doc.merge_data_and_ff(update).expect("its own bytes");
    });
    Latencies::report(latencies, args, &bench, Diamond::SUBJECT);
}

/// One writer's keystrokes, each an edit of an open document.
fn typing<R: Replica>(args: &Args, timings: &mut Timings, input: &Input) {
    let bench = format!("text/typing/{}", input.name());
    if !args.wants(&bench) {
        return;
    }
    let trace = input.load();
    if !can_write::<R>(&trace) {
        return;
    }
    let keys = Keys::of(&trace);
    let typed = |keys: &Keys| {
        let mut replica = R::new(1);
        for key in keys.iter() {
            if key.n_deleted == 0 {
                replica.insert(key.pos, key.text);
            } else {
                replica.delete(key.pos, key.n_deleted);
            }
        }
        replica
    };
    if let Some(expected) = &trace.end_content {
        assert!(typed(&keys).content() == *expected, "{bench}: another text");
    }
    timings.job(&bench, || &keys, typed);
}

fn diamond_typing(args: &Args, timings: &mut Timings, input: &Input) {
    let bench = format!("text/typing/{}", input.name());
    if !args.wants(&bench) {
        return;
    }
    let keys = Keys::of(&input.load());
    timings.job(
        &bench,
        || &keys,
        |keys| {
            let (mut doc, agent) = Diamond::typist();
            for key in keys.iter() {
                if key.n_deleted == 0 {
                    doc.insert(agent, key.pos, key.text);
                } else {
                    doc.delete_without_content(agent, key.pos..key.pos + key.n_deleted);
                }
            }
            doc
        },
    );
}

/// Histories from which diamond-types 1.0 does not make a text within two minutes.
const DIAMOND_TAKES_MINUTES: [&str; 2] = ["C1", "C2"];

/// Longer histories say no more about single transactions, and take rivals minutes to write.
const MAX_UPDATES: usize = 10_000;
