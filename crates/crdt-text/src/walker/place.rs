//! Where the neighbours of positions at other versions are now.
//!
//! The zone that holds all versions in question is replayed whole. Then the walker stands on each of
//! them in turn, finds the characters that positions there are next to, and counts what is visible
//! before these at the version that is asked about. No order of events has a part in it.

use crdt_core::{Frontier, Lv, LvRange};

use super::replay::Replay;
use super::{Lengths, after};
use crate::OpLog;
use crate::anchor::Bias;

/// A position in the text at some version, and the neighbour that it holds on to.
pub(crate) type Spot = (u32, Bias);

/// What must be replayed to find places of some versions in the text at another.
pub(crate) struct Survey<'a> {
    oplog: &'a OpLog,
    at: &'a Frontier,
    heads: Vec<Lv>,
    /// The last critical version that all of them share.
    before: Option<Lv>,
    events: Vec<LvRange>,
}

impl<'a> Survey<'a> {
    /// Looks at the graph only: nothing is replayed yet.
    pub(crate) fn new(
        oplog: &'a OpLog,
        at: &'a Frontier,
        versions: impl Iterator<Item = &'a Frontier> + Clone,
    ) -> Self {
        let graph = oplog.graph();
        let heads: Vec<Lv> = versions
            .clone()
            .chain([at])
            .flat_map(Frontier::iter)
            .collect();
        let lowest = versions.filter_map(|version| {
            let difference = graph.diff(at, version);
            let lvs = difference.only_a.first().into_iter();
            lvs.chain(difference.only_b.first())
                .map(|lvs| lvs.start)
                .min()
        });
        let before = lowest.min().and_then(|lv| graph.critical_before(lv));
        let (base, _) = after(before);
        let events = graph.diff(&graph.find_dominators(&heads), &base).only_a;
        Self {
            oplog,
            at,
            heads,
            before,
            events,
        }
    }

    /// How many events are replayed, and walked to find out how long the text was before them.
    pub(crate) fn n_events(&self, lengths: &Lengths) -> u64 {
        let replayed = self.events.iter().map(|lvs| u64::from(lvs.len()));
        replayed.sum::<u64>() + lengths.distance(self.oplog, self.before)
    }

    /// Where spots are in the text, in order; they are of the versions that were looked at.
    pub(crate) fn find(self, spots: &[(&Frontier, &[Spot])], lengths: &mut Lengths) -> Vec<u32> {
        let (_, start) = after(self.before);
        let base_len = lengths.at(self.oplog, self.before);
        let mut replay = Replay::default();
        replay.plan(
            self.oplog,
            (start, base_len),
            (&[], &self.events),
            self.heads,
        );
        replay.run(self.oplog, &mut ());
        replay.move_to_version(self.at.iter());
        replay.take_effect_from_prepared();
        let mut places = Vec::new();
        for (version, spots) in spots {
            replay.move_to_version(version.iter());
            let place = |&(pos, bias)| replay.effect_beside(pos, bias);
            places.extend(spots.iter().map(place));
        }
        places
    }
}
