//! Scripts: what of a text is kept, what goes and what comes, from left to right.
//!
//! # Invariants
//! - No part is empty, no two of one kind are neighbours, and an insert stands before a delete at the
//!   same place. What follows the last part is kept, which is not written down.
//!
//! # Costs
//! All operations are linear in the parts of both scripts, and in the text that they insert: a text is
//! copied where another script takes it apart, each scalar of it once, and moved everywhere else.

use alloc::collections::VecDeque;
use core::ops::Range;

use crate::TextOp;

/// What a script inserts: text, or, if nobody will ask for it, so many scalars.
pub(super) trait Inserted: Clone {
    fn len(&self) -> u32;
    /// Goes on by `n` scalars from `at`, and returns these.
    fn copy(&self, at: &mut Offset, n: u32) -> Self;
    fn append(&mut self, other: Self);
}

/// A place in what a script inserts.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Offset {
    scalars: u32,
    /// Of no meaning where there is no text.
    bytes: usize,
}

impl Inserted for u32 {
    fn len(&self) -> u32 {
        *self
    }

    fn copy(&self, at: &mut Offset, n: u32) -> Self {
        at.scalars += n;
        n
    }

    fn append(&mut self, other: Self) {
        *self += other;
    }
}

/// Text with its length in scalars.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Text {
    pub(super) len: u32,
    pub(super) text: String,
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        let len = str_indices::chars::count(&text) as u32;
        Self { len, text }
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl Inserted for Text {
    fn len(&self) -> u32 {
        self.len
    }

    fn copy(&self, at: &mut Offset, n: u32) -> Self {
        let rest = &self.text[at.bytes..];
        let n_bytes = str_indices::chars::to_byte_idx(rest, n as usize);
        at.scalars += n;
        at.bytes += n_bytes;
        Self {
            len: n,
            text: rest[..n_bytes].to_owned(),
        }
    }

    fn append(&mut self, other: Self) {
        self.len += other.len;
        self.text.push_str(&other.text);
    }
}

/// A step of a script, from left to right.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Part<T> {
    Keep(u32),
    Insert(T),
    Delete(u32),
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Script<T> {
    parts: Vec<Part<T>>,
}

impl<T> Default for Script<T> {
    fn default() -> Self {
        Self { parts: Vec::new() }
    }
}

impl<T: Inserted> Script<T> {
    /// Keeps `pos` scalars, deletes so many, and inserts.
    pub(super) fn replace(pos: u32, deleted: u32, inserted: Option<T>) -> Self {
        let mut script = Self::default();
        script.keep(pos);
        if let Some(inserted) = inserted {
            script.insert(inserted);
        }
        script.delete(deleted);
        script.trimmed()
    }

    pub(super) fn parts(&self) -> &[Part<T>] {
        &self.parts
    }

    pub(super) fn is_empty(&self) -> bool {
        // What is kept at the end is not written down.
        self.parts.is_empty()
    }

    pub(super) fn ends_in_delete(&self) -> bool {
        matches!(self.parts.last(), Some(Part::Delete(_)))
    }

    /// Whether it says of the end that it is kept, which is said of no script that is whole.
    pub(super) fn ends_in_keep(&self) -> bool {
        matches!(self.parts.last(), Some(Part::Keep(_)))
    }

    /// Scalars of the text before that it says something about: it must have as many.
    pub(super) fn reach_before(&self) -> u64 {
        let read = self.parts.iter().map(|part| match part {
            Part::Keep(n) | Part::Delete(n) => u64::from(*n),
            Part::Insert(_) => 0,
        });
        read.sum()
    }

    /// By how many scalars the text grows.
    pub(super) fn growth(&self) -> i64 {
        let growth = self.parts.iter().map(|part| match part {
            Part::Keep(_) => 0,
            Part::Insert(inserted) => i64::from(inserted.len()),
            Part::Delete(n) => -i64::from(*n),
        });
        growth.sum()
    }

    pub(super) fn keep(&mut self, n: u32) {
        match self.parts.last_mut() {
            _ if n == 0 => {}
            Some(Part::Keep(last)) => *last += n,
            _ => self.parts.push(Part::Keep(n)),
        }
    }

    pub(super) fn delete(&mut self, n: u32) {
        match self.parts.last_mut() {
            _ if n == 0 => {}
            Some(Part::Delete(last)) => *last += n,
            _ => self.parts.push(Part::Delete(n)),
        }
    }

    pub(super) fn insert(&mut self, inserted: T) {
        if inserted.len() == 0 {
            return;
        }
        let deleted = match self.parts.last() {
            Some(Part::Delete(_)) => self.parts.pop(),
            _ => None,
        };
        match self.parts.last_mut() {
            Some(Part::Insert(last)) => last.append(inserted),
            _ => self.parts.push(Part::Insert(inserted)),
        }
        self.parts.extend(deleted);
    }

    /// This script and then `next`, as one.
    pub(super) fn compose(self, next: Self) -> Self {
        let (mut first, mut next) = (Cursor::new(self), Cursor::new(next));
        let mut both = Self::default();
        loop {
            if let Some(inserted) = next.take_insert() {
                both.insert(inserted);
            } else if let Some(n) = first.take_delete() {
                both.delete(n);
            } else {
                let n = first.n_after().min(next.n_before());
                if n == REST {
                    return both.trimmed();
                }
                let made = first.take_after(n);
                match (made, next.take_before(n)) {
                    (Some(inserted), false) => both.insert(inserted),
                    (Some(_), true) => {}
                    (None, false) => both.keep(n),
                    (None, true) => both.delete(n),
                }
            }
        }
    }

    /// What is left of this script after `other`, made on the same text, was made first: after both
    /// the text is the same as if `other`, past this one, had come second.
    ///
    /// Where both insert at one place, what `goes_left` says comes first in the text.
    pub(super) fn transform<U: Inserted>(self, other: &Script<U>, goes_left: bool) -> Self {
        let (mut own, mut other) = (Cursor::new(self), Cursor::new(other.lengths()));
        let mut moved = Self::default();
        loop {
            let is_contested = other.is_at_insert();
            if (goes_left || !is_contested)
                && let Some(inserted) = own.take_insert()
            {
                moved.insert(inserted);
            } else if let Some(n) = other.take_insert() {
                moved.keep(n);
            } else {
                let n = own.n_before().min(other.n_before());
                if n == REST {
                    return moved.trimmed();
                }
                match (own.take_before(n), other.take_before(n)) {
                    (_, true) => {}
                    (true, false) => moved.delete(n),
                    (false, false) => moved.keep(n),
                }
            }
        }
    }

    /// This script without its text.
    fn lengths(&self) -> Script<u32> {
        let lengths = self.parts.iter().map(|part| match part {
            Part::Keep(n) => Part::Keep(*n),
            Part::Delete(n) => Part::Delete(*n),
            Part::Insert(inserted) => Part::Insert(inserted.len()),
        });
        Script {
            parts: lengths.collect(),
        }
    }

    /// The operations that do it, each on what the one before left.
    pub(super) fn ops(&self) -> Vec<TextOp<'_>>
    where
        T: AsRef<str>,
    {
        let mut pos = 0;
        let mut ops = Vec::new();
        for part in &self.parts {
            match part {
                Part::Keep(n) => pos += *n as usize,
                Part::Delete(n) => ops.push(TextOp::delete(pos..pos + *n as usize)),
                Part::Insert(inserted) => {
                    ops.push(TextOp::insert(pos, inserted.as_ref()));
                    pos += inserted.len() as usize;
                }
            }
        }
        ops
    }

    /// The script from the text after this one to the text before, of which `text` tells ranges.
    pub(super) fn inverse(&self, text: impl Fn(Range<u32>) -> T) -> Self {
        let mut pos = 0;
        let mut inverse = Self::default();
        for part in &self.parts {
            match part {
                Part::Insert(inserted) => inverse.delete(inserted.len()),
                Part::Keep(n) => {
                    inverse.keep(*n);
                    pos += n;
                }
                Part::Delete(n) => {
                    inverse.insert(text(pos..pos + n));
                    pos += n;
                }
            }
        }
        inverse.trimmed()
    }

    /// Drops what is kept at the end.
    fn trimmed(mut self) -> Self {
        if self.ends_in_keep() {
            self.parts.pop();
        }
        self
    }
}

impl Script<Text> {
    /// About how much memory it takes.
    pub(super) fn n_bytes(&self) -> usize {
        let text = self.parts.iter().map(|part| match part {
            Part::Insert(inserted) => inserted.text.len(),
            Part::Keep(_) | Part::Delete(_) => 0,
        });
        text.sum::<usize>() + size_of_val(&*self.parts)
    }
}

/// More scalars than a text has: what is kept behind the last part.
const REST: u32 = u32::MAX;

/// Takes a script apart.
///
/// # Invariants
/// `taken` is inside the next part if that inserts, and zero if not.
struct Cursor<T> {
    parts: VecDeque<Part<T>>,
    /// How far the next part is taken.
    taken: Offset,
}

impl<T: Inserted> Cursor<T> {
    fn new(script: Script<T>) -> Self {
        let parts = script.parts.into();
        let taken = Offset::default();
        Self { parts, taken }
    }

    fn is_at_insert(&self) -> bool {
        matches!(self.parts.front(), Some(Part::Insert(_)))
    }

    fn take_insert(&mut self) -> Option<T> {
        match self.parts.pop_front()? {
            Part::Insert(inserted) => {
                let mut taken = core::mem::take(&mut self.taken);
                if taken == Offset::default() {
                    return Some(inserted);
                }
                let n_left = inserted.len() - taken.scalars;
                Some(inserted.copy(&mut taken, n_left))
            }
            other => {
                self.parts.push_front(other);
                None
            }
        }
    }

    fn take_delete(&mut self) -> Option<u32> {
        match self.parts.front() {
            Some(&Part::Delete(n)) => {
                self.parts.pop_front();
                Some(n)
            }
            _ => None,
        }
    }

    /// Scalars that the next part, which inserts nothing, has of the text before.
    fn n_before(&self) -> u32 {
        match self.parts.front() {
            Some(Part::Keep(n) | Part::Delete(n)) => *n,
            Some(Part::Insert(_)) | None => REST,
        }
    }

    /// Scalars that the next part, which deletes nothing, leaves.
    fn n_after(&self) -> u32 {
        match self.parts.front() {
            Some(Part::Keep(n)) => *n,
            Some(Part::Insert(inserted)) => inserted.len() - self.taken.scalars,
            Some(Part::Delete(_)) | None => REST,
        }
    }

    /// Takes `n` scalars of the text before off the next part, and tells whether they go.
    fn take_before(&mut self, n: u32) -> bool {
        let is_deleted = matches!(self.parts.front(), Some(Part::Delete(_)));
        if let Some(Part::Keep(left) | Part::Delete(left)) = self.parts.front_mut() {
            *left -= n;
            if *left == 0 {
                self.parts.pop_front();
            }
        }
        is_deleted
    }

    /// Takes `n` scalars of the text after off the next part, and tells what they are if it inserts
    /// them.
    fn take_after(&mut self, n: u32) -> Option<T> {
        match self.parts.front() {
            Some(Part::Insert(inserted)) if n < inserted.len() - self.taken.scalars => {
                Some(inserted.copy(&mut self.taken, n))
            }
            Some(Part::Insert(_)) => self.take_insert(),
            _ => {
                self.take_before(n);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests;
