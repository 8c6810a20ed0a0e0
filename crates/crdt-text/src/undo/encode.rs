//! Undo stacks as bytes, for who saves them beside their document.
//!
//! **Format.** The version of the format: u8; the heads of the version that the stack was last used at;
//! the length of the text there, in scalars; what can be undone, then what can be redone: the number of
//! steps, and for each, the oldest first, its inverse and its drift. A script is the number of its parts
//! and each of them: four times a length, and 0 for what is kept, 1 for what goes, 2 for what comes;
//! the length of text is in bytes, and the text follows.
//!
//! # Invariants
//! What is read fits the text that it says it belongs to, so that taking it back stays within it.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::unwrap_used
    )
)]

use crdt_core::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer};

use super::TextUndoStack;
use super::follow::Follower;
use super::script::{Inserted, Part, Script, Text};
use super::step::{Step, Steps};
use crate::named;
use crate::op_log::MAX_LEN;

const FORMAT_VERSION: u8 = 1;
const KEEP: u64 = 0;
const DELETE: u64 = 1;
const INSERT: u64 = 2;

/// What a script inserts, as bytes.
trait Coded: Inserted {
    fn put(&self, w: &mut Writer);
    fn take(n: u32, r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError>;
}

impl Coded for u32 {
    fn put(&self, w: &mut Writer) {
        w.u64((u64::from(*self) << 2) | INSERT);
    }

    fn take(n: u32, _: &mut Reader<'_>, _: &mut Budget) -> Result<Self, DecodeError> {
        Ok(n)
    }
}

impl Coded for Text {
    fn put(&self, w: &mut Writer) {
        w.u64(((self.text.len() as u64) << 2) | INSERT);
        w.raw(self.text.as_bytes());
    }

    fn take(n: u32, r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        let offset = r.offset();
        let bytes = r.raw(n as usize)?;
        budget.spend_memory(n.into())?;
        let text = core::str::from_utf8(bytes).map_err(|_| DecodeError::InvalidUtf8 { offset })?;
        Ok(Self::from(text.to_owned()))
    }
}

impl Encode for TextUndoStack {
    /// Edits since the last boundary are written as a step of their own.
    fn encode(&self, w: &mut Writer) {
        w.u8(FORMAT_VERSION);
        named::encode(self.follower.heads(), w);
        w.u64(self.follower.len().into());
        let mut done = self.done.clone();
        let inverse = self.open.clone().take();
        if !inverse.is_empty() {
            done.push(Step::new(inverse, Script::default()));
        }
        for steps in [&done, &self.undone] {
            w.u64(steps.len() as u64);
            for step in steps.iter() {
                put_script(step.inverse(), w);
                put_script(step.drift(), w);
            }
        }
    }
}

impl Decode for TextUndoStack {
    /// Limits are those of a new stack, see [`TextUndoStack::with_limits`].
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        let version = r.u8()?;
        if version != FORMAT_VERSION {
            let found = version.into();
            return Err(DecodeError::UnknownVersion { found });
        }
        let heads = named::decode(r, budget)?;
        let len = r.u64_at_most(MAX_LEN as u64)? as u32;
        let done = take_steps(len, r, budget)?;
        let undone = take_steps(len, r, budget)?;
        let mut stack = Self {
            done,
            undone,
            follower: Follower::new(heads, len),
            ..Self::new()
        };
        stack.stay_in_limits();
        Ok(stack)
    }
}

fn put_script<T: Coded>(script: &Script<T>, w: &mut Writer) {
    w.u64(script.parts().len() as u64);
    for part in script.parts() {
        match part {
            Part::Keep(n) => w.u64((u64::from(*n) << 2) | KEEP),
            Part::Delete(n) => w.u64((u64::from(*n) << 2) | DELETE),
            Part::Insert(inserted) => inserted.put(w),
        }
    }
}

/// Reads steps of which the last leads to a text of `len` scalars.
fn take_steps(len: u32, r: &mut Reader<'_>, budget: &mut Budget) -> Result<Steps, DecodeError> {
    let offset = r.offset();
    // Each has two scripts.
    let n_steps = r.count(2, budget)?;
    budget.spend_list::<Step>(n_steps)?;
    let mut steps = Steps::default();
    for _ in 0..n_steps {
        let inverse = take_script(r, budget)?;
        let drift = take_script(r, budget)?;
        if inverse.is_empty() {
            return Err(DecodeError::NotCanonical { offset });
        }
        steps.push(Step::new(inverse, drift));
    }
    let mut len = Some(i64::from(len));
    for step in steps.iter().rev() {
        len = len.and_then(|len| {
            let right_after = before(len, step.drift())?;
            after(right_after, step.inverse())
        });
    }
    len.map(|_| steps)
        .ok_or(DecodeError::NotCanonical { offset })
}

/// The length of the text that a script leads from, if it leads to one of `len` scalars.
fn before<T: Inserted>(len: i64, script: &Script<T>) -> Option<i64> {
    let before = len.checked_sub(script.growth())?;
    let fits = script.reach_before() <= u64::try_from(before).ok()?;
    (fits && before <= MAX_LEN as i64).then_some(before)
}

/// The length of the text that a script leads to, from one of `len` scalars.
fn after<T: Inserted>(len: i64, script: &Script<T>) -> Option<i64> {
    let after = len.checked_add(script.growth())?;
    let fits = script.reach_before() <= u64::try_from(len).ok()?;
    (fits && after <= MAX_LEN as i64).then_some(after)
}

/// Reads a script, which must be as it would be written.
fn take_script<T: Coded>(
    r: &mut Reader<'_>,
    budget: &mut Budget,
) -> Result<Script<T>, DecodeError> {
    let offset = r.offset();
    let n_parts = r.count(1, budget)?;
    budget.spend_list::<Part<T>>(n_parts)?;
    let mut script = Script::default();
    for n_before in 0..n_parts {
        let at = r.offset();
        let told = r.u64()?;
        let n = told >> 2;
        if n == 0 || n > MAX_LEN as u64 {
            let (found, max) = (n, MAX_LEN as u64);
            return Err(DecodeError::OutOfRange {
                offset: at,
                found,
                max,
            });
        }
        let n = n as u32;
        // What is no part of its own, or out of order, is joined with another.
        match told & 3 {
            KEEP => script.keep(n),
            DELETE => script.delete(n),
            INSERT if script.ends_in_delete() => {
                return Err(DecodeError::NotCanonical { offset: at });
            }
            INSERT => script.insert(T::take(n, r, budget)?),
            found => return Err(DecodeError::UnknownTag { offset: at, found }),
        }
        if script.parts().len() <= n_before {
            return Err(DecodeError::NotCanonical { offset: at });
        }
    }
    if script.ends_in_keep() {
        return Err(DecodeError::NotCanonical { offset });
    }
    Ok(script)
}
