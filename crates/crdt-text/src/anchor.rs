//! Anchors: positions that stay where they are while the text around them changes.
//!
//! **Format.** One byte, twice the version of the format and one more for [`Bias::Right`]; the position;
//! the heads of the version.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::unwrap_used
    )
)]

mod resolve;
#[cfg(feature = "serde")]
mod serial;

use crdt_core::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer};
use crdt_core::{Classify, Dot, ErrorKind, GraphError, IngestError, RemoteFrontier};

use crate::error::EditError;
use crate::named;
use crate::op_log::MAX_LEN;

const FORMAT_VERSION: u8 = 1;

/// The side to which a position holds on, when text comes in right there.
///
/// # Examples
/// ```
/// use crdt_text::{Bias, TextDoc};
///
/// let mut doc = TextDoc::new();
/// let me = doc.get_or_create_agent_id("me")?;
/// doc.insert(me, 0, "ab")?;
/// let left = doc.anchor(1, Bias::Left)?;
/// let right = doc.anchor(1, Bias::Right)?;
/// doc.insert(me, 1, "---")?;
/// assert_eq!(doc.resolve::<usize>(&left)?, 1);
/// assert_eq!(doc.resolve::<usize>(&right)?, 4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[expect(clippy::exhaustive_enums, reason = "a position has two sides")]
pub enum Bias {
    /// To the character before it: what comes in stands behind. The end of a selection that does not
    /// grow.
    #[default]
    Left,
    /// To the character behind it: what comes in stands before. A caret that others push along.
    Right,
}

/// A position that stays where it is while the text around it changes, and means the same to every
/// replica: what a remote caret, a comment or a bookmark stands on.
///
/// It names the version that it was made at, the position in the text there, and a [`Bias`]. Made by
/// [`TextDoc::anchor`](crate::TextDoc::anchor) or [`Branch::anchor`](crate::Branch::anchor), read by
/// [`TextDoc::resolve`](crate::TextDoc::resolve) or [`Branch::resolve`](crate::Branch::resolve); one
/// that others sent by [`TextDoc::resolve_within`](crate::TextDoc::resolve_within), which bounds what
/// it costs.
///
/// # Convergence
/// An anchor resolves to the same position on all replicas that show the same version. It stands right
/// behind the character on its left, or right before the one on its right, depending on its bias. If
/// that character is deleted, it stays where it was; what was typed in place of deleted text stands
/// before it. On the left of the start is the start, on the right of the end the end.
///
/// # Examples
/// The caret of one replica, shown by another that is ahead of it:
/// ```
/// use crdt_core::codec::{Decode, DecodeLimits, Encode};
/// use crdt_text::{Anchor, Bias, TextDoc};
///
/// let mut ours = TextDoc::new();
/// let alice = ours.get_or_create_agent_id("alice")?;
/// ours.insert(alice, 0, "one three")?;
/// let mut theirs = ours.clone();
/// let bob = theirs.get_or_create_agent_id("bob")?;
///
/// theirs.insert(bob, 4, "two ")?;
/// let caret = ours.anchor(4, Bias::Right)?.to_bytes();
/// assert_eq!(caret.len(), 10);
///
/// let caret = Anchor::from_bytes(&caret, &DecodeLimits::default())?;
/// assert_eq!(theirs.resolve::<usize>(&caret)?, 8);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "serial::Wire")
)]
#[doc(alias = "cursor")]
#[doc(alias = "sticky index")]
#[doc(alias = "relative position")]
pub struct Anchor {
    /// Ascending.
    version: RemoteFrontier,
    /// In scalars; past the end means at the end.
    pos: u32,
    bias: Bias,
}

/// Why an anchor does not resolve here.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AnchorError {
    /// The anchor was made at a version that has not arrived: keep it and try again later.
    #[error("missing dependency: event {} of agent {:?}", .0.seq(), .0.agent().as_str())]
    MissingDependency(Dot),
    /// The anchor was made before the version that the shallow history here starts from: what it
    /// stood on was dropped.
    #[error("the history here starts at {floor:?}, after the anchor was made")]
    BelowFloor {
        /// The version that the history here starts from.
        floor: RemoteFrontier,
    },
    /// To find it costs more than the caller would pay, see
    /// [`Branch::resolve_within`](crate::Branch::resolve_within): show nothing, or pay more.
    #[error("{events} events are to be replayed to find the anchor, more than {max}")]
    TooFar {
        /// How many events it takes.
        events: u64,
        /// How many the caller allowed.
        max: u64,
    },
    /// The branch and the op log do not belong together.
    #[error(transparent)]
    Misuse(#[from] EditError),
}

impl Anchor {
    /// The version that it was made at, ascending.
    #[must_use]
    pub fn version(&self) -> &[Dot] {
        &self.version
    }

    /// The side to which it holds on.
    #[must_use]
    pub const fn bias(&self) -> Bias {
        self.bias
    }
}

impl Encode for Anchor {
    fn encode(&self, w: &mut Writer) {
        w.u8((FORMAT_VERSION << 1) | u8::from(self.bias == Bias::Right));
        w.u64(self.pos.into());
        named::encode(&self.version, w);
    }
}

impl Decode for Anchor {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        let head = r.u8()?;
        if head >> 1 != FORMAT_VERSION {
            let found = (head >> 1).into();
            return Err(DecodeError::UnknownVersion { found });
        }
        let bias = if head & 1 == 0 {
            Bias::Left
        } else {
            Bias::Right
        };
        // At most `MAX_LEN`, which is less than 2^31.
        let pos = r.u64_at_most(MAX_LEN as u64)? as u32;
        let version = named::decode(r, budget)?;
        Ok(Self { version, pos, bias })
    }
}

impl Classify for AnchorError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::MissingDependency(_) | Self::BelowFloor { .. } => ErrorKind::MissingDependency,
            Self::TooFar { .. } => ErrorKind::Unavailable,
            Self::Misuse(error) => error.kind(),
        }
    }
}

impl From<GraphError> for AnchorError {
    fn from(error: GraphError) -> Self {
        Self::Misuse(error.into())
    }
}

impl From<IngestError> for AnchorError {
    fn from(error: IngestError) -> Self {
        match error {
            IngestError::MissingDependency(dot) => Self::MissingDependency(dot),
            IngestError::Conflict(error) => Self::MissingDependency(error.dot),
            IngestError::BelowFloor { floor } => Self::BelowFloor { floor },
            IngestError::Malformed(error) => error.into(),
        }
    }
}
