//! The committed corpora of the fuzz targets, and what their encoders make today.

use std::path::Path;

use trials::TRIALS;

/// Alone in its binary: the trials measure memory.
#[test]
fn every_trial_passes_its_corpus() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    for trial in &TRIALS {
        for seed in (trial.seeds)() {
            (trial.run)(&seed);
        }
        let files = std::fs::read_dir(corpora.join(trial.name)).expect("a corpus");
        let mut n_files = 0;
        for file in files {
            let bytes = std::fs::read(file.expect("a file").path()).expect("it is readable");
            (trial.run)(&bytes);
            n_files += 1;
        }
        assert!(n_files > 0, "the corpus of {} is empty", trial.name);
    }
}
