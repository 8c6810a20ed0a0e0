//! Zones of two lines against merges that go back and forth.

use crdt_core::{AgentIdx, Frontier, Lv, LvRange};
use crdt_testkit::Rng;

use super::Lines;
use crate::op_log::TextRange;
use crate::walker::Sink;
use crate::{Branch, OpLog};

/// A text that does as it is told.
struct Told<'a> {
    oplog: &'a OpLog,
    text: Vec<char>,
}

impl Sink for Told<'_> {
    fn insert(&mut self, pos: u32, text: TextRange, len: u32) {
        let text: Vec<char> = self.oplog.ops().text(text).chars().collect();
        assert_eq!(text.len(), len as usize);
        self.text.splice(pos as usize..pos as usize, text);
    }

    fn delete(&mut self, pos: u32, len: u32) {
        self.text.drain(pos as usize..(pos + len) as usize);
    }
}

/// Writers on one op log, who all start from the same text.
struct Writers {
    log: OpLog,
    agents: Vec<AgentIdx>,
    branches: Vec<Branch>,
    /// All versions that each has stood on.
    versions: Vec<Vec<Frontier>>,
    base: String,
}

impl Writers {
    fn new(names: &[&str]) -> Self {
        let mut log = OpLog::new();
        let mut base = Branch::new();
        let agent = |name: &&str| log.get_or_create_agent_id(name).expect("a name");
        let agents: Vec<AgentIdx> = names.iter().map(agent).collect();
        base.insert(&mut log, agents[0], 0, "known to \u{e9}very one")
            .expect("in bounds");
        Self {
            versions: vec![vec![base.version().clone()]; names.len()],
            branches: vec![base.clone(); names.len()],
            base: base.to_string(),
            agents,
            log,
        }
    }

    /// One of them takes in what another has written up to some point, or edits.
    fn step(&mut self, rng: &mut Rng) {
        let (writer, other) = (rng.below(self.agents.len()), rng.below(self.agents.len()));
        let branch = &mut self.branches[writer];
        if rng.chance(40) {
            let version = if rng.chance(50) {
                self.versions[other].last().expect("a version").clone()
            } else {
                rng.pick(&self.versions[other]).clone()
            };
            branch.merge(&self.log, &version).expect("a known version");
        } else {
            let (from, n) = (rng.below(branch.len() + 1), rng.below(4));
            let to = branch.len().min(from + if rng.chance(40) { n } else { 0 });
            let text = &"ab\u{e9}\u{1f600}"[..[1, 2, 4, 8][rng.below(4)]];
            let text = if from < to && rng.chance(70) {
                ""
            } else {
                text
            };
            let edit = branch.replace(&mut self.log, self.agents[writer], from..to, text);
            edit.expect("in bounds");
        }
        self.versions[writer].push(self.branches[writer].version().clone());
    }

    /// What a zone of everything after the first text tells, and the text that it should lead to.
    fn replay(&mut self) -> (Option<String>, String) {
        let base_len = self.base.chars().count() as u32;
        let start = Lv::new(base_len);
        let zone = LvRange::new(start, Lv::new(self.log.len() as u32));
        let mut told = Told {
            oplog: &self.log,
            text: self.base.chars().collect(),
        };
        let grown = Lines::default().replay(&self.log, (start, base_len), &[zone], &mut told);
        let told: String = told.text.iter().collect();
        let tip = self.log.version().clone();
        self.branches[0]
            .merge(&self.log, &tip)
            .expect("a known version");
        let expected = self.branches[0].to_string();
        match grown {
            Some(grown) => {
                let growth = expected.chars().count() as i64 - i64::from(base_len);
                assert_eq!(grown, growth);
                (Some(told), expected)
            }
            None => {
                assert_eq!(told, self.base, "nothing is told");
                (None, expected)
            }
        }
    }
}

#[test]
fn two_writers_make_two_lines_that_tell_what_merges_tell() {
    for seed in 0..400 {
        let mut rng = Rng::new(seed);
        let mut writers = Writers::new(&["ada", "bob"]);
        for _ in 0..=rng.below(40) {
            writers.step(&mut rng);
        }
        if writers.log.len() > writers.base.chars().count() {
            let (told, expected) = writers.replay();
            assert_eq!(told, Some(expected), "seed {seed}");
        }
    }
}

const AUTHORS: [&[&str]; 3] = [&["ada", "ada"], &["bob", "ada", "bob"], &["c", "b", "a"]];

/// Authors only say which of two lines is likelier to go on well.
#[test]
fn whoever_has_written_them_lines_tell_what_merges_tell() {
    let mut n_told = [0; 2];
    for seed in 0..400 {
        let mut rng = Rng::new(seed);
        let mut writers = Writers::new(AUTHORS[rng.below(AUTHORS.len())]);
        for _ in 0..=rng.below(20) {
            writers.step(&mut rng);
        }
        if writers.log.len() > writers.base.chars().count() {
            let (told, expected) = writers.replay();
            n_told[usize::from(told.is_some())] += 1;
            assert!(told.is_none_or(|told| told == expected), "seed {seed}");
        }
    }
    assert!(n_told.iter().all(|&n| n > 50), "{n_told:?}");
}
