//! Benchmarks of finding out a large summary from its difference.

use benches::{Args, Row, Timings};
use core::hash::{BuildHasher as _, BuildHasherDefault};
use crdt_core::codec::{Encode, Writer};
use crdt_core::{AgentId, CausalSummary, Dot, DotContext, MemberSink, MemberSource};
use crdt_sync::riblt::{Decoder, Key, Symbol, symbols, write_symbols};
use crdt_testkit::Rng;
use std::hash::DefaultHasher;

const SUBJECT: &str = "crdt-sync";

/// Two replicas hold so many live dots, every fiftieth of which is a hole, and differ in a few removals.
pub(crate) fn run(args: &Args, timings: &mut Timings) {
    let n_live = if args.is_smoke() { 1_000 } else { 1_000_000 };
    for n_differing in [1, 100, 10_000] {
        let n_differing = if args.is_smoke() { 1 } else { n_differing };
        let bench = format!("sync/reconcile/{n_differing}");
        if args.wants(&bench) {
            reconcile(args, timings, &bench, n_live, n_differing);
        }
    }
}

fn reconcile(args: &Args, timings: &mut Timings, bench: &str, n_live: u64, n_differing: u64) {
    let (ours, theirs) = summaries(n_live, n_differing);
    let key = Key::from_bytes([7; 16]);
    let (found, told) = find_out(key, &ours, &theirs, None);
    assert!(found == theirs, "what was found out is what they hold");
    report(
        args,
        &format!("sync/reconcile-bytes/{n_differing}"),
        told.n_bytes,
    );
    let plain = theirs.to_bytes().len() as u64;
    report(
        args,
        &format!("sync/reconcile-plain-bytes/{n_differing}"),
        plain,
    );
    say(bench, &told, n_differing);
    // As in an exchange, where a guess after the first symbols comes close.
    let n_symbols = Some(told.n_symbols);
    timings.job(bench, || (), |()| find_out(key, &ours, &theirs, n_symbols));
}

/// What the other side told.
struct Told {
    n_symbols: u64,
    /// Of the head and the symbols.
    n_bytes: u64,
}

/// Everything on both sides but the frames: split, symbols, difference, their summary. Without a number
/// of symbols, takes as few as will do.
fn find_out(
    key: Key,
    ours: &CausalSummary,
    theirs: &CausalSummary,
    n_symbols: Option<u64>,
) -> (CausalSummary, Told) {
    let (_, our_members) = split(ours, theirs);
    let (mut head, their_members) = split(theirs, ours);
    let mut w = Writer::new();
    let mut decoder = Decoder::new(key, our_members).expect("each member once");
    let max_symbols = n_symbols.unwrap_or(MAX_SYMBOLS);
    let theirs: Vec<Symbol> = symbols(key, &their_members, 0..max_symbols);
    decoder.prepare(max_symbols);
    while !decoder.is_complete() {
        let start = decoder.n_symbols();
        let end = n_symbols.unwrap_or(start + start / 64 + 1).min(max_symbols);
        let batch = &theirs[start as usize..end as usize];
        let n_members = their_members.len() as u64;
        write_symbols(batch, start, n_members, usize::MAX, &mut w);
        decoder.extend(batch).expect("enough symbols, and honest");
    }
    let told = Told {
        n_symbols: decoder.n_symbols(),
        n_bytes: (head.to_bytes().len() + w.len()) as u64,
    };
    let members = decoder.into_theirs();
    let mut source = MemberSource::new(&digest, &members);
    assert!(head.rejoin(&mut source) && source.is_finished());
    (head, told)
}

fn split(summary: &CausalSummary, within: &CausalSummary) -> (CausalSummary, Vec<u128>) {
    let mut head = summary.clone();
    let mut sink = MemberSink::new(&digest, usize::MAX);
    head.split(Some(within), &mut sink);
    (head, sink.finish().expect("distinct digests"))
}

/// Good enough where nobody chooses names.
fn digest(bytes: &[u8]) -> u64 {
    BuildHasherDefault::<DefaultHasher>::new().hash_one(bytes)
}

/// Two summaries that know the same and differ in `n_differing` live dots, half on each side.
fn summaries(n_live: u64, n_differing: u64) -> (CausalSummary, CausalSummary) {
    let mut rng = Rng::new(n_live);
    let mut known = DotContext::new();
    let mut live = DotContext::new();
    let mut dots = Vec::new();
    for idx in 0..N_AGENTS {
        let agent = AgentId::new(&format!("agent-{idx:016}")).expect("a short name");
        for seq in 0..n_live / N_AGENTS {
            let dot = Dot::new(agent.clone(), seq).expect("in range");
            known.insert(&dot);
            if seq % 50 != rng.below(50) as u64 {
                live.insert(&dot);
                dots.push(dot);
            }
        }
    }
    let mut removed = [DotContext::new(), DotContext::new()];
    while removed.iter().map(DotContext::n_dots).sum::<u128>() < u128::from(n_differing) {
        let dot = rng.pick(&dots);
        if !removed.iter().any(|removed| removed.contains(dot)) {
            removed[rng.below(2)].insert(dot);
        }
    }
    let [ours, theirs] = removed.map(|removed| {
        let mut summary = CausalSummary::default();
        summary.known = known.clone();
        summary.live = live.difference(&removed);
        summary
    });
    (ours, theirs)
}

fn report(args: &Args, bench: &str, n_bytes: u64) {
    Row {
        bytes: Some(n_bytes.into()),
        ..Row::new(bench, SUBJECT)
    }
    .print(args);
}

#[expect(clippy::print_stderr, reason = "it is for people, and no row")]
fn say(bench: &str, told: &Told, n_differing: u64) {
    let each = told.n_symbols as f64 / n_differing as f64;
    eprintln!("{bench}: {each:.2} symbols for each differing dot");
}

const N_AGENTS: u64 = 10;

/// Enough for every difference here.
const MAX_SYMBOLS: u64 = 20_000;
