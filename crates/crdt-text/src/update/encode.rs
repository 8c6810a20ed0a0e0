//! Writing updates. The format is described in `docs/design/text.md`.

use crdt_core::codec::entropy::{Encoder, Layout};
use crdt_core::codec::{Writer, packed};

use super::rows::{OpRow, Put, Rows, field};
use super::{Update, WireDot, floor};
use crate::TextOp;
use crate::container::ContainerWriter;

/// Sections, in the order in which they are written.
pub(crate) mod section {
    pub(crate) const AGENTS: u8 = 1;
    pub(crate) const HISTORY: u8 = 2;
    pub(crate) const INSERTED: u8 = 3;
    pub(crate) const RECORDED: u8 = 4;
    pub(crate) const FLOOR: u8 = 5;
    pub(crate) const ALL: [u8; 5] = [AGENTS, HISTORY, INSERTED, RECORDED, FLOOR];
}

pub(super) const LAYOUT: Layout = Layout::numbers(field::N_FIELDS);

/// Rows for each byte that they may take; see ADR 0017.
pub(super) const MAX_ROWS_PER_BYTE: u64 = 64;

/// Writes the sections of an update.
pub(crate) fn sections(update: &Update, file: &mut ContainerWriter) {
    file.section(section::AGENTS, |w| agents(w, update));
    let mut texts = Texts::default();
    update
        .ops(update.floor_lvs())
        .for_each(|op| texts.push(&op));
    let n_floor = texts.inserted.len();
    file.section(section::HISTORY, |w| history(w, update, &mut texts));
    file.section(section::INSERTED, |w| {
        packed::encode(w, texts.inserted.as_bytes());
    });
    if !texts.recorded.is_empty() {
        file.section(section::RECORDED, |w| {
            packed::encode(w, texts.recorded.as_bytes());
        });
    }
    if let Some(own) = update.whole_floor() {
        let text = &texts.inserted[..n_floor];
        file.section(section::FLOOR, |w| floor::encode(w, own, text));
    }
}

fn agents(w: &mut Writer, update: &Update) {
    let mut names = Writer::new();
    for agent in &update.agents {
        names.str(agent.as_str());
    }
    w.u64(update.agents.len() as u64);
    packed::encode(w, names.as_bytes());
}

fn history(w: &mut Writer, update: &Update, texts: &mut Texts) {
    let mut fields = Packed(Encoder::new(LAYOUT));
    let n_rows = rows(
        update,
        &mut Rows::new(update.agents.len()),
        &mut fields,
        texts,
    );
    w.u64(update.runs.len() as u64);
    let start = w.len() as u64;
    fields.0.finish(w);
    while (w.len() as u64 - start) * MAX_ROWS_PER_BYTE < n_rows {
        w.u8(0);
    }
}

/// Writes all rows; collects their text. Returns how many rows there are.
pub(super) fn rows(
    update: &Update,
    rows: &mut Rows,
    fields: &mut impl Put,
    texts: &mut Texts,
) -> u64 {
    let mut n_rows = 0;
    for run in update.runs() {
        run_rows(
            run.first(),
            run.parents,
            update.ops(run.lvs),
            rows,
            fields,
            texts,
        );
        n_rows += 1 + run.parents.len() as u64;
    }
    // Operations are cut where runs end.
    n_rows + (update.ops.n_runs() + update.runs.len()) as u64
}

/// Writes the rows of a run.
pub(super) fn run_rows<'a>(
    first: WireDot,
    parents: &[WireDot],
    ops: impl Iterator<Item = TextOp<'a>>,
    rows: &mut Rows,
    fields: &mut impl Put,
    texts: &mut Texts,
) {
    rows.put_head(fields, first, parents);
    let mut ops = ops.peekable();
    let mut turn = rows.turn(first);
    let mut n_events = 0;
    while let Some(op) = ops.next() {
        let row = OpRow::of(&op, ops.peek().is_none());
        turn.put_op(fields, row);
        n_events += u64::from(row.len);
        texts.push(&op);
    }
    rows.end_run(first, &turn, n_events)
        .expect("an update's numbers are in range");
}

/// The text of operations, in their order.
#[derive(Default)]
pub(super) struct Texts {
    pub(super) inserted: String,
    pub(super) recorded: String,
    is_together: bool,
}

impl Texts {
    /// Deleted text stands among the inserted.
    pub(super) fn together() -> Self {
        Self {
            is_together: true,
            ..Self::default()
        }
    }

    fn push(&mut self, op: &TextOp<'_>) {
        match *op {
            TextOp::Insert { text, .. } => self.inserted.push_str(text),
            TextOp::Delete {
                text: Some(text), ..
            } if self.is_together => self.inserted.push_str(text),
            TextOp::Delete {
                text: Some(text), ..
            } => self.recorded.push_str(text),
            TextOp::Delete { text: None, .. } => {}
        }
    }
}

/// Fields by what is likely.
struct Packed(Encoder);

impl Put for Packed {
    #[inline]
    fn put(&mut self, field: usize, value: u64) {
        self.0.push(field, value);
    }
}
