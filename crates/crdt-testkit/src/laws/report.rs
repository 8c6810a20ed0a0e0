//! What came of a check.

use core::fmt;

use super::law::Law;

/// The verdict on one type: one item for each law that was put to the test.
#[derive(Clone, Debug)]
pub struct Report {
    pub(super) name: String,
    pub(super) cases: u64,
    pub(super) items: Vec<Item>,
}

/// The verdict on one law.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Item {
    /// The law.
    pub law: Law,
    /// How often it was checked.
    pub n_checks: u64,
    /// How it was broken, if it was.
    pub failure: Option<Failure>,
}

/// A broken law.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Failure {
    /// The seed that repeats it as the first case.
    pub seed: u64,
    /// What does not hold.
    pub what: String,
    /// A short history after which it does not hold.
    pub history: Vec<String>,
}

impl Report {
    /// Returns the name of the type.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns how many histories were played.
    pub fn cases(&self) -> u64 {
        self.cases
    }

    /// Iterates over the verdicts, on those laws that there was an occasion to check.
    pub fn items(&self) -> impl ExactSizeIterator<Item = &Item> {
        self.items.iter()
    }

    /// Returns how many laws held.
    pub fn n_passed(&self) -> usize {
        self.items.len() - self.n_failed()
    }

    /// Returns how many laws were broken.
    pub fn n_failed(&self) -> usize {
        self.failures().count()
    }

    /// Iterates over the broken laws.
    pub fn failures(&self) -> impl Iterator<Item = (Law, &Failure)> {
        let items = self.items.iter();
        items.filter_map(|item| Some((item.law, item.failure.as_ref()?)))
    }

    /// Iterates over the laws that there was no occasion to check.
    pub fn unchecked(&self) -> impl Iterator<Item = Law> {
        let is_unchecked = |law: &Law| self.items.iter().all(|item| item.law != *law);
        Law::ALL.into_iter().filter(is_unchecked)
    }

    /// Asserts that every law held.
    ///
    /// # Panics
    /// If one did not, with the whole report.
    #[track_caller]
    pub fn assert_passed(&self) {
        assert!(self.n_failed() == 0, "{self}");
    }
}

/// One line, and how each broken law was broken.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n_checks: u64 = self.items.iter().map(|item| item.n_checks).sum();
        let (name, cases, n_laws) = (&self.name, self.cases, self.items.len());
        let verdict = if self.n_failed() == 0 { "ok" } else { "FAILED" };
        write!(
            f,
            "{name:<44} {cases:>6} cases {n_laws:>3} laws {n_checks:>9} checks  {verdict}"
        )?;
        for (law, failure) in self.failures() {
            write!(
                f,
                "\n  {law} is broken, seed {}:\n    {}",
                failure.seed, failure.what
            )?;
            for line in &failure.history {
                write!(f, "\n    {line}")?;
            }
        }
        Ok(())
    }
}
