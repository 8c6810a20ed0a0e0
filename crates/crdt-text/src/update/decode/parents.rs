//! Whether each event of an update is there once, and after its parents.

use crdt_core::codec::DecodeError;

use super::super::rows::MALFORMED;
use super::super::{Update, UpdateRun, WireDot};

/// Checks runs and parents in any order.
///
/// A parent that is not in the update at all is fine: the receiver may have it.
pub(super) fn check(update: &Update) -> Result<(), DecodeError> {
    let runs: Vec<UpdateRun<'_>> = update.runs().collect();
    let mut sorted: Vec<(WireDot, u64, usize)> = (0..)
        .zip(&runs)
        .map(|(at, run)| (run.first(), run.seq_end(), at))
        .collect();
    sorted.sort_unstable();
    let overlap = |pair: &[(WireDot, u64, usize)]| {
        let [(a, a_end, _), (b, ..)] = pair else {
            return false;
        };
        a.agent == b.agent && *a_end > b.seq
    };
    if sorted.windows(2).any(overlap) {
        return Err(MALFORMED);
    }
    let run_of = |dot: &WireDot| {
        let after = sorted.partition_point(|(first, ..)| first <= dot);
        let (first, end, at) = sorted.get(after.checked_sub(1)?)?;
        (first.agent == dot.agent && dot.seq < *end).then_some(*at)
    };
    for (at, run) in runs.iter().enumerate() {
        if run
            .parents
            .iter()
            .filter_map(run_of)
            .any(|parent| parent >= at)
        {
            return Err(MALFORMED);
        }
    }
    Ok(())
}
