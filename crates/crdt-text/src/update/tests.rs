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

#[test]
fn impossible_columns_are_malformed() {
    let max = u64::MAX;
    let cases: Vec<(&str, Forged)> = vec![
        (
            "an agent beyond the table",
            Forged::with(|f| f.runs[0].0 = 1),
        ),
        (
            "an agent far beyond the table",
            Forged::with(|f| f.runs[0].0 = max),
        ),
        (
            "a run of no events",
            Forged::with(|f| f.runs.insert(0, (0, 0, 0))),
        ),
        (
            "a run longer than its operations",
            Forged::with(|f| f.runs[0].1 = 5),
        ),
        (
            "a run shorter than its operations",
            Forged::with(|f| f.runs[0].1 = 3),
        ),
        (
            "a run of 2^64 - 1 events",
            Forged::with(|f| f.runs[0].1 = max),
        ),
        (
            "a run before sequence number 0",
            Forged::with(|f| f.runs[0].2 = -1),
        ),
        (
            "a run at the smallest step",
            Forged::with(|f| f.runs[0].2 = i64::MIN),
        ),
        (
            "a run beyond the largest number",
            Forged::with(|f| f.runs[0].2 = (1 << 53) - 3),
        ),
        (
            "a run at the largest step",
            Forged::with(|f| f.runs[0].2 = i64::MAX),
        ),
        (
            "an op of no events",
            Forged::with(|f| f.ops.insert(1, (1, 0, 0))),
        ),
        (
            "an op of 2^64 - 1 events",
            Forged::with(|f| f.ops[1].1 = max),
        ),
        ("an op before the start", Forged::with(|f| f.ops[0].2 = -1)),
        (
            "an op at the largest step",
            Forged::with(|f| f.ops[0].2 = i64::MAX),
        ),
        (
            "an op at the smallest step",
            Forged::with(|f| f.ops[1].2 = i64::MIN),
        ),
        (
            "a backspace through the start",
            Forged::with(|f| f.ops[1] = (2, 5, -1)),
        ),
        ("an op of an unknown kind", Forged::with(|f| f.ops[1].0 = 3)),
        ("too little text", Forged::with(|f| f.inserted.truncate(2))),
        ("too much text", Forged::with(|f| f.inserted.push(b'd'))),
        (
            "text that is not UTF-8",
            Forged::with(|f| f.inserted[1] = 0xff),
        ),
        (
            "an agent named twice",
            Forged::with(|f| f.agents = vec!["a", "a"]),
        ),
        (
            "agents out of order",
            Forged::with(|f| f.agents = vec!["b", "a"]),
        ),
        (
            "an agent without a name",
            Forged::with(|f| f.agents = vec![""]),
        ),
        ("a parent before the start", parent(1, 0, &[])),
        ("a parent far before the start", parent(1, max - 1, &[])),
        (
            "more parents than references",
            Forged::with(|f| f.parent_counts[0] = 2),
        ),
        (
            "2^64 - 1 parents",
            Forged::with(|f| f.parent_counts[0] = max),
        ),
        ("a parent of an unknown agent", parent(1, 3, &[0])),
        (
            "a parent beyond the largest number",
            parent(1, 1, &[1 << 53]),
        ),
        (
            "a parent named twice",
            Forged::with(|f| {
                f.parent_counts = vec![2];
                f.references = vec![1, 1];
                f.outside_seqs = vec![9, 9];
            }),
        ),
        ("deleted text for an insert", deleted(vec![(0, 1)], "x")),
        ("deleted text too short", deleted(vec![(3, 1)], "")),
        ("deleted text too long", deleted(vec![(3, 1)], "xy")),
        (
            "deleted text past the last event",
            deleted(vec![(3, 2)], "xy"),
        ),
        (
            "an empty stretch of deleted text",
            deleted(vec![(3, 0)], ""),
        ),
        ("deleted text of no event", deleted(vec![], "")),
        ("a gap of 2^64 - 1", deleted(vec![(max, 1)], "x")),
        (
            "bytes behind the last section",
            Forged::with(|f| f.trailing = vec![0]),
        ),
    ];
    for (name, forged) in cases {
        let error = forged.decode().err();
        assert!(
            error.is_some_and(|e| !e.is_unknown_version()),
            "{name}: {error:?}"
        );
        let mut log = OpLog::new();
        assert!(log.decode_and_add(&forged.bytes()).is_err(), "{name}");
        assert!(
            log == OpLog::new() && log.graph().agents().is_empty(),
            "{name}"
        );
    }
}

fn parent(count: u64, reference: u64, seqs: &[u64]) -> Forged {
    Forged::with(|f| {
        f.parent_counts = vec![count];
        f.references = vec![reference];
        f.outside_seqs = seqs.to_vec();
    })
}

fn deleted(stretches: Vec<(u64, u64)>, text: &'static str) -> Forged {
    Forged::with(|f| f.deleted = Some((stretches, text)))
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
    assert!(
        matches!(&error, Err(UpdateError::Conflict(dot)) if dot.seq() == 0),
        "{error:?}"
    );
    assert_eq!(format!("{log:?}"), before);
    assert!(log.is_empty() && log.summary().is_empty() && log.graph().agents().is_empty());
}

/// A run's parent may stand later in the update only if the sender lies: it cannot be known yet.
#[test]
fn a_parent_that_comes_later_in_the_update_is_early() {
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
    assert!(matches!(&error, Err(UpdateError::MissingDependency(dot)) if dot.seq() == 0));
    assert!(log.is_empty() && log.graph().agents().is_empty());
}

#[test]
fn an_event_that_is_its_own_parent_is_early() {
    let own = parent(1, 1, &[0]);
    let error = OpLog::new().decode_and_add(&own.bytes());
    assert!(
        matches!(error, Err(UpdateError::MissingDependency(_))),
        "{error:?}"
    );
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
