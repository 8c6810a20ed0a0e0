//! Simulated networks of nodes with every fault there is: `cargo xtask sim`.
//!
//! `sim --seeds N [--start S]`. Each seed draws a network, and what happens to it: edits, loss, doubling,
//! reordering, partitions, crashes around a commit, disks that are full or forget, backups that are
//! restored, copies of disks, clocks that are ahead. Then everything is healed, and must come to rest, equal,
//! with every edit that was durable anywhere.
//!
//! A failing seed is run again with fewer and fewer steps, and what is left is printed.
//!
//! Exit status: 0 when every seed passed, 1 when one failed, 2 when the command line is wrong.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it talks to the person who runs it"
)]

extern crate alloc;

mod disk;
mod page;
mod script;
mod world;

use core::sync::atomic::{AtomicU64, Ordering};
use std::panic;
use std::process::ExitCode;
use std::sync::Mutex;
use std::thread;

use crdt_testkit::net::shrink_steps;

use script::{Setup, Step};
use world::{Broken, World};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (n_seeds, start) = match parse(&args) {
        Ok(plan) => plan,
        Err(message) => {
            eprintln!("sim: {message}");
            return ExitCode::from(2);
        }
    };
    // A panic fails its seed, and is reported with it.
    panic::set_hook(Box::new(|_| {}));
    let failures = run_all(start, n_seeds);
    for (seed, broken) in &failures {
        println!("seed {seed}: {broken}");
    }
    if let Some((seed, _)) = failures.first() {
        explain(*seed);
    }
    let n_failed = failures.len() as u64;
    println!("{} passed, {n_failed} failed", n_seeds - n_failed);
    if failures.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// How many seeds, and the first.
fn parse(args: &[String]) -> Result<(u64, u64), String> {
    let (mut n_seeds, mut start) = (None, 0);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let value = args.next().and_then(|value| value.parse().ok());
        let number = value.ok_or_else(|| format!("{arg} needs a number"))?;
        match arg.as_str() {
            "--seeds" => n_seeds = Some(number),
            "--start" => start = number,
            _ => return Err(format!("unknown option `{arg}`")),
        }
    }
    match n_seeds {
        Some(n_seeds) if n_seeds > 0 => Ok((n_seeds, start)),
        _ => Err("usage: sim --seeds N [--start S]".into()),
    }
}

/// Runs the seeds on as many threads as there are; returns the failures, ascending.
fn run_all(start: u64, n_seeds: u64) -> Vec<(u64, Broken)> {
    let n_threads = thread::available_parallelism().map_or(1, usize::from);
    let (next, failures) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..n_threads {
            scope.spawn(|| {
                loop {
                    let idx = next.fetch_add(1, Ordering::Relaxed);
                    if idx >= n_seeds {
                        return;
                    }
                    let seed = start.wrapping_add(idx);
                    let (setup, steps) = script::draw(seed);
                    if let Err(broken) = run(seed, &setup, &steps)
                        && let Ok(mut failures) = failures.lock()
                    {
                        failures.push((seed, broken));
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().unwrap_or_default();
    failures.sort_unstable_by_key(|(seed, _)| *seed);
    failures
}

/// Runs one script to its end.
fn run(seed: u64, setup: &Setup, steps: &[Step]) -> Result<(), Broken> {
    let result = panic::catch_unwind(|| {
        let mut world = World::new(seed, setup)?;
        for step in steps {
            world.step(step)?;
        }
        world.conclude()
    });
    result.unwrap_or_else(|payload| {
        let message = payload.downcast_ref::<String>().cloned();
        Err(message.unwrap_or_else(|| "it panicked".into()))
    })
}

/// Prints the shortest script that fails under a seed.
fn explain(seed: u64) {
    let (setup, steps) = script::draw(seed);
    let fails = |steps: &[Step]| run(seed, &setup, steps).is_err();
    let few = shrink_steps(steps, fails);
    let broken = run(seed, &setup, &few).err().unwrap_or_default();
    println!("\nshortest failing script of seed {seed}: {broken}\n{setup:#?}");
    for step in &few {
        println!("  {step:?}");
    }
}
