//! Reading a file straight into a graph that has no events yet, without an update in between.
//!
//! Only what is as it should be is taken; whatever is not is read again as an update, to say what is
//! wrong with it.

use crdt_core::codec::{Budget, DecodeError, Reader};
use crdt_core::{AgentId, AgentIdx, CausalGraph, Dot, Lv, LvRange};

use super::super::rows::MALFORMED;
use super::super::{WireDot, alone, encode::section};
use super::history::{Finished, Target};
use crate::container::Container;
use crate::op_log::{MAX_LEN, OpRuns};

/// Reads the events of a file into `graph`; returns what they do.
///
/// `None` leaves the graph with some of them.
pub(crate) fn load(bytes: &[u8], budget: &mut Budget, graph: &mut CausalGraph) -> Option<OpRuns> {
    if bytes.first() == Some(&alone::MARK) {
        return None;
    }
    let file = Container::open(bytes, Reader::new(bytes), &section::ALL).ok()?;
    file.verify().ok()?;
    let names = super::agents(file.section(section::AGENTS).ok()?, budget).ok()?;
    let floor = super::floor_of(&file, budget).ok()?;
    let n_chars = floor.as_ref().map(|(_, n_chars)| *n_chars);
    if let Some((own, _)) = floor {
        graph.set_floor(own.floor, own.len as usize).ok()?;
    }
    let target = Graph {
        graph,
        agents: vec![None; names.len()],
        names: &names,
        parents: Vec::new(),
    };
    let Finished { ops, .. } =
        super::history(&file, budget, (names.len(), n_chars), target).ok()?;
    (ops.text_bytes() <= MAX_LEN).then_some(ops)
}

/// A graph, and the agents of a file as it knows them.
struct Graph<'a> {
    graph: &'a mut CausalGraph,
    names: &'a [AgentId],
    agents: Vec<Option<AgentIdx>>,
    /// Of the run at hand.
    parents: Vec<Lv>,
}

impl Graph<'_> {
    #[inline]
    fn agent(&mut self, number: u32) -> Result<AgentIdx, DecodeError> {
        match self.agents.get(number as usize) {
            Some(&Some(agent)) => Ok(agent),
            _ => self.new_agent(number as usize),
        }
    }

    #[cold]
    fn new_agent(&mut self, number: usize) -> Result<AgentIdx, DecodeError> {
        let known = self.agents.get_mut(number).zip(self.names.get(number));
        let (known, name) = known.ok_or(MALFORMED)?;
        Ok(*known.insert(self.graph.intern_agent(name)))
    }
}

impl Graph<'_> {
    /// Whether parents, none of which is known as an event, are the heads of the floor.
    fn is_floor(&self, parents: &[WireDot]) -> bool {
        let heads = self.graph.floor().map_or(&[][..], |floor| floor.version());
        let is_head = |(parent, head): (&WireDot, &Dot)| {
            let name = self.names.get(parent.agent as usize);
            name == Some(head.agent()) && parent.seq == head.seq()
        };
        heads.len() == parents.len() && parents.iter().zip(heads).all(is_head)
    }
}

impl Target for Graph<'_> {
    fn reserve(&mut self, n_runs: usize) {
        self.graph.reserve(n_runs);
    }

    #[inline]
    fn run(
        &mut self,
        first: WireDot,
        parents: &[WireDot],
        lvs: LvRange,
    ) -> Result<(), DecodeError> {
        self.parents.clear();
        for parent in parents {
            let agent = self.agent(parent.agent)?;
            match self.graph.lv_of(agent, parent.seq) {
                Some(lv) => self.parents.push(lv),
                None if self.is_floor(parents) => {
                    self.parents.push(self.graph.floor_lvs().last());
                    break;
                }
                None => return Err(MALFORMED),
            }
        }
        match &mut *self.parents {
            [] | [_] => {}
            [a, b] => {
                if *b < *a {
                    core::mem::swap(a, b);
                }
            }
            many => many.sort_unstable(),
        }
        let agent = self.agent(first.agent)?;
        let added = self
            .graph
            .append(agent, first.seq, lvs.len() as usize, &self.parents);
        added.map(drop).map_err(|_| MALFORMED)
    }
}
