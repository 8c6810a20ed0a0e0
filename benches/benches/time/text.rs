//! Benchmarks of time for the text crate.

use benches::{
    Args, Input, Keys, Latencies, Run, Timings, histories, keystrokes, live, op_log, runs,
};
use core::hint::black_box;
use crdt_testkit::Rng;
use crdt_text::{AgentIdx, Branch, DecodeLimits, OpLog, SavedDoc, TextDoc};

pub(crate) fn run(args: &Args, timings: &mut Timings) {
    for input in histories(args) {
        load(args, timings, &input);
        waiting(args, timings, &input);
    }
    for input in keystrokes(args) {
        typing(args, timings, &input);
        waiting(args, timings, &input);
    }
    let lens: &[usize] = if args.is_smoke() {
        &[100]
    } else {
        &[1_000, 10_000, 100_000, 1_000_000]
    };
    for &len in lens {
        branches(args, timings, len);
    }
}

/// From a history, in memory or in bytes, to its text.
fn load(args: &Args, timings: &mut Timings, input: &Input) {
    let name = |family: &str| format!("text/{family}/{}", input.name());
    let names = ["merge", "from-bytes", "open"].map(name);
    if !names.iter().any(|name| args.wants(name)) {
        return;
    }
    let [merge, from_bytes, open] = &names;
    let bytes = op_log(&input.load()).encode_full();
    // As a user has it who opened a file: how fast a merge is also depends on the order of events.
    let oplog = OpLog::decode(&bytes).expect("our own bytes");
    timings.job(merge, || &oplog, Branch::new_at_tip);
    timings.job(
        from_bytes,
        || &bytes,
        |bytes| {
            let oplog = OpLog::decode(bytes).expect("our own bytes");
            let content = Branch::new_at_tip(&oplog).content();
            (oplog, content)
        },
    );
    // To a text that is shown and edited; the history waits until it is needed.
    let saved = TextDoc::from(oplog).save();
    timings.job(
        open,
        || &saved,
        |saved| {
            let saved = SavedDoc::open(saved, &DecodeLimits::default()).expect("our own bytes");
            let mut draft = saved.edit();
            let agent = draft.get_or_create_agent_id("reader").expect("a name");
            let middle = draft.len_chars() / 2;
            draft.insert(agent, middle, "x").expect("within the text");
            draft
        },
    );
}

/// One transaction after the other arrives at an open document; after each its text is up to date
/// and an editor knows what changed. A history that is one transaction has no such life.
fn waiting(args: &Args, timings: &mut Timings, input: &Input) {
    let bench = format!("text/live/{}", input.name());
    if !args.wants(&bench) {
        return;
    }
    let trace = input.load();
    if trace.txns.len() < 2 {
        return;
    }
    let runs = runs(&trace);
    let take = |doc: &mut TextDoc, run: &Run<'_>| {
        black_box(doc.ingest(&run.as_remote()).expect("a valid history"));
    };
    if args.counting().is_some() {
        // All steps together: what one of them takes is too little to compare.
        return timings.job(&bench, TextDoc::new, |mut doc| {
            runs.iter().for_each(|run| take(&mut doc, run));
            doc
        });
    }
    let latencies = live(&runs, TextDoc::new, take);
    Latencies::report(latencies, args, &bench, "crdt-text");
}

/// One writer's keystrokes, each an edit of an open document.
fn typing(args: &Args, timings: &mut Timings, input: &Input) {
    let bench = format!("text/typing/{}", input.name());
    if !args.wants(&bench) {
        return;
    }
    let trace = input.load();
    let keys = Keys::of(&trace);
    if let Some(expected) = &trace.end_content {
        assert!(
            typed(&keys).content() == *expected,
            "{bench}: the text is wrong"
        );
    }
    timings.job(&bench, || &keys, typed);
}

fn typed(keys: &Keys) -> TextDoc {
    let mut doc = TextDoc::new();
    let agent = doc.get_or_create_agent_id("typist").expect("a valid name");
    for key in keys.iter() {
        let edit = if key.n_deleted == 0 {
            doc.insert(agent, key.pos, key.text)
        } else {
            doc.delete(agent, key.pos..key.pos + key.n_deleted)
        };
        edit.expect("an edit within the text");
    }
    doc
}

/// Two replicas make `n_edits` edits each without hearing of each other; then one of them takes in
/// the update of the other.
fn branches(args: &Args, timings: &mut Timings, n_edits: usize) {
    let bench = format!("text/branches/{n_edits}");
    if !args.wants(&bench) {
        return;
    }
    let mut ours = TextDoc::new();
    let agent = ours.get_or_create_agent_id("ours").expect("a valid name");
    ours.insert(agent, 0, &"Some text that both know. ".repeat(40))
        .expect("a valid edit");
    let mut theirs = ours.clone();
    let other = theirs
        .get_or_create_agent_id("theirs")
        .expect("a valid name");
    edit_at_random(&mut ours, agent, n_edits, 1);
    edit_at_random(&mut theirs, other, n_edits, 2);
    let update = theirs.encode_missing(&ours.summary());
    timings.job(
        &bench,
        || ours.clone(),
        |mut doc| {
            doc.apply_update(&update).expect("our own bytes");
            doc
        },
    );
}

/// Single keys: mostly typing on, now and then a backspace or a jump to elsewhere.
fn edit_at_random(doc: &mut TextDoc, agent: AgentIdx, n_edits: usize, seed: u64) {
    let mut rng = Rng::new(seed);
    let mut cursor = 0;
    for _ in 0..n_edits {
        if rng.chance(5) {
            cursor = rng.below(doc.len_chars() + 1);
        }
        let edit = if cursor > 0 && rng.chance(15) {
            cursor -= 1;
            doc.delete(agent, cursor..cursor + 1)
        } else {
            cursor += 1;
            doc.insert(agent, cursor - 1, "x")
        };
        edit.expect("an edit within the text");
    }
}
