//! Random histories, and the model they are checked against: ancestor sets, written out.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use quickcheck::{Arbitrary, Gen};

use crate::testing::agent;
use crate::{AgentId, CausalGraph, Dot, Frontier, Lv, LvRange};

pub(super) type Events = BTreeSet<Lv>;

/// An event as the model keeps it; its place in the list is its local version.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) dot: Dot,
    pub(super) parents: Vec<Lv>,
    /// Its ancestors and itself.
    pub(super) history: Events,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    pub(super) events: Vec<Event>,
}

/// A recipe for a graph: every recipe can be followed, so it shrinks freely.
#[derive(Clone, Debug)]
pub(super) struct History {
    pub(super) steps: Vec<Step>,
}

/// One run to append.
#[derive(Clone, Debug)]
pub(super) struct Step {
    agent: u8,
    seq: Seq,
    parents: Parents,
    len: u8,
}

#[derive(Clone, Copy, Debug)]
enum Seq {
    Next,
    /// Leaves a hole.
    Skip(u8),
    /// Fills a hole, from one of its missing numbers on.
    Fill(u8),
}

#[derive(Clone, Debug)]
enum Parents {
    Root,
    Last,
    Frontier,
    /// Any events, reduced to those that are in no other's history.
    Picks(Picks),
}

/// Chooses up to five events of whatever graph it is used with.
#[derive(Clone, Debug)]
pub(super) struct Picks(pub(super) Vec<u16>);

impl Model {
    pub(super) fn end(&self) -> Lv {
        Lv::new(self.events.len() as u32)
    }

    pub(super) fn all(&self) -> LvRange {
        LvRange::new(Lv::new(0), self.end())
    }

    pub(super) fn lvs(&self) -> impl Iterator<Item = Lv> + use<> {
        (0..self.end().get()).map(Lv::new)
    }

    pub(super) fn event(&self, lv: Lv) -> &Event {
        &self.events[lv.index()]
    }

    /// All events of a version.
    pub(super) fn history(&self, heads: &[Lv]) -> Events {
        let heads = heads.iter();
        heads
            .flat_map(|&lv| self.event(lv).history.clone())
            .collect()
    }

    /// The heads of any set of events: those that are in no other's history.
    pub(super) fn heads<'a>(&self, events: impl IntoIterator<Item = &'a Lv>) -> Vec<Lv> {
        let events: Events = events.into_iter().copied().collect();
        let is_covered = |&lv: &Lv| {
            let mut others = events.iter().filter(|&&other| other != lv);
            others.any(|&other| self.event(other).history.contains(&lv))
        };
        events
            .iter()
            .copied()
            .filter(|lv| !is_covered(lv))
            .collect()
    }

    /// Every critical event, straight from the definition.
    pub(super) fn critical(&self) -> Events {
        let is_critical = |&lv: &Lv| {
            self.lvs().all(|other| match other.cmp(&lv) {
                core::cmp::Ordering::Less => self.event(lv).history.contains(&other),
                core::cmp::Ordering::Equal => true,
                core::cmp::Ordering::Greater => self.event(other).history.contains(&lv),
            })
        };
        self.lvs().filter(is_critical).collect()
    }

    pub(super) fn dots<'a>(&self, events: impl IntoIterator<Item = &'a Lv>) -> BTreeSet<Dot> {
        let events = events.into_iter();
        events.map(|&lv| self.event(lv).dot.clone()).collect()
    }

    pub(super) fn parent_dots(&self, lv: Lv) -> Vec<Dot> {
        self.dots(&self.event(lv).parents).into_iter().collect()
    }

    pub(super) fn seqs_of(&self, agent: &AgentId) -> BTreeSet<u64> {
        let own = self
            .events
            .iter()
            .filter(|event| event.dot.agent() == agent);
        own.map(|event| event.dot.seq()).collect()
    }

    /// Whether an event is just the next one of its agent on top of the one before it.
    pub(super) fn continues(&self, lv: Lv) -> bool {
        let Some(before) = lv.prev() else {
            return false;
        };
        let (before_dot, dot) = (&self.event(before).dot, &self.event(lv).dot);
        self.event(lv).parents == [before]
            && before_dot.agent() == dot.agent()
            && before_dot.seq() + 1 == dot.seq()
    }

    pub(super) fn push(&mut self, dot: Dot, parents: Vec<Lv>) {
        let mut history = self.history(&parents);
        history.insert(self.end());
        self.events.push(Event {
            dot,
            parents,
            history,
        });
    }
}

impl History {
    pub(super) fn build(&self) -> (CausalGraph, Model) {
        let (mut graph, mut model) = (CausalGraph::new(), Model::default());
        for step in &self.steps {
            step.append(&mut graph, &mut model);
        }
        (graph, model)
    }
}

impl Step {
    pub(super) fn append(&self, graph: &mut CausalGraph, model: &mut Model) {
        let agent = agent(self.agent);
        let (seq, len) = self.seqs(&model.seqs_of(&agent));
        let parents = self.parents(model);
        if matches!(self.seq, Seq::Next) {
            let agent = graph.intern_agent(&agent);
            let version = Frontier::from_heads(parents.iter().copied());
            let lvs = graph.add_local(agent, &version, len as usize).unwrap();
            assert_eq!(graph.id_of(lvs.start), Some((agent, seq)));
        } else {
            let dots: Vec<Dot> = model.dots(&parents).into_iter().collect();
            let added = graph.ingest(&agent, seq, len as usize, &dots).unwrap();
            assert_eq!(added.map(LvRange::len), Some(len as u32));
        }
        for offset in 0..len {
            let parents = match (offset, model.end().prev()) {
                (0, _) | (_, None) => parents.clone(),
                (_, Some(before)) => [before].into(),
            };
            model.push(Dot::new(agent.clone(), seq + offset).unwrap(), parents);
        }
    }

    /// The first sequence number, and how many are free from there on.
    fn seqs(&self, known: &BTreeSet<u64>) -> (u64, u64) {
        let len = u64::from(self.len);
        let next = known.last().map_or(0, |last| last + 1);
        let holes: Vec<u64> = (0..next).filter(|seq| !known.contains(seq)).collect();
        match self.seq {
            Seq::Fill(pick) if !holes.is_empty() => {
                let seq = holes[usize::from(pick) % holes.len()];
                let free = (seq..seq + len).take_while(|seq| !known.contains(seq));
                (seq, free.count() as u64)
            }
            Seq::Skip(n_skipped) => (next + u64::from(n_skipped), len),
            Seq::Fill(_) | Seq::Next => (next, len),
        }
    }

    fn parents(&self, model: &Model) -> Vec<Lv> {
        match &self.parents {
            Parents::Root => Vec::new(),
            Parents::Last => model.end().prev().into_iter().collect(),
            Parents::Frontier => model.heads(&model.lvs().collect::<Vec<_>>()),
            Parents::Picks(picks) => model.heads(&picks.lvs(model)),
        }
    }
}

impl Picks {
    /// The chosen events, in no order; none of an empty graph.
    pub(super) fn lvs(&self, model: &Model) -> Vec<Lv> {
        let lv = |&pick: &u16| Lv::new(u32::from(pick) % model.end().get().max(1));
        let picks = self.0.iter().filter(|_| !model.events.is_empty());
        picks.map(lv).collect()
    }

    /// The chosen events as a version, not always minimal.
    pub(super) fn version(&self, model: &Model) -> Frontier {
        Frontier::from_heads(self.lvs(model))
    }
}

pub(super) fn expand(ranges: &[LvRange]) -> Events {
    let lvs = ranges.iter().flat_map(|lvs| lvs.start.get()..lvs.end.get());
    lvs.map(Lv::new).collect()
}

fn below(g: &mut Gen, end: u8) -> u8 {
    u8::arbitrary(g) % end
}

impl Arbitrary for Picks {
    fn arbitrary(g: &mut Gen) -> Self {
        let n_picks = below(g, 6);
        Self((0..n_picks).map(|_| u16::arbitrary(g)).collect())
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        Box::new(self.0.shrink().map(Self))
    }
}

impl Arbitrary for Step {
    fn arbitrary(g: &mut Gen) -> Self {
        Self {
            agent: below(g, 3),
            seq: match below(g, 8) {
                0 => Seq::Skip(1 + below(g, 5)),
                1..=3 => Seq::Fill(u8::arbitrary(g)),
                _ => Seq::Next,
            },
            parents: match below(g, 10) {
                0 => Parents::Root,
                1..=3 => Parents::Last,
                4 => Parents::Frontier,
                _ => Parents::Picks(Picks::arbitrary(g)),
            },
            len: 1 + below(g, 4),
        }
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let mut simpler = Vec::new();
        if self.len > 1 {
            simpler.push(Self {
                len: 1,
                ..self.clone()
            });
        }
        if !matches!(self.seq, Seq::Next) {
            simpler.push(Self {
                seq: Seq::Next,
                ..self.clone()
            });
        }
        if let Parents::Picks(picks) = &self.parents {
            simpler.extend(picks.shrink().map(|picks| Self {
                parents: Parents::Picks(picks),
                ..self.clone()
            }));
        }
        Box::new(simpler.into_iter())
    }
}

impl Arbitrary for History {
    fn arbitrary(g: &mut Gen) -> Self {
        let n_steps = below(g, 20);
        Self {
            steps: (0..n_steps).map(|_| Step::arbitrary(g)).collect(),
        }
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        Box::new(self.steps.shrink().map(|steps| Self { steps }))
    }
}
