//! Text histories that a fuzzer plans, against the reference model: merged at once and step by step, from
//! both sides, through the bytes, grouped, and by links that remember.
//!
//! **Input.** The first byte is for positions outside the text, each further one decides one choice of the
//! generator.

use crdt_core::Delta;
use crdt_testkit::generate::{HistoryConfig, history_of};
use crdt_testkit::{Rng, Trace, TraceOp, Txn};
use crdt_text::{
    Branch, Bytes, DecodeLimits, LinkDecoder, LinkEncoder, OpLog, Patch, Patches, RemoteRun,
    SavedDoc, TextDoc, TextOp, Update, UpdateError, Utf16,
};

use crate::input::choice;

/// Plays the history that `bytes` stand for.
///
/// # Panics
/// If two ways to the same history end in different texts.
pub fn run(bytes: &[u8]) {
    let (shape, choices) = choice(bytes);
    let config = HistoryConfig {
        n_txns: 4 + shape / 2 % 16,
        ops_out_of_range: shape % 2 == 1,
        ..HistoryConfig::default()
    };
    let mut rng = Rng::from_choices(choices);
    let trace = history_of(rng.clone(), &config);
    let whole = at_once(&trace);
    step_by_step(&trace, &whole, &mut rng);
    from_both_sides(&trace, &whole, &mut rng);
    through_bytes(&whole);
}

/// Histories of several shapes.
pub fn seeds() -> Vec<Vec<u8>> {
    (0..8_u8)
        .map(|n| {
            (0..96)
                .map(|at: u8| at.wrapping_mul(29 + 2 * n) ^ n)
                .collect()
        })
        .collect()
}

/// The judge and the judged on all of a history.
fn at_once(trace: &Trace) -> OpLog {
    let mut oplog = OpLog::new();
    for txn in &trace.txns {
        ingest(&mut oplog, trace, txn).expect("a valid history");
    }
    let text = oplog.text_at(oplog.version()).expect("the tip");
    assert_eq!(Some(&text), trace.end_content.as_ref(), "the model's text");
    oplog
}

/// A live document that takes an update for each transaction, and an editor that follows its patches.
fn step_by_step(trace: &Trace, whole: &OpLog, rng: &mut Rng) {
    let mut author = OpLog::new();
    let (mut live, mut editor) = (TextDoc::new(), Editor::default());
    let (mut sender, mut receiver) = (LinkEncoder::new(), LinkDecoder::new());
    let mut group = Update::default();
    for txn in &trace.txns {
        let before = author.version().clone();
        ingest(&mut author, trace, txn).expect("a valid history");
        let update = author.update_since(&before).expect("a known version");
        group.merge_delta(&update).expect("one history");
        let message = sender.encode(&update);
        let received = receiver.decode(&message, &DecodeLimits::default());
        assert_eq!(
            received.as_ref().map(Update::encode),
            Ok(update.encode()),
            "what a link carries arrives"
        );
        if rng.chance(70) {
            editor.follow(&live.apply(&group).expect("one history"));
            group = Update::default();
        }
    }
    editor.follow(&live.apply(&group).expect("one history"));
    assert_eq!(live.oplog(), whole, "one history");
    assert_eq!(Some(live.content()), trace.end_content, "live and at once");
    let content = live.content();
    assert_eq!(editor.utf8, content.as_bytes(), "patches in bytes");
    let utf16: Vec<u16> = content.encode_utf16().collect();
    assert_eq!(editor.utf16, utf16, "patches in UTF-16 units");
    let scalars: Vec<char> = content.chars().collect();
    assert_eq!(editor.scalars, scalars, "patches in scalars");
}

/// Two replicas that each lack something, and merge each other.
fn from_both_sides(trace: &Trace, whole: &OpLog, rng: &mut Rng) {
    let mut sides = [OpLog::new(), OpLog::new()];
    for txn in &trace.txns {
        let first = rng.below(2);
        // A side that lacks the parents refuses, and is what it was.
        for side in [first, 1 - first] {
            let before = sides[side].encode_full();
            match ingest(&mut sides[side], trace, txn) {
                Ok(_) if rng.chance(70) => break,
                Ok(_) => {}
                Err(UpdateError::MissingDependency(_)) => {
                    assert_eq!(sides[side].encode_full(), before, "refused");
                }
                Err(error) => panic!("{error} in a valid history"),
            }
        }
    }
    let [ours, theirs] = &mut sides;
    let mut branch = Branch::new_at_tip(ours);
    let lacking = theirs.encode_missing(&ours.summary());
    let copy = ours.clone();
    ours.decode_and_add(&lacking).expect("one history");
    theirs.merge(&copy).expect("one history");
    assert_eq!(ours, theirs, "merged in each direction");
    drop(branch.merge(ours, ours.version()).expect("the tip"));
    let text = ours.text_at(ours.version()).expect("the tip");
    assert_eq!(branch.content(), text, "a branch that merges, and a replay");
    ours.merge(whole).expect("one history");
    assert_eq!(ours, whole, "all of it");
}

fn through_bytes(whole: &OpLog) {
    let doc = TextDoc::decode(&whole.encode_full()).expect("one's own bytes");
    assert_eq!(doc.oplog(), whole, "written and read");
    let file = doc.save();
    let saved = SavedDoc::open(&file, &DecodeLimits::default()).expect("one's own file");
    assert_eq!(saved.text(), doc.content(), "saved text");
    assert_eq!(saved.into_doc().expect("one's own file").oplog(), whole);
}

fn ingest(oplog: &mut OpLog, trace: &Trace, txn: &Txn) -> Result<usize, UpdateError> {
    let ops: Vec<TextOp<'_>> = txn
        .ops
        .iter()
        .map(|op| match op {
            TraceOp::Insert { pos, text } => TextOp::insert(*pos, text),
            TraceOp::Delete { pos, len } => TextOp::delete(*pos..*pos + *len),
        })
        .collect();
    oplog.ingest(&RemoteRun {
        agent: &txn.agent,
        seq: txn.seq,
        parents: &trace.parent_dots(txn),
        ops: &ops,
    })
}

/// Copies of a text in the units that editors count in.
#[derive(Default)]
struct Editor {
    scalars: Vec<char>,
    utf8: Vec<u8>,
    utf16: Vec<u16>,
}

impl Editor {
    /// Applies patches, as an editor does.
    fn follow(&mut self, patches: &Patches<'_>) {
        for Patch {
            pos,
            deleted,
            inserted,
            ..
        } in patches.iter()
        {
            self.scalars.splice(pos..pos + deleted, inserted.chars());
        }
        for patch in patches.iter_in::<Bytes>() {
            let range = patch.pos.0..patch.pos.0 + patch.deleted.0;
            self.utf8.splice(range, patch.inserted.bytes());
        }
        for patch in patches.iter_in::<Utf16>() {
            let range = patch.pos.0..patch.pos.0 + patch.deleted.0;
            self.utf16.splice(range, patch.inserted.encode_utf16());
        }
    }
}
