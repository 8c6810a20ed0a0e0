//! `cargo xtask laws [--cases N] [--seed S] [FILTER]`: every type against every law.
//!
//! The program is a package of its own: it compiles each law for each type, which no other verb should
//! wait for.

use crate::outcome::{Outcome, Stop};
use crate::tidy::workspace::root;
use std::process::Command;

/// What the program exits with when its command line is wrong.
const USAGE_STATUS: i32 = 2;

pub(crate) fn run(args: &[String]) -> Result<Outcome, Stop> {
    run_package("laws", args)
}

/// Runs a program of the workspace that is compiled once and then works for minutes.
pub(crate) fn run_package(package: &str, args: &[String]) -> Result<Outcome, Stop> {
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["run", "--quiet", "--package", package, "--"])
        .args(args)
        .current_dir(root())
        .status()
        .map_err(Stop::broken("cannot start cargo"))?;
    if status.code() == Some(USAGE_STATUS) {
        return Err(Stop::Usage("see above".into()));
    }
    Ok(Outcome::passed_if(status.success()))
}
