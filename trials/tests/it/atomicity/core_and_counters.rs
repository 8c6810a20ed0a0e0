//! Clocks, vectors, the graph, and counters.

use crdt_core::{CausalGraph, Dot, Frontier, HybridClock, Lv, Timestamp, VersionVector};
use crdt_counters::{BoundedCounter, GCounter, PnCounter};
use crdt_testkit::Rng;
use crdt_text::AgentIdx;

use super::{agent, done, number, perhaps, stamp, walk, whole, writer};

#[test]
fn core_calls_that_fail_change_nothing() {
    walk::<VersionVector, _>(
        |_| VersionVector::new(),
        Clone::clone,
        &[("VersionVector::advance", |vector, rng| {
            done(vector.advance(&writer(rng), number(rng)))
        })],
    );
    let clock = |rng: &mut Rng| {
        let mut clock = HybridClock::new(1_000);
        perhaps(clock.tick(*rng.pick(&[0, 5_000, Timestamp::MAX_MS])));
        clock
    };
    walk::<HybridClock, _>(
        clock,
        |clock| format!("{clock:?}"),
        &[
            ("HybridClock::tick", |clock, rng| {
                done(clock.tick(number(rng)))
            }),
            ("HybridClock::observe", |clock, rng| {
                done(clock.observe(stamp(rng), *rng.pick(&[0, 9])))
            }),
        ],
    );
}

#[test]
fn graph_calls_that_fail_change_nothing() {
    let graph = |_: &mut Rng| {
        let mut graph = CausalGraph::new();
        let alice = graph.intern_agent(&agent("alice"));
        graph.add_local(alice, &Frontier::root(), 3).expect("a run");
        graph
    };
    let seen = |graph: &CausalGraph| format!("{graph:?} {:?}", graph.agents().iter().count());
    walk::<CausalGraph, _>(
        graph,
        seen,
        &[
            ("CausalGraph::ingest", |graph, rng| {
                let dot = |rng: &mut Rng| {
                    let seq = *rng.pick(&[0, 1, 2, 9]);
                    Dot::new(agent(["alice", "carol"][rng.below(2)]), seq).expect("a small seq")
                };
                let parents: Vec<Dot> = (0..rng.below(3)).map(|_| dot(rng)).collect();
                let name = agent(["alice", "bob"][rng.below(2)]);
                let seq = *rng.pick(&[0, 1, 3, u64::MAX]);
                done(graph.ingest(&name, seq, rng.below(5), &parents))
            }),
            ("CausalGraph::add_local", |graph, rng| {
                let heads = [Lv::new(rng.below(5) as u32), Lv::new(rng.below(5) as u32)];
                let version = Frontier::from_heads(heads);
                done(graph.add_local(AgentIdx::new(rng.below(3) as u32), &version, rng.below(3)))
            }),
        ],
    );
}

#[test]
fn counter_calls_that_fail_change_nothing() {
    walk::<GCounter, _>(
        |rng| {
            let mut counter = GCounter::new();
            perhaps(counter.increment(&writer(rng), number(rng)));
            counter
        },
        whole,
        &[("GCounter::increment", |counter, rng| {
            done(counter.increment_with_delta(&writer(rng), number(rng)))
        })],
    );
    walk::<PnCounter, _>(
        |rng| {
            let mut counter = PnCounter::new();
            perhaps(counter.increment(&writer(rng), number(rng)));
            perhaps(counter.decrement(&writer(rng), number(rng)));
            counter
        },
        whole,
        &[
            ("PnCounter::increment", |counter, rng| {
                done(counter.increment_with_delta(&writer(rng), number(rng)))
            }),
            ("PnCounter::decrement", |counter, rng| {
                done(counter.decrement_with_delta(&writer(rng), number(rng)))
            }),
            ("PnCounter::add", |counter, rng| {
                done(counter.add_with_delta(&writer(rng), number(rng) as i64))
            }),
        ],
    );
    walk::<BoundedCounter, _>(
        |rng| {
            let mut counter = BoundedCounter::new();
            perhaps(counter.increment(&writer(rng), number(rng)));
            counter
        },
        whole,
        &[
            ("BoundedCounter::increment", |counter, rng| {
                done(counter.increment_with_delta(&writer(rng), number(rng)))
            }),
            ("BoundedCounter::decrement", |counter, rng| {
                done(counter.decrement_with_delta(&writer(rng), number(rng)))
            }),
            ("BoundedCounter::transfer", |counter, rng| {
                let (from, to) = (writer(rng), writer(rng));
                done(counter.transfer_with_delta(&from, &to, number(rng)))
            }),
        ],
    );
}
