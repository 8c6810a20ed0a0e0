//! Where the neighbours of positions at other versions are now.
//!
//! The zone that holds all versions in question is replayed whole. Then the walker stands on each of
//! them in turn, finds the characters that positions there are next to, and counts what is visible
//! before these at the version that is asked about. No order of events has a part in it.

use crdt_core::{Frontier, Lv};

use super::replay::Replay;
use super::{Lengths, after};
use crate::OpLog;
use crate::anchor::Bias;

/// A position in the text at some version, and the neighbour that it holds on to.
pub(crate) type Spot = (u32, Bias);

/// Where spots of other versions are in the text at version `at`, in order.
pub(crate) fn find_places(
    oplog: &OpLog,
    at: &Frontier,
    spots: &[(&Frontier, &[Spot])],
    lengths: &mut Lengths,
) -> Vec<u32> {
    let graph = oplog.graph();
    let versions = || spots.iter().map(|(version, _)| *version);
    let heads: Vec<Lv> = versions().chain([at]).flat_map(Frontier::iter).collect();
    let lowest = versions().filter_map(|version| {
        let difference = graph.diff(at, version);
        let lvs = difference.only_a.first().into_iter();
        lvs.chain(difference.only_b.first())
            .map(|lvs| lvs.start)
            .min()
    });
    let before = lowest.min().and_then(|lv| graph.critical_before(lv));
    let (base, start) = after(before);
    let events = graph.diff(&graph.find_dominators(&heads), &base).only_a;
    let mut replay = Replay::default();
    let start = (start, lengths.at(oplog, before));
    replay.plan(oplog, start, (&[], &events), heads);
    replay.run(oplog, &mut ());
    replay.move_to_version(at.iter());
    replay.take_effect_from_prepared();
    let mut places = Vec::new();
    for (version, spots) in spots {
        replay.move_to_version(version.iter());
        let place = |&(pos, bias)| replay.effect_beside(pos, bias);
        places.extend(spots.iter().map(place));
    }
    places
}
