//! `kill -9` at random moments: nothing that was reported is lost, no dot is minted twice, and both
//! processes end equal.
//!
//! `CRDT_SLOW=1` runs 200 rounds, otherwise 10; `CRDT_SEED` sets what is random here. What the
//! processes do at which moment is for the system to say, so that a seed does not replay a failure.

#![allow(
    clippy::print_stdout,
    reason = "a run that takes long says what it saw"
)]

extern crate alloc;

mod process;

use alloc::collections::BTreeMap;
use std::net::TcpListener;
use std::path::PathBuf;
use std::thread::sleep;

use core::ops::Range;
use core::time::Duration;

use crdt_testkit::{Folder, Rng};

use self::process::Process;

/// The counters that are ticked.
const NAMES: [&str; 3] = ["a", "b", "c"];

/// One of the two places.
struct Site {
    name: &'static str,
    file: PathBuf,
    /// How the other is reached.
    link: [String; 2],
    process: Process,
    /// What was asked for; an answer may be outstanding.
    asked: Vec<Request>,
    n_answered: usize,
}

/// An edit, as it was asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Request {
    Append(String),
    Tick(&'static str),
}

/// What all sites reported, and what they were asked at most.
#[derive(Default)]
struct Ledger {
    /// By field and agent: the seqs of edits that were reported.
    minted: BTreeMap<(String, String), Vec<Range<u64>>>,
    done: Vec<Request>,
    asked: Vec<Request>,
    n_kills: usize,
    n_lost_unreported: usize,
}

impl Site {
    fn start(name: &'static str, file: PathBuf, link: [String; 2], agent: Option<&str>) -> Self {
        let process = Process::start(&file, &link, agent);
        Self {
            name,
            file,
            link,
            process,
            asked: Vec::new(),
            n_answered: 0,
        }
    }

    fn ask(&mut self, request: Request) {
        match &request {
            Request::Append(line) => self.process.say(&format!("append {line}")),
            Request::Tick(name) => self.process.say(&format!("tick {name}")),
        }
        self.asked.push(request);
    }

    /// Kills the process and starts another; half of them take up the name of an earlier one.
    fn kill(&mut self, rng: &mut Rng, ledger: &mut Ledger) {
        self.process.kill();
        self.settle_accounts(ledger);
        ledger.n_kills += 1;
        let agent = rng.chance(50).then_some(self.name);
        self.process = Process::start(&self.file, &self.link, agent);
    }

    /// Enters all that was answered; the process is gone or has nothing left to answer.
    fn settle_accounts(&mut self, ledger: &mut Ledger) {
        for answer in self.process.take_answers() {
            ledger.enter(&self.asked[self.n_answered], &answer);
            self.n_answered += 1;
        }
        ledger.n_lost_unreported += self.asked.len() - self.n_answered;
        ledger.asked.append(&mut self.asked);
        self.n_answered = 0;
    }

    fn wait_for_answers(&mut self, ledger: &mut Ledger) {
        while self.n_answered < self.asked.len() {
            let answer = self.process.answer();
            ledger.enter(&self.asked[self.n_answered], &answer);
            self.n_answered += 1;
        }
        self.settle_accounts(ledger);
    }
}

impl Ledger {
    /// Enters `done FIELD AGENT START END`.
    fn enter(&mut self, request: &Request, answer: &str) {
        let words: Vec<&str> = answer.split(' ').collect();
        let ["done", field, agent, start, end] = words[..] else {
            panic!("{request:?} was answered by {answer:?}");
        };
        let number = |word: &str| word.parse::<u64>().expect("a sequence number");
        let seqs = number(start)..number(end);
        assert!(!seqs.is_empty(), "{answer}");
        let of_agent = self.minted.entry((field.into(), agent.into())).or_default();
        let overlaps = |other: &Range<u64>| seqs.start < other.end && other.start < seqs.end;
        assert!(!of_agent.iter().any(overlaps), "minted twice: {answer}");
        of_agent.push(seqs);
        self.done.push(request.clone());
    }

    /// Compares what a site shows with what was reported and asked for.
    fn check(&self, shown: &[String]) {
        let ticks_of = |requests: &[Request], name: &str| {
            let is_tick = |request: &&Request| matches!(request, Request::Tick(of) if *of == name);
            requests.iter().filter(is_tick).count()
        };
        for name in NAMES {
            let shown = shown
                .iter()
                .find_map(|line| line.strip_prefix(&format!("{name}: ")));
            let n_shown: usize = shown.map_or(0, |n| n.parse().expect("a number"));
            let (done, asked) = (ticks_of(&self.done, name), ticks_of(&self.asked, name));
            assert!(
                (done..=asked).contains(&n_shown),
                "{name}: {done} <= {n_shown} <= {asked}"
            );
        }
        let mut n_lines = BTreeMap::new();
        for line in shown.iter().filter_map(|line| line.strip_prefix("| ")) {
            *n_lines.entry(line.to_owned()).or_insert(0) += 1;
        }
        let appended =
            |requests: &[Request], line: &str| requests.contains(&Request::Append(line.into()));
        for (line, n) in &n_lines {
            assert_eq!(*n, 1, "{line:?} is there twice");
            assert!(appended(&self.asked, line), "{line:?} was never asked for");
        }
        for request in &self.done {
            if let Request::Append(line) = request {
                assert!(n_lines.contains_key(line), "{line:?} was done and is lost");
            }
        }
    }
}

#[test]
fn what_was_done_survives_kills_and_both_end_equal() {
    let n_rounds = if std::env::var_os("CRDT_SLOW").is_some() {
        200
    } else {
        10
    };
    let seed = std::env::var("CRDT_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let mut rng = Rng::new(seed.unwrap_or(1));
    let folder = Folder::new("notes");
    let address = free_address();
    let mut sites = [
        Site::start(
            "here",
            folder.join("a.redb"),
            ["--listen".into(), address.clone()],
            None,
        ),
        Site::start(
            "there",
            folder.join("b.redb"),
            ["--connect".into(), address],
            None,
        ),
    ];
    let mut ledger = Ledger::default();
    let mut n_appended = 0;
    for round in 0..n_rounds {
        for _ in 0..rng.between(1, 30) {
            let site = &mut sites[rng.below(2)];
            if rng.chance(60) {
                n_appended += 1;
                site.ask(Request::Append(format!(
                    "line {n_appended} of round {round}"
                )));
            } else {
                site.ask(Request::Tick(NAMES[rng.below(NAMES.len())]));
            }
        }
        sleep(Duration::from_micros(rng.below(250_000) as u64));
        let victim = rng.below(2);
        sites[victim].kill(&mut rng, &mut ledger);
        if rng.chance(20) {
            sites[1 - victim].kill(&mut rng, &mut ledger);
        }
        for site in &mut sites {
            site.wait_for_answers(&mut ledger);
        }
        wait_for_equal_digests(&mut sites, round);
        for site in &mut sites {
            ledger.check(&site.process.show());
        }
    }
    for site in &mut sites {
        site.process.quit();
    }
    println!(
        "{n_rounds} rounds, {} kills: {} edits reported, none lost; {} more asked for and not reported",
        ledger.n_kills,
        ledger.done.len(),
        ledger.n_lost_unreported,
    );
}

fn wait_for_equal_digests(sites: &mut [Site; 2], round: usize) {
    for _ in 0..2_000 {
        let [a, b] = sites.each_mut().map(|site| site.process.digest());
        if a == b {
            return;
        }
        sleep(Duration::from_millis(10));
    }
    let shown = sites.each_mut().map(|site| site.process.show());
    panic!("round {round}: still different after 20 seconds: {shown:#?}");
}

/// A port that nobody listens on at the moment.
fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = listener.local_addr().expect("it has an address");
    address.to_string()
}
