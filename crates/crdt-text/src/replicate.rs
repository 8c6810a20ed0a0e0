//! Op logs and documents as replicated values with bytes, for whoever carries them.
//!
//! **Format.** The bytes of an update, with their length in front.

use crdt_core::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer};
use crdt_core::{DeltaState, DotContext, Summarize};

use crate::error::UpdateError;
use crate::update::decode_within;
use crate::{OpLog, TextDoc, Update};

impl TextDoc {
    /// Runs edits and returns with their result the update that carries them to other replicas.
    ///
    /// # Complexity
    /// O(n), n = runs of the new events and heads of the version, beside what `edit` does.
    ///
    /// # Examples
    /// ```
    /// use crdt_text::{Chars, TextDoc};
    ///
    /// let (mut ours, mut theirs) = (TextDoc::new(), TextDoc::new());
    /// let alice = ours.get_or_create_agent_id("alice")?;
    /// let (inserted, update) = ours.edit_with_delta(|text| text.insert(alice, Chars(0), "hi"));
    /// inserted?;
    /// theirs.apply(&update)?;
    /// assert_eq!(theirs.content(), "hi");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn edit_with_delta<T>(&mut self, edit: impl FnOnce(&mut Self) -> T) -> (T, Update) {
        let before = self.version().clone();
        let result = edit(self);
        // The version was this op log's own a moment ago, and op logs only grow.
        let update = self.oplog().update_since(&before).unwrap_or_default();
        (result, update)
    }
}

impl DeltaState for TextDoc {
    type Delta = Update;
    type Error = UpdateError;

    /// As [`TextDoc::apply`], for callers that do not look at the patches.
    fn apply_delta(&mut self, delta: &Update) -> Result<bool, UpdateError> {
        let len = self.oplog().len();
        self.apply(delta)?;
        Ok(self.oplog().len() > len)
    }

    fn news_of(&self, delta: &Update) -> Option<Update> {
        self.oplog().news_of(delta)
    }

    fn events_of(delta: &Update) -> DotContext {
        delta.summary()
    }

    fn split_delta(delta: Update, max_entries: usize) -> Vec<Update> {
        OpLog::split_delta(delta, max_entries)
    }
}

impl Summarize for TextDoc {
    type Summary = DotContext;

    fn summary(&self) -> DotContext {
        Self::summary(self)
    }

    fn delta_since(&self, known: &DotContext) -> Option<Update> {
        self.oplog().delta_since(known)
    }

    /// The text: full and shallow replicas, and those that dropped deleted text, differ in bytes only.
    fn write_meaning(&self, w: &mut Writer) -> bool {
        w.str(&self.content());
        true
    }
}

impl Encode for Update {
    fn encode(&self, w: &mut Writer) {
        w.bytes(&Self::encode(self));
    }
}

impl Decode for Update {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        let bytes = r.bytes()?;
        decode_within(bytes, Reader::new(bytes), budget)
    }
}

impl Encode for OpLog {
    fn encode(&self, w: &mut Writer) {
        w.bytes(&self.encode_full());
    }
}

impl Decode for OpLog {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        let offset = r.offset();
        let oplog = Self::decode_within(r.bytes()?, budget);
        oplog.map_err(|error| match error {
            UpdateError::Decode(error) => error,
            // A whole history depends on nothing outside of it.
            _ => DecodeError::NotCanonical { offset },
        })
    }
}

impl Encode for TextDoc {
    fn encode(&self, w: &mut Writer) {
        Encode::encode(self.oplog(), w);
    }
}

impl Decode for TextDoc {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        Ok(Self::from(<OpLog as Decode>::decode(r, budget)?))
    }
}
