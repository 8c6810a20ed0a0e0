//! Saved documents: a history with the text that it leads to, shown and edited without the history.
//!
//! **Format.** The container of an update, with two more sections, which updates skip. Tag 128: the
//! digest, a CRC-32 of the heads, as below, and of the text; number of heads; for each, ascending, its
//! agent's name and its sequence number. Tag 129: the text, as it is.
//!
//! # Invariants
//! A text is shown as it was saved; it is trusted no further. A text that does not have its digest is
//! not shown. Who goes on to the history gets the text that it leads to, and an error if that is
//! another.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::unwrap_used
    )
)]

use crdt_core::RemoteFrontier;
use crdt_core::codec::{DecodeError, DecodeLimits, Writer};

use crate::container::{Container, ContainerWriter, OPTIONAL};
use crate::error::UpdateError;
use crate::op_log::MAX_LEN;
use crate::update::{head, section};
use crate::{Draft, OpLog, TextDoc};

const DIGEST: u8 = OPTIONAL;
const TIP: u8 = OPTIONAL + 1;

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
    heads: RemoteFrontier,
    limits: DecodeLimits,
}

impl<'a> SavedDoc<'a> {
    /// Reads the text of a document that [`TextDoc::save`] wrote, from bytes of any origin.
    ///
    /// # Errors
    /// [`UpdateError::Corrupt`] if the text is not the one that was saved; [`TextDoc::decode`]
    /// rebuilds it from the history, if that is sound. [`UpdateError::Decode`] if the bytes are no
    /// saved document, or their head or text was damaged; in the last case, too, the history can be
    /// read. Damage of the history shows in
    /// [`Self::into_doc`].
    ///
    /// # Limits
    /// Allocates nothing in proportion to the text, which is borrowed.
    ///
    /// # Complexity
    /// O(n), n = bytes of text.
    pub fn open(bytes: &'a [u8], limits: &DecodeLimits) -> Result<Self, UpdateError> {
        let (r, mut budget) = limits.open(bytes)?;
        let [agents, history, inserted, recorded, floor] = section::ALL;
        let known = [agents, history, inserted, recorded, floor, DIGEST, TIP];
        let file = Container::open(bytes, r, &known)?;
        let mut r = file.section(DIGEST)?;
        let expected = r.u32_le()?;
        let told = r.clone().raw(r.remaining())?;
        let n_heads = r.u64()?;
        budget.spend_agents(n_heads)?;
        let mut heads = RemoteFrontier::new();
        for _ in 0..n_heads {
            let head = head(&mut r)?;
            if heads.last().is_some_and(|last| *last >= head) {
                let offset = r.offset();
                return Err(DecodeError::NotCanonical { offset }.into());
            }
            heads.push(head);
        }
        r.finish()?;
        // One look at the text: its digest tells all that its checksum could.
        let mut tip = file.unverified(TIP)?;
        let offset = tip.offset();
        let text = tip.raw(tip.remaining())?;
        if digest(told, text) != expected {
            // Damaged, or whole and another.
            file.section(TIP)?;
            return Err(UpdateError::Corrupt);
        }
        let text = core::str::from_utf8(text).map_err(|_| DecodeError::InvalidUtf8 { offset })?;
        if text.len() > MAX_LEN {
            let (found, max) = (text.len() as u64, MAX_LEN as u64);
            return Err(DecodeError::OutOfRange { offset, found, max }.into());
        }
        Ok(Self {
            bytes,
            text,
            heads,
            limits: *limits,
        })
    }

    /// The text.
    #[must_use]
    pub const fn text(&self) -> &'a str {
        self.text
    }

    /// Goes on to edit, still without the history.
    ///
    /// # Complexity
    /// O(n), n = bytes of text, which are copied.
    #[must_use]
    pub fn edit(self) -> Draft<'a> {
        Draft::new(self)
    }

    /// Reads the history, to edit and to merge.
    ///
    /// # Errors
    /// [`UpdateError::Corrupt`] if the history leads to another text or another version:
    /// [`TextDoc::decode`] gives that one. Else as [`TextDoc::decode`].
    ///
    /// # Complexity
    /// That of decoding and merging the whole history.
    pub fn into_doc(self) -> Result<TextDoc, UpdateError> {
        self.read()
    }

    pub(crate) fn read(&self) -> Result<TextDoc, UpdateError> {
        let (_, mut budget) = self.limits.open(self.bytes)?;
        let oplog = OpLog::decode_within(self.bytes, &mut budget)?;
        // The version first: to compare it takes no merge.
        if oplog.remote_version() != self.heads {
            return Err(UpdateError::Corrupt);
        }
        let doc = TextDoc::from(oplog);
        if doc.branch().len_bytes() == self.text.len() && doc.content() == self.text {
            Ok(doc)
        } else {
            Err(UpdateError::Corrupt)
        }
    }
}

/// Writes the sections that follow a history.
pub(crate) fn put_tip(doc: &TextDoc, file: &mut ContainerWriter) {
    let text = doc.content();
    let mut told = Writer::new();
    let heads = doc.remote_version();
    told.u64(heads.len() as u64);
    for head in &heads {
        told.str(head.agent().as_str());
        told.u64(head.seq());
    }
    file.section(DIGEST, |w| {
        w.u32_le(digest(told.as_bytes(), text.as_bytes()));
        w.raw(told.as_bytes());
    });
    file.section(TIP, |w| w.raw(text.as_bytes()));
}

/// What binds a text to a version.
fn digest(heads: &[u8], text: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(heads);
    hasher.update(text);
    hasher.finalize()
}
