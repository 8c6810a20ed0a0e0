//! Writing updates. The format is described in `docs/design/text.md`.

use crdt_core::LvRange;
use crdt_core::codec::{Writer, column};

use super::{Update, WireDot};
use crate::TextOp;
use crate::op_log::{OpKind, OpRun};

pub(super) const MAGIC: &[u8; 4] = b"CTXT";
pub(super) const FORMAT_VERSION: u8 = 1;

/// Sections, in the order in which they are written.
pub(super) mod section {
    pub(in crate::update) const AGENTS: u8 = 1;
    pub(in crate::update) const RUNS: u8 = 2;
    pub(in crate::update) const PARENTS: u8 = 3;
    pub(in crate::update) const OPS: u8 = 4;
    pub(in crate::update) const INSERTED: u8 = 5;
    pub(in crate::update) const DELETED: u8 = 6;
}

/// How the text of a section is stored.
pub(super) mod storage {
    pub(in crate::update) const RAW: u8 = 0;
    pub(in crate::update) const LZ4: u8 = 1;
}

pub(super) fn encode(update: &Update) -> Vec<u8> {
    let mut w = Writer::new();
    w.raw(MAGIC);
    w.u8(FORMAT_VERSION);
    write_section(&mut w, section::AGENTS, |w| agents(w, update));
    write_section(&mut w, section::RUNS, |w| runs(w, update));
    write_section(&mut w, section::PARENTS, |w| parents(w, update));
    write_section(&mut w, section::OPS, |w| ops(w, update));
    write_section(&mut w, section::INSERTED, |w| {
        text(w, update.ops.inserted());
    });
    if update.ops.has_deleted_text() {
        write_section(&mut w, section::DELETED, |w| deleted(w, update));
    }
    w.u32_le(crc32fast::hash(w.as_bytes()));
    w.into_bytes()
}

fn write_section(w: &mut Writer, tag: u8, content: impl FnOnce(&mut Writer)) {
    let mut section = Writer::new();
    content(&mut section);
    w.u8(tag);
    w.bytes(section.as_bytes());
}

fn agents(w: &mut Writer, update: &Update) {
    w.u64(update.agents.len() as u64);
    update.agents.iter().for_each(|agent| w.str(agent.as_str()));
}

/// Columns of agents, lengths, and sequence numbers as steps from where the agent's last run ended.
fn runs(w: &mut Writer, update: &Update) {
    w.u64(update.runs.len() as u64);
    column::encode_u64s(w, update.runs().map(|run| u64::from(run.agent)));
    column::encode_u64s(w, update.runs().map(|run| u64::from(run.lvs.len())));
    let mut next_seq = vec![0_u64; update.agents.len()];
    let steps = update.runs().map(|run| {
        let next = &mut next_seq[run.agent as usize];
        // Sequence numbers have 53 bits: their difference fits.
        let step = run.seq as i64 - *next as i64;
        *next = run.seq + u64::from(run.lvs.len());
        step
    });
    column::encode_i64s(w, steps);
}

/// Columns of parent counts, and of parents: inside the update twice their distance from the event
/// before the run, outside twice the agent's number plus one, with the sequence numbers apart.
fn parents(w: &mut Writer, update: &Update) {
    let index = RunIndex::of(update);
    let mut references = Vec::with_capacity(update.parents.len());
    let mut seqs = Vec::new();
    for run in update.runs() {
        for parent in run.parents {
            match index.event_of(parent) {
                Some(event) => references.push(u64::from(run.lvs.start.get() - 1 - event) << 1),
                None => {
                    references.push((u64::from(parent.agent) << 1) | 1);
                    seqs.push(parent.seq);
                }
            }
        }
    }
    column::encode_u64s(w, update.runs().map(|run| run.parents.len() as u64));
    column::encode_u64s(w, references);
    column::encode_deltas(w, seqs);
}

/// Columns of kinds, lengths, and positions as steps from where the last operation left off.
fn ops(w: &mut Writer, update: &Update) {
    let runs = || {
        update
            .ops
            .iter(LvRange::new(crdt_core::Lv::new(0), update.ops.end()))
    };
    w.u64(update.ops.n_runs() as u64);
    column::encode_u64s(w, runs().map(|run| kind_code(run.kind)));
    column::encode_u64s(w, runs().map(|run| u64::from(run.lvs.len())));
    let mut caret = 0_i64;
    let steps = runs().map(|run| {
        let step = i64::from(run.pos) - caret;
        caret = i64::from(caret_after(&run));
        step
    });
    column::encode_i64s(w, steps);
}

/// Columns of gaps and lengths of the stretches whose text was recorded, then the text.
fn deleted(w: &mut Writer, update: &Update) {
    let mut stretches = Vec::new();
    let mut gap = 0;
    let mut all = String::new();
    for op in update
        .ops
        .ops(LvRange::new(crdt_core::Lv::new(0), update.ops.end()))
    {
        match op {
            TextOp::Delete {
                len,
                text: Some(text),
                ..
            } => {
                stretches.push((gap, len as u64));
                gap = 0;
                all.push_str(text);
            }
            _ => gap += op.n_events() as u64,
        }
    }
    w.u64(stretches.len() as u64);
    column::encode_u64s(w, stretches.iter().map(|stretch| stretch.0));
    column::encode_u64s(w, stretches.iter().map(|stretch| stretch.1));
    text(w, &all);
}

fn text(w: &mut Writer, text: &str) {
    #[cfg(feature = "lz4")]
    {
        let packed = lz4_flex::block::compress(text.as_bytes());
        if packed.len() < text.len() {
            w.u8(storage::LZ4);
            w.u64(text.len() as u64);
            w.bytes(&packed);
            return;
        }
    }
    w.u8(storage::RAW);
    w.str(text);
}

/// Finds events of an update by their dots.
struct RunIndex {
    /// First dot, length and first event of each run, sorted.
    runs: Vec<(WireDot, u64, u32)>,
}

impl RunIndex {
    fn of(update: &Update) -> Self {
        let entry = |run: super::UpdateRun<'_>| {
            let first = WireDot {
                agent: run.agent,
                seq: run.seq,
            };
            (first, u64::from(run.lvs.len()), run.lvs.start.get())
        };
        let mut runs: Vec<_> = update.runs().map(entry).collect();
        runs.sort_unstable();
        Self { runs }
    }

    fn event_of(&self, dot: &WireDot) -> Option<u32> {
        let after = self.runs.partition_point(|(first, ..)| first <= dot);
        let &(first, len, event) = self.runs.get(after.checked_sub(1)?)?;
        let is_in_run = first.agent == dot.agent && dot.seq - first.seq < len;
        is_in_run.then(|| event + (dot.seq - first.seq) as u32)
    }
}

pub(super) fn kind_code(kind: OpKind) -> u64 {
    match kind {
        OpKind::Insert => 0,
        OpKind::Delete => 1,
        OpKind::Backspace => 2,
    }
}

/// Where the caret stands after an operation.
pub(super) fn caret_after(run: &OpRun) -> u32 {
    match run.kind {
        OpKind::Insert => run.pos + run.lvs.len(),
        OpKind::Delete => run.pos,
        OpKind::Backspace => run.pos + 1 - run.lvs.len(),
    }
}
