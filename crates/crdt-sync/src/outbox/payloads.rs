//! What was encoded last: links that stand at the same place are sent the same bytes.

use alloc::collections::VecDeque;
use core::ops::Range;

use crate::payload::Payload;

/// The last few intervals and their encodings.
#[derive(Debug, Default)]
pub(super) struct Payloads {
    recent: VecDeque<(Range<u64>, Payload)>,
}

impl Payloads {
    pub(super) fn find(&self, from: u64, to: u64) -> Option<Payload> {
        let found = self.recent.iter().find(|(range, _)| *range == (from..to));
        found.map(|(_, payload)| payload.clone())
    }

    pub(super) fn remember(&mut self, from: u64, to: u64, payload: Payload) {
        if self.recent.len() == MAX_RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back((from..to, payload));
    }
}

const MAX_RECENT: usize = 8;
