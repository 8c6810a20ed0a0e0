//! Ids of events: `(agent, seq)` to local version and back, run-length encoded both ways.
//!
//! # Invariants
//! - `starts`, `agents` and `seqs` have equal lengths; run i holds the local versions from
//!   `starts[i]` to the next start, with consecutive sequence numbers of one agent.
//! - `by_agent[a]` is sorted by sequence number and its runs are disjoint. Sequence numbers may
//!   arrive out of order, so local versions in it need not ascend.

use alloc::vec::Vec;

use super::lv::{Lv, LvRange};
use crate::{AgentIdx, AgentTable, DotContext, DotRange};

/// Consecutive events of one agent with consecutive sequence numbers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AgentRun {
    /// The events.
    pub lvs: LvRange,
    /// Who made them.
    pub agent: AgentIdx,
    /// Sequence number of the first.
    pub seq: u64,
}

/// A stretch of one agent's sequence numbers that has consecutive local versions.
#[derive(Clone, Copy, Debug)]
pub(super) struct SeqRun {
    pub(super) seq: u64,
    pub(super) lv: Lv,
    pub(super) len: u32,
}

impl SeqRun {
    pub(super) fn seq_end(&self) -> u64 {
        self.seq + u64::from(self.len)
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct EventIds {
    starts: Vec<Lv>,
    agents: Vec<AgentIdx>,
    seqs: Vec<u64>,
    end: Lv,
    by_agent: Vec<Vec<SeqRun>>,
}

impl EventIds {
    pub(super) fn ensure_agents(&mut self, n_agents: usize) {
        if self.by_agent.len() < n_agents {
            self.by_agent.resize_with(n_agents, Vec::new);
        }
    }

    pub(super) fn push(&mut self, agent: AgentIdx, seq: u64, lvs: LvRange) {
        let continues = self
            .last_run()
            .is_some_and(|last| last.agent == agent && last.seq + u64::from(last.lvs.len()) == seq);
        if !continues {
            self.starts.push(lvs.start);
            self.agents.push(agent);
            self.seqs.push(seq);
        }
        self.end = lvs.end;
        self.push_seq_run(
            agent,
            SeqRun {
                seq,
                lv: lvs.start,
                len: lvs.len(),
            },
        );
    }

    pub(super) fn truncate(&mut self, len: Lv, n_agents: usize) {
        let n = self.starts.partition_point(|&start| start < len);
        self.starts.truncate(n);
        self.agents.truncate(n);
        self.seqs.truncate(n);
        self.end = len;
        self.by_agent.truncate(n_agents);
        for runs in &mut self.by_agent {
            runs.retain_mut(|run| {
                run.len = run.len.min(len.get().saturating_sub(run.lv.get()));
                run.len > 0
            });
        }
    }

    pub(super) fn next_seq(&self, agent: AgentIdx) -> u64 {
        self.seq_runs(agent).last().map_or(0, SeqRun::seq_end)
    }

    #[inline]
    pub(super) fn id_of(&self, lv: Lv) -> (AgentIdx, u64) {
        let run = self.starts.partition_point(|&start| start <= lv) - 1;
        (
            self.agents[run],
            self.seqs[run] + u64::from(lv.get() - self.starts[run].get()),
        )
    }

    pub(super) fn lv_of(&self, agent: AgentIdx, seq: u64) -> Option<Lv> {
        let runs = self.seq_runs(agent);
        let run = runs.get(runs.partition_point(|run| run.seq_end() <= seq))?;
        let offset = u32::try_from(seq.checked_sub(run.seq)?).ok()?;
        Some(run.lv.plus(offset))
    }

    /// The runs of one agent, ascending by sequence number; none for an unknown agent.
    pub(super) fn seq_runs(&self, agent: AgentIdx) -> &[SeqRun] {
        self.by_agent.get(agent.index()).map_or(&[], Vec::as_slice)
    }

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
            for run in runs {
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

    fn last_run(&self) -> Option<AgentRun> {
        Some(self.run(self.starts.len().checked_sub(1)?))
    }

    fn push_seq_run(&mut self, agent: AgentIdx, run: SeqRun) {
        let runs = &mut self.by_agent[agent.index()];
        let at = match runs.last_mut() {
            Some(last) if last.seq_end() == run.seq && last.lv.plus(last.len) == run.lv => {
                last.len += run.len;
                return;
            }
            Some(last) if last.seq_end() > run.seq => runs.partition_point(|r| r.seq < run.seq),
            _ => runs.len(),
        };
        runs.insert(at, run);
    }
}
