//! One write of a last-writer-wins cell, and the rule by which one write supersedes another.
//!
//! **Invariant.** The order is total: by stamp, then by writer, then by value, so that the greatest
//! of any writes is one and the same everywhere.
//!
//! **Costs.** Everything is O(1) besides comparing values, which only writes of the same name need.

use crdt_core::{AgentId, Classify, ErrorKind, Timestamp};

/// A value, or its removal, with the stamp and the agent that name the write.
///
/// The derived order goes by the fields from the top.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(deny_unknown_fields, bound(deserialize = "V: serde::Deserialize<'de>"))
)]
pub(super) struct Write<V> {
    pub(super) stamp: Timestamp,
    pub(super) writer: AgentId,
    // Named, so that an optional value cannot be left out.
    #[cfg_attr(
        feature = "serde",
        serde(deserialize_with = "serde::Deserialize::deserialize")
    )]
    pub(super) value: V,
}

/// Why a local write was refused.
///
/// # Examples
/// ```
/// use crdt_core::{AgentId, Timestamp};
/// use crdt_maps::{LwwRegister, StampError};
///
/// let alice = AgentId::new("alice")?;
/// let stamp = Timestamp::from_u64(7);
/// let mut title = LwwRegister::new();
/// title.set(&alice, stamp, "draft")?;
///
/// let refused = title.set(&alice, stamp, "final");
/// assert_eq!(refused, Err(StampError::TimestampNotAdvanced { given: stamp, held: stamp }));
/// assert_eq!(title.value(), Some(&"draft"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StampError {
    /// What is held has the same stamp or a newer one, so the write would be lost, here or on a
    /// peer. Let the clock observe `held`, and take a stamp again.
    #[error("timestamp {given} is not newer than {held}, which is held")]
    TimestampNotAdvanced {
        /// Stamp of the refused write.
        given: Timestamp,
        /// Stamp of what is held.
        held: Timestamp,
    },
    /// The write lies in the part of history that was declared complete and was cleaned.
    #[error("timestamp {given} lies below {floor}, where the history was cleaned")]
    BelowFloor {
        /// Stamp of the refused write.
        given: Timestamp,
        /// The oldest stamp that is still accepted.
        floor: Timestamp,
    },
}

impl Classify for StampError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Misuse
    }
}

/// Two different writes have the same stamp and the same writer.
///
/// A correct agent never makes such a pair: its store was copied, its clock went back, or it lies.
/// Which replica sees the contradiction depends on who heard what first, so the link it came from
/// is to be mistrusted, not the replica that reports it.
///
/// # Examples
/// ```
/// use crdt_core::{AgentId, Classify, DeltaState, ErrorKind, Timestamp};
/// use crdt_maps::LwwRegister;
///
/// let (alice, stamp) = (AgentId::new("alice")?, Timestamp::from_u64(7));
/// let (mut laptop, mut copy_of_laptop) = (LwwRegister::new(), LwwRegister::new());
/// laptop.set(&alice, stamp, "one")?;
/// let delta = copy_of_laptop.set_with_delta(&alice, stamp, "two")?;
///
/// let refused = laptop.apply_delta(&delta).unwrap_err();
/// assert_eq!((refused.stamp, &refused.writer), (stamp, &alice));
/// assert_eq!(refused.kind(), ErrorKind::Malformed);
/// assert_eq!(laptop.value(), Some(&"one"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{writer} made two different writes at {stamp}")]
#[non_exhaustive]
pub struct ConflictingWrite {
    /// Stamp of both writes.
    pub stamp: Timestamp,
    /// Writer of both.
    pub writer: AgentId,
}

impl Classify for ConflictingWrite {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Malformed
    }
}

impl<V> Write<V> {
    pub(super) fn new(agent: &AgentId, stamp: Timestamp, value: V) -> Self {
        Self {
            stamp,
            writer: agent.clone(),
            value,
        }
    }

    /// The write with another form of its value.
    #[cfg(feature = "serde")]
    pub(super) fn map<W>(self, change: impl FnOnce(V) -> W) -> Write<W> {
        Write {
            stamp: self.stamp,
            writer: self.writer,
            value: change(self.value),
        }
    }

    /// Complains unless `given` is newer.
    pub(super) fn check_older_than(&self, given: Timestamp) -> Result<(), StampError> {
        let held = self.stamp;
        if given <= held {
            return Err(StampError::TimestampNotAdvanced { given, held });
        }
        Ok(())
    }

    /// Complains if both writes have one name and two values.
    pub(super) fn check_agrees(&self, other: &Self) -> Result<(), ConflictingWrite>
    where
        V: PartialEq,
    {
        let is_same = self.stamp == other.stamp && self.writer == other.writer;
        if is_same && self.value != other.value {
            return Err(ConflictingWrite {
                stamp: self.stamp,
                writer: self.writer.clone(),
            });
        }
        Ok(())
    }
}
