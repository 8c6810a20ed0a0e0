//! Limits and times, with defaults for a client and a small server.

use crdt_core::codec::DecodeLimits;

use crate::frame::MIN_FRAME_BYTES;

/// What a node may use, and how patient it is.
///
/// Sizes are bytes of encoded deltas, times milliseconds of the clock that the calls are given.
///
/// # Examples
/// ```
/// use crdt_sync::Config;
///
/// // A server takes in what clients open.
/// let config = Config::default().with_accepts_documents(true).with_max_documents_per_link(1_000);
/// assert!(config.soft_bytes < config.hard_bytes);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Whether a document that a neighbour opens and that is unknown here is made.
    pub accepts_documents: bool,
    /// How many documents one link may open.
    pub max_documents_per_link: usize,
    /// How large a frame may be, at least 256. Each end tells the other; the smaller limit counts.
    pub max_frame_bytes: usize,
    /// How large a foreign delta or summary may be, in however many frames it comes.
    pub max_transfer_bytes: usize,
    /// Above this, what a neighbour lacks is told in several deltas, as far as the document's type can split
    /// one: each is applied when it is there, and an interruption costs one of them.
    pub piece_bytes: usize,
    /// How much one commit hands out, roughly. What does not fit follows with the next, which is due at once.
    pub max_commit_bytes: usize,
    /// How many events one foreign delta may tell of.
    pub max_events_per_delta: u64,
    /// How much may be on the way to a neighbour, for each document. Each end tells the other; the smaller
    /// limit counts.
    pub window_bytes: usize,
    /// How much may be on the way to a neighbour in all documents together; a quarter of it is kept for what is
    /// small.
    pub link_window_bytes: usize,
    /// How much is held of what one link sends in parts, in all documents; at least one transfer.
    pub max_incoming_bytes_per_link: usize,
    /// How much is held of events that wait to be taken. Beyond it the oldest go, and are counted.
    pub max_event_bytes: usize,
    /// How many places in the outboxes of others are noted, for each document. Beyond it those that were
    /// not used for longest go: their stores are compared with anew when they come back.
    pub max_cursors: usize,
    /// How much presence is held, for each document.
    pub max_presence_bytes: usize,
    /// For how long the presence that others tell is held at most.
    pub max_presence_ms: u64,
    /// How much of an outbox is kept for neighbours that come back, though all links have it.
    pub retained_bytes: usize,
    /// Above this the oldest deltas of an outbox are grouped.
    pub soft_bytes: usize,
    /// Above this the oldest deltas of an outbox are dropped.
    pub hard_bytes: usize,
    /// How much is kept of what was joined and encoded for neighbours at other places of an outbox; twice.
    pub memo_bytes: usize,
    /// When a snapshot is written: as many bytes of deltas were stored since the last, and twice as many
    /// as that one has.
    pub compact_bytes: usize,
    /// Up to which size a summary is told at once; beyond it, its digest first.
    pub inline_summary_bytes: usize,
    /// Up to which size a summary that was asked for is told plainly; beyond it, only what differs is
    /// looked for if the document's type can split it.
    pub max_plain_summary_bytes: usize,
    /// How long to wait for an answer before a frame is sent again, at first. Doubles each time.
    pub retry_ms: u64,
    /// Up to which wait it doubles.
    pub max_retry_ms: u64,
    /// What decoding one delta or summary may use.
    pub decode: DecodeLimits,
}

/// One method for each field, so that a configuration can be written in one expression.
macro_rules! setters {
    ($($with:ident $field:ident: $type:ty,)+) => {
        impl Config {
            $(
                #[doc = concat!("Returns this configuration with another [`", stringify!($field), "`](Self::", stringify!($field), ").")]
                ///
                /// # Complexity
                /// O(1).
                /// # Examples
                /// See [`Config`].
                #[must_use]
                pub const fn $with(mut self, $field: $type) -> Self {
                    self.$field = $field;
                    self
                }
            )+
        }
    };
}

setters! {
    with_accepts_documents accepts_documents: bool,
    with_max_documents_per_link max_documents_per_link: usize,
    with_max_frame_bytes max_frame_bytes: usize,
    with_max_transfer_bytes max_transfer_bytes: usize,
    with_piece_bytes piece_bytes: usize,
    with_max_commit_bytes max_commit_bytes: usize,
    with_max_events_per_delta max_events_per_delta: u64,
    with_window_bytes window_bytes: usize,
    with_link_window_bytes link_window_bytes: usize,
    with_max_incoming_bytes_per_link max_incoming_bytes_per_link: usize,
    with_max_event_bytes max_event_bytes: usize,
    with_max_cursors max_cursors: usize,
    with_max_presence_bytes max_presence_bytes: usize,
    with_max_presence_ms max_presence_ms: u64,
    with_retained_bytes retained_bytes: usize,
    with_soft_bytes soft_bytes: usize,
    with_hard_bytes hard_bytes: usize,
    with_memo_bytes memo_bytes: usize,
    with_compact_bytes compact_bytes: usize,
    with_inline_summary_bytes inline_summary_bytes: usize,
    with_max_plain_summary_bytes max_plain_summary_bytes: usize,
    with_retry_ms retry_ms: u64,
    with_max_retry_ms max_retry_ms: u64,
    with_decode decode: DecodeLimits,
}

impl Config {
    /// With limits below those of the protocol raised to them: neighbours would take no frame.
    pub(crate) fn within_protocol(mut self) -> Self {
        self.max_frame_bytes = self.max_frame_bytes.max(MIN_FRAME_BYTES as usize);
        self.window_bytes = self.window_bytes.max(1);
        self.link_window_bytes = self.link_window_bytes.max(1);
        self
    }

    /// How long to wait for an answer after so many tries.
    pub(crate) fn retry_after(&self, n_tries: u8) -> u64 {
        let factor = 1_u64.checked_shl(u32::from(n_tries)).unwrap_or(u64::MAX);
        self.retry_ms
            .saturating_mul(factor)
            .min(self.max_retry_ms)
            .max(1)
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            accepts_documents: false,
            max_documents_per_link: 1 << 16,
            max_frame_bytes: 1 << 20,
            max_transfer_bytes: 1 << 28,
            piece_bytes: 1 << 20,
            max_commit_bytes: 1 << 26,
            max_events_per_delta: 1 << 26,
            window_bytes: 1 << 20,
            link_window_bytes: 1 << 22,
            max_incoming_bytes_per_link: 1 << 28,
            max_event_bytes: 1 << 26,
            max_cursors: 1 << 14,
            max_presence_bytes: 1 << 16,
            max_presence_ms: 60_000,
            retained_bytes: 1 << 18,
            soft_bytes: 1 << 22,
            hard_bytes: 1 << 24,
            memo_bytes: 1 << 22,
            compact_bytes: 1 << 20,
            inline_summary_bytes: 1 << 10,
            max_plain_summary_bytes: 1 << 16,
            retry_ms: 200,
            max_retry_ms: 30_000,
            decode: DecodeLimits::default(),
        }
    }
}
