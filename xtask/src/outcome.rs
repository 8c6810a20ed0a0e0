//! What a verb ends with.

use core::fmt;

/// The verb ran to its end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
    /// Exit status 0.
    Passed,
    /// Exit status 1; the verb has printed what failed.
    Failed,
}

/// The verb could not run.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Stop {
    /// The command line is wrong: exit status 2.
    Usage(String),
    /// Something the verb needs is missing or broken: exit status 1.
    Broken(String),
}

impl Outcome {
    pub(crate) fn passed_if(passed: bool) -> Self {
        if passed { Self::Passed } else { Self::Failed }
    }
}

impl Stop {
    /// For `map_err`: says what was tried when `error` came.
    pub(crate) fn broken<E: fmt::Display>(what: &str) -> impl FnOnce(E) -> Self + '_ {
        move |error| Self::Broken(format!("{what}: {error}"))
    }
}
