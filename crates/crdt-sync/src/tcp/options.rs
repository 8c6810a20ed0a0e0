//! Times and bounds of the runtime side.

use core::time::Duration;

/// How a [`Service`](super::Service) waits, and what it allows its links.
///
/// # Examples
/// ```
/// use core::time::Duration;
/// use crdt_sync::tcp::Options;
///
/// let mut options = Options::default();
/// options.batch_window = Duration::from_millis(50); // fewer, larger commits
/// assert!(options.min_backoff < options.max_backoff);
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Options {
    /// How long edits and frames are gathered before a commit.
    pub batch_window: Duration,
    /// How much may wait for one socket; what does not fit is sent again later.
    pub max_queued_bytes: usize,
    /// How many connections are accepted at a time; further ones wait.
    pub max_accepted: usize,
    /// How long a connection may take to be made.
    pub connect_timeout: Duration,
    /// How long a socket may refuse a write before the link is dropped.
    pub write_timeout: Duration,
    /// After how long without a frame a sign of life is sent.
    pub keep_alive: Duration,
    /// After how long without any sign of life a link is dropped.
    pub idle_timeout: Duration,
    /// How long to wait before connecting again, at first. Doubles each time, and is then shortened at
    /// random by up to a half.
    pub min_backoff: Duration,
    /// Up to which wait it doubles.
    pub max_backoff: Duration,
    /// How long to wait before trying a commit again that the storage refused.
    pub storage_retry: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            batch_window: Duration::from_millis(10),
            max_queued_bytes: 16 << 20,
            max_accepted: 1_024,
            connect_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(15),
            keep_alive: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(35),
            min_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(30),
            storage_retry: Duration::from_millis(500),
        }
    }
}
