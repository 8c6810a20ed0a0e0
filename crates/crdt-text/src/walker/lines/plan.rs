//! Which line each event of a zone belongs to, and what it knows of the other one.

use crdt_core::{AgentIdx, Lv, LvRange};

use super::super::span::LINE;
use crate::OpLog;

/// A zone of more runs and parts of operations is large.
const MAX_PARTS: usize = if cfg!(any(test, feature = "__small_nodes")) {
    100
} else {
    256
};

/// Events of one line, each of which follows the one before, and with it all of the line before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) lvs: LvRange,
    pub(super) line: usize,
    /// The events of the other line below this are in their history.
    pub(super) seen: Lv,
}

#[derive(Debug, Default)]
pub(super) struct Plan {
    start: Lv,
    steps: Vec<Step>,
    tails: [Tail; 2],
}

/// Where a line ends.
#[derive(Clone, Copy, Debug, Default)]
struct Tail {
    /// Behind its last event; the zone's start, if it has none.
    end: Lv,
    /// The events of the other line below this are in the last event's history.
    seen: Lv,
    /// Who wrote the last event.
    agent: Option<AgentIdx>,
}

impl Plan {
    pub(super) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Divides a zone into two lines; `false` if that is not to be had, or the zone is large.
    pub(super) fn make(&mut self, oplog: &OpLog, start: Lv, zone: &[LvRange]) -> bool {
        let tail = Tail {
            end: start,
            seen: start,
            agent: None,
        };
        (self.start, self.tails) = (start, [tail; 2]);
        self.steps.clear();
        let Some((first, last)) = zone.first().zip(zone.last()) else {
            return false;
        };
        let ops = oplog.ops();
        let n_ops = ops.find(last.last()) - ops.find(first.start);
        // Each line has so many ids, and a character inserted takes one.
        last.end.get() - first.start.get() < LINE
            && zone.iter().all(|&lvs| self.add(oplog, lvs, n_ops))
    }

    /// Adds a stretch of the zone; `false` if that is not to be had.
    fn add(&mut self, oplog: &OpLog, lvs: LvRange, n_ops: usize) -> bool {
        let graph = oplog.graph();
        let mut agents = graph.agent_runs(lvs);
        let mut by = agents.next();
        let mut agent_of = |lv| {
            while by.as_ref().is_some_and(|run| run.lvs.end <= lv) {
                by = agents.next();
            }
            by.as_ref().map(|run| run.agent)
        };
        for run in graph.runs(lvs) {
            let Some((line, seen)) = self.line_of(run.parents(), agent_of(run.lvs.start)) else {
                return false;
            };
            self.tails[line] = Tail {
                end: run.lvs.end,
                seen,
                agent: agent_of(run.lvs.last()),
            };
            self.steps.push(Step {
                lvs: run.lvs,
                line,
                seen,
            });
            if self.steps.len() + n_ops > MAX_PARTS {
                return false;
            }
        }
        true
    }

    /// The line that an event with these parents goes on with, and how much of the other it knows.
    ///
    /// Where both lines would do, it is the author's: that one will go on there.
    #[inline]
    fn line_of(&self, parents: &[Lv], agent: Option<AgentIdx>) -> Option<(usize, Lv)> {
        // Parents are minimal: if one lies before the zone, it is the only one.
        match *parents {
            [low, high] if low >= self.start => match (self.tail_at(high), self.tail_at(low)) {
                (Some(_), Some(other)) if self.is_of(agent, other) => Some((other, high.plus(1))),
                // The other parent cannot be in the same line.
                (Some(line), _) => Some((line, low.plus(1))),
                (None, Some(line)) => Some((line, high.plus(1))),
                (None, None) => None,
            },
            [parent] if parent >= self.start => {
                let tail = self.tail_at(parent);
                let (line, seen) = match tail {
                    Some(line) => (line, self.tails[line].seen),
                    None => self.step_of(parent).map(|step| (step.line, step.seen))?,
                };
                // Whether the parent knows all of the other line.
                let can_change = self.tails[1 - line].end <= seen;
                if can_change && (tail.is_none() || self.is_of(agent, 1 - line)) {
                    Some((1 - line, parent.plus(1)))
                } else {
                    tail.map(|line| (line, seen))
                }
            }
            [_, _, ..] => None,
            _ => {
                let is_empty = |line: &usize| self.tails[*line].end == self.start;
                let line = [0, 1].into_iter().find(is_empty)?;
                Some((line, self.start))
            }
        }
    }

    /// The line whose last event this is.
    #[inline]
    fn tail_at(&self, lv: Lv) -> Option<usize> {
        self.tails.iter().position(|tail| tail.end == lv.plus(1))
    }

    /// Whether an agent wrote the end of a line, and not that of the other.
    #[inline]
    fn is_of(&self, agent: Option<AgentIdx>, line: usize) -> bool {
        self.tails[line].agent == agent && self.tails[1 - line].agent != agent
    }

    /// The step that holds an event: mostly one of the last.
    #[inline]
    fn step_of(&self, lv: Lv) -> Option<&Step> {
        self.steps.iter().rev().find(|step| step.lvs.start <= lv)
    }
}
