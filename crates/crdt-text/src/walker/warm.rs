//! What a branch remembers between walks, so that the next one costs only what is new.
//!
//! None of it changes a result: without it the walker counts and replays once more.
//!
//! # Invariants
//! - The zone's tracker holds exactly the events of `version` from the zone's start on, and
//!   `version` is in the history of the branch.
//! - Whether the zone can go on is asked of the graph each time: a late event may have ended the
//!   criticality of its start.

use crdt_core::{Frontier, Lv, LvRange};

use super::replay::Replay;
use super::{Lengths, Sink};
use crate::OpLog;

/// A zone that was left this many events ago is forgotten: hardly anyone will still write there.
const MAX_PASSED: u32 = if cfg!(any(test, feature = "__small_nodes")) {
    6
} else {
    4096
};
/// A zone of more characters and stretches of characters, up to 30 bytes each, is not kept at all.
const MAX_SIZE: usize = if cfg!(any(test, feature = "__small_nodes")) {
    40
} else {
    1 << 22
};

/// What walks pass on to later ones.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) lengths: Lengths,
    pub(super) zone: Option<Box<Warm>>,
}

/// A zone that was replayed, and may go on.
pub(super) struct Warm {
    replay: Replay,
    version: Frontier,
    n_passed: u32,
}

impl Memory {
    /// Forgets the zone: the branch went elsewhere.
    pub(crate) fn forget_zone(&mut self) {
        self.zone = None;
    }

    /// Notes that a walk went on from the zone for `n_passed` events.
    pub(super) fn leave_zone(&mut self, n_passed: u32) {
        if let Some(warm) = &mut self.zone {
            warm.n_passed = warm.n_passed.saturating_add(n_passed);
            if warm.n_passed > MAX_PASSED || warm.replay.size() > MAX_SIZE {
                self.zone = None;
            }
        }
    }
}

impl From<Lengths> for Memory {
    fn from(lengths: Lengths) -> Self {
        Self {
            lengths,
            zone: None,
        }
    }
}

impl Clone for Memory {
    /// A copy starts without the zone, which is many times the size of the rest.
    fn clone(&self) -> Self {
        self.lengths.clone().into()
    }
}

impl Warm {
    /// Starts a zone with an event, on a text of so many scalars, in the memory of the one before.
    pub(super) fn start(
        &mut self,
        oplog: &OpLog,
        start: (Lv, u32),
        known_and_wanted: (&[LvRange], &[LvRange]),
    ) {
        self.replay.plan(oplog, start, known_and_wanted, []);
        self.n_passed = 0;
    }

    /// Goes on with the zone.
    pub(super) fn extend(&mut self, oplog: &OpLog, known: &[LvRange], wanted: &[LvRange]) {
        self.replay.extend(oplog, known, wanted);
        self.n_passed = 0;
    }

    /// Replays what was planned; returns by how many scalars the text has grown.
    pub(super) fn replay(&mut self, oplog: &OpLog, sink: &mut impl Sink) -> i64 {
        self.replay.run(oplog, sink)
    }

    /// Notes the version that the replay has reached.
    pub(super) fn reach(&mut self, version: Frontier) {
        self.version = version;
    }

    /// If the zone can go on from version `at` with events from `first` on: what it lacks of `at`.
    ///
    /// Otherwise a new one would have to start at `start`.
    pub(super) fn missing_at(
        &self,
        oplog: &OpLog,
        at: &Frontier,
        (start, first): (Lv, Lv),
    ) -> Option<Vec<LvRange>> {
        let zone = self.replay.range();
        let is_near = zone.start <= start && start <= zone.end && zone.end <= first;
        let is_critical = || oplog.graph().critical_before(zone.start) == zone.start.prev();
        if zone.is_empty() || !is_near || !is_critical() {
            return None;
        }
        if *at == self.version {
            return Some(Vec::new());
        }
        let difference = oplog.graph().diff(at, &self.version);
        let known = difference.only_a;
        let comes_after = known.first().is_none_or(|lvs| lvs.start >= zone.end);
        (difference.only_b.is_empty() && comes_after).then_some(known)
    }
}

impl Default for Warm {
    fn default() -> Self {
        Self {
            replay: Replay::default(),
            version: Frontier::root(),
            n_passed: 0,
        }
    }
}
