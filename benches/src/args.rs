//! The command line of a benchmark program.

use crate::counting::{COUNTED, Counting};

/// Which benchmarks are wanted, and how thoroughly.
///
/// `cargo bench` passes `--bench` and measures. `cargo test --benches` does not, and with
/// `--test` `cargo bench` does not measure either: each benchmark then runs once on small inputs,
/// which shows that it still works. The first free argument is the filter. Other options are for
/// criterion.
///
/// # Examples
/// ```
/// use benches::Args;
///
/// let args = Args::parse(["--bench", "text/merge"].map(String::from));
/// assert!(args.wants("text/merge/C1") && !args.wants("text/open/C1"));
/// assert!(!args.is_smoke());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Args {
    filter: Option<String>,
    is_smoke: bool,
    counting: Option<Counting>,
}

impl Args {
    /// Reads the command line of this process, and whether its environment asks for counting.
    pub fn from_env() -> Self {
        Self {
            counting: Counting::from_env(),
            ..Self::parse(std::env::args().skip(1))
        }
    }

    /// Reads a command line without its program name.
    pub fn parse(args: impl IntoIterator<Item = String>) -> Self {
        let (mut filter, mut is_bench, mut is_test) = (None, false, false);
        let mut args = args.into_iter();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--bench" => is_bench = true,
                "--test" => is_test = true,
                option if WITH_VALUE.contains(&option) => drop(args.next()),
                option if option.starts_with('-') => {}
                _ => filter = filter.or(Some(arg)),
            }
        }
        Self {
            filter,
            is_smoke: is_test || !is_bench,
            counting: None,
        }
    }

    /// Whether the benchmark's name contains the filter; is the filter, where one job is counted.
    pub fn wants(&self, bench: &str) -> bool {
        let is_counted = || COUNTED.iter().any(|family| bench.starts_with(family));
        let filter = self.filter.as_deref();
        match self.counting {
            Some(Counting::Runs(_)) => filter == Some(bench),
            Some(Counting::List) if !is_counted() => false,
            _ => filter.is_none_or(|filter| bench.contains(filter)),
        }
    }

    /// Whether jobs are run to be counted, or listed, and not timed.
    pub fn counting(&self) -> Option<Counting> {
        self.counting
    }

    /// Whether each benchmark shall only run once, on a small input.
    pub fn is_smoke(&self) -> bool {
        self.is_smoke
    }
}

/// Options of criterion whose value must not be taken for the filter.
const WITH_VALUE: [&str; 13] = [
    "--baseline",
    "--baseline-lenient",
    "--color",
    "--confidence-level",
    "--load-baseline",
    "--measurement-time",
    "--noise-threshold",
    "--nresamples",
    "--profile-time",
    "--sample-size",
    "--save-baseline",
    "--significance-level",
    "--warm-up-time",
];

#[cfg(test)]
mod tests {
    use super::Args;
    use crate::counting::Counting;

    fn parse(line: &str) -> Args {
        Args::parse(line.split_whitespace().map(String::from))
    }

    #[test]
    fn only_a_plain_cargo_bench_measures() {
        assert!(!parse("--bench").is_smoke());
        assert!(parse("").is_smoke());
        assert!(parse("--bench --test").is_smoke());
    }

    #[test]
    fn only_what_is_counted_is_listed_and_only_one_is_run() {
        let counting = |line, counting| Args {
            counting: Some(counting),
            ..parse(line)
        };
        let list = counting("--bench text/", Counting::List);
        assert!(list.wants("text/merge/C1") && !list.wants("text/branches/9"));
        let run = counting("--bench text/merge/C1", Counting::Runs(1));
        assert!(run.wants("text/merge/C1") && !run.wants("text/merge/C1x3"));
    }

    #[test]
    fn the_filter_is_the_first_free_argument() {
        assert!(parse("--bench").wants("anything"));
        for line in [
            "open --bench",
            "--bench --sample-size 20 --quiet open merge",
        ] {
            assert!(parse(line).wants("text/open/C1"), "{line}");
            assert!(!parse(line).wants("text/merge/C1"), "{line}");
        }
    }
}
