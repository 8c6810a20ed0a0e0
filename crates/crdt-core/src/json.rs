//! States as JSON documents, behind the feature `json`.
//!
//! A document is `{"type": name, "v": version, "state": ...}`, an [`Envelope`].
//! Reading is strict: unknown and repeated fields, wrong order, numbers out of range and anything after
//! the document are errors, and each error says where.
//!
//! **Invariants.** What is read keeps every invariant of its type, or is refused. More than 127
//! brackets inside one another are refused before they can exhaust the stack.
//!
//! **Costs.** O(document). A refused document is read twice: only then is the way to the error tracked.
//!
//! # Examples
//! ```
//! use crdt_core::{DotContext, Named, json};
//! # use serde::{Deserialize, Serialize};
//!
//! #[derive(Debug, Deserialize, PartialEq, Serialize)]
//! struct Seen { events: DotContext }
//!
//! impl Named for Seen {
//!     const NAME: &'static str = "seen";
//! }
//!
//! let document = r#"{"type":"seen","v":1,"state":{"events":{"alice":{"next":2,"cloud":[[5,6]]}}}}"#;
//! let seen: Seen = json::from_str(document)?;
//! assert_eq!(json::to_string(&seen)?, document);
//!
//! let refused = json::from_str::<Seen>(&document.replace("next\":2", "next\":-2")).unwrap_err();
//! assert_eq!(refused.path, "state.events.alice.next");
//! # Ok::<(), json::JsonError>(())
//! ```

mod error;

use alloc::string::{String, ToString};

use serde::Serialize;
use serde::de::{Deserialize, DeserializeOwned};
use serde_path_to_error::Track;

pub use self::error::{JsonError, JsonProblem};
use crate::serial::EnvelopeRef;
use crate::{Envelope, Named};

/// Returns a state as a document.
///
/// Equal states give equal documents, if the values that users put into them do.
///
/// # Errors
/// [`JsonProblem::Unwritable`] if a value of the user's has no JSON form, such as a map whose keys are
/// no strings; or if the document would be nested deeper than can be read.
/// # Complexity
/// O(document).
/// # Examples
/// See [the module](self).
pub fn to_string<T: Named + Serialize>(state: &T) -> Result<String, JsonError> {
    let written = serde_json::to_string(&EnvelopeRef(state)).and_then(|document| {
        let depth = depth(&document);
        if depth > MAX_BRACKETS {
            let message = format_args!("nested {depth} levels deep, {MAX_BRACKETS} can be read");
            return Err(serde::ser::Error::custom(message));
        }
        Ok(document)
    });
    written.map_err(|error| {
        let mut track = Track::new();
        let json = serde_json::value::Serializer;
        let tracked = serde_path_to_error::Serializer::new(json, &mut track);
        let path = match EnvelopeRef(state).serialize(tracked) {
            Ok(_) => ROOT.into(),
            Err(_) => track.path().to_string(),
        };
        JsonError::writing(&error, path)
    })
}

/// Reads a state from a document.
///
/// # Errors
/// A [`JsonError`] if `document` is not JSON, is of another type or version, or does not describe a
/// state.
/// # Complexity
/// O(document).
/// # Examples
/// See [the module](self).
pub fn from_str<T: Named + DeserializeOwned>(document: &str) -> Result<T, JsonError> {
    match serde_json::from_str(document) {
        Ok(Envelope(state)) => Ok(state),
        Err(error) => Err(JsonError::reading(&error, path_to_error::<T>(document))),
    }
}

/// How deep the brackets of a document are nested.
fn depth(document: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_string, mut is_escaped) = (false, false);
    for byte in document.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// What `serde_json` reads before it fears for the stack.
const MAX_BRACKETS: usize = 127;

/// Reads again what was refused, to find the place.
fn path_to_error<T: Named + DeserializeOwned>(document: &str) -> String {
    let mut reader = serde_json::Deserializer::from_str(document);
    let mut track = Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut reader, &mut track);
    match Envelope::<T>::deserialize(tracked) {
        // What is wrong comes after the document.
        Ok(_) => ROOT.into(),
        Err(_) => track.path().to_string(),
    }
}

/// The path of the whole document.
const ROOT: &str = ".";

#[cfg(test)]
mod tests;
