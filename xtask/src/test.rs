//! `cargo xtask test [ARGS]`: the whole suite, the way users and CI run it.
//!
//! One run covers the default members with every feature that is meant for users; features whose
//! name starts with `__` are private knobs, and each `__small_nodes` gets a run of its own, since
//! Cargo would otherwise turn it on for everybody.

use crate::outcome::{Outcome, Stop};
use crate::stopwatch::Stopwatch;
use crate::tidy::workspace::{Package, Workspace, root};
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

const SMALL_NODES: &str = "__small_nodes";

pub(crate) fn run(args: &[String]) -> Result<Outcome, Stop> {
    let stopwatch = Stopwatch::start();
    let workspace = Workspace::load()?;
    let mut runs = vec![whole_suite(&workspace)];
    runs.extend(small_node_runs(&workspace));
    let mut closing_lines = Vec::new();
    let mut passed = true;
    for mut run in runs {
        run.extend_from_slice(args);
        passed &= cargo_test(&run, &mut closing_lines)?;
    }
    println!(
        "\ncargo xtask test: {} s in all",
        stopwatch.elapsed().as_secs()
    );
    for line in closing_lines {
        println!("{line}");
    }
    Ok(Outcome::passed_if(passed))
}

/// Cargo's arguments for all default members with all features for users.
fn whole_suite(workspace: &Workspace) -> Vec<String> {
    workspace.default_members().flat_map(selection).collect()
}

/// Cargo's arguments for each package whose nodes can be shrunk. Its other features are those of
/// the whole suite, so that nothing below it is compiled again.
fn small_node_runs(workspace: &Workspace) -> impl Iterator<Item = Vec<String>> {
    let small = workspace
        .default_members()
        .filter(|p| p.features.contains_key(SMALL_NODES));
    small.map(|package| {
        let mut args = selection(package);
        args.push(format!("--features={}/{SMALL_NODES}", package.name));
        args
    })
}

/// Selects a package with all its features for users.
fn selection(package: &Package) -> Vec<String> {
    let mut args = vec![format!("--package={}", package.name)];
    let for_users = |name: &&String| *name != "default" && !name.starts_with("__");
    let features = package.features.keys().filter(for_users);
    args.extend(features.map(|feature| format!("--features={}/{feature}", package.name)));
    args
}

/// Runs the tests and passes their output on; keeps the lines that close each test binary.
fn cargo_test(args: &[String], closing_lines: &mut Vec<String>) -> Result<bool, Stop> {
    println!("cargo test --no-fail-fast {}", args.join(" "));
    let mut child = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["test", "--no-fail-fast"])
        .args(args)
        .current_dir(root())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(Stop::broken("cannot start cargo"))?;
    let mut stdout = std::io::stdout().lock();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines() {
            let line = line.map_err(Stop::broken("cannot read what cargo prints"))?;
            writeln!(stdout, "{line}").map_err(Stop::broken("cannot print"))?;
            if line.starts_with("test result:") {
                closing_lines.push(line);
            }
        }
    }
    let status = child
        .wait()
        .map_err(Stop::broken("cannot wait for cargo"))?;
    Ok(status.success())
}

#[cfg(test)]
mod tests {
    use super::{small_node_runs, whole_suite};
    use crate::tidy::workspace::Workspace;

    #[test]
    fn private_features_get_runs_of_their_own() {
        let metadata = r#"{"workspace_default_members":["a","b"],"packages":[
            {"id":"a","name":"a","manifest_path":"","dependencies":[],"targets":[],
             "features":{"default":["x"],"x":[],"__small_nodes":[]}},
            {"id":"b","name":"b","manifest_path":"","dependencies":[],"targets":[],"features":{}},
            {"id":"c","name":"c","manifest_path":"","dependencies":[],"targets":[],"features":{}}]}"#;
        let workspace: Workspace = serde_json::from_str(metadata).expect("metadata");
        assert_eq!(
            whole_suite(&workspace),
            ["--package=a", "--features=a/x", "--package=b"]
        );
        let runs: Vec<Vec<String>> = small_node_runs(&workspace).collect();
        assert_eq!(
            runs,
            [[
                "--package=a",
                "--features=a/x",
                "--features=a/__small_nodes"
            ]]
        );
    }
}
