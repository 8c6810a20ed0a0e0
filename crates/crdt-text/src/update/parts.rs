//! Parts of an update: what of it is not known, so that what comes from several sides is passed on once;
//! and pieces of a large one.

use core::ops::Range;

use crdt_core::{AgentId, LvRange};

use super::collect::{Pieces, assemble};
use super::{Update, UpdateFloor, UpdateRun, WireDot};
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
    let rests = rests.into_iter();
    let stretches: Vec<Stretch<'_>> = rests
        .map(|(run, n_known)| Stretch {
            within: n_known..run.lvs.len(),
            run,
        })
        .filter(|stretch| !stretch.within.is_empty())
        .collect();
    // What is known of an update follows its floor.
    Some(update_of(update, None, &stretches))
}

/// The events of an update in pieces of at most so many, each after those that it rests on; the first has
/// its floor.
pub(crate) fn split(update: Update, max_events: usize) -> Vec<Update> {
    let max_events = u32::try_from(max_events).unwrap_or(u32::MAX).max(1);
    if update.len() <= max_events as usize {
        return vec![update];
    }
    let (mut parts, mut stretches, mut n_free) = (Vec::new(), Vec::new(), max_events);
    let mut floor = update.whole_floor();
    for run in update.runs() {
        let mut start = 0;
        while start < run.lvs.len() {
            let end = run.lvs.len().min(start.saturating_add(n_free));
            let within = start..end;
            stretches.push(Stretch { run, within });
            n_free -= end - start;
            start = end;
            if n_free == 0 {
                parts.push(update_of(&update, floor.take(), &stretches));
                stretches.clear();
                n_free = max_events;
            }
        }
    }
    if !stretches.is_empty() {
        parts.push(update_of(&update, floor.take(), &stretches));
    }
    parts
}

/// Some events of an update, as one of their own.
fn update_of(update: &Update, floor: Option<&UpdateFloor>, stretches: &[Stretch<'_>]) -> Update {
    let (agents, numbers) = agents_of(update, stretches);
    let renumber = |dot: WireDot| WireDot {
        agent: numbers[dot.agent as usize],
        ..dot
    };
    let mut pieces = Pieces::default();
    for stretch in stretches {
        let Range { start, end } = stretch.within;
        let first = stretch.run.lvs.start;
        let lvs = LvRange::new(first.plus(start), first.plus(end));
        let parents = stretch.parents().map(renumber);
        pieces.push(renumber(stretch.first()), lvs, 0, parents);
    }
    let floor = floor.map(|own| (own.clone(), &update.ops));
    let part = assemble(agents, floor, pieces, |_, lvs| update.ops(lvs));
    part.expect("a part of an update that has an order has one")
}

/// Some events of a run that follow each other.
struct Stretch<'a> {
    run: UpdateRun<'a>,
    /// As offsets into the run.
    within: Range<u32>,
}

impl Stretch<'_> {
    fn first(&self) -> WireDot {
        let seq = self.run.seq + u64::from(self.within.start);
        WireDot {
            seq,
            ..self.run.first()
        }
    }

    fn parents(&self) -> impl Iterator<Item = WireDot> {
        let is_inside = self.within.start > 0;
        let before = is_inside.then(|| WireDot {
            seq: self.first().seq - 1,
            ..self.run.first()
        });
        let given = if is_inside { &[] } else { self.run.parents };
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

/// The agents that the stretches name, and for each of the update its number among them.
fn agents_of(update: &Update, stretches: &[Stretch<'_>]) -> (Vec<AgentId>, Vec<u32>) {
    let mut is_used = vec![false; update.agents.len()];
    for stretch in stretches {
        for dot in stretch.parents().chain([stretch.first()]) {
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
