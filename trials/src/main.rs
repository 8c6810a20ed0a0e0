//! `trials NAME FILE...` runs a trial on files, such as what a fuzzer found; `trials --seeds DIR` writes
//! the corpora that fuzzers start from.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it talks to the person who runs it"
)]

use std::path::Path;
use std::process::ExitCode;

use trials::TRIALS;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("trials: {message}");
            ExitCode::from(2)
        }
    }
}

fn run(args: &[String]) -> Result<(), String> {
    match args {
        [flag, dir] if flag == "--seeds" => write_seeds(Path::new(dir)),
        [name, files @ ..] if !files.is_empty() => {
            let trial = TRIALS.iter().find(|trial| trial.name == *name);
            let trial = trial.ok_or_else(|| format!("no trial is called `{name}`"))?;
            for file in files {
                let bytes = std::fs::read(file).map_err(|error| format!("{file}: {error}"))?;
                (trial.run)(&bytes);
                println!("{file}: ok");
            }
            Ok(())
        }
        _ => Err("usage: trials NAME FILE... | trials --seeds DIR".into()),
    }
}

fn write_seeds(dir: &Path) -> Result<(), String> {
    for trial in &TRIALS {
        let dir = dir.join(trial.name);
        let cannot = |error| format!("{}: {error}", dir.display());
        std::fs::create_dir_all(&dir).map_err(cannot)?;
        for (number, seed) in (trial.seeds)().iter().enumerate() {
            let file = dir.join(format!("seed-{number:02}"));
            std::fs::write(file, seed).map_err(cannot)?;
        }
    }
    Ok(())
}
