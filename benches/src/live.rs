//! Long series of small steps: how long a user waits for each.

use crate::stopwatch::Stopwatch;
use crate::{Args, Row};
use core::time::Duration;

/// How long single steps took.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Latencies {
    /// The time that half of the steps did not exceed.
    pub p50_ns: u64,
    /// The time that 99 of 100 steps did not exceed.
    pub p99_ns: u64,
    /// The time of all steps together.
    pub total_ns: u64,
}

/// Times each of a series of steps on a state that `start` makes.
///
/// Short series are repeated, and the repetition with the smallest total is reported. Returns
/// `None` if one repetition takes longer than 15 seconds: a part of a series says little about
/// all of it.
///
/// # Examples
/// ```
/// use benches::live;
///
/// let latencies = live(&[1, 2, 3], Vec::new, |list, &n| list.push(n));
/// assert!(latencies.is_some_and(|latencies| latencies.p50_ns <= latencies.total_ns));
/// ```
pub fn live<S, T>(
    steps: &[S],
    start: impl Fn() -> T,
    step: impl Fn(&mut T, &S),
) -> Option<Latencies> {
    let mut best: Option<Latencies> = None;
    let stopwatch = Stopwatch::start();
    for _ in 0..MAX_PASSES {
        let latencies = Latencies::of(pass(steps, start(), &step)?);
        best = best
            .into_iter()
            .chain([latencies])
            .min_by_key(|latencies| latencies.total_ns);
        if stopwatch.elapsed() > ENOUGH {
            break;
        }
    }
    best
}

fn pass<S, T>(steps: &[S], mut state: T, step: impl Fn(&mut T, &S)) -> Option<Vec<Duration>> {
    let mut times = Vec::with_capacity(steps.len());
    let mut total = Duration::ZERO;
    for one in steps {
        let stopwatch = Stopwatch::start();
        step(&mut state, one);
        let time = stopwatch.elapsed();
        times.push(time);
        total += time;
        if total > MAX_PASS {
            return None;
        }
    }
    Some(times)
}

impl Latencies {
    /// Prints the row of a series, or why there is none.
    #[expect(
        clippy::print_stderr,
        reason = "people want to know why a row is missing"
    )]
    pub fn report(series: Option<Self>, args: &Args, bench: &str, subject: &str) {
        match series {
            Some(latencies) => Row {
                p50_ns: Some(latencies.p50_ns),
                p99_ns: Some(latencies.p99_ns),
                total_ns: Some(latencies.total_ns),
                ..Row::new(bench, subject)
            }
            .print(args),
            None => eprintln!("{bench}: {subject} is given up, it takes too long"),
        }
    }

    /// Takes how long each step took.
    ///
    /// # Examples
    /// ```
    /// use core::time::Duration;
    /// use benches::Latencies;
    ///
    /// let latencies = Latencies::of([30, 10, 20].map(Duration::from_nanos).into());
    /// assert_eq!((latencies.p50_ns, latencies.p99_ns, latencies.total_ns), (20, 30, 60));
    /// ```
    pub fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        // The smallest time that `percent` of the steps do not exceed.
        let percentile = |percent: usize| {
            let rank = (times.len() * percent).div_ceil(100);
            times
                .get(rank.saturating_sub(1))
                .copied()
                .map_or(0, nanoseconds)
        };
        Self {
            p50_ns: percentile(50),
            p99_ns: percentile(99),
            total_ns: nanoseconds(times.iter().sum()),
        }
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

const MAX_PASSES: usize = 5;

/// No further repetition starts after this.
const ENOUGH: Duration = Duration::from_secs(1);

const MAX_PASS: Duration = Duration::from_secs(15);

#[cfg(test)]
mod tests {
    use super::{Latencies, pass};
    use core::time::Duration;

    #[test]
    fn percentiles_are_of_sorted_times() {
        let latencies = Latencies::of((1..=200).rev().map(Duration::from_nanos).collect());
        let expected = Latencies {
            p50_ns: 100,
            p99_ns: 198,
            total_ns: 20_100,
        };
        assert_eq!(latencies, expected);
        assert_eq!(Latencies::of(Vec::new()).total_ns, 0);
    }

    #[test]
    fn every_step_is_taken_once_and_in_order() {
        let seen = core::cell::RefCell::new(Vec::new());
        let times = pass(&[1, 2, 3], (), |(), &n| seen.borrow_mut().push(n));
        assert_eq!(times.map(|times| times.len()), Some(3));
        assert_eq!(seen.into_inner(), [1, 2, 3]);
    }
}
