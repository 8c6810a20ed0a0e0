//! Reading a file straight into a graph that has no events yet, without an update in between.
//!
//! Only what is as it should be is taken; whatever is not is read again as an update, to say what is
//! wrong with it.

use crdt_core::codec::{DecodeError, DecodeLimits};
use crdt_core::{AgentId, AgentIdx, CausalGraph, Lv, LvRange};
use smallvec::SmallVec;

use super::super::rows::MALFORMED;
use super::super::{WireDot, alone, encode::section};
use super::history::{Finished, Target};
use crate::container::Container;
use crate::op_log::{MAX_LEN, OpRuns};

/// Reads the events of a file into `graph`; returns what they do.
///
/// `None` leaves the graph with some of them.
pub(crate) fn load(bytes: &[u8], limits: &DecodeLimits, graph: &mut CausalGraph) -> Option<OpRuns> {
    if bytes.first() == Some(&alone::MARK) {
        return None;
    }
    let (r, mut budget) = limits.open(bytes).ok()?;
    let file = Container::open(bytes, r, &section::ALL).ok()?;
    file.verify().ok()?;
    let names = super::agents(file.section(section::AGENTS).ok()?, &mut budget).ok()?;
    let target = Graph {
        graph,
        agents: vec![None; names.len()],
        names: &names,
    };
    let Finished { ops, .. } = super::history(&file, &mut budget, names.len(), target).ok()?;
    (ops.text_bytes() <= MAX_LEN).then_some(ops)
}

/// A graph, and the agents of a file as it knows them.
struct Graph<'a> {
    graph: &'a mut CausalGraph,
    names: &'a [AgentId],
    agents: Vec<Option<AgentIdx>>,
}

impl Graph<'_> {
    #[inline]
    fn agent(&mut self, number: u32) -> Result<AgentIdx, DecodeError> {
        let number = number as usize;
        match self.agents.get_mut(number).zip(self.names.get(number)) {
            Some((Some(agent), _)) => Ok(*agent),
            Some((agent, name)) => Ok(*agent.insert(self.graph.intern_agent(name))),
            None => Err(MALFORMED),
        }
    }
}

impl Target for Graph<'_> {
    #[inline]
    fn run(
        &mut self,
        first: WireDot,
        parents: &[WireDot],
        lvs: LvRange,
    ) -> Result<(), DecodeError> {
        let mut known = SmallVec::<[Lv; 2]>::new();
        for parent in parents {
            let agent = self.agent(parent.agent)?;
            known.push(self.graph.lv_of(agent, parent.seq).ok_or(MALFORMED)?);
        }
        known.sort_unstable();
        let agent = self.agent(first.agent)?;
        let added = self
            .graph
            .append(agent, first.seq, lvs.len() as usize, &known);
        added.map(drop).map_err(|_| MALFORMED)
    }
}
