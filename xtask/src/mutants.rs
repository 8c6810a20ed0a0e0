//! `cargo xtask mutants [FILE...]`: changes the code in small ways, and sees whether a test notices.
//!
//! Without files it takes those that everything rests on: joins, contexts, what is let in, the order of
//! text, and the codec. That is a night's work; a file is minutes.

use crate::outcome::{Outcome, Stop};
use crate::tidy::workspace::root;
use std::process::Command;

/// What is mutated where no file is named.
const FILES: [&str; 19] = [
    "crates/crdt-core/src/causal/dot_fun.rs",
    "crates/crdt-core/src/causal/dot_map.rs",
    "crates/crdt-core/src/causal/dot_set.rs",
    "crates/crdt-core/src/causal/traits.rs",
    "crates/crdt-core/src/codec/bits.rs",
    "crates/crdt-core/src/codec/limits.rs",
    "crates/crdt-core/src/codec/reader.rs",
    "crates/crdt-core/src/codec/writer.rs",
    "crates/crdt-core/src/codec/zigzag.rs",
    "crates/crdt-core/src/dot_context.rs",
    "crates/crdt-core/src/dot_context/algebra.rs",
    "crates/crdt-core/src/interval/algebra.rs",
    "crates/crdt-core/src/graph/ingest.rs",
    "crates/crdt-core/src/version_vector.rs",
    "crates/crdt-sync/src/admission.rs",
    "crates/crdt-sync/src/position.rs",
    "crates/crdt-text/src/container.rs",
    "crates/crdt-text/src/op_log/ingest.rs",
    "crates/crdt-text/src/walker/tracker.rs",
];

pub(crate) fn run(args: &[String]) -> Result<Outcome, Stop> {
    let files = files(args, |file| root().join(file).is_file()).map_err(Stop::Usage)?;
    if !is_installed() {
        let missing = "cargo-mutants is missing: `cargo install cargo-mutants --locked`";
        return Err(Stop::Broken(missing.into()));
    }
    let files = files.iter().flat_map(|file| ["--file", file]);
    // Results go below the build output: `mutants.out` has a list of each kind.
    let status = cargo()
        .arg("mutants")
        .args(files)
        .args(["--output", "target", "--no-shuffle", "--colors", "never"])
        .status()
        .map_err(Stop::broken("cannot start cargo"))?;
    Ok(Outcome::passed_if(status.success()))
}

/// The files to mutate, each of which must exist.
fn files(args: &[String], exists: impl Fn(&str) -> bool) -> Result<Vec<&str>, String> {
    let files: Vec<&str> = if args.is_empty() {
        FILES.to_vec()
    } else {
        args.iter().map(String::as_str).collect()
    };
    match files.iter().find(|file| !exists(file)) {
        Some(missing) => Err(format!("no file `{missing}` below the root")),
        None => Ok(files),
    }
}

fn is_installed() -> bool {
    let version = cargo().args(["mutants", "--version"]).output();
    version.is_ok_and(|output| output.status.success())
}

fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

#[cfg(test)]
mod tests {
    use super::{FILES, files};
    use crate::tidy::workspace::root;

    #[test]
    fn what_is_mutated_exists() {
        assert_eq!(
            files(&[], |file| root().join(file).is_file()).as_deref(),
            Ok(&FILES[..])
        );
        let args = ["a.rs".to_owned()];
        assert_eq!(files(&args, |_| true), Ok(vec!["a.rs"]));
        assert!(files(&args, |_| false).is_err());
    }
}
