//! One dot with two contents.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt::{self, Write as _};

use crate::{Classify, Dot, ErrorKind};

/// How much of a content is shown: a report must stay small, whatever was written.
const MAX_SHOWN: usize = 200;

/// One dot with two contents: an agent was used by two sessions, or a peer lies.
///
/// What was refused stays outside; a link that meets this should be cut and the case reported.
/// Both contents are here for that report, as [`Debug`](fmt::Debug) shows them, cut after 200 bytes. A
/// program that must choose reads the values themselves, from the state and from the delta.
///
/// # Examples
/// ```
/// use crdt_core::{AgentId, Dot, Equivocation};
///
/// let dot = Dot::new(AgentId::new("alice")?, 7)?;
/// let error = Equivocation::new(dot, &"apple", &"zebra");
/// assert_eq!((error.ours(), error.theirs()), (r#""apple""#, r#""zebra""#));
/// let told = r#"event 7 of agent alice is "apple" here and came as "zebra""#;
/// assert_eq!(error.to_string(), told);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("event {} of agent {} is {ours} here and came as {theirs}", dot.seq(), dot.agent())]
#[non_exhaustive]
pub struct Equivocation {
    /// The dot.
    pub dot: Dot,
    ours: Box<str>,
    theirs: Box<str>,
}

impl Equivocation {
    /// Makes the error from a dot, its content in the state, and the content that was refused.
    ///
    /// # Complexity
    /// O(1): what is shown of the contents is bounded.
    /// # Examples
    /// See [`Equivocation`].
    pub fn new(dot: Dot, ours: &impl fmt::Debug, theirs: &impl fmt::Debug) -> Self {
        Self {
            dot,
            ours: shown(ours),
            theirs: shown(theirs),
        }
    }

    /// Returns the content that the state holds and keeps.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`Equivocation`].
    #[must_use]
    pub fn ours(&self) -> &str {
        &self.ours
    }

    /// Returns the content that was refused.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`Equivocation`].
    #[must_use]
    pub fn theirs(&self) -> &str {
        &self.theirs
    }
}

impl Classify for Equivocation {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Malformed
    }
}

/// The beginning of what `Debug` writes, and dots where there is more.
fn shown(content: &impl fmt::Debug) -> Box<str> {
    let mut start = Start(String::new());
    if write!(start, "{content:?}").is_err() {
        start.0.push_str("...");
    }
    start.0.into_boxed_str()
}

/// Takes text until it is long enough; what comes after that is not even formatted.
struct Start(String);

impl fmt::Write for Start {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = MAX_SHOWN - self.0.len();
        if text.len() <= room {
            self.0.push_str(text);
            return Ok(());
        }
        let end = (0..=room).rev().find(|&at| text.is_char_boundary(at));
        self.0.push_str(&text[..end.unwrap_or(0)]);
        Err(fmt::Error)
    }
}

#[cfg(test)]
mod tests;
