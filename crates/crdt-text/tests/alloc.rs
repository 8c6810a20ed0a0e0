//! What hostile bytes may cost: memory in proportion to the input and to the declared limits.
//!
//! A binary of its own, since it counts every byte that the process allocates.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crdt_core::codec::{DecodeLimits, Writer, column};
use crdt_testkit::CountingAlloc;
use crdt_text::{OpLog, Update};

#[global_allocator]
static ALLOC: CountingAlloc = CountingAlloc::new();

/// One test at a time: what another allocates would count too.
static TURN: Mutex<()> = Mutex::new(());

fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

const MIB: usize = 1 << 20;

/// The most bytes that a call has in use at once, beyond what was in use before it.
fn peak<T>(call: impl FnOnce() -> T) -> (T, usize) {
    let before = ALLOC.current_bytes();
    ALLOC.reset_peak();
    let result = call();
    (result, ALLOC.peak_bytes() - before)
}

/// A container with these sections and a true checksum.
fn file(sections: [&dyn Fn(&mut Writer); 5]) -> Vec<u8> {
    let mut w = Writer::new();
    w.raw(b"CTXT\x01");
    for (tag, write) in (1..).zip(sections) {
        let mut section = Writer::new();
        write(&mut section);
        w.u8(tag);
        w.bytes(section.as_bytes());
    }
    w.u32_le(crc32fast::hash(w.as_bytes()));
    w.into_bytes()
}

fn one_agent(w: &mut Writer) {
    w.u64(1);
    w.str("a");
}

fn no_parents(n: usize) -> impl Fn(&mut Writer) {
    move |w| column::encode_u64s(w, vec![0; n])
}

/// `n` rows that are all alike.
fn rows(n: usize, [first, second]: [u64; 2], third: i64) -> impl Fn(&mut Writer) {
    move |w| {
        w.u64(n as u64);
        column::encode_u64s(w, vec![first; n]);
        column::encode_u64s(w, vec![second; n]);
        column::encode_i64s(w, vec![third; n]);
    }
}

fn no_text(w: &mut Writer) {
    w.u8(0);
    w.str("");
}

fn nothing(_: &mut Writer) {}

/// Counts of a thousand million million items in a few bytes.
#[test]
fn claimed_counts_cost_nothing() {
    let _turn = turn();
    let claim = |w: &mut Writer| w.u64(1 << 50);
    let one_run = rows(1, [0, 1], 0);
    let files = [
        (
            "agents",
            file([&claim, &nothing, &nothing, &nothing, &nothing]),
        ),
        (
            "runs",
            file([&one_agent, &claim, &nothing, &nothing, &nothing]),
        ),
        (
            "parents",
            file([
                &one_agent,
                &one_run,
                &|w| column::encode_u64s(w, [1 << 50]),
                &nothing,
                &nothing,
            ]),
        ),
        (
            "ops",
            file([&one_agent, &one_run, &no_parents(1), &claim, &nothing]),
        ),
        (
            "text",
            file([
                &one_agent,
                &one_run,
                &no_parents(1),
                &rows(1, [0, 1], 0),
                &|w| {
                    w.u8(0);
                    w.u64(1 << 50);
                },
            ]),
        ),
        (
            "packed text",
            file([
                &one_agent,
                &one_run,
                &no_parents(1),
                &rows(1, [0, 1], 0),
                &|w| {
                    w.u8(1);
                    w.u64(1 << 50);
                    w.bytes(b"\x10a");
                },
            ]),
        ),
    ];
    for (name, bytes) in files {
        let (result, peak) = peak(|| Update::decode(&bytes, &DecodeLimits::default()).is_err());
        assert!(result, "{name}");
        assert!(
            peak <= 16 * bytes.len() + MIB / 16,
            "{name}: {peak} bytes for {}",
            bytes.len()
        );
    }
}

/// Whatever the rows, declared limits hold.
#[test]
fn repeated_rows_stay_within_declared_limits() {
    let _turn = turn();
    let n = 1 << 20;
    let bytes = file([
        &one_agent,
        &rows(n, [0, 1], 0),
        &no_parents(n),
        &rows(n, [1, 1], 1),
        &no_text,
    ]);
    let limits = DecodeLimits::default().with_max_items(10_000);
    let (result, peak) = peak(|| Update::decode(&bytes, &limits).map(drop));
    assert!(result.is_err_and(|error| error.is_budget_exceeded()));
    assert!(
        peak <= 16 * bytes.len() + MIB,
        "{peak} bytes for {}",
        bytes.len()
    );
}

/// Memory for every event of a zone, deletes too, made eighty bytes ask for eight gigabytes. The
/// largest delete has 2^31 events; fewer make the point without harm to the machine.
#[test]
fn a_delete_of_everything_imaginable_costs_little_to_merge() {
    let _turn = turn();
    let len = 1 << 24;
    let two_agents = |w: &mut Writer| {
        w.u64(2);
        w.str("a");
        w.str("b");
    };
    let runs = |w: &mut Writer| {
        w.u64(2);
        column::encode_u64s(w, [0, 1]);
        column::encode_u64s(w, [3, len]);
        column::encode_i64s(w, [0, 0]);
    };
    let ops = |w: &mut Writer| {
        w.u64(2);
        column::encode_u64s(w, [0, 1]);
        column::encode_u64s(w, [3, len]);
        column::encode_i64s(w, [0, -3]);
    };
    let text = |w: &mut Writer| {
        w.u8(0);
        w.str("abc");
    };
    let bytes = file([&two_agents, &runs, &no_parents(2), &ops, &text]);
    let (merged, peak) = peak(|| {
        let log = OpLog::decode(&bytes).expect("a well-formed update");
        log.text_at(log.version()).expect("the tip")
    });
    assert_eq!(merged, "abc");
    assert!(
        peak <= 16 * bytes.len() + MIB,
        "{peak} bytes for {}",
        bytes.len()
    );
}

#[cfg(feature = "lz4")]
#[test]
fn a_bomb_stops_at_the_limit_of_output() {
    let _turn = turn();
    let text = "x".repeat(8 * MIB);
    let mut log = OpLog::new();
    let a = log.get_or_create_agent_id("a").expect("a name");
    log.add_insert(a, 0, &text).expect("an insert");
    let bytes = log.encode_full();
    assert!(bytes.len() < text.len() / 200, "{} bytes", bytes.len());
    let limits = DecodeLimits::default().with_max_output_bytes(MIB as u64);
    let (result, peak_refused) = peak(|| Update::decode(&bytes, &limits).map(drop));
    assert!(result.is_err_and(|error| error.is_budget_exceeded()));
    assert!(
        peak_refused <= 16 * bytes.len() + MIB,
        "{peak_refused} bytes for {}",
        bytes.len()
    );
    // Admitted, it costs its text a few times over.
    let (result, peak) = peak(|| Update::decode(&bytes, &DecodeLimits::default()).map(drop));
    assert_eq!(result, Ok(()));
    assert!(
        peak <= 4 * text.len() + 16 * bytes.len() + MIB,
        "{peak} bytes"
    );
}

/// Honest files, for comparison.
#[test]
fn decoding_an_honest_file_costs_a_small_multiple_of_it_and_its_text() {
    let _turn = turn();
    let trace = crdt_testkit::generate::typing(4, 3, 60_000);
    let mut log = OpLog::new();
    for txn in &trace.txns {
        let ops: Vec<_> = txn
            .ops
            .iter()
            .map(|op| match op {
                crdt_testkit::TraceOp::Insert { pos, text } => {
                    crdt_text::TextOp::insert(*pos, text)
                }
                crdt_testkit::TraceOp::Delete { pos, len } => {
                    crdt_text::TextOp::delete(*pos..*pos + *len)
                }
            })
            .collect();
        let parents = trace.parent_dots(txn);
        let run = crdt_text::RemoteRun {
            agent: &txn.agent,
            seq: txn.seq,
            parents: &parents,
            ops: &ops,
        };
        log.ingest(&run).expect("a valid history");
    }
    let n_text: usize = log.iter_ops().map(|op| op.n_events()).sum();
    let bytes = log.encode_full();
    let (read, peak) = peak(|| OpLog::decode(&bytes));
    assert_eq!(read.as_ref(), Ok(&log));
    assert!(
        peak <= 64 * bytes.len() + 8 * n_text,
        "{peak} bytes for {}",
        bytes.len()
    );
}
