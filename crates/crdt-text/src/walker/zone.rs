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

use crdt_core::{Lv, LvRange};
use smallvec::SmallVec;

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
    /// Events in the subtree below it, following each node's last parent only.
    weight: u32,
    /// Parents from `n_old` on that are not in the order yet.
    n_waiting: u32,
}

/// The nodes of a zone. Kept between zones for its memory.
#[derive(Debug, Default)]
pub(super) struct Zone {
    start: Lv,
    nodes: Vec<Node>,
    /// How many nodes earlier plans put in order.
    n_old: usize,
    parents: Vec<u32>,
    /// Children of node `n_old + i`: `children[children_start[i]..children_start[i + 1]]`.
    children_start: Vec<u32>,
    children: Vec<u32>,
    order: Vec<u32>,
    n_known: usize,
    ready: Vec<u32>,
    cuts: Vec<Lv>,
    marks: Marks,
    /// In a small zone, each node and its ancestors as bits; else empty.
    histories: Vec<u128>,
}

/// Zones of up to this many nodes are small.
const SMALL: usize = if cfg!(any(test, feature = "__small_nodes")) {
    8
} else {
    128
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
        self.histories.clear();
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
        let known = known.iter().map(|&lvs| (lvs, true));
        let mut ranges: SmallVec<[(LvRange, bool); 4]> = known
            .chain(wanted.iter().map(|&lvs| (lvs, false)))
            .collect();
        ranges.sort_unstable_by_key(|(lvs, _)| lvs.start);
        self.find_cuts(oplog, &ranges);
        self.cut(oplog, &ranges);
        self.note_histories();
        self.order.clear();
        if let [only] = &self.nodes[self.n_old..] {
            self.n_known = usize::from(only.is_known);
            self.order.push(self.n_old as u32);
            return;
        }
        self.link_children();
        self.weigh();
        self.put_in_order(true);
        self.n_known = self.order.len();
        self.put_in_order(false);
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
        let first = Node {
            lvs: LvRange::new(whole.lvs.start, lv.plus(1)),
            ..whole
        };
        self.nodes.insert(at, first);
        self.nodes[at + 1].lvs.start = lv.plus(1);
        // Whoever has the node as a parent means its last event.
        let later = self.parents.iter_mut().filter(|node| **node >= at as u32);
        later.for_each(|node| *node += 1);
        self.parents.insert(whole.parents_end as usize, at as u32);
        let later = &mut self.nodes[at + 1..];
        later.iter_mut().for_each(|node| node.parents_end += 1);
        self.split_histories(at);
        Some(at as u32)
    }

    /// The nodes of the last plan in walking order, the known ones first.
    pub(super) fn order(&self) -> &[u32] {
        &self.order
    }

    /// How many nodes of the order are known ones.
    pub(super) fn n_known(&self) -> usize {
        self.n_known
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
        let start = node
            .checked_sub(1)
            .map_or(0, |before| self.nodes[before as usize].parents_end);
        &self.parents[start as usize..self.nodes[node as usize].parents_end as usize]
    }

    /// The node that ends with event `lv`, if `lv` lies in the zone.
    pub(super) fn node_ending_at(&self, lv: Lv) -> Option<u32> {
        if lv < self.start {
            return None;
        }
        let node = self.nodes.partition_point(|node| node.lvs.end <= lv);
        debug_assert!(self.nodes[node].lvs.last() == lv, "nodes end at parents");
        Some(node as u32)
    }

    /// Calls `visit` for each node that is in the history of one of two versions only.
    ///
    /// Prepare states are counters, so retreats and advances may come in any order.
    #[inline]
    pub(super) fn diff(&mut self, from: &[u32], to: &[u32], mut visit: impl FnMut(u32, Step)) {
        if self.histories.is_empty() {
            return self.diff_by_walking(from, to, visit);
        }
        let history = |heads: &[u32]| {
            heads
                .iter()
                .fold(0, |all, &head| all | self.histories[head as usize])
        };
        let (from, to) = (history(from), history(to));
        each_bit(from & !to, |node| visit(node, Step::Retreat));
        each_bit(to & !from, |node| visit(node, Step::Advance));
    }

    /// Walks both histories down, highest node first, as long as some node is in one of them only.
    fn diff_by_walking(&mut self, from: &[u32], to: &[u32], mut visit: impl FnMut(u32, Step)) {
        let mut marks = core::mem::take(&mut self.marks);
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
        self.marks = marks;
    }

    fn note_histories(&mut self) {
        if self.nodes.len() > SMALL {
            self.histories.clear();
            return;
        }
        for node in self.n_old as u32..self.nodes.len() as u32 {
            let parents = self.parents(node).iter();
            let above = parents.fold(0, |all, &parent| all | self.histories[parent as usize]);
            self.histories.push(above | (1 << node));
        }
    }

    /// Makes room for the first part of a node that was split off before the rest, `at + 1` now.
    fn split_histories(&mut self, at: usize) {
        if self.nodes.len() > SMALL {
            self.histories.clear();
            return;
        }
        let (first, rest) = (1 << at, 2 << at);
        for history in &mut self.histories {
            let below = *history & (first - 1);
            let above = (*history & !(first - 1)) << 1;
            let with_first = if above & rest == 0 { 0 } else { first };
            *history = below | with_first | above;
        }
        self.histories.insert(at, self.histories[at] & !rest);
    }

    /// Notes after which new events nodes must end: those that others have as parents.
    fn find_cuts(&mut self, oplog: &OpLog, ranges: &[(LvRange, bool)]) {
        let end = self.end();
        for &(lvs, _) in ranges {
            for run in oplog.graph().runs(lvs) {
                let inside = run.parents().iter().filter(|&&parent| parent >= end);
                self.cuts.extend(inside.map(|parent| parent.plus(1)));
            }
        }
        self.cuts.sort_unstable();
    }

    fn cut(&mut self, oplog: &OpLog, ranges: &[(LvRange, bool)]) {
        let mut cut = 0;
        let mut op = ranges
            .first()
            .map_or(0, |(lvs, _)| oplog.ops().find(lvs.start));
        for &(lvs, is_known) in ranges {
            for run in oplog.graph().runs(lvs) {
                let mut at = run.lvs.start;
                while at < run.lvs.end {
                    while self.cuts.get(cut).is_some_and(|&end| end <= at) {
                        cut += 1;
                    }
                    let end = self
                        .cuts
                        .get(cut)
                        .map_or(run.lvs.end, |&end| end.min(run.lvs.end));
                    while oplog.ops().run(op).lvs.end <= at {
                        op += 1;
                    }
                    let parents = (at == run.lvs.start).then(|| run.parents());
                    self.push_node(LvRange::new(at, end), op as u32, is_known, parents);
                    at = end;
                }
            }
        }
        self.cuts.clear();
    }

    /// Adds a node; without parents given, it follows the one before it.
    fn push_node(&mut self, lvs: LvRange, first_op: u32, is_known: bool, parents: Option<&[Lv]>) {
        let first_parent = self.parents.len();
        match parents {
            None => self.parents.push(self.nodes.len() as u32 - 1),
            Some(parents) => {
                for &parent in parents {
                    let parent = self.node_ending_at(parent);
                    self.parents.extend(parent);
                }
            }
        }
        self.nodes.push(Node {
            is_known,
            lvs,
            first_op,
            parents_end: self.parents.len() as u32,
            weight: lvs.len(),
            n_waiting: self.parents[first_parent..]
                .iter()
                .filter(|&&parent| parent as usize >= self.n_old)
                .count() as u32,
        });
    }

    fn link_children(&mut self) {
        let Self {
            nodes,
            n_old,
            parents,
            children_start,
            children,
            ..
        } = self;
        let n_old = *n_old as u32;
        let first = n_old.checked_sub(1);
        let first = first.map_or(0, |node| nodes[node as usize].parents_end);
        children_start.clear();
        children_start.resize(nodes.len() - n_old as usize + 1, 0);
        let is_new = |parent: &&u32| **parent >= n_old;
        for &parent in parents[first as usize..].iter().filter(is_new) {
            children_start[(parent - n_old) as usize] += 1;
        }
        let mut sum = 0;
        for start in children_start.iter_mut() {
            sum += *start;
            *start = sum;
        }
        children.clear();
        children.resize(sum as usize, 0);
        // Filling from the back turns each end into a start and keeps children ascending.
        let mut end = parents.len();
        for node in (n_old..nodes.len() as u32).rev() {
            let before = node.checked_sub(1);
            let start = before.map_or(0, |node| nodes[node as usize].parents_end as usize);
            for &parent in parents[start..end].iter().filter(is_new) {
                let start = &mut children_start[(parent - n_old) as usize];
                *start -= 1;
                children[*start as usize] = node;
            }
            end = start;
        }
    }

    fn weigh(&mut self) {
        for node in (self.n_old as u32..self.nodes.len() as u32).rev() {
            let parent = self.parents(node).last().copied();
            if let Some(parent) = parent.filter(|&parent| parent as usize >= self.n_old) {
                let weight = self.nodes[node as usize].weight;
                let parent = &mut self.nodes[parent as usize];
                parent.weight = parent.weight.saturating_add(weight);
            }
        }
    }

    /// Puts the nodes that are known, or those that are not, in order: depth first, the lightest branch first, so
    /// that little is retreated and advanced again on the way.
    fn put_in_order(&mut self, known: bool) {
        debug_assert!(self.ready.is_empty());
        for (node, at) in self.nodes.iter().zip(0..).skip(self.n_old) {
            if node.n_waiting == 0 && node.is_known == known {
                self.ready.push(at);
            }
        }
        self.sort_ready_from(0);
        while let Some(node) = self.ready.pop() {
            self.order.push(node);
            // Never zero again: a node must not be picked up by a later call.
            self.nodes[node as usize].n_waiting = u32::MAX;
            let n_ready = self.ready.len();
            let node = node as usize - self.n_old;
            for at in self.children_start[node]..self.children_start[node + 1] {
                let child = self.children[at as usize];
                let node = &mut self.nodes[child as usize];
                node.n_waiting -= 1;
                if node.n_waiting == 0 && node.is_known == known {
                    self.ready.push(child);
                }
            }
            self.sort_ready_from(n_ready);
        }
    }

    fn sort_ready_from(&mut self, start: usize) {
        let Self { ready, nodes, .. } = self;
        if ready.len() - start > 1 {
            ready[start..].sort_unstable_by_key(|&node| {
                core::cmp::Reverse((nodes[node as usize].weight, node))
            });
        }
    }
}

/// Calls `visit` with the number of each bit that is set.
#[inline]
fn each_bit(mut bits: u128, mut visit: impl FnMut(u32)) {
    while bits != 0 {
        visit(bits.trailing_zeros());
        bits &= bits - 1;
    }
}
