//! Serde for anchors: `{version, pos, bias}`, where the version is a list of dots.

use crdt_core::RemoteFrontier;

use super::{Anchor, Bias, MAX_LEN};

/// An anchor as it is read, to be checked.
#[derive(serde::Deserialize)]
pub(super) struct Wire {
    version: RemoteFrontier,
    pos: u32,
    bias: Bias,
}

impl TryFrom<Wire> for Anchor {
    type Error = &'static str;

    fn try_from(wire: Wire) -> Result<Self, Self::Error> {
        let Wire { version, pos, bias } = wire;
        if !version.is_sorted_by(|a, b| a < b) {
            return Err("the heads of a version are not in ascending order");
        }
        if pos as usize > MAX_LEN {
            return Err("a position is longer than any text");
        }
        Ok(Self { version, pos, bias })
    }
}
