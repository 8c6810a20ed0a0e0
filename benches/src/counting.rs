//! Runs for a tool that counts instructions, which `cargo xtask bench --instructions` starts.
//!
//! A process runs one benchmark, and its job once or twice, with two inputs either way; the difference
//! of the two counts is what the job takes once the allocator is warm. So neither the program's start
//! nor the making of inputs counts, and no mark in the program is needed.

use crate::{Args, Row};
use core::hint::black_box;
use core::mem;

/// What a process does instead of measuring time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Counting {
    /// It prints the rows that can be counted.
    List,
    /// It runs the job of one benchmark so many times.
    Runs(usize),
}

/// The families whose jobs are counted.
pub(crate) const COUNTED: [&str; 8] = [
    "text/merge/",
    "text/from-bytes/",
    "text/open/",
    "text/live/",
    "text/typing/",
    "map/build/",
    "map/join-full/",
    "counter/merge/",
];

/// The variable of the environment that asks for counting: `list`, or a number of runs.
const VARIABLE: &str = "CRDT_COUNT";

impl Counting {
    /// Reads the environment.
    pub(crate) fn from_env() -> Option<Self> {
        Self::parse(&std::env::var(VARIABLE).ok()?)
    }

    fn parse(value: &str) -> Option<Self> {
        match value {
            "list" => Some(Self::List),
            runs => runs.parse().ok().map(Self::Runs),
        }
    }

    /// Runs a job, or tells that there is one.
    #[expect(clippy::print_stdout, reason = "this is the report")]
    pub(crate) fn job<I, O>(
        self,
        args: &Args,
        row: &Row<'_>,
        mut start: impl FnMut() -> I,
        job: impl FnMut(I) -> O,
    ) {
        if !args.wants(row.bench) {
            return;
        }
        let Self::Runs(n_runs) = self else {
            println!("{}", row.to_json());
            return;
        };
        let inputs = [start(), start()];
        let mut inputs = inputs.into_iter();
        let outputs: Vec<O> = inputs.by_ref().take(n_runs).map(job).collect();
        // To drop them would count for as many as there are.
        mem::forget(black_box((outputs, inputs)));
    }
}

#[cfg(test)]
mod tests {
    use super::Counting;
    use crate::{Args, Row};
    use core::cell::Cell;

    #[test]
    fn the_variable_names_a_way() {
        assert_eq!(Counting::parse("list"), Some(Counting::List));
        assert_eq!(Counting::parse("2"), Some(Counting::Runs(2)));
        assert_eq!(Counting::parse("often"), None);
    }

    #[test]
    fn a_job_runs_so_often_and_its_input_is_made_twice() {
        let args = Args::parse(["--bench"].map(String::from));
        for n_runs in [1, 2] {
            let (n_inputs, n_jobs) = (Cell::new(0), Cell::new(0));
            let start = || n_inputs.set(n_inputs.get() + 1);
            let job = |()| n_jobs.set(n_jobs.get() + 1);
            Counting::Runs(n_runs).job(&args, &Row::new("text/merge/x", "y"), start, job);
            assert_eq!((n_inputs.get(), n_jobs.get()), (2, n_runs));
        }
    }
}
