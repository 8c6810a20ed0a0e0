//! From a trace to replicas that write it.

use super::{Replica, can_write};
use crdt_core::AgentId;
use crdt_testkit::Trace;
use std::collections::{BTreeMap, BTreeSet};

/// A trace as its writers made it: each transaction by a replica that has seen what it follows,
/// and nothing else.
///
/// A writer that is concurrent with itself gets a replica for each line of its work.
#[derive(Debug)]
pub struct Histories<'a> {
    trace: &'a Trace,
    /// Transactions by the local version of their last event.
    by_end: BTreeMap<usize, usize>,
}

/// A replica and what it has seen.
struct Writer<R> {
    replica: R,
    seen: Vec<bool>,
    /// Transactions that nothing seen follows.
    heads: Vec<usize>,
}

/// More writers than this would take hours and all memory.
const MAX_WRITERS: usize = 16;

/// The update of each transaction, and the replica that wrote last, with everything in it.
///
/// Returns `None` for histories that the rival cannot write: those of too many writers, where one
/// starts from within a transaction, or with text that it counts in another way.
pub fn updates<R: Replica>(trace: &Trace) -> Option<(Vec<R::Update>, R)> {
    if !can_write::<R>(trace) {
        return None;
    }
    Histories::new(trace)?.write()
}

impl<'a> Histories<'a> {
    /// Prepares a trace; `None` if a transaction follows the middle of another.
    pub fn new(trace: &'a Trace) -> Option<Self> {
        let ends = trace.txns.iter().enumerate();
        let by_end: BTreeMap<usize, usize> =
            ends.map(|(idx, txn)| (txn.span.end - 1, idx)).collect();
        let mut parents = trace.txns.iter().flat_map(|txn| &txn.parents);
        let writers: BTreeSet<&AgentId> = trace.txns.iter().map(|txn| &txn.agent).collect();
        (writers.len() <= MAX_WRITERS && parents.all(|parent| by_end.contains_key(parent)))
            .then_some(Self { trace, by_end })
    }

    fn write<R: Replica>(&self) -> Option<(Vec<R::Update>, R)> {
        let mut updates: Vec<R::Update> = Vec::new();
        let mut writers: BTreeMap<&AgentId, Vec<Writer<R>>> = BTreeMap::new();
        let mut n_writers = 0;
        for (idx, txn) in self.trace.txns.iter().enumerate() {
            let parents = self.parents(idx);
            let lines = writers.entry(&txn.agent).or_default();
            let found = lines.iter().position(|line| self.follows(line, &parents));
            let at = found.unwrap_or_else(|| {
                n_writers += 1;
                lines.push(Writer {
                    replica: R::new(n_writers),
                    seen: vec![false; self.trace.txns.len()],
                    heads: Vec::new(),
                });
                lines.len() - 1
            });
            let writer = &mut lines[at];
            self.catch_up(writer, &parents, &updates);
            updates.push(writer.replica.edit(&txn.ops));
            writer.seen[idx] = true;
            writer.heads = vec![idx];
        }
        let mut last = R::new(n_writers + 1);
        for update in &updates {
            last.apply(update);
        }
        Some((updates, last))
    }

    fn parents(&self, idx: usize) -> Vec<usize> {
        let parents = self.trace.txns[idx].parents.iter();
        let mut parents: Vec<usize> = parents.map(|parent| self.by_end[parent]).collect();
        parents.sort_unstable();
        parents
    }

    /// Returns whether all that a writer has seen is among what these transactions follow.
    fn follows<R>(&self, writer: &Writer<R>, parents: &[usize]) -> bool {
        let missing = self.missing(writer, parents);
        let is_followed = |head: &usize| {
            missing.iter().any(|&idx| self.parents(idx).contains(head)) || parents.contains(head)
        };
        writer.heads.iter().all(is_followed)
    }

    /// The transactions, in their order, that a writer must see to be at a version.
    fn missing<R>(&self, writer: &Writer<R>, parents: &[usize]) -> BTreeSet<usize> {
        let mut missing = BTreeSet::new();
        let mut waiting = parents.to_vec();
        while let Some(idx) = waiting.pop() {
            if !writer.seen[idx] && missing.insert(idx) {
                waiting.extend(self.parents(idx));
            }
        }
        missing
    }

    fn catch_up<R: Replica>(
        &self,
        writer: &mut Writer<R>,
        parents: &[usize],
        updates: &[R::Update],
    ) {
        for idx in self.missing(writer, parents) {
            writer.replica.apply(&updates[idx]);
            writer.seen[idx] = true;
        }
        writer.heads = parents.to_vec();
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Automerge, Cola, Loro, Replica, Yrs};
    use super::updates;
    use crdt_testkit::generate::typing;
    use crdt_testkit::{Trace, TraceOp};

    fn check<R: Replica>() {
        let alone = plain(typing(3, 1, 600));
        let (_, replica) = updates::<R>(&alone).expect("one writer");
        assert_eq!(Some(replica.content()), alone.end_content, "{}", R::SUBJECT);

        // Who takes in the same updates has the same text.
        let shared = plain(typing(3, 3, 600));
        let (sent, replica) = updates::<R>(&shared).expect("three writers");
        let mut watched = R::watched();
        sent.iter().for_each(|update| watched.apply(update));
        assert_eq!(watched.content(), replica.content(), "{}", R::SUBJECT);
    }

    /// The same history with letters for what lies beyond the basic plane.
    fn plain(mut trace: Trace) -> Trace {
        let plain = |text: &str| -> String {
            let letter = |ch: char| if ch.len_utf16() == 1 { ch } else { 'x' };
            text.chars().map(letter).collect()
        };
        for op in trace.txns.iter_mut().flat_map(|txn| &mut txn.ops) {
            if let TraceOp::Insert { text, .. } = op {
                *text = plain(text);
            }
        }
        trace.end_content = trace.end_content.as_deref().map(plain);
        trace
    }

    #[test]
    fn every_rival_writes_what_a_trace_says() {
        check::<Yrs>();
        check::<Loro>();
        check::<Automerge>();
        check::<Cola>();
    }

    #[test]
    fn who_counts_otherwise_is_left_out() {
        let trace = typing(3, 1, 600);
        assert_ne!(plain(trace.clone()), trace);
        assert!(updates::<Yrs>(&trace).is_none() && updates::<Loro>(&trace).is_some());
    }
}
