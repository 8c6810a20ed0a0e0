//! Collecting events into an update, in an order that depends only on the events.
//!
//! A canonical run is a maximal stretch of one agent's sequence numbers in which each event's only
//! parent is the one before. Runs are put out parents first; among those that are ready, the one
//! with the smallest agent name and sequence number.

use alloc::collections::BinaryHeap;
use core::cmp::Reverse;
use core::iter::Peekable;
use core::ops::Range;

use crdt_core::{AgentId, AgentIdx, AgentRun, DotContext, Lv, LvRange};

use super::{Update, UpdateFloor, WireDot};
use crate::op_log::OpRuns;
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
    let pieces = cut(oplog, ranges, &agents);
    let floor = oplog.floor().zip(floor_within(oplog, ranges));
    let floor = floor.map(|(floor, lvs)| {
        let (floor, len) = (floor.clone(), lvs.len());
        (UpdateFloor { floor, len }, oplog.ops())
    });
    let names = agents.names(oplog);
    let update = assemble(names, floor, pieces, |_, lvs| oplog.ops().ops(lvs));
    update.expect("an op log holds parents before children")
}

/// Puts disjoint pieces together to an update; `ops` looks up the operations of a source. A floor comes
/// with operations that start with its own.
///
/// Returns `None` if events depend on each other in a circle.
pub(super) fn assemble<'a, I: Iterator<Item = TextOp<'a>>>(
    agents: Vec<AgentId>,
    floor: Option<(UpdateFloor, &OpRuns)>,
    pieces: Pieces,
    ops: impl Fn(usize, LvRange) -> I,
) -> Option<Update> {
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
    if let Some((floor, ops)) = floor {
        let lvs = LvRange::new(Lv::new(0), Lv::new(floor.len));
        ops.ops(lvs).for_each(|op| update.ops.push(&op));
        update.floor = Some(Box::new(floor));
    }
    let order = in_order(&runs, &pieces, &parents);
    if order.len() < runs.len() {
        return None;
    }
    for run in order {
        let run = &runs[run];
        update
            .parents
            .extend_from_slice(&parents[pieces[run.pieces.start].parents.clone()]);
        for piece in &pieces[run.pieces.clone()] {
            ops(piece.source, piece.lvs).for_each(|op| update.ops.push(&op));
        }
        update.end_run(run.first, update.ops.end(), update.parents.len() as u32);
    }
    Some(update)
}

/// The events that are not in a summary, as ascending ranges.
pub(super) fn missing(oplog: &OpLog, summary: &DotContext) -> Vec<LvRange> {
    let mut runs: Vec<AgentRun> = oplog.graph().agent_runs(oplog.all()).collect();
    runs.sort_unstable_by_key(|run| (run.agent, run.seq));
    let mut missing = Vec::new();
    let floor = oplog.floor();
    if floor.is_some_and(|floor| !floor.dropped().is_subset(summary)) {
        missing.push(oplog.graph().floor_lvs());
    }
    for of_agent in runs.chunk_by(|a, b| a.agent == b.agent) {
        let name = oplog.graph().agents().name(of_agent[0].agent);
        let mut known = summary.ranges_of(name).peekable();
        for run in of_agent {
            missing_of_run(run, &mut known, &mut missing);
        }
    }
    missing.sort_unstable_by_key(|lvs| lvs.start);
    missing.dedup_by(|next, last| {
        let touches = last.end == next.start;
        if touches {
            last.end = next.end;
        }
        touches
    });
    missing
}

/// Adds the parts of a run that are not in `known`; both ascend, and `known` is used up on the way.
fn missing_of_run(
    run: &AgentRun,
    known: &mut Peekable<impl Iterator<Item = Range<u64>>>,
    missing: &mut Vec<LvRange>,
) {
    let end = run.seq + u64::from(run.lvs.len());
    // Offsets into a run fit its local versions.
    let lv = |seq: u64| run.lvs.start.plus((seq - run.seq) as u32);
    let mut next = run.seq;
    while let Some(range) = known.peek().filter(|range| range.start < end) {
        if range.start > next {
            missing.push(LvRange::new(lv(next), lv(range.start)));
        }
        next = next.max(range.end.min(end));
        if range.end > end {
            break;
        }
        known.next();
    }
    if next < end {
        missing.push(LvRange::new(lv(next), lv(end)));
    }
}

/// The agents of an update, numbered in the order of their names.
struct AgentNumbers {
    used: Vec<AgentIdx>,
    numbers: Numbers,
}

/// The numbers of the agents that are used.
enum Numbers {
    /// By the index of any agent there is: for many events.
    Table(Vec<u32>),
    /// Ascending: for few events in a history of very many agents.
    List(Vec<(AgentIdx, u32)>),
}

impl AgentNumbers {
    fn of(oplog: &OpLog, ranges: &[LvRange]) -> Self {
        let agents = oplog.graph().agents();
        let n_events: usize = ranges.iter().map(|lvs| lvs.len() as usize).sum();
        let is_short = n_events < agents.len();
        let mut used = Vec::new();
        if is_short {
            for_each_agent(oplog, ranges, |agent| used.push(agent));
            used.sort_unstable();
            used.dedup();
        } else {
            let mut is_used = vec![false; agents.len()];
            for_each_agent(oplog, ranges, |agent| is_used[agent.index()] = true);
            let all = (0..is_used.len() as u32).map(AgentIdx::new);
            used.extend(all.filter(|agent| is_used[agent.index()]));
        }
        used.sort_unstable_by(|&a, &b| agents.cmp_names(a, b));
        let numbered = used.iter().copied().zip(0..);
        let numbers = if is_short {
            let mut list: Vec<(AgentIdx, u32)> = numbered.collect();
            list.sort_unstable();
            Numbers::List(list)
        } else {
            let mut table = vec![0; agents.len()];
            numbered.for_each(|(agent, number)| table[agent.index()] = number);
            Numbers::Table(table)
        };
        Self { used, numbers }
    }

    fn dot(&self, (agent, seq): (AgentIdx, u64)) -> WireDot {
        let number = match &self.numbers {
            Numbers::Table(table) => table[agent.index()],
            Numbers::List(list) => {
                let at = list.partition_point(|(other, _)| *other < agent);
                list[at].1
            }
        };
        WireDot { agent: number, seq }
    }

    fn names(&self, oplog: &OpLog) -> Vec<AgentId> {
        self.used
            .iter()
            .map(|&agent| oplog.graph().agents().name(agent).clone())
            .collect()
    }
}

/// Visits the agents of events and of their parents, some of them very often.
fn for_each_agent(oplog: &OpLog, ranges: &[LvRange], mut visit: impl FnMut(AgentIdx)) {
    let graph = oplog.graph();
    for &lvs in ranges {
        graph.agent_runs(lvs).for_each(|run| visit(run.agent));
        for run in graph.runs(lvs) {
            let parents = run.parents().iter();
            let ids = parents.flat_map(|&parent| graph.version_ids(parent));
            ids.for_each(|(agent, _)| visit(agent));
        }
    }
    // A run may go on from the floor without a cut.
    if let Some(stands_for_all) = floor_within(oplog, ranges).map(LvRange::last) {
        let ids = graph.version_ids(stands_for_all);
        ids.for_each(|(agent, _)| visit(agent));
    }
}

/// What stands for dropped history, if ascending ranges hold some of it.
fn floor_within(oplog: &OpLog, ranges: &[LvRange]) -> Option<LvRange> {
    let lvs = oplog.graph().floor_lvs();
    let is_within = ranges.first().is_some_and(|first| first.start < lvs.end);
    is_within.then_some(lvs)
}

fn cut(oplog: &OpLog, ranges: &[LvRange], agents: &AgentNumbers) -> Pieces {
    let graph = oplog.graph();
    let dots_of = |lv: Lv| graph.version_ids(lv).map(|id| agents.dot(id));
    let mut pieces = Pieces::default();
    for run in ranges.iter().flat_map(|&lvs| graph.runs(lvs)) {
        for ids in graph.agent_runs(run.lvs) {
            let first = agents.dot((ids.agent, ids.seq));
            match ids.lvs.start.prev() {
                Some(prev) if ids.lvs.start > run.lvs.start => {
                    pieces.push(first, ids.lvs, 0, dots_of(prev));
                }
                _ => pieces.push(
                    first,
                    ids.lvs,
                    0,
                    run.parents().iter().flat_map(|&lv| dots_of(lv)),
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
