//! Updates that no encoder writes: well-formed containers with impossible content.

use crdt_core::codec::{DecodeError, DecodeLimits, Writer, column};

use super::encode::{FORMAT_VERSION, MAGIC, section, storage};
use super::{Update, WireDot};
use crate::{Direction, OpLog, TextOp, UpdateError};

/// An update by columns, each of which a test can spoil.
#[derive(Clone)]
struct Forged {
    version: u8,
    agents: Vec<&'static str>,
    /// Agent, length, step from the agent's last sequence number.
    runs: Vec<(u64, u64, i64)>,
    parent_counts: Vec<u64>,
    references: Vec<u64>,
    outside_seqs: Vec<u64>,
    /// Kind, length, step from the caret.
    ops: Vec<(u64, u64, i64)>,
    inserted: Vec<u8>,
    deleted: Option<(Vec<(u64, u64)>, &'static str)>,
    trailing: Vec<u8>,
}

impl Forged {
    /// Agent `a` inserts `abc` and deletes the last of it again.
    fn valid() -> Self {
        Self {
            version: FORMAT_VERSION,
            agents: vec!["a"],
            runs: vec![(0, 4, 0)],
            parent_counts: vec![0],
            references: vec![],
            outside_seqs: vec![],
            ops: vec![(0, 3, 0), (1, 1, -1)],
            inserted: b"abc".to_vec(),
            deleted: None,
            trailing: vec![],
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.raw(MAGIC);
        w.u8(self.version);
        put(&mut w, section::AGENTS, |w| {
            w.u64(self.agents.len() as u64);
            self.agents.iter().for_each(|agent| w.str(agent));
        });
        put(&mut w, section::RUNS, |w| triples(w, &self.runs));
        put(&mut w, section::PARENTS, |w| {
            column::encode_u64s(w, self.parent_counts.iter().copied());
            column::encode_u64s(w, self.references.iter().copied());
            column::encode_deltas(w, self.outside_seqs.iter().copied());
        });
        put(&mut w, section::OPS, |w| triples(w, &self.ops));
        put(&mut w, section::INSERTED, |w| {
            w.u8(storage::RAW);
            w.bytes(&self.inserted);
        });
        if let Some((stretches, text)) = &self.deleted {
            put(&mut w, section::DELETED, |w| {
                w.u64(stretches.len() as u64);
                column::encode_u64s(w, stretches.iter().map(|stretch| stretch.0));
                column::encode_u64s(w, stretches.iter().map(|stretch| stretch.1));
                w.u8(storage::RAW);
                w.str(text);
            });
        }
        w.raw(&self.trailing);
        w.u32_le(crc32fast::hash(w.as_bytes()));
        w.into_bytes()
    }

    fn decode(&self) -> Result<Update, DecodeError> {
        Update::decode(&self.bytes(), &DecodeLimits::default())
    }

    fn parents(&mut self, count: u64, references: &[u64], seqs: &[u64]) {
        self.parent_counts = vec![count];
        self.references = references.to_vec();
        self.outside_seqs = seqs.to_vec();
    }

    fn deleted(&mut self, stretches: Vec<(u64, u64)>, text: &'static str) {
        self.deleted = Some((stretches, text));
    }

    fn with(change: impl FnOnce(&mut Self)) -> Self {
        let mut forged = Self::valid();
        change(&mut forged);
        forged
    }
}

fn put(w: &mut Writer, tag: u8, content: impl FnOnce(&mut Writer)) {
    let mut section = Writer::new();
    content(&mut section);
    w.u8(tag);
    w.bytes(section.as_bytes());
}

fn triples(w: &mut Writer, rows: &[(u64, u64, i64)]) {
    w.u64(rows.len() as u64);
    column::encode_u64s(w, rows.iter().map(|row| row.0));
    column::encode_u64s(w, rows.iter().map(|row| row.1));
    column::encode_i64s(w, rows.iter().map(|row| row.2));
}

#[test]
fn the_forger_writes_what_the_encoder_writes() {
    let mut log = OpLog::new();
    let a = log.get_or_create_agent_id("a").expect("a name");
    log.add_insert(a, 0, "abc").expect("an insert");
    log.add_delete_without_content(a, 2..3).expect("a delete");
    assert_eq!(Forged::valid().bytes(), log.encode_full());
    assert_eq!(Forged::valid().decode().map(|update| update.len()), Ok(4));
}

/// Spoils a valid update, which must then be refused without a trace.
#[track_caller]
fn refused(name: &str, spoil: impl FnOnce(&mut Forged)) {
    let forged = Forged::with(spoil);
    let error = forged.decode().err();
    let is_refused = error.is_some_and(|error| !error.is_unknown_version());
    assert!(is_refused, "{name}: {error:?}");
    let mut log = OpLog::new();
    assert!(log.decode_and_add(&forged.bytes()).is_err(), "{name}");
    assert!(log.is_empty() && log.graph().agents().is_empty(), "{name}");
}

const MAX: u64 = u64::MAX;

#[test]
fn impossible_runs_are_malformed() {
    refused("an agent beyond the table", |f| f.runs[0].0 = 1);
    refused("an agent far beyond the table", |f| f.runs[0].0 = MAX);
    refused("no events", |f| f.runs.insert(0, (0, 0, 0)));
    refused("longer than its operations", |f| f.runs[0].1 = 5);
    refused("shorter than its operations", |f| f.runs[0].1 = 3);
    refused("2^64 - 1 events", |f| f.runs[0].1 = MAX);
    refused("before number 0", |f| f.runs[0].2 = -1);
    refused("the smallest step", |f| f.runs[0].2 = i64::MIN);
    refused("beyond the largest number", |f| f.runs[0].2 = (1 << 53) - 3);
    refused("the largest step", |f| f.runs[0].2 = i64::MAX);
}

#[test]
fn impossible_operations_are_malformed() {
    refused("no events", |f| f.ops.insert(1, (1, 0, 0)));
    refused("2^64 - 1 events", |f| f.ops[1].1 = MAX);
    refused("before the start", |f| f.ops[0].2 = -1);
    refused("the largest step", |f| f.ops[0].2 = i64::MAX);
    refused("the smallest step", |f| f.ops[1].2 = i64::MIN);
    refused("a backspace through the start", |f| f.ops[1] = (2, 5, -1));
    refused("an unknown kind", |f| f.ops[1].0 = 3);
}

#[test]
fn impossible_parents_are_malformed() {
    refused("before the start", |f| f.parents(1, &[0], &[]));
    refused("far before the start", |f| f.parents(1, &[MAX - 1], &[]));
    refused("more than references", |f| f.parent_counts[0] = 2);
    refused("2^64 - 1 of them", |f| f.parent_counts[0] = MAX);
    refused("of an unknown agent", |f| f.parents(1, &[3], &[0]));
    refused("too large a number", |f| f.parents(1, &[1], &[1 << 53]));
    refused("named twice", |f| f.parents(2, &[1, 1], &[9, 9]));
}

#[test]
fn impossible_text_and_names_are_malformed() {
    refused("too little text", |f| f.inserted.truncate(2));
    refused("too much text", |f| f.inserted.push(b'd'));
    refused("text that is not UTF-8", |f| f.inserted[1] = 0xff);
    refused("an agent named twice", |f| f.agents = vec!["a", "a"]);
    refused("agents out of order", |f| f.agents = vec!["b", "a"]);
    refused("an agent without a name", |f| f.agents = vec![""]);
    refused("bytes behind the end", |f| f.trailing = vec![0]);
}

#[test]
fn impossible_deleted_text_is_malformed() {
    refused("for an insert", |f| f.deleted(vec![(0, 1)], "x"));
    refused("too short", |f| f.deleted(vec![(3, 1)], ""));
    refused("too long", |f| f.deleted(vec![(3, 1)], "xy"));
    refused("past the last event", |f| f.deleted(vec![(3, 2)], "xy"));
    refused("an empty stretch", |f| f.deleted(vec![(3, 0)], ""));
    refused("no stretch", |f| f.deleted(vec![], ""));
    refused("a gap of 2^64 - 1", |f| f.deleted(vec![(MAX, 1)], "x"));
}

#[test]
fn a_newer_format_is_told_from_damage() {
    let newer = Forged::with(|f| f.version = FORMAT_VERSION + 1);
    let found = u64::from(FORMAT_VERSION) + 1;
    assert_eq!(
        newer.decode().err(),
        Some(DecodeError::UnknownVersion { found })
    );
}

/// Sequence numbers that occur twice in one batch, with two contents: one agent, two machines.
#[test]
fn a_number_twice_in_one_update_is_refused_whole() {
    let twice = Forged {
        agents: vec!["a", "b"],
        runs: vec![(1, 1, 0), (0, 1, 0), (0, 1, -1)],
        parent_counts: vec![0, 0, 0],
        ops: vec![(0, 1, 0), (0, 1, -1), (0, 1, -1)],
        inserted: b"xyz".to_vec(),
        ..Forged::valid()
    };
    let mut log = OpLog::new();
    let before = format!("{log:?}");
    let error = log.decode_and_add(&twice.bytes());
    assert!(is_not_canonical(&error), "{error:?}");
    assert_eq!(format!("{log:?}"), before);
    assert!(log.is_empty() && log.summary().is_empty() && log.graph().agents().is_empty());
}

/// A run's parent may stand later in the update only if the sender lies. Such an update decoded
/// once, and encoding it again overflowed.
#[test]
fn a_parent_that_comes_later_in_the_update_is_refused() {
    let later = Forged {
        runs: vec![(0, 1, 1), (0, 1, -2)],
        parent_counts: vec![1, 0],
        references: vec![1],
        outside_seqs: vec![0],
        ops: vec![(0, 1, 0), (0, 1, -1)],
        inserted: b"ba".to_vec(),
        ..Forged::valid()
    };
    let mut log = OpLog::new();
    let error = log.decode_and_add(&later.bytes());
    assert!(is_not_canonical(&error), "{error:?}");
    assert!(log.is_empty() && log.graph().agents().is_empty());
}

/// Such an update decoded once; grouping it lost its events without a word.
#[test]
fn an_event_that_is_its_own_parent_is_refused() {
    let own = Forged::with(|f| f.parents(1, &[1], &[0]));
    let error = OpLog::new().decode_and_add(&own.bytes());
    assert!(is_not_canonical(&error), "{error:?}");
}

fn is_not_canonical(result: &Result<usize, UpdateError>) -> bool {
    matches!(
        result,
        Err(UpdateError::Decode(DecodeError::NotCanonical { .. }))
    )
}

#[test]
fn what_a_decoded_update_holds_is_what_was_collected() {
    let mut log = OpLog::new();
    let a = log.get_or_create_agent_id("a").expect("a name");
    let op = |direction, text| TextOp::Delete {
        pos: 1,
        len: 2,
        direction,
        text,
    };
    log.add_insert(a, 0, "ab\u{e9}\u{1f600}efg")
        .expect("an insert");
    for op in [
        op(Direction::Backward, Some("\u{e9}b")),
        op(Direction::Forward, None),
    ] {
        let tip = log.version().clone();
        log.add_operations_at(a, &tip, &[op]).expect("a delete");
    }
    let update = log
        .update_since(&crdt_core::Frontier::root())
        .expect("the root");
    let read = Update::decode(&update.encode(), &DecodeLimits::default()).expect("valid bytes");
    assert_eq!(format!("{read:?}"), format!("{update:?}"));
    assert_eq!(
        (read.len(), read.is_empty(), read.summary()),
        (11, false, log.summary())
    );
    let first = read.runs().next().expect("a run");
    assert_eq!(
        (first.agent, first.seq, first.parents),
        (0, 0, &[] as &[WireDot])
    );
}
