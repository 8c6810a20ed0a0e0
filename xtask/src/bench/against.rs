//! Two runs beside each other: what has grown is a regression, and what has vanished, too.
//!
//! Only what is the same on each run of one program is compared: instructions, bytes and memory. Time
//! is for people.

use super::Row;
use super::count::FIELD;
use serde_json::Value;

/// The fields that are compared.
const COMPARED: [&str; 4] = [FIELD, "bytes", "peak_bytes", "steady_bytes"];

/// What may grow unnoticed: one compiler or allocator places code and memory otherwise than another.
pub(super) const TOLERANCE_PERCENT: f64 = 2.0;

/// What a comparison found.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Report {
    pub(super) lines: Vec<String>,
    pub(super) n_compared: usize,
    pub(super) n_worse: usize,
}

/// Compares the rows of an earlier run whose names contain the filter with those of this one.
pub(super) fn compare(before: &[Row], now: &[Row], filter: Option<&str>) -> Report {
    let mut report = Report::default();
    let wanted = before.iter().filter(|row| {
        let bench = name(row).0;
        filter.is_none_or(|filter| bench.contains(filter))
    });
    for row in wanted {
        let found = now.iter().find(|other| name(other) == name(row));
        for field in COMPARED {
            if let Some(old) = row.get(field).and_then(Value::as_f64) {
                let new = found.and_then(|row| row.get(field)?.as_f64());
                report.add(name(row), field, old, new);
            }
        }
    }
    report
}

impl Report {
    fn add(&mut self, (bench, subject): (&str, &str), field: &str, old: f64, new: Option<f64>) {
        let name = format!("{bench:<36}{subject:<16}{field:<14}{old:>16}");
        self.n_compared += 1;
        let Some(new) = new else {
            self.n_worse += 1;
            return self.lines.push(format!("{name}{:>16}  GONE", "-"));
        };
        let percent = if old == new {
            0.0
        } else {
            (new / old - 1.0) * 100.0
        };
        let is_worse = new > old * (1.0 + TOLERANCE_PERCENT / 100.0);
        self.n_worse += usize::from(is_worse);
        let verdict = if is_worse { "  WORSE" } else { "" };
        self.lines
            .push(format!("{name}{new:>16}{percent:>+9.2} %{verdict}"));
    }
}

fn name(row: &Row) -> (&str, &str) {
    let field = |field| row.get(field).and_then(Value::as_str).unwrap_or_default();
    (field("bench"), field("impl"))
}

#[cfg(test)]
mod tests {
    use super::super::{Row, parse};
    use super::compare;

    fn rows(lines: &[&str]) -> Vec<Row> {
        lines.iter().filter_map(|line| parse(line)).collect()
    }

    fn row(bench: &str, instructions: u64) -> String {
        format!(
            r#"{{"bench":"{bench}","impl":"x","median_ns":{instructions},"instructions":{instructions}}}"#
        )
    }

    #[test]
    fn what_grows_beyond_the_tolerance_is_worse() {
        let before = rows(&[&row("a/1", 1_000), &row("a/2", 1_000), &row("a/3", 1_000)]);
        let now = rows(&[&row("a/1", 1_020), &row("a/2", 1_021), &row("a/3", 500)]);
        let report = compare(&before, &now, None);
        assert_eq!((report.n_compared, report.n_worse), (3, 1));
        let worse: Vec<bool> = report
            .lines
            .iter()
            .map(|line| line.contains("WORSE"))
            .collect();
        assert_eq!(worse, [false, true, false]);
    }

    #[test]
    fn what_has_vanished_is_worse_and_what_is_there_for_the_first_time_is_not() {
        let before = rows(&[&row("a/1", 5), &row("b/1", 5)]);
        let now = rows(&[
            &row("a/1", 5),
            &row("c/1", 5),
            r#"{"bench":"b/1","impl":"x"}"#,
        ]);
        let report = compare(&before, &now, None);
        assert_eq!((report.n_compared, report.n_worse), (2, 1));
        assert!(report.lines[1].contains("GONE"), "{report:?}");
        assert_eq!(
            compare(&before, &now, Some("a/")).n_worse,
            0,
            "it was not asked for"
        );
    }

    #[test]
    fn rivals_are_compared_with_themselves_and_bytes_as_well() {
        let before = rows(&[
            r#"{"bench":"a/1","impl":"x","bytes":10,"peak_bytes":100}"#,
            r#"{"bench":"a/1","impl":"y","bytes":30}"#,
        ]);
        let now = rows(&[
            r#"{"bench":"a/1","impl":"y","bytes":30}"#,
            r#"{"bench":"a/1","impl":"x","bytes":10,"peak_bytes":103}"#,
        ]);
        let report = compare(&before, &now, None);
        assert_eq!((report.n_compared, report.n_worse), (3, 1));
    }

    #[test]
    fn time_is_not_compared_and_nothing_is_no_growth() {
        let timed = |ns: u64| format!(r#"{{"bench":"a/1","impl":"x","median_ns":{ns},"bytes":0}}"#);
        let report = compare(&rows(&[&timed(1)]), &rows(&[&timed(9)]), None);
        assert_eq!((report.n_compared, report.n_worse), (1, 0));
        let grown = rows(&[r#"{"bench":"a/1","impl":"x","bytes":1}"#]);
        assert_eq!(compare(&rows(&[&timed(1)]), &grown, None).n_worse, 1);
    }
}
