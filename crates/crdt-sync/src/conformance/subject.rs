//! A storage under test, beside a model of what it should hold.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::ops::ControlFlow;

use super::{Fate, Rule, Violation};
use crate::{Batch, Storage, Write};

/// How often a commit is tried that fails.
const MAX_TRIES: usize = 256;

/// What a storage holds.
type Content = BTreeMap<Vec<u8>, Vec<u8>>;

/// Keys with values, as they were visited.
type Entries = Vec<(Vec<u8>, Vec<u8>)>;

pub(super) struct Subject<S> {
    storage: S,
    /// What it should hold.
    model: Content,
    seed: u64,
    /// How many batches were committed.
    step: usize,
}

impl<S: Storage> Subject<S> {
    pub(super) fn create(seed: u64, open: &mut dyn FnMut(Fate<S>) -> S) -> Result<Self, Violation> {
        let subject = Self {
            storage: open(Fate::Create),
            model: Content::new(),
            seed,
            step: 0,
        };
        subject.require(Rule::Empty, subject.content()?.is_empty())?;
        Ok(subject)
    }

    /// Commits until it succeeds, comparing after each failure; `reopens` has the first be followed by
    /// a restart.
    pub(super) fn commit(
        mut self,
        batch: &Batch,
        reopens: bool,
        open: &mut dyn FnMut(Fate<S>) -> S,
    ) -> Result<Self, Violation> {
        self.step += 1;
        let before = self.model.clone();
        apply(&mut self.model, batch);
        for n_tries in 0..MAX_TRIES {
            if self.storage.commit(batch).is_ok() {
                self.require(Rule::Read, self.content()? == self.model)?;
                return Ok(self);
            }
            if reopens && n_tries == 0 {
                self = self.replace(open);
                self.content()?;
            }
            // A medium that refuses writes may refuse to be read until it takes them again.
            if let Ok(found) = self.content() {
                let is_whole = found == before || found == self.model;
                self.require(Rule::Atomic, is_whole)?;
            }
        }
        Err(self.violation(Rule::Retry))
    }

    pub(super) fn reopen(self, open: &mut dyn FnMut(Fate<S>) -> S) -> Result<Self, Violation> {
        let subject = self.replace(open);
        subject.require(Rule::Durable, subject.content()? == subject.model)?;
        Ok(subject)
    }

    pub(super) fn compare_key(&self, key: &[u8]) -> Result<(), Violation> {
        let value = self.storage.read(key);
        let value = value.map_err(|_| self.violation(Rule::Readable))?;
        self.require(Rule::Read, value.as_ref() == self.model.get(key))
    }

    /// Compares a scan, and one whose visitor breaks at the `n_wanted`th key.
    pub(super) fn compare_scan(&self, prefix: &[u8], n_wanted: usize) -> Result<(), Violation> {
        let entries = self.model.iter().filter(|(key, _)| key.starts_with(prefix));
        let expected: Entries = entries.map(|(k, v)| (k.clone(), v.clone())).collect();
        let found = self.scan(prefix, usize::MAX)?;
        self.require(Rule::Scan, found == expected)?;
        let found = self.scan(prefix, n_wanted)?;
        // Whether to break is said after a key was seen.
        let n_expected = expected.len().min(n_wanted.max(1));
        self.require(Rule::Break, found == expected[..n_expected])
    }

    fn replace(self, open: &mut dyn FnMut(Fate<S>) -> S) -> Self {
        Self {
            storage: open(Fate::Reopen(self.storage)),
            model: self.model,
            seed: self.seed,
            step: self.step,
        }
    }

    fn content(&self) -> Result<Content, Violation> {
        let entries = self.scan(&[], usize::MAX)?;
        let n_entries = entries.len();
        let content: Content = entries.into_iter().collect();
        self.require(Rule::Scan, content.len() == n_entries)?;
        Ok(content)
    }

    fn scan(&self, prefix: &[u8], n_wanted: usize) -> Result<Entries, Violation> {
        let mut found = Vec::new();
        let visit = &mut |key: &[u8], value: &[u8]| {
            found.push((key.to_vec(), value.to_vec()));
            if found.len() < n_wanted {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        };
        let result = self.storage.scan(prefix, visit);
        result.map_err(|_| self.violation(Rule::Readable))?;
        Ok(found)
    }

    fn require(&self, rule: Rule, holds: bool) -> Result<(), Violation> {
        if holds {
            Ok(())
        } else {
            Err(self.violation(rule))
        }
    }

    const fn violation(&self, rule: Rule) -> Violation {
        Violation {
            rule,
            seed: self.seed,
            step: self.step,
        }
    }
}

fn apply(content: &mut Content, batch: &Batch) {
    for (key, write) in batch.iter() {
        match write {
            Write::Put(value) => content.insert(key.to_vec(), value.to_vec()),
            Write::Delete => content.remove(key),
        };
    }
}
