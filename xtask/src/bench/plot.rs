//! Rows of benchmarks as a chart: bars on a logarithmic scale, one panel for each family and column.
//!
//! Only rows that more than one implementation has are drawn; whoever is last there is drawn too.
//! Rows of several runs are drawn at their median.

use super::Row;
use super::table::{scaled_cell, split};
use alloc::collections::{BTreeMap, BTreeSet};
use serde_json::Value;

/// Draws the rows as an SVG document.
pub(super) fn render(rows: &[Row]) -> String {
    let panels = panels(rows);
    let subjects: BTreeSet<&str> = panels
        .values()
        .flat_map(|panel| panel.groups.values().flatten())
        .map(|(subject, _)| *subject)
        .collect();
    let colours: BTreeMap<&str, &str> = subjects
        .into_iter()
        .zip(COLOURS.into_iter().cycle())
        .collect();

    let mut body = String::new();
    let mut y = MARGIN;
    for ((family, column), panel) in &panels {
        panel.draw(family, column, &colours, &mut y, &mut body);
    }
    let height = y + MARGIN;
    let style = "text{font:12px system-ui,sans-serif;fill:#24292f}.title{font-weight:600}\
                 @media(prefers-color-scheme:dark){text{fill:#e6edf3}}";
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\">\n<style>{style}</style>\n{body}</svg>\n"
    )
}

/// One family and one column: how each implementation did on each input.
#[derive(Default)]
struct Panel<'a> {
    /// Inputs in the order in which they came.
    inputs: Vec<&'a str>,
    groups: BTreeMap<&'a str, Vec<(&'a str, f64)>>,
}

fn panels(rows: &[Row]) -> BTreeMap<(&str, &'static str), Panel<'_>> {
    let mut panels: BTreeMap<(&str, &'static str), Panel<'_>> = BTreeMap::new();
    for row in rows {
        let (family, input) = split(row);
        let subject = row.get("impl").and_then(Value::as_str).unwrap_or_default();
        for column in COLUMNS {
            let same =
                |other: &&Row| other["bench"] == row["bench"] && other["impl"] == row["impl"];
            let runs = rows.iter().filter(same);
            let Some(median) = median(runs.filter_map(|row| row.get(column)?.as_f64()).collect())
            else {
                continue;
            };
            let panel = panels.entry((family, column)).or_default();
            if !panel.inputs.contains(&input) {
                panel.inputs.push(input);
            }
            let group = panel.groups.entry(input).or_default();
            if !group.iter().any(|(known, _)| *known == subject) {
                group.push((subject, median));
            }
        }
    }
    for panel in panels.values_mut() {
        panel.groups.retain(|_, group| group.len() > 1);
        panel
            .inputs
            .retain(|input| panel.groups.contains_key(input));
    }
    panels.retain(|_, panel| !panel.inputs.is_empty());
    panels
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

impl Panel<'_> {
    fn draw(
        &self,
        family: &str,
        column: &str,
        colours: &BTreeMap<&str, &str>,
        y: &mut usize,
        out: &mut String,
    ) {
        *y += LINE;
        let title = format!("{family}, {}", column.replace('_', " "));
        text(out, MARGIN, *y, "title", "start", &title);
        let values = self.groups.values().flatten().map(|(_, value)| *value);
        let most = values.clone().fold(f64::MIN_POSITIVE, f64::max);
        let least = values.fold(most, f64::min).max(f64::MIN_POSITIVE);
        // The shortest bar is still to be seen.
        let scale = Scale {
            least: least / 2.0,
            most,
        };
        for input in &self.inputs {
            for (idx, (subject, value)) in self.groups[input].iter().enumerate() {
                *y += LINE;
                if idx == 0 {
                    text(out, MARGIN, *y, "", "start", input);
                }
                text(out, BARS_AT - 6, *y, "", "end", subject);
                let (width, colour) = (scale.width(*value), colours[subject]);
                let top = *y - LINE + 6;
                let bar_height = LINE - 4;
                out.push_str(&format!(
                    "<rect x=\"{BARS_AT}\" y=\"{top}\" width=\"{width}\" height=\"{bar_height}\" \
                     fill=\"{colour}\"/>\n"
                ));
                let label = scaled_cell(column, *value);
                text(out, BARS_AT + width + 6, *y, "", "start", &label);
            }
            *y += GAP;
        }
    }
}

/// From the least to the most, by powers.
struct Scale {
    least: f64,
    most: f64,
}

impl Scale {
    fn width(&self, value: f64) -> usize {
        let part = (value / self.least).max(1.0).ln() / (self.most / self.least).ln();
        (part * BARS_WIDTH as f64).round() as usize
    }
}

fn text(out: &mut String, x: usize, y: usize, class: &str, anchor: &str, content: &str) {
    let content = content.replace('&', "&amp;").replace('<', "&lt;");
    out.push_str(&format!(
        "<text x=\"{x}\" y=\"{y}\" class=\"{class}\" text-anchor=\"{anchor}\">{content}</text>\n"
    ));
}

/// What is drawn, if a row has it.
const COLUMNS: [&str; 6] = [
    "median_ns",
    "p50_ns",
    "p99_ns",
    "bytes",
    "peak_bytes",
    "steady_bytes",
];

/// Told apart by people who see few colours, on light ground and dark.
const COLOURS: [&str; 8] = [
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#999999", "#b8a800",
];

const WIDTH: usize = 900;
const MARGIN: usize = 16;
const LINE: usize = 16;
const GAP: usize = 6;
const BARS_AT: usize = 260;
const BARS_WIDTH: usize = 540;

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::{Row, render};

    fn rows(lines: &[&str]) -> Vec<Row> {
        lines.iter().filter_map(|line| parse(line)).collect()
    }

    #[test]
    fn all_are_drawn_who_did_the_same_job() {
        let svg = render(&rows(&[
            r#"{"bench":"text/merge/C1","impl":"ours","median_ns":1000}"#,
            r#"{"bench":"text/merge/C1","impl":"rival","median_ns":1000000}"#,
            r#"{"bench":"text/merge/S1","impl":"ours","median_ns":1000}"#,
        ]));
        assert!(svg.contains("text/merge, median ns"));
        assert!(svg.contains(">ours<") && svg.contains(">rival<"), "{svg}");
        assert!(
            svg.contains(">C1<") && !svg.contains(">S1<"),
            "nobody to compare with"
        );
        assert_eq!(svg.matches("<rect").count(), 2);
    }

    #[test]
    fn several_runs_are_drawn_at_their_median() {
        let run = |time: u64| format!(r#"{{"bench":"a/b","impl":"ours","median_ns":{time}}}"#);
        let rival = r#"{"bench":"a/b","impl":"rival","median_ns":7}"#;
        let svg = render(&rows(&[&run(900), &run(2), &run(30), rival]));
        assert!(svg.contains("30.0 ns"), "{svg}");
        assert_eq!(svg.matches("<rect").count(), 2);
    }

    #[test]
    fn longer_takes_longer() {
        let svg = render(&rows(&[
            r#"{"bench":"a/b","impl":"x","bytes":10}"#,
            r#"{"bench":"a/b","impl":"y","bytes":1000}"#,
        ]));
        let width = |rect: &str| -> usize {
            let (_, rest) = rect.split_once("width=\"").expect("a width");
            rest.split('"')
                .next()
                .and_then(|n| n.parse().ok())
                .expect("a number")
        };
        let widths: Vec<usize> = svg.split("<rect").skip(1).map(width).collect();
        assert!(0 < widths[0] && widths[0] < widths[1], "{widths:?}");
    }
}
