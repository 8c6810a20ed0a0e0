//! What hostile bytes may cost: memory in proportion to the input and to the declared limits.
//!
//! A binary of its own, since it counts every byte that the process allocates.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crdt_core::codec::{DecodeLimits, Writer, packed};
use crdt_testkit::CountingAlloc;
use crdt_text::{AgentId, OpLog, RemoteRun, TextOp, Update};

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

/// A container with these sections and true checksums.
fn file(sections: [&dyn Fn(&mut Writer); 3]) -> Vec<u8> {
    let contents = sections.map(|write| {
        let mut w = Writer::new();
        write(&mut w);
        w.into_bytes()
    });
    let mut w = Writer::new();
    w.raw(b"CTXT\x01");
    w.u8(contents.len() as u8);
    for (tag, content) in (1..).zip(&contents) {
        w.u8(tag);
        w.u64(content.len() as u64);
        w.u32_le(crc32fast::hash(content));
    }
    w.u32_le(crc32fast::hash(w.as_bytes()));
    contents.iter().for_each(|content| w.raw(content));
    w.into_bytes()
}

fn one_agent(w: &mut Writer) {
    w.u64(1);
    packed::encode(w, b"\x01a");
}

fn no_text(w: &mut Writer) {
    packed::encode(w, b"");
}

/// Counts of a thousand million million items in a few bytes.
#[test]
fn claimed_counts_cost_nothing() {
    let _turn = turn();
    let claim = |w: &mut Writer| {
        w.u64(1 << 50);
        w.raw(&[1; 40]);
    };
    let packed_claim = |w: &mut Writer| {
        w.u8(1);
        w.u64(1 << 50);
        w.raw(&[1; 40]);
    };
    let raw_claim = |w: &mut Writer| {
        w.u8(0);
        w.u64(1 << 50);
    };
    let files = [
        ("agents", file([&claim, &claim, &no_text])),
        ("runs", file([&one_agent, &claim, &no_text])),
        ("text", file([&one_agent, &claim, &raw_claim])),
        ("packed text", file([&one_agent, &claim, &packed_claim])),
    ];
    for (name, bytes) in files {
        let (result, peak) = peak(|| Update::decode(&bytes, &DecodeLimits::default()).is_err());
        assert!(result, "{name}");
        assert!(
            peak <= 8 * bytes.len() + MIB / 16,
            "{name}: {peak} bytes for {}",
            bytes.len()
        );
    }
}

/// Rows that are all alike take next to nothing; what they claim is bounded all the same.
#[test]
fn repeated_rows_stay_within_declared_limits() {
    let _turn = turn();
    let mut log = OpLog::new();
    let a = log.get_or_create_agent_id("a").expect("a name");
    for _ in 0..100_000 {
        log.add_insert(a, 0, "x").expect("an insert");
    }
    let bytes = log.encode_full();
    assert!(bytes.len() > 100_000 / 64, "{} bytes", bytes.len());
    let limits = DecodeLimits::default().with_max_items(10_000);
    let (result, peak) = peak(|| Update::decode(&bytes, &limits).map(drop));
    assert!(result.is_err_and(|error| error.is_budget_exceeded()));
    assert!(
        peak <= 8 * bytes.len() + 64 * 10_000 + MIB / 2,
        "{peak} bytes for {}",
        bytes.len()
    );
}

/// Memory for every event of a zone, deletes too, made eighty bytes ask for eight gigabytes. The
/// largest delete has 2^31 events; fewer make the point without harm to the machine.
#[test]
fn a_delete_of_everything_imaginable_costs_little_to_merge() {
    let _turn = turn();
    let mut log = OpLog::new();
    let a = log.get_or_create_agent_id("a").expect("a name");
    log.add_insert(a, 0, "abc").expect("an insert");
    let all = RemoteRun {
        agent: &AgentId::new("b").expect("a name"),
        seq: 0,
        parents: &[],
        ops: &[TextOp::delete(0..1 << 24)],
    };
    log.ingest(&all).expect("a delete");
    let bytes = log.encode_full();
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
                crdt_testkit::TraceOp::Insert { pos, text } => TextOp::insert(*pos, text),
                crdt_testkit::TraceOp::Delete { pos, len } => TextOp::delete(*pos..*pos + *len),
            })
            .collect();
        let parents = trace.parent_dots(txn);
        let run = RemoteRun {
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
