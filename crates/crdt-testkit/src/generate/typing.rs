//! Realistic typing by one or several agents.
//!
//! Agents type words, make typing errors and take them back, jump about, go offline and come
//! back. Lengths stay known without a document, since no character is deleted twice: only agent
//! 0 deletes what others can see; everybody else takes back only what the same burst typed.

use crate::reference::Reference;
use crate::rng::Rng;
use crate::trace::{Trace, TraceOp, Txn};
use crdt_core::AgentId;

/// Makes a history of at least `n_events` events by `n_agents` agents who type into one text.
///
/// One agent gives a purely sequential history, several give one with merges of up to `n_agents`
/// heads. Every transaction is one burst of typing. Only small histories carry `end_content`.
///
/// # Panics
/// If `n_agents` is 0.
///
/// # Examples
/// ```
/// use crdt_testkit::generate::typing;
///
/// let trace = typing(42, 3, 10_000);
/// assert!(trace.n_events() >= 10_000);
/// assert_eq!(trace.agents().len(), 3);
/// assert_eq!(trace, typing(42, 3, 10_000));
/// ```
pub fn typing(seed: u64, n_agents: usize, n_events: usize) -> Trace {
    let mut session = Session::new(seed, n_agents);
    let mut agent = 0;
    while session.n_events < n_events {
        if session.rng.chance(40) {
            agent = session.rng.below(n_agents);
        }
        session.exchange(agent);
        session.burst(agent);
    }
    let mut trace = Trace {
        txns: session.txns,
        end_content: None,
    };
    if trace.n_events() <= MAX_REFERENCE_EVENTS {
        trace.end_content = Some(Reference::from_trace(&trace).text());
    }
    trace
}

struct Session {
    rng: Rng,
    writers: Vec<Writer>,
    txns: Vec<Txn>,
    n_events: usize,
}

struct Writer {
    agent: AgentId,
    /// For each writer, how many of its bursts this one has seen.
    seen: Vec<usize>,
    bursts: Vec<Burst>,
    online: bool,
    cursor: usize,
    next_seq: u64,
}

struct Burst {
    last_lv: usize,
    /// What the writer knew when it ended, itself included.
    seen: Vec<usize>,
    /// Characters inserted less characters deleted, over all bursts of the writer up to this one.
    net_chars: isize,
}

impl Session {
    fn new(seed: u64, n_agents: usize) -> Self {
        let writer = |n: usize| Writer {
            agent: AgentId::new(&format!("agent-{n}")).expect("a short name is a name"),
            seen: vec![0; n_agents],
            bursts: Vec::new(),
            online: true,
            cursor: 0,
            next_seq: 0,
        };
        let writers = (0..n_agents).map(writer).collect();
        Self {
            rng: Rng::new(seed),
            writers,
            txns: Vec::new(),
            n_events: 0,
        }
    }

    /// Perhaps changes whether the agent is online; if it is, fetches what the others wrote.
    fn exchange(&mut self, agent: usize) {
        if self.rng.chance(4) {
            self.writers[agent].online ^= true;
        }
        for other in 0..self.writers.len() {
            let online = self.writers[agent].online && self.writers[other].online;
            if other != agent && online && self.rng.chance(60) {
                let news = self.writers[other].seen.clone();
                for (known, new) in self.writers[agent].seen.iter_mut().zip(news) {
                    *known = (*known).max(new);
                }
            }
        }
    }

    fn burst(&mut self, agent: usize) {
        let parents = self.heads(agent);
        let len_before = self.len_chars(agent);
        let mut pen = Pen {
            cursor: self.writers[agent].cursor.min(len_before),
            ops: Vec::new(),
        };
        if self.rng.chance(25) {
            pen.cursor = self.rng.below(len_before + 1);
        }
        let net_chars = if agent == 0 && len_before > 40 && self.rng.chance(25) {
            pen.delete_some(&mut self.rng, len_before)
        } else {
            pen.type_words(&mut self.rng)
        };
        self.finish_burst(agent, parents, pen, net_chars);
    }

    fn finish_burst(&mut self, agent: usize, parents: Vec<usize>, pen: Pen, net_chars: isize) {
        let n_events: usize = pen.ops.iter().map(TraceOp::len).sum();
        let span = self.n_events..self.n_events + n_events;
        self.n_events = span.end;
        let writer = &mut self.writers[agent];
        let before = writer.bursts.last().map_or(0, |burst| burst.net_chars);
        writer.cursor = pen.cursor;
        writer.seen[agent] += 1;
        writer.bursts.push(Burst {
            last_lv: span.end - 1,
            seen: writer.seen.clone(),
            net_chars: before + net_chars,
        });
        let seq = writer.next_seq;
        writer.next_seq += n_events as u64;
        self.txns.push(Txn {
            agent: writer.agent.clone(),
            seq,
            span,
            parents,
            ops: pen.ops,
        });
    }

    /// The last bursts the agent has seen, without those that others of them include.
    fn heads(&self, agent: usize) -> Vec<usize> {
        let seen = &self.writers[agent].seen;
        let last = |of: usize| {
            seen[of]
                .checked_sub(1)
                .map(|idx| &self.writers[of].bursts[idx])
        };
        let includes = |burst: &Burst, of: usize| burst.seen[of] >= seen[of];
        let is_head = |of: &usize| {
            let mut others = (0..seen.len()).filter(|other| other != of);
            !others.any(|other| last(other).is_some_and(|burst| includes(burst, *of)))
        };
        let heads = (0..seen.len()).filter(is_head).filter_map(last);
        let mut lvs: Vec<usize> = heads.map(|burst| burst.last_lv).collect();
        lvs.sort_unstable();
        lvs
    }

    /// The length of the text as the agent sees it.
    fn len_chars(&self, agent: usize) -> usize {
        let seen = self.writers[agent].seen.iter().zip(&self.writers);
        let net = seen.filter_map(|(&n, of)| Some(of.bursts[n.checked_sub(1)?].net_chars));
        net.sum::<isize>().unsigned_abs()
    }
}

/// Where one burst is written.
struct Pen {
    cursor: usize,
    ops: Vec<TraceOp>,
}

impl Pen {
    /// Types a few words, with errors taken back; returns the characters gained.
    fn type_words(&mut self, rng: &mut Rng) -> isize {
        let start = self.cursor;
        for _ in 0..rng.between(1, 7) {
            let word = *rng.pick(&WORDS);
            self.insert(word);
            let len = word.chars().count();
            if rng.chance(12) {
                let taken_back = rng.between(1, len);
                self.cursor -= taken_back;
                self.ops.push(TraceOp::Delete {
                    pos: self.cursor,
                    len: taken_back,
                });
            }
            let ending = if rng.chance(85) {
                " "
            } else {
                *rng.pick(&[", ", ". ", ".\n", "!\n\n"])
            };
            self.insert(ending);
        }
        (self.cursor - start) as isize
    }

    /// Deletes a stretch of the text; returns the characters lost, as a negative number.
    fn delete_some(&mut self, rng: &mut Rng, len_chars: usize) -> isize {
        let len = rng.between(1, 40);
        self.cursor = self.cursor.min(len_chars - len);
        self.ops.push(TraceOp::Delete {
            pos: self.cursor,
            len,
        });
        -(len as isize)
    }

    /// Types `text`; typing on right after typing is one op.
    fn insert(&mut self, text: &str) {
        let at = self.cursor;
        self.cursor += text.chars().count();
        if let Some(TraceOp::Insert { pos, text: typed }) = self.ops.last_mut()
            && *pos + typed.chars().count() == at
        {
            typed.push_str(text);
            return;
        }
        self.ops.push(TraceOp::Insert {
            pos: at,
            text: text.into(),
        });
    }
}

/// Up to here the reference model answers at once.
const MAX_REFERENCE_EVENTS: usize = 2_000;

const WORDS: [&str; 40] = [
    "the",
    "a",
    "of",
    "and",
    "to",
    "in",
    "is",
    "we",
    "that",
    "it",
    "text",
    "merge",
    "branch",
    "agent",
    "offline",
    "keyboard",
    "converge",
    "history",
    "together",
    "writing",
    "paragraph",
    "because",
    "without",
    "network",
    "replica",
    "every",
    "some",
    "words",
    "are",
    "longer",
    "than",
    "others",
    "caf\u{e9}",
    "na\u{ef}ve",
    "\u{fc}ber",
    "\u{6f22}\u{5b57}",
    "\u{1f600}",
    "so",
    "be",
    "on",
];
