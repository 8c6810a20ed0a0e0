//! A zone: a stretch of history that holds concurrency, cut into nodes and put in walking order.
//!
//! # Invariants
//! - Nodes are in local order, so parents come before children.
//! - A parent of any node is the last event of another node, or lies before the zone: whole nodes
//!   are advanced and retreated, never parts.
//! - `order` holds each node from `n_old` on once, after its parents.
//!
//! A zone can be extended by later events. Where one of them follows an event in the middle of a
//! node, that node must be split first.

mod cut;
mod history;
mod planner;

use crdt_core::{Lv, LvRange};
use smallvec::SmallVec;

use self::history::{Histories, MAX_NODES};
use self::planner::Planner;
use super::marks::{Marks, Side};
use crate::OpLog;

/// Consecutive events that are always in or out of a version together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) lvs: LvRange,
    /// Whether the text at hand contains it already.
    is_known: bool,
    /// The run of operations that holds its first event.
    pub(super) first_op: u32,
    /// Where its parents end in `parents`; they start where those of the node before end.
    parents_end: u32,
}

/// The nodes of a zone. Kept between zones for its memory.
#[derive(Debug, Default)]
pub(super) struct Zone {
    start: Lv,
    nodes: Vec<Node>,
    /// How many nodes earlier plans put in order.
    n_old: usize,
    parents: Vec<u32>,
    order: Vec<u32>,
    n_known: usize,
    /// Whether all events of the zone are wanted ones, in one plan.
    is_whole: bool,
    /// At least as many parts of runs of operations as the last plan has.
    n_ops: usize,
    planner: Planner,
    cuts: Vec<Lv>,
    marks: Marks,
    /// Each node's history; none if there are too many.
    histories: Histories,
}

/// The local order will do if it takes no more retreats and advances than this for each node.
const MAX_MOVES: usize = 4;

/// In a zone of more nodes, moves cost more than to look for the best order.
const MAX_IN_LOCAL_ORDER: usize = if cfg!(any(test, feature = "__small_nodes")) {
    6
} else {
    256
};

/// What to do with a node to get from one version to another.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// Move it out of the prepared version.
    Retreat,
    /// Move it into the prepared version.
    Advance,
}

impl Zone {
    /// Plans a zone afresh, see [`Self::extend`]: everything before `start` must be in the history
    /// of each event. Nodes also end at `heads`, as far as those lie in the zone.
    pub(super) fn plan(
        &mut self,
        oplog: &OpLog,
        start: Lv,
        known_and_wanted: (&[LvRange], &[LvRange]),
        heads: impl IntoIterator<Item = Lv>,
    ) {
        self.start = start;
        self.nodes.clear();
        self.parents.clear();
        self.histories.truncate(0);
        self.cuts.extend(heads.into_iter().map(|head| head.plus(1)));
        self.extend(oplog, known_and_wanted);
    }

    /// Cuts the events of two sets of ranges into nodes, and puts the known ones in order before
    /// the wanted ones.
    ///
    /// All must come after the zone's events so far; together with those they must hold the
    /// ancestors of each event down to the zone's start, the known ones by themselves too. Where
    /// an old event is a parent of a new one, its node must end.
    pub(super) fn extend(&mut self, oplog: &OpLog, (known, wanted): (&[LvRange], &[LvRange])) {
        self.n_old = self.nodes.len();
        self.is_whole = self.n_old == 0 && known.is_empty();
        let known = known.iter().map(|&lvs| (lvs, true));
        let mut ranges: SmallVec<[(LvRange, bool); 4]> = known
            .chain(wanted.iter().map(|&lvs| (lvs, false)))
            .collect();
        ranges.sort_unstable_by_key(|(lvs, _)| lvs.start);
        self.cut(oplog, &ranges);
        if self.histories.n_nodes() == self.n_old {
            self.note_histories();
        }
        self.put_in_order();
    }

    /// Where the zone starts.
    pub(super) fn start(&self) -> Lv {
        self.start
    }

    /// Where the events of the zone end so far, or its start.
    pub(super) fn end(&self) -> Lv {
        self.nodes.last().map_or(self.start, |node| node.lvs.end)
    }

    /// Makes a node end with event `lv`, which must be one of the zone's.
    ///
    /// Returns the first part of the node if it had to be split. From there on all numbers of nodes
    /// are one higher.
    pub(super) fn split_behind(&mut self, lv: Lv) -> Option<u32> {
        let at = self.nodes.partition_point(|node| node.lvs.end <= lv);
        let whole = self.nodes[at];
        if whole.lvs.last() == lv {
            return None;
        }
        self.split(at, lv);
        if !self.histories.is_empty() {
            self.histories.truncate(at);
            self.note_histories();
        }
        Some(at as u32)
    }

    /// Splits a node behind one of its events.
    fn split(&mut self, at: usize, lv: Lv) {
        let whole = self.nodes[at];
        let end = whole.parents_end as usize;
        // Whoever has the node as a parent means its last event.
        let later = self.parents[end..].iter_mut();
        later.for_each(|node| *node += u32::from(*node >= at as u32));
        self.parents.insert(end, at as u32);
        self.nodes[at].lvs.end = lv.plus(1);
        let rest = Node {
            lvs: LvRange::new(lv.plus(1), whole.lvs.end),
            ..whole
        };
        self.nodes.insert(at + 1, rest);
        let later = self.nodes[at + 1..].iter_mut();
        later.for_each(|node| node.parents_end += 1);
    }

    /// The nodes of the last plan in walking order, the known ones first.
    pub(super) fn order(&self) -> &[u32] {
        &self.order
    }

    /// How many nodes of the order are known ones.
    pub(super) fn n_known(&self) -> usize {
        self.n_known
    }

    /// Whether the last plan was the zone's first, and nothing in it was known before.
    pub(super) fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// At least how many parts of runs of operations the nodes of the last plan have.
    pub(super) fn n_ops(&self) -> usize {
        self.n_ops
    }

    pub(super) fn node(&self, node: u32) -> &Node {
        &self.nodes[node as usize]
    }

    pub(super) fn n_nodes(&self) -> usize {
        self.nodes.len()
    }

    /// The nodes that a node directly follows, ascending; none if it follows the zone's start.
    #[inline]
    pub(super) fn parents(&self, node: u32) -> &[u32] {
        parents_of(&self.nodes, &self.parents, node as usize)
    }

    /// The node that ends with event `lv`, if `lv` lies in the zone.
    pub(super) fn node_ending_at(&self, lv: Lv) -> Option<u32> {
        let node = (lv >= self.start).then(|| self.node_with(lv))?;
        debug_assert!(self.nodes[node].lvs.last() == lv, "nodes end at parents");
        Some(node as u32)
    }

    /// The node that holds an event of the zone.
    #[inline]
    fn node_with(&self, lv: Lv) -> usize {
        let n_nodes = self.nodes.len();
        let latest = &self.nodes[n_nodes.saturating_sub(N_LATEST)..];
        match latest.iter().rev().position(|node| node.lvs.start <= lv) {
            Some(n_later) => n_nodes - 1 - n_later,
            None => self.nodes.partition_point(|node| node.lvs.end <= lv),
        }
    }

    /// Calls `visit` for each node that is in one of two versions only, that of `from` and the one
    /// that a node's events were made on.
    ///
    /// Prepare states are counters, so retreats and advances may come in any order.
    #[inline]
    pub(super) fn way_to(&mut self, from: &[u32], node: u32, mut visit: impl FnMut(u32, Step)) {
        if !self.histories.is_empty() {
            return self.histories.way_to(from, node, visit);
        }
        let mut marks = core::mem::take(&mut self.marks);
        self.walk_down(&mut marks, from, self.parents(node), &mut visit);
        self.marks = marks;
    }

    /// As [`Self::way_to`], to a version named by the nodes that end it.
    pub(super) fn way_to_version(
        &mut self,
        from: &[u32],
        to: &[u32],
        mut visit: impl FnMut(u32, Step),
    ) {
        let mut marks = core::mem::take(&mut self.marks);
        self.walk_down(&mut marks, from, to, &mut visit);
        self.marks = marks;
    }

    /// Walks both histories down, highest node first, as long as some node is in one of them only.
    fn walk_down(
        &self,
        marks: &mut Marks,
        from: &[u32],
        to: &[u32],
        visit: &mut impl FnMut(u32, Step),
    ) {
        marks.start(self.nodes.len());
        from.iter().for_each(|&node| marks.mark(node, Side::From));
        to.iter().for_each(|&node| marks.mark(node, Side::To));
        while let Some((node, side)) = marks.take_highest() {
            match side {
                Side::From => visit(node, Step::Retreat),
                Side::To => visit(node, Step::Advance),
                Side::Both => {}
            }
            for &parent in self.parents(node) {
                marks.mark(parent, side);
            }
        }
    }

    /// Notes the histories of nodes that have none yet.
    fn note_histories(&mut self) {
        if self.nodes.len() > MAX_NODES {
            return self.histories.truncate(0);
        }
        self.histories.widen(self.nodes.len());
        for node in self.histories.n_nodes()..self.nodes.len() {
            let parents = parents_of(&self.nodes, &self.parents, node);
            self.histories.push(parents);
        }
    }

    /// Puts the new nodes in order: the local one if it will do, and nobody hears of it.
    fn put_in_order(&mut self) {
        self.order.clear();
        let new = self.n_old as u32..self.nodes.len() as u32;
        if self.is_whole || new.len() == 1 {
            self.order.extend(new);
            let known = self.nodes[self.n_old..].iter().filter(|node| node.is_known);
            self.n_known = known.count();
            if self.order.len() == 1 || self.order_will_do() {
                return;
            }
            self.order.clear();
        }
        let nodes = (&self.nodes[..], self.n_old);
        self.n_known = self
            .planner
            .put_in_order(nodes, &self.parents, &mut self.order);
    }

    /// Whether to walk the new nodes in `order` takes few retreats and advances.
    fn order_will_do(&self) -> bool {
        if self.histories.is_empty() || self.order.len() > MAX_IN_LOCAL_ORDER {
            return false;
        }
        let mut n_left = self.order.len() * MAX_MOVES;
        for pair in self.order.windows(2) {
            let mut n_moves = 0;
            self.histories
                .way_to(&pair[..1], pair[1], |_, _| n_moves += 1);
            match n_left.checked_sub(n_moves) {
                Some(left) => n_left = left,
                None => return false,
            }
        }
        true
    }
}

/// How many of the latest nodes are looked at one by one before any search.
const N_LATEST: usize = 8;

#[inline]
fn parents_of<'p>(nodes: &[Node], parents: &'p [u32], node: usize) -> &'p [u32] {
    let start = node
        .checked_sub(1)
        .map_or(0, |before| nodes[before].parents_end);
    &parents[start as usize..nodes[node].parents_end as usize]
}
