//! What one agent counted up and down.
//!
//! **Costs.** Everything is O(1).

use crdt_core::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer};
use crdt_core::{AgentId, Decompose, Lattice, WrittenSink};

use crate::agent_map::Cell;
use crate::count::{Count, Overflow};

/// Two counts that only grow, joined each by itself.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(super) struct UpDown {
    up: Count,
    down: Count,
}

impl UpDown {
    /// Counts up; returns the part that changed.
    pub(super) fn count_up(&mut self, n: u64) -> Result<Self, Overflow> {
        self.up.grow(n).map(Self::of_up)
    }

    /// Counts down; returns the part that changed.
    pub(super) fn count_down(&mut self, n: u64) -> Result<Self, Overflow> {
        self.down.grow(n).map(Self::of_down)
    }

    pub(super) fn value(&self) -> i128 {
        i128::from(self.up.0) - i128::from(self.down.0)
    }

    pub(super) fn counts(&self) -> (u64, u64) {
        (self.up.0, self.down.0)
    }

    fn of_up(up: Count) -> Self {
        Self {
            up,
            ..Self::default()
        }
    }

    fn of_down(down: Count) -> Self {
        Self {
            down,
            ..Self::default()
        }
    }
}

impl Cell for UpDown {
    fn written_by(&self, agent: &AgentId, written: &mut WrittenSink<'_>) {
        written.in_field("up", |up| self.up.written_by(agent, up));
        written.in_field("down", |down| self.down.written_by(agent, down));
    }
}

impl Lattice for UpDown {
    fn join(&mut self, other: &Self) -> bool {
        self.up.join(&other.up) | self.down.join(&other.down)
    }

    fn leq(&self, other: &Self) -> bool {
        self.up.leq(&other.up) && self.down.leq(&other.down)
    }
}

impl Decompose for UpDown {
    fn decompose(&self) -> impl Iterator<Item = Self> {
        let up = self.up.decompose().map(Self::of_up);
        up.chain(self.down.decompose().map(Self::of_down))
    }

    fn diff(&self, base: &Self) -> Self {
        Self {
            up: self.up.diff(&base.up),
            down: self.down.diff(&base.down),
        }
    }
}

impl Encode for UpDown {
    fn encode(&self, w: &mut Writer) {
        self.up.encode(w);
        self.down.encode(w);
    }
}

impl Decode for UpDown {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        Ok(Self {
            up: Count::decode(r, budget)?,
            down: Count::decode(r, budget)?,
        })
    }
}
