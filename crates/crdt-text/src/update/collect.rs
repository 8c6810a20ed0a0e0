//! Collecting events into an update, in an order that depends only on the events.
//!
//! A canonical run is a maximal stretch of one agent's sequence numbers in which each event's only
//! parent is the one before. Runs are put out parents first; among those that are ready, the one
//! with the smallest agent name and sequence number.

use alloc::collections::BinaryHeap;
use core::cmp::Reverse;
use core::ops::Range;

use crdt_core::{AgentId, AgentIdx, DotContext, Lv, LvRange};

use super::{Update, WireDot};
use crate::{OpLog, TextOp};

/// Events that are consecutive for their source as well as for their agent.
pub(super) struct Piece {
    pub(super) first: WireDot,
    pub(super) lvs: LvRange,
    /// Where the parents of the first event are.
    pub(super) parents: Range<usize>,
    /// Which of several sources the events are in.
    pub(super) source: usize,
}

/// Pieces and their parents.
#[derive(Default)]
pub(super) struct Pieces {
    pub(super) list: Vec<Piece>,
    pub(super) parents: Vec<WireDot>,
}

/// Consecutive pieces that make one canonical run.
struct Run {
    pieces: Range<usize>,
    first: WireDot,
    seq_end: u64,
}

/// Collects the events of ascending ranges.
pub(super) fn collect(oplog: &OpLog, ranges: &[LvRange]) -> Update {
    let agents = AgentNumbers::of(oplog, ranges);
    assemble(
        agents.names(oplog),
        cut(oplog, ranges, &agents),
        |_, lvs| oplog.ops().ops(lvs),
    )
}

/// Puts disjoint pieces together to an update; `ops` looks up the operations of a source.
pub(super) fn assemble<'a, I: Iterator<Item = TextOp<'a>>>(
    agents: Vec<AgentId>,
    pieces: Pieces,
    ops: impl Fn(usize, LvRange) -> I,
) -> Update {
    let Pieces {
        list: mut pieces,
        parents,
    } = pieces;
    pieces.sort_unstable_by_key(|piece| piece.first);
    let runs = join(&pieces, &parents);
    let mut update = Update {
        agents,
        ..Update::default()
    };
    for run in in_order(&runs, &pieces, &parents) {
        let run = &runs[run];
        update
            .parents
            .extend_from_slice(&parents[pieces[run.pieces.start].parents.clone()]);
        for piece in &pieces[run.pieces.clone()] {
            ops(piece.source, piece.lvs).for_each(|op| update.ops.push(&op));
        }
        update.end_run(run.first, update.ops.end(), update.parents.len() as u32);
    }
    update
}

/// The events that are not in a summary, as ascending ranges.
pub(super) fn missing(oplog: &OpLog, summary: &DotContext) -> Vec<LvRange> {
    let mut missing: Vec<LvRange> = Vec::new();
    let mut push = |lvs: LvRange| match missing.last_mut() {
        Some(last) if last.end == lvs.start => last.end = lvs.end,
        _ => missing.push(lvs),
    };
    for run in oplog.graph().agent_runs(oplog.all()) {
        let end = run.seq + u64::from(run.lvs.len());
        // Offsets into a run fit its local versions.
        let lvs = |seqs: Range<u64>| {
            let lv = |seq| run.lvs.start.plus((seq - run.seq) as u32);
            LvRange::new(lv(seqs.start), lv(seqs.end))
        };
        let mut next = run.seq;
        for known in summary.ranges_of(oplog.graph().agents().name(run.agent)) {
            if known.end <= next {
                continue;
            }
            if known.start >= end {
                break;
            }
            if known.start > next {
                push(lvs(next..known.start));
            }
            next = known.end.min(end);
        }
        if next < end {
            push(lvs(next..end));
        }
    }
    missing
}

/// The agents of an update, numbered in the order of their names.
struct AgentNumbers {
    used: Vec<AgentIdx>,
    number_of: Vec<u32>,
}

impl AgentNumbers {
    fn of(oplog: &OpLog, ranges: &[LvRange]) -> Self {
        let graph = oplog.graph();
        let mut is_used = vec![false; graph.agents().len()];
        for &lvs in ranges {
            graph
                .agent_runs(lvs)
                .for_each(|run| is_used[run.agent.index()] = true);
            for run in graph.runs(lvs) {
                for &parent in run.parents() {
                    graph
                        .id_of(parent)
                        .into_iter()
                        .for_each(|(a, _)| is_used[a.index()] = true);
                }
            }
        }
        let all = (0..is_used.len() as u32).map(AgentIdx::new);
        let mut used: Vec<AgentIdx> = all.filter(|agent| is_used[agent.index()]).collect();
        used.sort_unstable_by(|&a, &b| graph.agents().cmp_names(a, b));
        let mut number_of = vec![0; is_used.len()];
        for (number, agent) in (0..).zip(&used) {
            number_of[agent.index()] = number;
        }
        Self { used, number_of }
    }

    fn dot(&self, (agent, seq): (AgentIdx, u64)) -> WireDot {
        WireDot {
            agent: self.number_of[agent.index()],
            seq,
        }
    }

    fn names(&self, oplog: &OpLog) -> Vec<AgentId> {
        self.used
            .iter()
            .map(|&agent| oplog.graph().agents().name(agent).clone())
            .collect()
    }
}

fn cut(oplog: &OpLog, ranges: &[LvRange], agents: &AgentNumbers) -> Pieces {
    let graph = oplog.graph();
    let dot_of = |lv: Lv| graph.id_of(lv).map(|id| agents.dot(id));
    let mut pieces = Pieces::default();
    for run in ranges.iter().flat_map(|&lvs| graph.runs(lvs)) {
        for ids in graph.agent_runs(run.lvs) {
            let first = agents.dot((ids.agent, ids.seq));
            match ids.lvs.start.prev() {
                Some(prev) if ids.lvs.start > run.lvs.start => {
                    pieces.push(first, ids.lvs, 0, dot_of(prev));
                }
                _ => pieces.push(
                    first,
                    ids.lvs,
                    0,
                    run.parents().iter().filter_map(|&lv| dot_of(lv)),
                ),
            }
        }
    }
    pieces
}

impl Pieces {
    pub(super) fn push(
        &mut self,
        first: WireDot,
        lvs: LvRange,
        source: usize,
        parents: impl IntoIterator<Item = WireDot>,
    ) {
        let start = self.parents.len();
        self.parents.extend(parents);
        self.parents[start..].sort_unstable();
        self.list.push(Piece {
            first,
            lvs,
            parents: start..self.parents.len(),
            source,
        });
    }
}

fn join(pieces: &[Piece], parents: &[WireDot]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (at, piece) in pieces.iter().enumerate() {
        let seq_end = piece.first.seq + u64::from(piece.lvs.len());
        if let Some(run) = runs.last_mut()
            && run.first.agent == piece.first.agent
            && run.seq_end == piece.first.seq
            && parents[piece.parents.clone()]
                == [WireDot {
                    seq: run.seq_end - 1,
                    ..run.first
                }]
        {
            run.pieces.end = at + 1;
            run.seq_end = seq_end;
        } else {
            runs.push(Run {
                pieces: at..at + 1,
                first: piece.first,
                seq_end,
            });
        }
    }
    runs
}

/// The numbers of the runs in canonical order.
fn in_order(runs: &[Run], pieces: &[Piece], parents: &[WireDot]) -> Vec<usize> {
    let mut n_waiting = vec![0_u32; runs.len()];
    let mut children = vec![Vec::new(); runs.len()];
    for (at, run) in runs.iter().enumerate() {
        for parent in &parents[pieces[run.pieces.start].parents.clone()] {
            let after = runs.partition_point(|run| run.first <= *parent);
            if let Some(parent_run) = after.checked_sub(1).filter(|&before| {
                let before = &runs[before];
                before.first.agent == parent.agent && parent.seq < before.seq_end
            }) {
                n_waiting[at] += 1;
                children[parent_run].push(at);
            }
        }
    }
    let mut ready: BinaryHeap<Reverse<usize>> = (0..runs.len())
        .filter(|&run| n_waiting[run] == 0)
        .map(Reverse)
        .collect();
    let mut order = Vec::with_capacity(runs.len());
    while let Some(Reverse(run)) = ready.pop() {
        order.push(run);
        for &child in &children[run] {
            n_waiting[child] -= 1;
            if n_waiting[child] == 0 {
                ready.push(Reverse(child));
            }
        }
    }
    order
}
