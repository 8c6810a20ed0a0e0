//! Many scripts as one.
//!
//! To compose each with all before it would cost the square of their number. Here scripts of about as
//! many edits are composed, as digits are carried.

use super::script::{Inserted, Script};

/// Scripts on their way to be one.
#[derive(Clone, Debug)]
pub(super) struct Fold<T> {
    /// With a measure of how many each stands for: powers of two, descending.
    scripts: Vec<(u32, Script<T>)>,
    compose: fn(Script<T>, Script<T>) -> Script<T>,
}

impl<T: Inserted> Fold<T> {
    /// For scripts that follow each other.
    pub(super) fn forward() -> Self {
        Self {
            scripts: Vec::new(),
            compose: |older, newer| older.compose(newer),
        }
    }

    /// For scripts that take back what others did that follow each other.
    pub(super) fn backward() -> Self {
        Self {
            scripts: Vec::new(),
            compose: |older, newer| newer.compose(older),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.scripts.is_empty()
    }

    pub(super) fn push(&mut self, script: Script<T>) {
        let mut carried = (1, script);
        while let Some((rank, older)) = self.scripts.pop_if(|(rank, _)| *rank == carried.0) {
            carried = (rank * 2, (self.compose)(older, carried.1));
        }
        self.scripts.push(carried);
    }

    /// All of them as one, and none is left.
    pub(super) fn take(&mut self) -> Script<T> {
        let newest_first = self.scripts.drain(..).rev().map(|(_, script)| script);
        let all = newest_first.reduce(|newer, older| (self.compose)(older, newer));
        all.unwrap_or_default()
    }
}
