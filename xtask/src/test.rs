//! `cargo xtask test [ARGS]`: the whole suite, the way users and CI run it.
//!
//! One run covers the default members with every feature that is meant for users; features whose
//! name starts with `__` are private knobs, and each `__small_nodes` gets a run of its own, since
//! Cargo would otherwise turn it on for everybody.

use crate::outcome::{Outcome, Stop};
use crate::stopwatch::Stopwatch;
use crate::tidy::workspace::Workspace;
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
    let mut args: Vec<String> = Vec::new();
    for package in workspace.default_members() {
        args.push("--package".into());
        args.push(package.name.clone());
        for feature in package
            .features
            .keys()
            .filter(|name| !name.starts_with("__"))
        {
            args.push("--features".into());
            args.push(format!("{}/{feature}", package.name));
        }
    }
    args
}

/// Cargo's arguments for each package whose nodes can be shrunk.
fn small_node_runs(workspace: &Workspace) -> impl Iterator<Item = Vec<String>> {
    let small = workspace
        .default_members()
        .filter(|p| p.features.contains_key(SMALL_NODES));
    small.map(|package| {
        let features = format!("{}/{SMALL_NODES}", package.name);
        ["--package", &package.name, "--features", &features]
            .map(Into::into)
            .to_vec()
    })
}

/// Runs the tests and passes their output on; keeps the lines that close each test binary.
fn cargo_test(args: &[String], closing_lines: &mut Vec<String>) -> Result<bool, Stop> {
    println!("cargo test --no-fail-fast {}", args.join(" "));
    let mut child = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["test", "--no-fail-fast"])
        .args(args)
        .current_dir(crate::tidy::workspace::root())
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
