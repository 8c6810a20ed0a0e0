//! Event histories that look for trouble.
//!
//! Few positions, so that inserts collide; names and texts beyond ASCII and beyond the basic
//! plane; several roots, merges of many heads, parents in the middle of runs, agents concurrent
//! with themselves, sequence numbers out of order, double deletes, inserts beside tombstones.

use crate::reference::Reference;
use crate::rng::Rng;
use crate::trace::{Trace, TraceOp, Txn};
use crdt_core::AgentId;

/// What [`history`] makes.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "callers set what they need and take the default"
)]
pub struct HistoryConfig {
    /// Number of transactions, of about five events each.
    pub n_txns: usize,
    /// The most heads that one transaction merges.
    pub max_parents: usize,
    /// Whether an agent's sequence numbers may go backwards in file order; none is missing.
    pub seqs_out_of_order: bool,
    /// Whether some ops lie outside the document at their parents.
    pub ops_out_of_range: bool,
}

impl Default for HistoryConfig {
    fn default() -> Self {
        Self {
            n_txns: 30,
            max_parents: 5,
            seqs_out_of_order: true,
            ops_out_of_range: false,
        }
    }
}

/// Makes a random history of 3 to 5 agents, with the text that the reference model gives.
///
/// # Complexity
/// O(n^2) time, n = events: meant for some hundred events.
///
/// # Examples
/// ```
/// use crdt_testkit::generate::{HistoryConfig, history};
///
/// let trace = history(7, &HistoryConfig::default());
/// assert_eq!(trace.txns.len(), 30);
/// assert!(trace.check().is_ok());
/// ```
pub fn history(seed: u64, config: &HistoryConfig) -> Trace {
    history_of(Rng::new(seed), config)
}

/// Makes the history that a stream of random numbers stands for, as [`history`] does of a seed.
///
/// # Complexity
/// As [`history`].
pub fn history_of(mut rng: Rng, config: &HistoryConfig) -> Trace {
    let plans = plan(&mut rng, config);
    let mut made = Making {
        config,
        rng,
        model: Reference::new(),
        txns: Vec::new(),
    };
    for plan in &plans {
        made.txn(plan);
    }
    Trace {
        txns: made.txns,
        end_content: Some(made.model.text()),
    }
}

/// What is settled about a transaction before its parents are.
///
/// Sequence numbers decide ties, so they must be known before the first op is placed; hence sizes
/// come first.
struct Plan {
    agent: AgentId,
    seq: u64,
    sizes: Vec<usize>,
}

fn plan(rng: &mut Rng, config: &HistoryConfig) -> Vec<Plan> {
    let mut names = NAMES;
    rng.shuffle(&mut names);
    let n_agents = rng.between(3, 5);
    let agents: Vec<AgentId> = names[..n_agents]
        .iter()
        .filter_map(|name| AgentId::new(name).ok())
        .collect();
    let mut plans: Vec<Plan> = (0..config.n_txns)
        .map(|_| Plan {
            agent: rng.pick(&agents).clone(),
            seq: 0,
            sizes: (0..rng.between(1, 3)).map(|_| rng.between(1, 4)).collect(),
        })
        .collect();
    let shuffled = config.seqs_out_of_order && rng.chance(50);
    for agent in &agents {
        let mut own: Vec<&mut Plan> = plans.iter_mut().filter(|p| p.agent == *agent).collect();
        if shuffled {
            rng.shuffle(&mut own);
        }
        let mut next_seq = 0;
        for plan in own {
            plan.seq = next_seq;
            next_seq += plan.sizes.iter().sum::<usize>() as u64;
        }
    }
    plans
}

struct Making<'a> {
    config: &'a HistoryConfig,
    rng: Rng,
    model: Reference,
    txns: Vec<Txn>,
}

impl Making<'_> {
    fn txn(&mut self, plan: &Plan) {
        let parents = self.parents();
        let mut len_chars = self.model.len_at(&parents);
        let mut ops = Vec::new();
        for &size in &plan.sizes {
            let op = self.op(size, len_chars);
            len_chars = match &op {
                TraceOp::Insert { .. } => len_chars + size,
                TraceOp::Delete { pos, .. } => len_chars - size.min(len_chars.saturating_sub(*pos)),
            };
            ops.push(op);
        }
        let start = self.model.n_events();
        let span = start..start + plan.sizes.iter().sum::<usize>();
        let txn = Txn {
            agent: plan.agent.clone(),
            seq: plan.seq,
            span,
            parents,
            ops,
        };
        self.model.push_txn(&txn);
        self.txns.push(txn);
    }

    fn parents(&mut self) -> Vec<usize> {
        let n_events = self.model.n_events();
        if n_events == 0 || self.rng.chance(6) {
            return Vec::new();
        }
        let mut heads = Trace {
            txns: self.txns.clone(),
            end_content: None,
        }
        .frontier();
        self.rng.shuffle(&mut heads);
        match self.rng.below(100) {
            0..45 => heads.truncate(1),
            45..70 => heads.truncate(self.config.max_parents),
            70..85 => heads = vec![self.txns[self.rng.below(self.txns.len())].span.end - 1],
            _ => {
                let n_heads = self.rng.between(1, self.config.max_parents);
                heads = (0..n_heads).map(|_| self.rng.below(n_events)).collect();
            }
        }
        self.model.minimal(&heads)
    }

    fn op(&mut self, size: usize, len_chars: usize) -> TraceOp {
        let outside = self.config.ops_out_of_range && self.rng.chance(10);
        let deletes = self.rng.chance(40);
        if outside {
            let pos = (len_chars + self.rng.below(3)).saturating_sub(self.rng.below(3));
            return if deletes {
                TraceOp::Delete { pos, len: size }
            } else {
                TraceOp::Insert {
                    pos,
                    text: self.text(size),
                }
            };
        }
        if deletes && size <= len_chars {
            return TraceOp::Delete {
                pos: self.pos(len_chars - size),
                len: size,
            };
        }
        TraceOp::Insert {
            pos: self.pos(len_chars),
            text: self.text(size),
        }
    }

    /// A position up to `last`, most often one of very few.
    fn pos(&mut self, last: usize) -> usize {
        match self.rng.below(100) {
            0..30 => 0,
            30..50 => last,
            50..80 => last.min(self.rng.between(1, 2)),
            _ => self.rng.below(last + 1),
        }
    }

    fn text(&mut self, n_chars: usize) -> String {
        (0..n_chars).map(|_| *self.rng.pick(&CHARS)).collect()
    }
}

/// Names whose order by UTF-8 bytes differs from the order by UTF-16 units, and some plain ones.
const NAMES: [&str; 12] = [
    "a",
    "b",
    "B",
    "zoe",
    "Zoe",
    "z",
    "\u{e9}",
    "\u{6f22}\u{5b57}",
    "\u{e000}",
    "\u{fffd}",
    "\u{10000}",
    "\u{1f600}",
];

/// One to four UTF-8 bytes, one and two UTF-16 units, and a combining mark.
const CHARS: [char; 16] = [
    'a',
    'b',
    'c',
    'd',
    'e',
    'f',
    'g',
    'h',
    'i',
    'j',
    '\u{e9}',
    '\u{301}',
    '\u{6f22}',
    '\u{fffd}',
    '\u{10000}',
    '\u{1f600}',
];
