//! One result, as `cargo xtask bench --json` prints it.

use crate::Args;
use serde::Serialize;
use serde_json::Number;

/// What one implementation achieved in one benchmark; fields that do not apply stay empty.
///
/// # Examples
/// ```
/// use benches::Row;
///
/// let row = Row { bytes: Some(9.into()), ..Row::new("text/size-full/C1", "crdt-text") };
/// let json = r#"{"bench":"text/size-full/C1","impl":"crdt-text","bytes":9}"#;
/// assert_eq!(row.to_json(), json);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Row<'a> {
    /// The benchmark, as `FAMILY/INPUT`.
    pub bench: &'a str,
    /// The name of the crate that did the job.
    #[serde(rename = "impl")]
    pub subject: &'a str,
    /// The median time of the job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub median_ns: Option<u64>,
    /// The shortest time of the job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_ns: Option<u64>,
    /// The time that half of the steps did not exceed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p50_ns: Option<u64>,
    /// The time that 99 of 100 steps did not exceed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p99_ns: Option<u64>,
    /// The time of all steps together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_ns: Option<u64>,
    /// The most memory that was in use during the job, without its input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak_bytes: Option<u64>,
    /// The memory that the result of the job holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steady_bytes: Option<u64>,
    /// The size of what the job encoded; of many, the mean.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<Number>,
    /// How many edits a commit of a server made durable, the mean.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edits_per_commit: Option<f64>,
}

impl<'a> Row<'a> {
    /// Makes a row without results.
    pub fn new(bench: &'a str, subject: &'a str) -> Self {
        Self {
            bench,
            subject,
            ..Self::default()
        }
    }

    /// The row as one line of JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Prints the row for `cargo xtask bench` to collect, if it is wanted.
    ///
    /// A smoke run shows that a benchmark works and no more, so its numbers are not printed.
    #[expect(clippy::print_stdout, reason = "this is the report")]
    pub fn print(&self, args: &Args) {
        if args.is_smoke() && args.wants(self.bench) {
            println!("{}: ok", self.bench);
        } else if args.wants(self.bench) {
            println!("{}", self.to_json());
        }
    }
}
