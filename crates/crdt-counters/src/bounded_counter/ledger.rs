//! What one agent counted up and down, and the rights it sent to others.
//!
//! **Costs.** With m agents that rights were sent to, access to one is O(log m).

use crdt_core::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer};
use crdt_core::{AgentId, Decompose, Lattice, WrittenSink};

use crate::agent_map::{AgentMap, Cell};
use crate::count::{Count, Overflow};

/// Counts that only grow, joined each by itself.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(super) struct Ledger {
    up: Count,
    down: Count,
    /// Rights ever sent, by receiver; the agent of the ledger is not among them.
    sent: AgentMap<Count>,
}

impl Ledger {
    /// Counts up; returns the part that changed.
    pub(super) fn count_up(&mut self, n: u64) -> Result<Self, Overflow> {
        self.up.grow(n).map(Self::of_up)
    }

    /// Counts down; returns the part that changed.
    pub(super) fn count_down(&mut self, n: u64) -> Result<Self, Overflow> {
        self.down.grow(n).map(Self::of_down)
    }

    /// Sends rights to another agent; returns the part that changed.
    pub(super) fn send(&mut self, to: &AgentId, n: u64) -> Result<Self, Overflow> {
        let sent = self.sent.update(to, |count| count.grow(n))?;
        Ok(Self::of_sent(AgentMap::single(to, sent)))
    }

    pub(super) fn value(&self) -> i128 {
        i128::from(self.up.0) - i128::from(self.down.0)
    }

    /// What remains of the rights the agent made; less than 0 if it spent or sent what it received.
    pub(super) fn kept(&self) -> i128 {
        self.value() - self.sent().map(|(_, n)| n).sum::<i128>()
    }

    pub(super) fn sent_to(&self, agent: &AgentId) -> i128 {
        i128::from(self.sent.count_of(agent))
    }

    pub(super) fn sent(&self) -> impl Iterator<Item = (&AgentId, i128)> {
        self.sent.iter().map(|(to, n)| (to, i128::from(n.0)))
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

    fn of_sent(sent: AgentMap<Count>) -> Self {
        Self {
            sent,
            ..Self::default()
        }
    }
}

impl Cell for Ledger {
    fn may_belong_to(&self, agent: &AgentId) -> bool {
        !self.is_bottom() && self.sent.cell(agent).is_none()
    }

    fn written_by(&self, agent: &AgentId, written: &mut WrittenSink<'_>) {
        written.in_field("up", |up| self.up.written_by(agent, up));
        written.in_field("down", |down| self.down.written_by(agent, down));
        written.in_field("sent", |sent| {
            for (to, n) in self.sent.iter() {
                sent.in_field(to.as_str(), |sent| n.written_by(agent, sent));
            }
        });
    }
}

impl Lattice for Ledger {
    fn join(&mut self, other: &Self) -> bool {
        self.up.join(&other.up) | self.down.join(&other.down) | self.sent.join(&other.sent)
    }

    fn leq(&self, other: &Self) -> bool {
        self.up.leq(&other.up) && self.down.leq(&other.down) && self.sent.leq(&other.sent)
    }
}

impl Decompose for Ledger {
    fn decompose(&self) -> impl Iterator<Item = Self> {
        let up = self.up.decompose().map(Self::of_up);
        let down = self.down.decompose().map(Self::of_down);
        let sent = self.sent.decompose().map(Self::of_sent);
        up.chain(down).chain(sent)
    }

    fn diff(&self, base: &Self) -> Self {
        Self {
            up: self.up.diff(&base.up),
            down: self.down.diff(&base.down),
            sent: self.sent.diff(&base.sent),
        }
    }
}

impl Encode for Ledger {
    fn encode(&self, w: &mut Writer) {
        self.up.encode(w);
        self.down.encode(w);
        self.sent.encode(w);
    }
}

impl Decode for Ledger {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        Ok(Self {
            up: Count::decode(r, budget)?,
            down: Count::decode(r, budget)?,
            sent: AgentMap::decode(r, budget)?,
        })
    }
}
