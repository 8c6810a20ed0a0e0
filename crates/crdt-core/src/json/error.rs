//! Why a document was not read, and where.

use alloc::string::{String, ToString};

use serde_json::error::Category;

use crate::{Classify, ErrorKind};

/// Why a document was not read, or a state not written.
///
/// It carries text, unlike other errors here: it is for people who look at a document.
/// The reason can repeat parts of the document.
///
/// # Examples
/// ```
/// use crdt_core::{DotContext, Named};
/// use crdt_core::json::{self, JsonProblem};
/// # #[derive(Debug, serde::Deserialize)] struct Seen(DotContext);
/// # impl Named for Seen { const NAME: &'static str = "seen"; }
///
/// let error = json::from_str::<Seen>(r#"{"type":"seen","v":2,"state":{}}"#).unwrap_err();
/// assert_eq!((error.problem, &error.path[..]), (JsonProblem::WrongVersion, "v"));
/// assert_eq!((error.line, error.column), (1, 20));
/// assert_eq!(error.to_string(), "v: the state is of version 2, not 1 at line 1 column 20");
/// ```
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{path}: {reason}")]
#[non_exhaustive]
pub struct JsonError {
    /// What kind of trouble it is.
    pub problem: JsonProblem,
    /// Where in the document, as `state.store[0][1]`; `.` is the whole of it, `?` a key that is none.
    pub path: String,
    /// Where in the text: the line, from 1; 0 if it was not read.
    pub line: usize,
    /// Where in the line: how many bytes were read; 0 if it was not read.
    pub column: usize,
    /// What is wrong, in words.
    pub reason: String,
}

/// What kind of trouble a [`JsonError`] reports.
///
/// # Examples
/// See [`JsonError`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum JsonProblem {
    /// It is not JSON, is nested too deep, or goes on after its end.
    Syntax,
    /// It ends early.
    Truncated,
    /// It names another type.
    WrongType,
    /// It is of another version of its type.
    WrongVersion,
    /// It is JSON, and not a state.
    Value,
    /// A value of the user's has no JSON form.
    Unwritable,
}

impl JsonError {
    pub(super) fn reading(error: &serde_json::Error, path: String) -> Self {
        let problem = match (error.classify(), path.as_str()) {
            (Category::Eof, _) => JsonProblem::Truncated,
            (Category::Syntax | Category::Io, _) => JsonProblem::Syntax,
            (Category::Data, "type") => JsonProblem::WrongType,
            (Category::Data, "v") => JsonProblem::WrongVersion,
            (Category::Data, _) => JsonProblem::Value,
        };
        Self::new(problem, error, path)
    }

    pub(super) fn writing(error: &serde_json::Error, path: String) -> Self {
        Self::new(JsonProblem::Unwritable, error, path)
    }

    fn new(problem: JsonProblem, error: &serde_json::Error, path: String) -> Self {
        Self {
            problem,
            path,
            line: error.line(),
            column: error.column(),
            reason: error.to_string(),
        }
    }
}

impl Classify for JsonError {
    fn kind(&self) -> ErrorKind {
        match self.problem {
            JsonProblem::Unwritable => ErrorKind::Misuse,
            _ => ErrorKind::Malformed,
        }
    }
}
