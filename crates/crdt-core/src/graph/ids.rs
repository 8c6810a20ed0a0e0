//! Ids of events: `(agent, seq)` to local version and back, run-length encoded both ways.
//!
//! # Invariants
//! - `starts`, `agents` and `seqs` have equal lengths; run i holds the local versions from
//!   `starts[i]` to the next start, with consecutive sequence numbers of one agent.
//! - Runs are maximal, so equal events in equal order make equal columns.
//! - `by_agent` has one entry for each interned agent, and names the same events as the columns.

use alloc::vec::Vec;

use super::lv::{Lv, LvRange};
use super::seq_runs::{SeqRun, SeqRuns};
use crate::{AgentIdx, AgentTable, DotContext, DotRange};

/// Consecutive events of one agent with consecutive sequence numbers.
///
/// # Examples
/// ```
/// use crdt_core::{AgentId, AgentRun, CausalGraph, Frontier, LvRange};
///
/// let mut graph = CausalGraph::new();
/// let alice = graph.intern_agent(&AgentId::new("alice")?);
/// let lvs = graph.add_local(alice, &Frontier::root(), 5)?;
/// let tail = LvRange::new(lvs.start.plus(3), lvs.end);
/// let run = AgentRun { lvs: tail, agent: alice, seq: 3 };
/// assert_eq!(graph.agent_runs(tail).collect::<Vec<_>>(), [run]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AgentRun {
    /// The events.
    pub lvs: LvRange,
    /// Who made them.
    pub agent: AgentIdx,
    /// Sequence number of the first.
    pub seq: u64,
}

#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct EventIds {
    starts: Vec<Lv>,
    agents: Vec<AgentIdx>,
    seqs: Vec<u64>,
    end: Lv,
    by_agent: Vec<SeqRuns>,
}

impl EventIds {
    pub(super) fn ensure_agents(&mut self, n_agents: usize) {
        if self.by_agent.len() < n_agents {
            self.by_agent.resize_with(n_agents, SeqRuns::default);
        }
    }

    #[inline]
    pub(super) fn push(&mut self, agent: AgentIdx, seq: u64, lvs: LvRange) {
        if !self.is_continued_by(agent, seq) {
            self.starts.push(lvs.start);
            self.agents.push(agent);
            self.seqs.push(seq);
        }
        self.end = lvs.end;
        self.by_agent[agent.index()].push(SeqRun {
            seq,
            lv: lvs.start,
            len: lvs.len(),
        });
    }

    /// Whether the last event has the highest sequence number of this agent.
    #[inline]
    pub(super) fn ends_with_highest_of(&self, agent: AgentIdx) -> bool {
        self.by_agent[agent.index()].lv_end() == Some(self.end)
    }

    /// Adds events with the next sequence numbers of the agent who has made the last one, and made
    /// it with the highest; returns `false` if there are not as many numbers left.
    #[inline]
    pub(super) fn continue_last(&mut self, agent: AgentIdx, len: u32) -> bool {
        let continues = self.by_agent[agent.index()].continue_last(len);
        if continues {
            self.end = self.end.plus(len);
        }
        continues
    }

    /// Forgets every event from local version `len` on.
    pub(super) fn truncate(&mut self, len: Lv) {
        let n = self.starts.partition_point(|&start| start < len);
        self.starts.truncate(n);
        self.agents.truncate(n);
        self.seqs.truncate(n);
        self.end = len;
        self.by_agent.iter_mut().for_each(|runs| runs.truncate(len));
    }

    /// Forgets the agents from number `n_agents` on that come after the last agent with events;
    /// returns how many agents are left.
    pub(super) fn truncate_agents(&mut self, n_agents: usize) -> usize {
        let is_unused = |runs: &SeqRuns| runs.is_empty();
        while self.by_agent.len() > n_agents && self.by_agent.last().is_some_and(is_unused) {
            self.by_agent.pop();
        }
        self.by_agent.len()
    }

    #[inline]
    pub(super) fn id_of(&self, lv: Lv) -> (AgentIdx, u64) {
        let run = self.starts.partition_point(|&start| start <= lv) - 1;
        (
            self.agents[run],
            self.seqs[run] + u64::from(lv.get() - self.starts[run].get()),
        )
    }

    /// What is known of one agent; `None` if it was never interned.
    #[inline]
    pub(super) fn of_agent(&self, agent: AgentIdx) -> Option<&SeqRuns> {
        self.by_agent.get(agent.index())
    }

    /// Walks the runs that overlap `range`, cut to it.
    pub(super) fn iter(&self, range: LvRange) -> impl Iterator<Item = AgentRun> + '_ {
        let first = self
            .starts
            .partition_point(|&start| start <= range.start)
            .saturating_sub(1);
        (first..self.starts.len()).map_while(move |run| {
            let all = self.run(run);
            let lvs = all.lvs.intersect(range);
            let skipped = u64::from(lvs.start.get() - all.lvs.start.get());
            (!lvs.is_empty()).then_some(AgentRun {
                lvs,
                seq: all.seq + skipped,
                ..all
            })
        })
    }

    pub(super) fn summary(&self, agents: &AgentTable) -> DotContext {
        let mut summary = DotContext::new();
        for (agent, runs) in agents.iter().zip(&self.by_agent) {
            for run in runs.iter() {
                summary.insert_range(&DotRange {
                    agent: agent.clone(),
                    start: run.seq,
                    end: run.seq_end(),
                });
            }
        }
        summary
    }

    fn run(&self, run: usize) -> AgentRun {
        let end = self.starts.get(run + 1).copied().unwrap_or(self.end);
        AgentRun {
            lvs: LvRange::new(self.starts[run], end),
            agent: self.agents[run],
            seq: self.seqs[run],
        }
    }

    /// Whether an event of these would go on with the last run.
    #[inline]
    fn is_continued_by(&self, agent: AgentIdx, seq: u64) -> bool {
        match (self.starts.last(), self.agents.last(), self.seqs.last()) {
            (Some(start), Some(last), Some(last_seq)) => {
                let len = self.end.get() - start.get();
                *last == agent && last_seq + u64::from(len) == seq
            }
            _ => false,
        }
    }
}
