//! Feeding the judge whole transactions, and what generators ask it about versions.

use super::Reference;
use crate::trace::{Trace, TraceOp, Txn};

impl Reference {
    /// Feeds a whole trace; local versions are the trace's own.
    pub fn from_trace(trace: &Trace) -> Self {
        let mut reference = Self::new();
        for txn in &trace.txns {
            reference.push_txn(txn);
        }
        reference
    }

    /// Feeds one transaction, whose span must start at [`Reference::n_events`].
    ///
    /// # Panics
    /// If a parent was not fed before.
    pub fn push_txn(&mut self, txn: &Txn) {
        let agent = txn.agent.as_str();
        let (mut seq, mut parents) = (txn.seq, txn.parents.clone());
        for op in &txn.ops {
            let n_events = op.len();
            let mut chars = match op {
                TraceOp::Insert { text, .. } => text.chars(),
                TraceOp::Delete { .. } => "".chars(),
            };
            for offset in 0..n_events {
                let lv = match chars.next() {
                    Some(ch) => self.insert((agent, seq), &parents, op.pos() + offset, ch),
                    None => self.delete((agent, seq), &parents, op.pos()),
                };
                (seq, parents) = (seq + 1, vec![lv]);
            }
        }
    }

    /// Drops from `heads` whatever another head already includes; the rest comes back sorted.
    ///
    /// # Panics
    /// If a head was not fed before.
    pub fn minimal(&self, heads: &[usize]) -> Vec<usize> {
        let mut sorted = heads.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let below = |lv: usize| {
            sorted
                .iter()
                .any(|&other| other != lv && self.events[other].past.contains(lv))
        };
        sorted.iter().copied().filter(|&lv| !below(lv)).collect()
    }
}
