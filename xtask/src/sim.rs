//! `cargo xtask sim --seeds N [--start S]`: nodes in simulated networks with every fault there is.

use crate::laws::run_package;
use crate::outcome::{Outcome, Stop};

pub(crate) fn run(args: &[String]) -> Result<Outcome, Stop> {
    run_package("sim", args)
}
