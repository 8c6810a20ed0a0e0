//! The laws by name.

use core::fmt;

/// Something that must hold for every replicated type.
///
/// In the formulas, `a`, `b`, `c` are states, `x | y` is the join, and `d` is a delta.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Law {
    /// `a | a = a`.
    Idempotence,
    /// `a | b = b | a`.
    Commutativity,
    /// `(a | b) | c = a | (b | c)`.
    Associativity,
    /// `a | bottom = a`, and the bottom is what [`Default`] makes.
    Identity,
    /// A mutator only adds: the state before is below the state after.
    Inflation,
    /// The state before with the delta applied is the state after, whichever mutator made it.
    Delta,
    /// Grouping deltas is a join too, and a group does what its members do.
    Groups,
    /// A state is the join of its parts; no part can be left out, and none falls into smaller parts.
    Decomposition,
    /// The difference of two states brings one up to the other, and holds nothing superfluous.
    Diff,
    /// `leq` agrees with the join, and "changed" is returned if and only if something changed.
    Order,
    /// Equal values have equal bytes, different ones different bytes, and no other bytes are read.
    Canonical,
    /// What was written is read back.
    RoundTrip,
    /// Replicas that know the same events hold the same state, byte by byte.
    Convergence,
    /// By whatever path events come in, the state is the join of their deltas.
    Paths,
    /// A summary is enough to find what a peer lacks.
    CatchUp,
    /// A state shows what the naive specification says of the events behind it.
    Oracle,
    /// Dots in the store are known and stand in one place; closed histories leave no gaps.
    Closure,
    /// What of a delta is news does what the delta does, here and wherever more is known.
    News,
    /// A delta in parts does what it does whole, and who got only some of them can tell what it lacks.
    Parts,
    /// What there is to do, to leave alone or to refuse is as specified; nothing done is an empty delta.
    Neutrality,
    /// What is refused changes nothing.
    Atomicity,
    /// What an application tells that it changed is what changed.
    Feed,
}

impl Law {
    /// All laws, in the order of reports.
    pub const ALL: [Self; 22] = [
        Self::Idempotence,
        Self::Commutativity,
        Self::Associativity,
        Self::Identity,
        Self::Inflation,
        Self::Delta,
        Self::Groups,
        Self::Decomposition,
        Self::Diff,
        Self::Order,
        Self::Canonical,
        Self::RoundTrip,
        Self::Convergence,
        Self::Paths,
        Self::CatchUp,
        Self::Oracle,
        Self::Closure,
        Self::News,
        Self::Parts,
        Self::Neutrality,
        Self::Atomicity,
        Self::Feed,
    ];

    /// Returns the law in a few words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Idempotence => "idempotence",
            Self::Commutativity => "commutativity",
            Self::Associativity => "associativity",
            Self::Identity => "identity",
            Self::Inflation => "inflation",
            Self::Delta => "mutator and delta",
            Self::Groups => "delta groups",
            Self::Decomposition => "decomposition",
            Self::Diff => "minimal diff",
            Self::Order => "order and changed flags",
            Self::Canonical => "canonical encoding",
            Self::RoundTrip => "codec round trip",
            Self::Convergence => "convergence",
            Self::Paths => "path equivalence",
            Self::CatchUp => "catching up",
            Self::Oracle => "history oracle",
            Self::Closure => "context closure",
            Self::News => "news of a delta",
            Self::Parts => "parts of a delta",
            Self::Neutrality => "no-op neutrality",
            Self::Atomicity => "errors change nothing",
            Self::Feed => "feed truth",
        }
    }
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
