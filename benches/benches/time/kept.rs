//! Benchmarks of time for what is kept beside a text: anchors, and stacks of undo.

use benches::{Args, Input, Keys, Timings, histories, keystrokes, runs};
use crdt_testkit::Rng;
use crdt_text::{AgentIdx, Anchor, Bias, TextDoc, TextUndoStack};

/// Of a live document: how many transactions ago the oldest caret was made.
const N_CARETS: usize = 100;

pub(crate) fn run(args: &Args, timings: &mut Timings) {
    for input in histories(args) {
        live_carets(args, timings, &input);
    }
    let (n_edits, steps): (usize, &[usize]) = if args.is_smoke() {
        (50, &[10])
    } else {
        (10_000, &[100, 1_000])
    };
    apart(args, timings, n_edits);
    after_merge(args, timings, n_edits);
    for &n_steps in steps {
        undo(args, timings, n_steps);
    }
    for input in keystrokes(args) {
        typing(args, timings, &input);
    }
}

/// Carets that others told with each of their last transactions, shown at the tip.
fn live_carets(args: &Args, timings: &mut Timings, input: &Input) {
    let names = [1, N_CARETS].map(|n| format!("text/anchor/{n}/{}", input.name()));
    if !names.iter().any(|name| args.wants(name)) {
        return;
    }
    let trace = input.load();
    let runs = runs(&trace);
    let mut doc = TextDoc::new();
    let mut carets = Vec::new();
    for (at, run) in runs.iter().enumerate() {
        drop(doc.ingest(&run.as_remote()).expect("a valid history"));
        if at + 1 < runs.len() && at + 1 + N_CARETS >= runs.len() {
            let at = doc.len_chars() / 2;
            carets.push(doc.anchor(at, Bias::Left).expect("within the text"));
        }
    }
    // A history of one transaction has no carets from before its end.
    if let Some(last) = carets.last() {
        resolve(timings, &names[0], &doc, core::slice::from_ref(last));
        resolve(timings, &names[1], &doc, &carets);
    }
}

/// Carets of a replica that was apart for so many edits on either side, each at one of its edits.
fn apart(args: &Args, timings: &mut Timings, n_edits: usize) {
    let names = [1, N_CARETS].map(|n| format!("text/anchor/{n}/apart-{n_edits}"));
    if !names.iter().any(|name| args.wants(name)) {
        return;
    }
    let ((mut ours, me), (mut theirs, other)) = two_writers();
    edit_at_random(&mut ours, me, n_edits, 1);
    edit_at_random(&mut theirs, other, n_edits - N_CARETS.min(n_edits), 2);
    let mut carets = Vec::new();
    for seed in 0..N_CARETS.min(n_edits) {
        edit_at_random(&mut theirs, other, 1, seed as u64);
        let at = theirs.len_chars() / 2;
        carets.push(theirs.anchor(at, Bias::Right).expect("within the text"));
    }
    drop(ours.merge(&theirs).expect("one history"));
    resolve(timings, &names[0], &ours, &carets[..1]);
    resolve(timings, &names[1], &ours, &carets);
}

fn resolve(timings: &mut Timings, bench: &str, doc: &TextDoc, carets: &[Anchor]) {
    let resolve = |carets: &[Anchor]| {
        let found = doc.resolve_all::<usize>(carets);
        assert!(found.iter().all(Result::is_ok), "known versions");
        found
    };
    timings.job(bench, || carets, resolve);
}

/// Two replicas of one text, and who writes in each.
fn two_writers() -> ((TextDoc, AgentIdx), (TextDoc, AgentIdx)) {
    let mut doc = TextDoc::new();
    let me = doc.get_or_create_agent_id("me").expect("a valid name");
    doc.insert(me, 0, &"Some text that both know. ".repeat(40))
        .expect("a valid edit");
    let mut theirs = doc.clone();
    let other = theirs
        .get_or_create_agent_id("theirs")
        .expect("a valid name");
    ((doc, me), (theirs, other))
}

/// A step is undone after a merge of so many edits of another.
fn after_merge(args: &Args, timings: &mut Timings, n_edits: usize) {
    let bench = format!("text/undo/apart-{n_edits}");
    if !args.wants(&bench) {
        return;
    }
    let ((mut doc, me), (mut theirs, other)) = two_writers();
    let mut stack = TextUndoStack::new();
    stack.delete(&mut doc, me, 10..20).expect("within the text");
    edit_at_random(&mut theirs, other, n_edits, 1);
    drop(doc.merge(&theirs).expect("one history"));
    timings.job(
        &bench,
        || (doc.clone(), stack.clone()),
        |(mut doc, mut stack)| {
            drop(stack.undo(&mut doc, me).expect("it fits"));
            (doc, stack)
        },
    );
}

/// All of `n_steps` steps are undone and made again, after as many edits of another.
fn undo(args: &Args, timings: &mut Timings, n_steps: usize) {
    let bench = format!("text/undo/{n_steps}");
    if !args.wants(&bench) {
        return;
    }
    let ((mut doc, me), (mut theirs, other)) = two_writers();
    let mut stack = TextUndoStack::new();
    let mut rng = Rng::new(1);
    for seed in 0..n_steps {
        let at = rng.below(doc.len_chars() - 5);
        let edit = stack.replace(&mut doc, me, at..at + 5, "a word");
        edit.expect("an edit within the text");
        stack.boundary();
        edit_at_random(&mut theirs, other, 1, seed as u64);
        if seed % 10 == 0 {
            drop(doc.merge(&theirs).expect("one history"));
        }
    }
    timings.job(
        &bench,
        || (doc.clone(), stack.clone()),
        |(mut doc, mut stack)| {
            for _ in 0..n_steps {
                drop(stack.undo(&mut doc, me).expect("it fits"));
            }
            for _ in 0..n_steps {
                drop(stack.redo(&mut doc, me).expect("it fits"));
            }
            (doc, stack)
        },
    );
}

/// As `text/typing`, with a stack that remembers each word or so.
fn typing(args: &Args, timings: &mut Timings, input: &Input) {
    let bench = format!("text/undo/typing/{}", input.name());
    if !args.wants(&bench) {
        return;
    }
    let keys = Keys::of(&input.load());
    timings.job(
        &bench,
        || &keys,
        |keys| {
            let mut doc = TextDoc::new();
            let me = doc.get_or_create_agent_id("typist").expect("a valid name");
            let mut stack = TextUndoStack::new();
            for (at, key) in keys.iter().enumerate() {
                let edit = if key.n_deleted == 0 {
                    stack.insert(&mut doc, me, key.pos, key.text)
                } else {
                    stack.delete(&mut doc, me, key.pos..key.pos + key.n_deleted)
                };
                edit.expect("an edit within the text");
                if at % 8 == 0 {
                    stack.boundary();
                }
            }
            (doc, stack)
        },
    );
}

/// Single keys anywhere.
fn edit_at_random(doc: &mut TextDoc, agent: AgentIdx, n_edits: usize, seed: u64) {
    let mut rng = Rng::new(seed);
    for _ in 0..n_edits {
        let at = rng.below(doc.len_chars() + 1);
        let edit = doc.insert(agent, at, "x");
        edit.expect("an edit within the text");
    }
}
