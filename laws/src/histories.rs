//! Histories of every data type that a fuzzer plans step by step, against all laws and the naive
//! specification of the type: deltas late, twice, split and regrouped, states joined and compared.
//!
//! **Input.** The first byte chooses a type, each further byte decides one choice of the generator.

use crdt_testkit::laws::Report;

use super::subjects::SUBJECTS;

/// Each type once, a map of any type, and maps in maps in a map; `cargo xtask laws` has more nestings.
///
/// Compiling each law for each of them is what most of the build of the targets takes.
const CHOSEN: [fn(&[u8]) -> Report; 18] = [
    SUBJECTS[0].check_choices,
    SUBJECTS[1].check_choices,
    SUBJECTS[2].check_choices,
    SUBJECTS[3].check_choices,
    SUBJECTS[4].check_choices,
    SUBJECTS[5].check_choices,
    SUBJECTS[6].check_choices,
    SUBJECTS[8].check_choices,
    SUBJECTS[10].check_choices,
    SUBJECTS[12].check_choices,
    SUBJECTS[13].check_choices,
    SUBJECTS[14].check_choices,
    SUBJECTS[15].check_choices,
    SUBJECTS[16].check_choices,
    SUBJECTS[17].check_choices,
    SUBJECTS[18].check_choices,
    SUBJECTS[27].check_choices,
    SUBJECTS[28].check_choices,
];

/// Plays the history that `bytes` stand for.
///
/// # Panics
/// If a law is broken; with a history from which no step can be left out.
pub fn run(bytes: &[u8]) {
    let (subject, choices) = bytes.split_first().unwrap_or((&0, &[]));
    CHOSEN[usize::from(*subject) % CHOSEN.len()](choices).assert_passed();
}
