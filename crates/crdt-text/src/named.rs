//! A version as bytes, named by its heads.
//!
//! **Format.** Their number; each as a dot, ascending.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::unwrap_used
    )
)]

use crdt_core::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer};
use crdt_core::{Dot, RemoteFrontier};

/// The least bytes of a head: the name of an agent, at least one byte with its length, and a number.
const MIN_BYTES: usize = 3;

pub(crate) fn encode(heads: &[Dot], w: &mut Writer) {
    w.u64(heads.len() as u64);
    heads.iter().for_each(|head| head.encode(w));
}

pub(crate) fn decode(
    r: &mut Reader<'_>,
    budget: &mut Budget,
) -> Result<RemoteFrontier, DecodeError> {
    let n_heads = r.count(MIN_BYTES, budget)?;
    budget.spend_list::<Dot>(n_heads)?;
    let mut heads = RemoteFrontier::new();
    for _ in 0..n_heads {
        let offset = r.offset();
        let head = Dot::decode(r, budget)?;
        if heads.last().is_some_and(|last| *last >= head) {
            return Err(DecodeError::NotCanonical { offset });
        }
        heads.push(head);
    }
    Ok(heads)
}
