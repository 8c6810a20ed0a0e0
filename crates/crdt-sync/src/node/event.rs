//! What a node tells the application.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::mem;

use crate::{DocId, LinkId, Refused};

/// What happened to documents through their links.
///
/// # Examples
/// ```
/// use crdt_sync::{DocId, Event};
///
/// fn changed<T>(events: &[Event<T>]) -> impl Iterator<Item = DocId> {
///     events.iter().filter_map(|event| match event {
///         Event::Changed { doc, .. } => Some(*doc),
///         _ => None,
///     })
/// }
/// assert_eq!(changed::<u8>(&[]).count(), 0);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event<T> {
    /// A neighbour's deltas are in: what they changed is for readers to see.
    Changed {
        /// The document.
        doc: DocId,
        /// Who sent them.
        link: LinkId,
        /// Those that were news, in the order in which they were applied.
        deltas: Vec<T>,
    },
    /// A document is not exchanged any more on a link.
    Refused(Refused),
    /// A neighbour opened a document.
    Opened {
        /// The document.
        doc: DocId,
        /// Who opened it.
        link: LinkId,
    },
    /// What is present changed: [`Node::presence`](super::Node::presence) has it.
    Presence {
        /// The document.
        doc: DocId,
    },
    /// A new version is stable: [`Node::stable`](super::Node::stable) has it.
    Stable {
        /// The document.
        doc: DocId,
    },
    /// So many events were not taken in time and are gone: read the documents anew.
    Missed {
        /// How many.
        n_events: u64,
    },
}

/// Events that wait to be taken.
#[derive(Debug)]
pub(super) struct Waiting<T> {
    /// Each with what it may weigh, in bytes.
    events: VecDeque<(usize, Event<T>)>,
    n_bytes: usize,
    n_missed: u64,
}

impl<T> Waiting<T> {
    pub(super) const fn new() -> Self {
        Self {
            events: VecDeque::new(),
            n_bytes: 0,
            n_missed: 0,
        }
    }

    /// Adds an event that came in `n_bytes`; the oldest go while all of them weigh more than `max_bytes`.
    pub(super) fn push(&mut self, event: Event<T>, n_bytes: usize, max_bytes: usize) {
        let weight = n_bytes + OVERHEAD_BYTES;
        self.events.push_back((weight, event));
        self.n_bytes += weight;
        while self.n_bytes > max_bytes && self.events.len() > 1 {
            if let Some((weight, _)) = self.events.pop_front() {
                self.n_bytes -= weight;
                self.n_missed += 1;
            }
        }
    }

    pub(super) fn take(&mut self) -> Vec<Event<T>> {
        let n_events = mem::take(&mut self.n_missed);
        let missed = (n_events > 0).then_some(Event::Missed { n_events });
        self.n_bytes = 0;
        let events = mem::take(&mut self.events).into_iter();
        missed
            .into_iter()
            .chain(events.map(|(_, event)| event))
            .collect()
    }
}

/// What an event weighs beside its deltas.
const OVERHEAD_BYTES: usize = 64;
