//! What one undo, or one redo, takes back.

use alloc::collections::VecDeque;

use super::script::{Script, Text};

/// What takes edits back, and what others did since.
///
/// # Invariants
/// - `inverse` applies to the text right after the edits.
/// - `drift` leads from there to the text before the edits of the next step, or, for the last one, to
///   the text now.
/// - `n_inverse_bytes` is what `inverse` takes, which would be slow to count each time.
#[derive(Clone, Debug)]
pub(super) struct Step {
    inverse: Script<Text>,
    drift: Script<u32>,
    n_inverse_bytes: usize,
}

/// Steps in the order in which they were made; the last is taken back first.
///
/// # Invariants
/// `n_bytes` is the sum of what the steps take.
#[derive(Clone, Debug, Default)]
pub(super) struct Steps {
    list: VecDeque<Step>,
    n_bytes: usize,
}

impl Step {
    pub(super) fn new(inverse: Script<Text>, drift: Script<u32>) -> Self {
        let n_inverse_bytes = inverse.n_bytes();
        Self {
            inverse,
            drift,
            n_inverse_bytes,
        }
    }

    pub(super) fn inverse(&self) -> &Script<Text> {
        &self.inverse
    }

    pub(super) fn drift(&self) -> &Script<u32> {
        &self.drift
    }

    /// The script that takes the edits back in the text now.
    pub(super) fn settled(&self) -> Script<Text> {
        settle(self.inverse.clone(), &self.drift)
    }

    /// As [`Self::settled`], without a copy of the text.
    pub(super) fn into_settled(self) -> Script<Text> {
        settle(self.inverse, &self.drift)
    }

    /// What others did since the step below, once this one is taken back.
    fn drift_below(&self) -> Script<u32> {
        self.drift.clone().transform(&self.inverse, false)
    }

    /// About how much memory it takes.
    fn n_bytes(&self) -> usize {
        self.n_inverse_bytes + size_of_val(self.drift.parts())
    }
}

/// An inverse past the drift since.
fn settle(inverse: Script<Text>, drift: &Script<u32>) -> Script<Text> {
    if drift.is_empty() {
        return inverse;
    }
    inverse.transform(drift, true)
}

impl Steps {
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// About how much memory they take. O(1).
    pub(super) fn n_bytes(&self) -> usize {
        self.n_bytes
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Step> {
        self.list.iter()
    }

    pub(super) fn last(&self) -> Option<&Step> {
        self.list.back()
    }

    pub(super) fn push(&mut self, step: Step) {
        self.n_bytes += step.n_bytes();
        self.list.push_back(step);
    }

    /// Forgets the oldest step, and tells whether there was one.
    pub(super) fn drop_oldest(&mut self) -> bool {
        let oldest = self.list.pop_front();
        self.n_bytes -= oldest.as_ref().map_or(0, Step::n_bytes);
        oldest.is_some()
    }

    /// Takes the last step out; the step below inherits what others did since.
    pub(super) fn pop(&mut self) -> Option<Step> {
        let step = self.list.pop_back()?;
        self.n_bytes -= step.n_bytes();
        self.drift_on(step.drift_below());
        Some(step)
    }

    /// Notes what others did since the last step.
    pub(super) fn drift_on(&mut self, drift: Script<u32>) {
        if let Some(last) = self.list.back_mut()
            && !drift.is_empty()
        {
            self.n_bytes -= last.n_bytes();
            last.drift = core::mem::take(&mut last.drift).compose(drift);
            self.n_bytes += last.n_bytes();
        }
    }
}
