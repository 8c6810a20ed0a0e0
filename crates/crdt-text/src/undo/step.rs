//! What one undo, or one redo, takes back.

use alloc::collections::VecDeque;

use super::script::{Part, Script, Text};

/// What takes edits back, and what others did since.
///
/// # Invariants
/// - `inverse` applies to the text right after the edits.
/// - `drift` leads from there to the text before the edits of the next step, or, for the last one, to
///   the text now.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Step {
    pub(super) inverse: Script<Text>,
    pub(super) drift: Script<u32>,
}

/// Steps in the order in which they were made; the last is taken back first.
pub(super) type Steps = VecDeque<Step>;

impl Step {
    /// The script that takes the edits back in the text now.
    pub(super) fn settled(&self) -> Script<Text> {
        if self.drift.is_empty() {
            return self.inverse.clone();
        }
        self.inverse.clone().transform(&self.drift, true)
    }

    /// What others did since the step below, once this one is taken back.
    pub(super) fn drift_below(&self) -> Script<u32> {
        self.drift.clone().transform(&self.inverse, false)
    }

    /// Notes what others did since.
    pub(super) fn drift_on(&mut self, drift: Script<u32>) {
        if !drift.is_empty() {
            self.drift = core::mem::take(&mut self.drift).compose(drift);
        }
    }

    /// About how much memory it takes.
    pub(super) fn n_bytes(&self) -> usize {
        let text = self.inverse.parts().iter().map(|part| match part {
            Part::Insert(inserted) => inserted.text.len(),
            Part::Keep(_) | Part::Delete(_) => 0,
        });
        let parts = size_of_val(self.inverse.parts()) + size_of_val(self.drift.parts());
        text.sum::<usize>() + parts
    }
}
