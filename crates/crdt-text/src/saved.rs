//! Saved documents: a history with the text that it leads to, readable without the history.
//!
//! **Format.** The container of an update, with one more section, which updates skip. Tag 128: the
//! text, as it is.
//!
//! # Invariants
//! A text is shown as it was saved; it is trusted no further. Who goes on from it gets the text that
//! the history leads to, and an error if that is another.

use crdt_core::codec::{DecodeError, DecodeLimits};

use crate::container::{Container, OPTIONAL};
use crate::error::UpdateError;
use crate::update::section;
use crate::{OpLog, TextDoc};

pub(crate) const TIP: u8 = OPTIONAL;

/// A saved document that was opened for reading; its history is read when it is needed.
///
/// # Examples
/// ```
/// use crdt_text::{DecodeLimits, SavedDoc, TextDoc};
///
/// let mut doc = TextDoc::new();
/// let alice = doc.get_or_create_agent_id("alice")?;
/// doc.insert(alice, 0, "Hello")?;
/// let file = doc.save();
///
/// let saved = SavedDoc::open(&file, &DecodeLimits::default())?;
/// assert_eq!(saved.text(), "Hello");
/// let mut doc = saved.into_doc()?;
/// let later = doc.get_or_create_agent_id("alice, a day later")?;
/// doc.insert(later, 5, "!")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct SavedDoc<'a> {
    bytes: &'a [u8],
    text: &'a str,
    limits: DecodeLimits,
}

impl<'a> SavedDoc<'a> {
    /// Reads the text of a document that [`TextDoc::save`] wrote, from bytes of any origin.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are no saved document, or their head or text was damaged. Damage
    /// of the history shows in [`Self::into_doc`]; where the text alone is damaged,
    /// [`TextDoc::decode`] still reads the history.
    ///
    /// # Limits
    /// Allocates nothing in proportion to the input; the text is borrowed.
    ///
    /// # Complexity
    /// O(n), n = bytes of text.
    pub fn open(bytes: &'a [u8], limits: &DecodeLimits) -> Result<Self, DecodeError> {
        let (r, _) = limits.open(bytes)?;
        let [agents, history, inserted, recorded] = section::ALL;
        let known = [agents, history, inserted, recorded, TIP];
        let mut tip = Container::open(bytes, r, &known)?.section(TIP)?;
        let offset = tip.offset();
        let text = tip.raw(tip.remaining())?;
        let text = core::str::from_utf8(text).map_err(|_| DecodeError::InvalidUtf8 { offset })?;
        Ok(Self {
            bytes,
            text,
            limits: *limits,
        })
    }

    /// The text.
    #[must_use]
    pub const fn text(&self) -> &'a str {
        self.text
    }

    /// Reads the history, to edit and to merge.
    ///
    /// # Errors
    /// [`UpdateError::Corrupt`] if the history leads to another text: [`TextDoc::decode`] gives
    /// that one. Else as [`TextDoc::decode`].
    ///
    /// # Complexity
    /// That of decoding and merging the whole history.
    pub fn into_doc(self) -> Result<TextDoc, UpdateError> {
        let doc = TextDoc::from(OpLog::decode_within(self.bytes, &self.limits)?);
        if doc.content() == self.text {
            Ok(doc)
        } else {
            Err(UpdateError::Corrupt)
        }
    }
}
