//! Two processes share notes over TCP, each with a file of its own. `README.md` shows how.
//!
//! The main thread reads commands; a runtime beside it serves the links. Every command that edits is
//! answered when the edit is durable.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for a terminal"
)]

mod arguments;
mod command;
mod notes;
mod session;

use std::io::{self, BufRead as _, Write as _};
use std::process::ExitCode;

use self::arguments::Arguments;
use self::command::Command;
use self::session::Session;

/// What ends the program: whatever went wrong is for the user to read.
type Failure = Box<dyn core::error::Error>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("notes: {failure}");
            let mut cause = failure.source();
            while let Some(error) = cause {
                eprintln!("  because {error}");
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let arguments = Arguments::parse(std::env::args().skip(1))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let session = runtime.block_on(Session::start(&arguments))?;
    say(&session.greeting())?;
    for line in io::stdin().lock().lines() {
        match Command::parse(&line?) {
            Ok(Command::Quit) => break,
            Ok(command) => say(&runtime.block_on(session.obey(command))?)?,
            Err(usage) => say(&usage.to_string())?,
        }
    }
    runtime.block_on(session.stop());
    Ok(())
}

/// Prints at once: whoever reads from a pipe does not wait for a full buffer.
fn say(answer: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{answer}")?;
    out.flush()
}
