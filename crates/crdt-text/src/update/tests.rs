//! Updates that no encoder writes: well-formed containers with impossible content.

use crdt_core::codec::entropy::Encoder;
use crdt_core::codec::{DecodeError, DecodeLimits, Writer, packed};

use super::encode::{LAYOUT, section};
use super::rows::{Put, Rows};
use super::{Update, WireDot, encode};
use crate::container::ContainerWriter;
use crate::op_log::MAX_LEN;
use crate::{Direction, OpLog, TextOp, UpdateError};

/// Fields as they come, to be spoiled.
#[derive(Default)]
struct Fields(Vec<(usize, u64)>);

impl Put for Fields {
    fn put(&mut self, field: usize, value: u64) {
        self.0.push((field, value));
    }
}

/// An update by sections, each of which a test can spoil.
struct Forged {
    agents: Vec<&'static str>,
    n_runs: u64,
    fields: Vec<(usize, u64)>,
    inserted: Vec<u8>,
    recorded: Option<&'static str>,
    trailing: Vec<u8>,
}

const AGENT: usize = 0;
const SEQ: usize = 1;
const PARENTS: usize = 2;
/// Operation, place and length of the insert, then of the delete.
const INSERT: usize = 3;
const DELETE: usize = 6;

impl Forged {
    /// Agent `a` inserts `abc` and deletes the last of it again.
    fn valid() -> Self {
        let update = log().update_of_all();
        let mut fields = Fields::default();
        let mut texts = encode::Texts::default();
        encode::rows(&update, &mut Rows::new(1), &mut fields, &mut texts);
        Self {
            agents: vec!["a"],
            n_runs: 1,
            fields: fields.0,
            inserted: b"abc".to_vec(),
            recorded: None,
            trailing: vec![],
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut file = ContainerWriter::default();
        file.section(section::AGENTS, |w| {
            let mut names = Writer::new();
            self.agents.iter().for_each(|agent| names.str(agent));
            w.u64(self.agents.len() as u64);
            packed::encode(w, names.as_bytes());
        });
        file.section(section::HISTORY, |w| {
            let mut encoder = Encoder::new(LAYOUT);
            self.fields
                .iter()
                .for_each(|&(field, value)| encoder.push(field, value));
            w.u64(self.n_runs);
            encoder.finish(w);
            w.raw(&self.trailing);
        });
        file.section(section::INSERTED, |w| packed::encode(w, &self.inserted));
        if let Some(text) = self.recorded {
            file.section(section::RECORDED, |w| packed::encode(w, text.as_bytes()));
        }
        file.finish()
    }
}

fn log() -> OpLog {
    let mut log = OpLog::new();
    let a = log.get_or_create_agent_id("a").expect("a name");
    log.add_insert(a, 0, "abc").expect("an insert");
    log.add_delete_without_content(a, 2..3).expect("a delete");
    log
}

#[test]
fn the_forger_writes_what_the_encoder_writes() {
    let bytes = Forged::valid().bytes();
    assert_eq!(OpLog::decode(&bytes), Ok(log()));
    let mut file = ContainerWriter::default();
    encode::sections(&log().update_of_all(), &mut file);
    assert_eq!(file.finish(), bytes);
}

/// Spoils a valid update, which must then be refused without a trace.
#[track_caller]
fn refused(name: &str, spoil: impl FnOnce(&mut Forged)) {
    let mut forged = Forged::valid();
    spoil(&mut forged);
    let bytes = forged.bytes();
    let error = Update::decode(&bytes, &DecodeLimits::default()).err();
    let is_refused = error.is_some_and(|error| !error.is_unknown_version());
    assert!(is_refused, "{name}: {error:?}");
    let mut log = OpLog::new();
    assert!(log.decode_and_add(&bytes).is_err(), "{name}");
    assert!(log.is_empty() && log.graph().agents().is_empty(), "{name}");
}

const MAX: u64 = u64::MAX;

#[test]
fn impossible_heads_are_malformed() {
    refused("an agent beyond the table", |f| f.fields[AGENT].1 = 3);
    refused("an agent before the table", |f| f.fields[AGENT].1 = 1);
    refused("an agent far beyond the table", |f| f.fields[AGENT].1 = MAX);
    refused("a number before 0", |f| f.fields[SEQ].1 = 1);
    refused("the smallest step", |f| f.fields[SEQ].1 = MAX);
    refused("the largest step", |f| f.fields[SEQ].1 = MAX - 1);
    refused("beyond the largest number", |f| {
        f.fields[SEQ].1 = (1 << 54) - 6;
    });
    refused("a parent before number 0", |f| f.fields[PARENTS].1 = 0);
    refused("2^63 parents", |f| f.fields[PARENTS].1 = MAX);
    refused("a run more", |f| f.n_runs = 2);
    refused("2^64 - 1 runs", |f| f.n_runs = MAX);
    refused("a run less", |f| f.n_runs = 0);
}

#[test]
fn impossible_operations_are_malformed() {
    refused("an unknown kind", |f| f.fields[INSERT].1 = 10);
    refused("2^63 kinds", |f| f.fields[INSERT].1 = MAX);
    refused("a last one that is not", |f| f.fields[DELETE].1 = 2);
    refused("2^64 events", |f| f.fields[INSERT + 2].1 = MAX);
    refused("2^31 events", |f| f.fields[INSERT + 2].1 = 1 << 31);
    refused("more events than text", |f| f.fields[INSERT + 2].1 = 3);
    refused("before the start", |f| f.fields[INSERT + 1].1 = 6);
    refused("the largest step", |f| f.fields[INSERT + 1].1 = MAX);
    refused("a delete through the start", |f| f.fields[DELETE + 2].1 = 4);
    refused("a backspace of one", |f| f.fields[DELETE].1 = 5);
    refused("a recorded delete without text", |f| f.fields[DELETE].1 = 7);
}

#[test]
fn impossible_text_and_names_are_malformed() {
    refused("too little text", |f| f.inserted.truncate(2));
    refused("too much text", |f| f.inserted.push(b'd'));
    refused("text that is not UTF-8", |f| f.inserted[1] = 0xff);
    refused("recorded text for nothing", |f| f.recorded = Some("c"));
    refused("an agent named twice", |f| f.agents = vec!["a", "a"]);
    refused("agents out of order", |f| f.agents = vec!["b", "a"]);
    refused("an agent without a name", |f| f.agents = vec![""]);
    refused("bytes behind the end", |f| f.trailing = vec![1]);
}

/// The rows of runs that need not fit together.
fn rows(n_agents: usize, runs: &[(WireDot, &[WireDot], &str)]) -> Forged {
    let mut rows = Rows::new(n_agents);
    let mut fields = Fields::default();
    let mut texts = encode::Texts::default();
    for &(first, parents, text) in runs {
        let op = [TextOp::insert(0, text)].into_iter();
        encode::run_rows(first, parents, op, &mut rows, &mut fields, &mut texts);
    }
    Forged {
        agents: ["a", "b"][..n_agents].to_vec(),
        n_runs: runs.len() as u64,
        fields: fields.0,
        inserted: texts.inserted.into_bytes(),
        ..Forged::valid()
    }
}

fn dot(agent: u32, seq: u64) -> WireDot {
    WireDot { agent, seq }
}

#[track_caller]
fn is_not_canonical(forged: &Forged) {
    let mut log = OpLog::new();
    let error = log.decode_and_add(&forged.bytes());
    let is_refused = matches!(
        error,
        Err(UpdateError::Decode(DecodeError::NotCanonical { .. }))
    );
    assert!(is_refused, "{error:?}");
    assert!(log.is_empty() && log.graph().agents().is_empty());
}

/// Sequence numbers that occur twice in one batch, with two contents: one agent, two machines.
#[test]
fn a_number_twice_in_one_update_is_refused_whole() {
    is_not_canonical(&rows(1, &[(dot(0, 0), &[], "x"), (dot(0, 0), &[], "y")]));
    is_not_canonical(&rows(1, &[(dot(0, 1), &[], "xy"), (dot(0, 0), &[], "ab")]));
}

/// A run's parent may stand later in the update only if the sender lies. Such an update decoded
/// once, and encoding it again overflowed.
#[test]
fn a_parent_that_comes_later_in_the_update_is_refused() {
    for seq in 0..2 {
        let later = [dot(1, seq)];
        is_not_canonical(&rows(
            2,
            &[(dot(0, 0), &later, "x"), (dot(1, 0), &[], "yz")],
        ));
    }
}

/// An agent's numbers need not ascend in an update, and it need not hold all parents.
#[test]
fn runs_come_in_any_order_and_parents_from_elsewhere() {
    let elsewhere = [dot(0, 4), dot(0, 9), dot(1, 0)];
    let runs: [(WireDot, &[WireDot], &str); 2] = [
        (dot(0, 2), &elsewhere, "ab"),
        (dot(0, 0), &[dot(0, 3)], "xy"),
    ];
    let update = Update::decode(&rows(2, &runs).bytes(), &DecodeLimits::default());
    assert_eq!(update.map(|update| update.len()), Ok(4));
}

/// Such an update decoded once; grouping it lost its events without a word.
#[test]
fn an_event_that_is_its_own_parent_is_refused() {
    is_not_canonical(&rows(1, &[(dot(0, 0), &[dot(0, 0)], "x")]));
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
    let update = log.update_of_all();
    let mut file = ContainerWriter::default();
    encode::sections(&update, &mut file);
    for bytes in [update.encode(), file.finish()] {
        let read = Update::decode(&bytes, &DecodeLimits::default()).expect("valid bytes");
        assert_eq!(format!("{read:?}"), format!("{update:?}"));
        assert_eq!((read.len(), read.summary()), (11, log.summary()));
    }
}

/// A run of an agent that deletes so many characters at each step.
fn deletes(lens: &[usize]) -> Forged {
    let ops: Vec<TextOp<'_>> = lens.iter().map(|&len| TextOp::delete(0..len)).collect();
    let mut fields = Fields::default();
    let mut texts = encode::Texts::default();
    let ops = ops.into_iter();
    encode::run_rows(
        dot(0, 0),
        &[],
        ops,
        &mut Rows::new(1),
        &mut fields,
        &mut texts,
    );
    Forged {
        fields: fields.0,
        inserted: Vec::new(),
        ..Forged::valid()
    }
}

#[test]
fn an_update_holds_as_many_events_as_an_op_log_and_no_more() {
    let limits = DecodeLimits::default()
        .with_max_items(1 << 26)
        .with_max_memory(u64::MAX);
    let read = |lens: &[usize]| Update::decode(&deletes(lens).bytes(), &limits);
    for lens in [&[MAX_LEN][..], &[MAX_LEN - 7, 7]] {
        assert_eq!(read(lens).map(|update| update.len()), Ok(MAX_LEN));
    }
    for lens in [[MAX_LEN, 1], [MAX_LEN - 7, 8], [MAX_LEN, MAX_LEN]] {
        assert!(read(&lens).is_err(), "{lens:?}");
    }
}

/// The least number of items of a budget under which bytes can be read.
fn least_items(bytes: &[u8]) -> u64 {
    let suffice = |n_items| {
        let limits = DecodeLimits::default().with_max_items(n_items);
        Update::decode(bytes, &limits).is_ok()
    };
    let least = (0..1_000).find(|&n_items| suffice(n_items));
    least.expect("a thousand are enough")
}

/// Few bytes can stand for many events, which take room: every 64 cost as much as a row.
#[test]
fn events_are_paid_for_as_well_as_rows() {
    let least = |lens: &[usize]| least_items(&deletes(lens).bytes());
    let one = least(&[1]);
    assert_eq!(least(&[63]), one);
    assert_eq!(least(&[64]), one + 1);
    assert_eq!(least(&[6_400]), one + 100);
    assert_eq!(least(&[3_200, 3_200]), one + 101, "a row more");
}

/// The text that a shallow history starts from costs as much as the events that it stands for.
#[test]
fn the_text_of_a_floor_is_paid_for() {
    let least = |n_chars| {
        let mut log = OpLog::new();
        let a = log.get_or_create_agent_id("a").expect("a name");
        log.add_insert(a, 0, &"x".repeat(n_chars))
            .expect("an insert");
        let cut = log.shallow_at(log.version()).expect("the tip");
        let mut file = ContainerWriter::default();
        encode::sections(&cut.update_of_all(), &mut file);
        least_items(&file.finish())
    };
    let one = least(1);
    assert_eq!(least(63), one);
    assert_eq!(least(6_400), one + 100);
}

/// A shallow file names the floor as the parent of what follows: nothing else can stand for it.
#[test]
fn only_its_heads_stand_for_the_floor_of_a_file() {
    let full = log();
    let mut log = full.shallow_at(full.version()).expect("the tip");
    let b = log.get_or_create_agent_id("b").expect("a name");
    log.add_insert(b, 0, "x").expect("an insert");
    let update = log.update_of_all();
    let with_parent = |parent: WireDot| {
        let mut update = update.clone();
        update.parents = vec![parent];
        let mut file = ContainerWriter::default();
        encode::sections(&update, &mut file);
        OpLog::decode(&file.finish())
    };
    assert_eq!(update.parents, [dot(0, 3)]);
    assert_eq!(with_parent(dot(0, 3)), Ok(log));
    for other in [dot(0, 2), dot(0, 4), dot(1, 3)] {
        assert!(with_parent(other).is_err(), "{other:?}");
    }
}
