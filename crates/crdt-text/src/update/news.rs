//! What of an update is not known: so that what comes from several sides is passed on once.

use crdt_core::{AgentId, LvRange};

use super::collect::{Pieces, assemble};
use super::{Update, UpdateRun, WireDot};
use crate::OpLog;

/// The events of an update that the op log lacks; `None` if it lacks all of them.
///
/// An op log holds what its events rest on, so what it knows of a run is how the run begins.
pub(crate) fn news_of(oplog: &OpLog, update: &Update) -> Option<Update> {
    let rests: Vec<(UpdateRun<'_>, u32)> = update
        .runs()
        .map(|run| (run, n_known(oplog, update, &run)))
        .collect();
    if rests.iter().all(|(_, n_known)| *n_known == 0) {
        return None;
    }
    let rests: Vec<Rest<'_>> = rests
        .into_iter()
        .filter(|(run, n_known)| *n_known < run.lvs.len())
        .map(|(run, n_known)| Rest { run, n_known })
        .collect();
    let (agents, numbers) = agents_of(update, &rests);
    let renumber = |dot: WireDot| WireDot {
        agent: numbers[dot.agent as usize],
        ..dot
    };
    let mut pieces = Pieces::default();
    for rest in &rests {
        let start = rest.run.lvs.start.plus(rest.n_known);
        let lvs = LvRange::new(start, rest.run.lvs.end);
        let parents = rest.parents().map(renumber);
        pieces.push(renumber(rest.first()), lvs, 0, parents);
    }
    // A part of an update that has an order has one. What is known of it follows its floor.
    assemble(agents, None, pieces, |_, lvs| update.ops(lvs))
}

/// What is not known of a run.
struct Rest<'a> {
    run: UpdateRun<'a>,
    n_known: u32,
}

impl Rest<'_> {
    fn first(&self) -> WireDot {
        let seq = self.run.seq + u64::from(self.n_known);
        WireDot {
            seq,
            ..self.run.first()
        }
    }

    fn parents(&self) -> impl Iterator<Item = WireDot> {
        let before = (self.n_known > 0).then(|| WireDot {
            seq: self.first().seq - 1,
            ..self.run.first()
        });
        let given = if self.n_known > 0 {
            &[]
        } else {
            self.run.parents
        };
        before.into_iter().chain(given.iter().copied())
    }
}

fn n_known(oplog: &OpLog, update: &Update, run: &UpdateRun<'_>) -> u32 {
    let graph = oplog.graph();
    let name = &update.agents[run.agent as usize];
    let n_dropped = graph.n_dropped(name, run.seq, run.lvs.len() as usize);
    let (mut known, mut unknown) = (run.seq + n_dropped as u64, run.seq_end());
    let Some(agent) = graph.agents().index_of(name.as_str()) else {
        return n_dropped as u32;
    };
    let is_known = |seq: u64| graph.lv_of(agent, seq).is_some();
    while known < unknown {
        let middle = known + (unknown - known) / 2;
        if is_known(middle) {
            known = middle + 1;
        } else {
            unknown = middle;
        }
    }
    // An offset into a run fits its events.
    (known - run.seq) as u32
}

/// The agents that the rests name, and for each of the update its number among them.
fn agents_of(update: &Update, rests: &[Rest<'_>]) -> (Vec<AgentId>, Vec<u32>) {
    let mut is_used = vec![false; update.agents.len()];
    for rest in rests {
        for dot in rest.parents().chain([rest.first()]) {
            is_used[dot.agent as usize] = true;
        }
    }
    let mut agents = Vec::new();
    let mut numbers = Vec::with_capacity(is_used.len());
    for (agent, is_used) in update.agents.iter().zip(is_used) {
        numbers.push(agents.len() as u32);
        agents.extend(is_used.then(|| agent.clone()));
    }
    (agents, numbers)
}
