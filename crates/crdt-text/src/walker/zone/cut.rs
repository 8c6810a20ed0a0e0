//! Cutting a zone's events into nodes: runs of the graph, also cut behind every event that is a
//! parent.
//!
//! Most of those are among the latest: then the node that holds one is split when the child is met.
//! Where one lies far back, all are looked for before, since to split a node moves all behind it.

use crdt_core::{Lv, LvRange};

use super::{N_LATEST, Node, Zone};
use crate::OpLog;

impl Zone {
    /// Cuts the events of some ranges, known or wanted, into nodes. Nodes also end at `self.cuts`.
    pub(super) fn cut(&mut self, oplog: &OpLog, ranges: &[(LvRange, bool)]) {
        self.cuts.sort_unstable();
        let (n_nodes, n_parents) = (self.nodes.len(), self.parents.len());
        let is_cut = self.cut_near(oplog, ranges);
        if !is_cut {
            self.nodes.truncate(n_nodes);
            self.parents.truncate(n_parents);
            self.find_cuts(oplog, ranges);
            self.cut_near(oplog, ranges);
        }
        self.cuts.clear();
    }

    /// Notes all parents as places to cut behind.
    fn find_cuts(&mut self, oplog: &OpLog, ranges: &[(LvRange, bool)]) {
        let first = self.end();
        for run in ranges.iter().flat_map(|&(lvs, _)| oplog.graph().runs(lvs)) {
            let inside = run.parents().iter().filter(|&&parent| parent >= first);
            self.cuts.extend(inside.map(|parent| parent.plus(1)));
        }
        self.cuts.sort_unstable();
    }

    /// Cuts behind `self.cuts`, and behind parents in one of the latest nodes. Gives up, and returns
    /// `false`, if another parent lies inside a node.
    fn cut_near(&mut self, oplog: &OpLog, ranges: &[(LvRange, bool)]) -> bool {
        let Some((first, _)) = ranges.first() else {
            self.n_ops = 0;
            return true;
        };
        let first_op = oplog.ops().find(first.start);
        let mut op = first_op;
        let mut cut = 0;
        for &(lvs, is_known) in ranges {
            for run in oplog.graph().runs(lvs) {
                if !self.push_parents(oplog, run.parents()) {
                    return false;
                }
                let mut at = run.lvs.start;
                while at < run.lvs.end {
                    if at > run.lvs.start {
                        self.parents.push(self.nodes.len() as u32 - 1);
                    }
                    while self.cuts.get(cut).is_some_and(|&end| end <= at) {
                        cut += 1;
                    }
                    let end = self.cuts.get(cut).copied();
                    let end = end.map_or(run.lvs.end, |end| end.min(run.lvs.end));
                    while oplog.ops().end_of_run(op) <= at {
                        op += 1;
                    }
                    self.nodes.push(Node {
                        lvs: LvRange::new(at, end),
                        is_known,
                        first_op: op as u32,
                        parents_end: self.parents.len() as u32,
                    });
                    at = end;
                }
            }
        }
        while oplog.ops().end_of_run(op) < self.end() {
            op += 1;
        }
        self.n_ops = self.nodes.len() - self.n_old + op - first_op;
        true
    }

    /// Notes the parents of the next node; `false` if one of them lies inside a node far back.
    #[inline]
    fn push_parents(&mut self, oplog: &OpLog, parents: &[Lv]) -> bool {
        let start = self.start;
        for &parent in parents.iter().filter(|&&parent| parent >= start) {
            let at = self.node_with(parent);
            if self.nodes[at].lvs.last() != parent && !self.split_near(oplog, at, parent) {
                return false;
            }
            self.parents.push(at as u32);
        }
        true
    }

    /// Splits one of the latest nodes behind an event; `false` if it is none of those.
    fn split_near(&mut self, oplog: &OpLog, at: usize, lv: Lv) -> bool {
        if self.nodes.len() - at > N_LATEST {
            return false;
        }
        self.split(at, lv);
        let Node { lvs, first_op, .. } = &mut self.nodes[at + 1];
        while oplog.ops().end_of_run(*first_op as usize) <= lvs.start {
            *first_op += 1;
        }
        true
    }
}
