//! Rows of benchmarks as tables for people: one for each family, rivals below each other.

use super::Row;
use alloc::collections::BTreeMap;
use serde_json::Value;

/// Renders the tables; families keep the order in which their first rows came.
pub(super) fn render(rows: &[Row]) -> String {
    let mut families: Vec<&str> = Vec::new();
    let mut by_family: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        let (family, _) = split(row);
        if !families.contains(&family) {
            families.push(family);
        }
        by_family.entry(family).or_default().push(row);
    }
    let tables = families
        .into_iter()
        .map(|family| table(family, &by_family[family]));
    tables.collect::<Vec<String>>().join("\n")
}

fn table(family: &str, rows: &[&Row]) -> String {
    let columns: Vec<&str> = COLUMNS
        .into_iter()
        .filter(|column| rows.iter().any(|row| row.contains_key(*column)))
        .collect();
    let mut text = line(family, "impl", columns.iter().map(|column| heading(column)));
    let mut inputs: Vec<&str> = Vec::new();
    for row in rows {
        let (_, input) = split(row);
        if !inputs.contains(&input) {
            inputs.push(input);
        }
    }
    for input in inputs {
        for row in rows.iter().filter(|row| split(row).1 == input) {
            let cells = columns.iter().map(|column| cell(row, column));
            text.push_str(&line(&format!("  {input}"), string(row, "impl"), cells));
        }
    }
    text
}

fn line(name: &str, subject: &str, cells: impl Iterator<Item = String>) -> String {
    let cells: String = cells.map(|cell| format!("{cell:>12}")).collect();
    format!("{name:<26}{subject:<16}{cells}\n")
}

/// What comes before the last slash of a benchmark's name, and what comes after.
pub(super) fn split(row: &Row) -> (&str, &str) {
    let bench = string(row, "bench");
    bench.rsplit_once('/').unwrap_or((bench, ""))
}

fn string<'a>(row: &'a Row, name: &str) -> &'a str {
    row.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// `peak_bytes` becomes `peak`: the cells tell the unit.
fn heading(column: &str) -> String {
    let short = column.strip_suffix("_ns").or(column.strip_suffix("_bytes"));
    let short = short.or(column.strip_suffix("uctions"));
    match short.unwrap_or(column) {
        EDITS => "edits".into(),
        short => short.into(),
    }
}

fn cell(row: &Row, column: &str) -> String {
    let Some(number) = row.get(column).and_then(Value::as_f64) else {
        return "-".into();
    };
    scaled_cell(column, number)
}

/// A number of a column in a unit that people read.
pub(super) fn scaled_cell(column: &str, number: f64) -> String {
    if column.ends_with("_ns") {
        scaled(number, 1e3, &["ns", "us", "ms", "s"])
    } else if column == "instructions" {
        scaled(number, 1e3, &["", "k", "M", "G"])
    } else if column == EDITS {
        format!("{number:.1}")
    } else {
        scaled(number, 1024.0, &["B", "KiB", "MiB", "GiB"])
    }
}

fn scaled(mut number: f64, step: f64, units: &[&str]) -> String {
    let mut units = units.iter();
    let mut unit = units.next();
    while number >= step {
        let Some(next) = units.next() else { break };
        number /= step;
        unit = Some(next);
    }
    format!("{number:.1} {}", unit.unwrap_or(&""))
}

/// In the order in which they are shown.
const COLUMNS: [&str; 10] = [
    "instructions",
    "median_ns",
    "min_ns",
    "p50_ns",
    "p99_ns",
    "total_ns",
    "bytes",
    "peak_bytes",
    "steady_bytes",
    EDITS,
];

/// Edits for each commit: a bare number.
const EDITS: &str = "edits_per_commit";

#[cfg(test)]
mod tests {
    use super::render;
    use crate::bench::parse;

    #[test]
    fn rows_of_a_family_stand_together_in_readable_units() {
        let rows = [
            r#"{"bench":"text/merge/C1","impl":"ours","median_ns":1234567,"min_ns":999}"#,
            r#"{"bench":"text/size/C1","impl":"ours","bytes":2048}"#,
            r#"{"bench":"text/merge/C2","impl":"ours","median_ns":1}"#,
            r#"{"bench":"text/merge/C1","impl":"rival","median_ns":2000000000}"#,
        ];
        let rows = rows.map(|row| parse(row).expect("a row"));
        let table = render(&rows);
        let lines: Vec<Vec<&str>> = table
            .lines()
            .map(|line| line.split_whitespace().collect())
            .collect();
        let expected: [&[&str]; 7] = [
            &["text/merge", "impl", "median", "min"],
            &["C1", "ours", "1.2", "ms", "999.0", "ns"],
            &["C1", "rival", "2.0", "s", "-"],
            &["C2", "ours", "1.0", "ns", "-"],
            &[],
            &["text/size", "impl", "bytes"],
            &["C1", "ours", "2.0", "KiB"],
        ];
        assert_eq!(lines, expected);
    }
}
