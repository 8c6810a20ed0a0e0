//! What the text benchmarks work on: recorded traces where there are some, else generated ones.

use crate::Args;
use crdt_testkit::{Trace, TraceOp, Txn, data, generate};
use std::path::{Path, PathBuf};

/// A named editing history that is loaded when it is needed.
#[derive(Clone, Debug)]
pub struct Input {
    name: String,
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    File(PathBuf),
    Generated {
        n_writers: usize,
        n_events: usize,
    },
    /// By one writer, each event a transaction of its own.
    GeneratedKeystrokes {
        n_events: usize,
    },
}

/// Histories of one or several writers.
///
/// These are the files of [`data::traces_dir`], named like them; without files, and for a quick
/// run, histories from the testkit's generator.
pub fn histories(args: &Args) -> Vec<Input> {
    recorded(args, "").unwrap_or_else(|| {
        let n_events = if args.is_smoke() { 1_500 } else { 100_000 };
        let input = |(name, n_writers): (&str, usize)| Input {
            name: name.into(),
            source: Source::Generated {
                n_writers,
                n_events,
            },
        };
        GENERATED.map(input).into()
    })
}

/// Histories of one writer in which nearly every transaction is the stroke of one key.
///
/// These are the files in the folder `typing` of [`data::traces_dir`], or else generated.
pub fn keystrokes(args: &Args) -> Vec<Input> {
    recorded(args, "typing").unwrap_or_else(|| {
        let n_events = if args.is_smoke() { 1_500 } else { 100_000 };
        let source = Source::GeneratedKeystrokes { n_events };
        vec![Input {
            name: "generated-typing".into(),
            source,
        }]
    })
}

impl Input {
    /// The last part of the names of benchmarks on it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads or generates the history.
    ///
    /// # Panics
    /// If the file is not a trace.
    pub fn load(&self) -> Trace {
        match &self.source {
            Source::File(path) => {
                Trace::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
            }
            Source::Generated {
                n_writers,
                n_events,
            } => generate::typing(SEED, *n_writers, *n_events),
            Source::GeneratedKeystrokes { n_events } => {
                into_keystrokes(generate::typing(SEED, 1, *n_events))
            }
        }
    }
}

/// The traces in a folder of recorded data; `None` if there are none, or a quick run is wanted.
fn recorded(args: &Args, folder: &str) -> Option<Vec<Input>> {
    if args.is_smoke() {
        return None;
    }
    let entries = data::traces_dir()?.join(folder).read_dir().ok()?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut inputs: Vec<Input> = paths.filter_map(trace_file).collect();
    inputs.sort_by(|a, b| a.name.cmp(&b.name));
    (!inputs.is_empty()).then_some(inputs)
}

fn trace_file(path: PathBuf) -> Option<Input> {
    let file = path.file_name()?.to_str()?;
    let name = file
        .strip_suffix(".json.gz")
        .or(file.strip_suffix(".json"))?;
    let is_file = Path::is_file(&path);
    is_file.then(|| Input {
        name: name.into(),
        source: Source::File(path.clone()),
    })
}

/// Cuts the history of one writer into transactions of one event each.
fn into_keystrokes(trace: Trace) -> Trace {
    let mut txns: Vec<Txn> = Vec::with_capacity(trace.n_events());
    for txn in trace.txns {
        for op in txn.ops.iter().flat_map(keys) {
            let lv = txns.len();
            txns.push(Txn {
                agent: txn.agent.clone(),
                seq: lv as u64,
                span: lv..lv + 1,
                parents: lv.checked_sub(1).into_iter().collect(),
                ops: vec![op],
            });
        }
    }
    Trace { txns, ..trace }
}

/// The strokes that make up an op: its text key by key, or as many backspaces as it takes.
fn keys(op: &TraceOp) -> Vec<TraceOp> {
    match op {
        TraceOp::Insert { pos, text } => {
            let key = |(idx, ch): (usize, char)| TraceOp::Insert {
                pos: pos + idx,
                text: ch.into(),
            };
            text.chars().enumerate().map(key).collect()
        }
        TraceOp::Delete { pos, len } => {
            let positions = (*pos..pos + len).rev();
            positions
                .map(|pos| TraceOp::Delete { pos, len: 1 })
                .collect()
        }
    }
}

/// Names and numbers of writers of the generated histories.
const GENERATED: [(&str, usize); 3] = [
    ("generated-1-writer", 1),
    ("generated-2-writers", 2),
    ("generated-8-writers", 8),
];

const SEED: u64 = 1;

#[cfg(test)]
mod tests {
    use super::{histories, into_keystrokes, keystrokes};
    use crate::{Args, op_log};
    use crdt_testkit::generate::typing;

    #[test]
    fn a_quick_run_needs_no_files() {
        let args = Args::parse(["--test".into()]);
        let names: Vec<String> = histories(&args).iter().map(|i| i.name().into()).collect();
        assert_eq!(
            names,
            [
                "generated-1-writer",
                "generated-2-writers",
                "generated-8-writers"
            ]
        );
        for input in histories(&args).iter().chain(&keystrokes(&args)) {
            let trace = input.load();
            trace.check().expect("a valid trace");
            assert!(
                trace.end_content.is_some() && trace.txns.len() > 1,
                "{}",
                input.name()
            );
        }
    }

    #[test]
    fn keystrokes_write_the_same_text() {
        let trace = typing(5, 1, 1_000);
        let n_events = trace.n_events();
        let keystrokes = into_keystrokes(trace);
        assert_eq!(
            (keystrokes.txns.len(), keystrokes.n_events()),
            (n_events, n_events)
        );
        keystrokes.check().expect("a valid trace");
        // Fails if the text differs.
        op_log(&keystrokes);
    }
}
