//! Keeps count of what was checked, and of the first time that each law was broken.

use core::fmt::Debug;

use super::law::Law;

/// The tally of one or more histories.
#[derive(Clone, Debug)]
pub(super) struct Judge {
    tallies: [Tally; Law::ALL.len()],
    /// To blame if something panics.
    current: Law,
}

#[derive(Clone, Debug, Default)]
struct Tally {
    n_checks: u64,
    broken: Option<String>,
}

impl Judge {
    pub(super) fn new() -> Self {
        Self {
            tallies: Default::default(),
            current: Law::Oracle,
        }
    }

    /// Notes which law is about to be checked.
    pub(super) fn open(&mut self, law: Law) {
        self.current = law;
    }

    /// Counts a check; `what` says what is wrong if it does not hold.
    pub(super) fn check(&mut self, law: Law, holds: bool, what: &dyn Fn() -> String) {
        let tally = &mut self.tallies[law as usize];
        tally.n_checks += 1;
        if !holds && tally.broken.is_none() {
            tally.broken = Some(what());
        }
    }

    /// Counts a comparison of two values that must be equal in all they hold.
    pub(super) fn same<T: PartialEq + Debug>(&mut self, law: Law, what: &str, left: &T, right: &T) {
        self.check(law, left == right, &|| {
            format!("{what}: {} and {}", show(left), show(right))
        });
    }

    /// Counts what became of something that cannot fail as long as everyone is honest.
    pub(super) fn done<T>(&mut self, law: Law, result: Result<T, String>) -> Option<T> {
        self.check(law, result.is_ok(), &|| {
            result.as_ref().err().cloned().unwrap_or_default()
        });
        result.ok()
    }

    /// Notes that the current law ended in a panic.
    pub(super) fn blame(&mut self, panic: &str) {
        self.check(self.current, false, &|| format!("panicked: {panic}"));
    }

    pub(super) fn n_checks(&self, law: Law) -> u64 {
        self.tallies[law as usize].n_checks
    }

    pub(super) fn broken(&self, law: Law) -> Option<&str> {
        self.tallies[law as usize].broken.as_deref()
    }

    /// Adds the counts of another history.
    pub(super) fn add(&mut self, other: &Self) {
        for (tally, other) in self.tallies.iter_mut().zip(&other.tallies) {
            tally.n_checks += other.n_checks;
        }
    }
}

/// A value for a report, cut where nobody reads on.
pub(super) fn show(value: &dyn Debug) -> String {
    let whole = format!("{value:?}");
    if whole.chars().count() <= MAX_SHOWN_CHARS {
        return whole;
    }
    let start: String = whole.chars().take(MAX_SHOWN_CHARS).collect();
    format!("{start}...")
}

const MAX_SHOWN_CHARS: usize = 1_000;
