//! The second half of the demo: a shared map of counters, over the same bad link.

use super::link::{Link, Message};
use super::{NAMES, others};
use crate::feed::sha256_hex;
use crate::outcome::{Outcome, Stop};
use crdt_core::codec::{Decode, DecodeLimits, Encode};
use crdt_core::{AgentId, Delta, DeltaState, Summarize};
use crdt_counters::ResettableCounter;
use crdt_maps::{OrMap, OrMapDelta};

type Supplies = OrMap<String, ResettableCounter>;
type SuppliesDelta = OrMapDelta<String, ResettableCounter>;

/// What they do while nobody hears the others.
const OFFLINE: [(usize, Step); 6] = [
    (0, Step::Count("forks", 4)),
    (1, Step::Count("gas", 2)),
    (1, Step::Drop("forks")),
    (2, Step::Count("forks", -1)),
    (2, Step::Count("rope", 1)),
    (0, Step::Count("gas", 1)),
];

/// More rounds than a link that is not quite dead can take.
const MAX_ROUNDS: usize = 20;

#[derive(Clone, Copy)]
enum Step {
    Count(&'static str, i64),
    Drop(&'static str),
}

struct Replica {
    agent: AgentId,
    supplies: Supplies,
    outbox: SuppliesDelta,
}

pub(super) fn run(link: &mut Link) -> Result<Outcome, Stop> {
    println!(
        "\n5. A map of counters: what to bring. Everybody knows of 3 forks, then goes offline."
    );
    let mut replicas = NAMES
        .into_iter()
        .map(Replica::new)
        .collect::<Result<Vec<_>, _>>()?;
    let first = replicas[0].step(Step::Count("forks", 3))?;
    for reader in others(0) {
        replicas[reader].receive(&first.to_bytes())?;
    }
    for (writer, step) in OFFLINE {
        let delta = replicas[writer].step(step)?;
        let what = match step {
            Step::Count(key, by) => format!("{key} {by:+}"),
            Step::Drop(key) => format!("strikes {key} off the list"),
        };
        println!(
            "   {}  {what}  ({} bytes)",
            NAMES[writer],
            delta.to_bytes().len()
        );
    }
    println!("   Online: each sends all its deltas as one, once; then they repair.");
    for from in 0..replicas.len() {
        let bytes = core::mem::take(&mut replicas[from].outbox).to_bytes();
        for to in others(from) {
            let fate = link.send(Message {
                from,
                to,
                bytes: bytes.clone(),
            });
            println!(
                "   {} -> {}  {} bytes, {fate}",
                NAMES[from],
                NAMES[to],
                bytes.len()
            );
        }
    }
    deliver(link, &mut replicas)?;
    repair(link, &mut replicas)?;
    conclude(&replicas)
}

impl Replica {
    fn new(name: &str) -> Result<Self, Stop> {
        Ok(Self {
            agent: AgentId::new(name).map_err(Stop::broken("supplies"))?,
            supplies: Supplies::new(),
            outbox: SuppliesDelta::default(),
        })
    }

    fn step(&mut self, step: Step) -> Result<SuppliesDelta, Stop> {
        let Self {
            agent, supplies, ..
        } = self;
        let agent = &*agent;
        let delta = match step {
            Step::Count(key, by) => {
                supplies.update_with_delta(agent, key.into(), |n, minter| n.add(minter, by))
            }
            Step::Drop(key) => supplies.remove_with_delta(agent, key),
        };
        let delta = delta.map_err(Stop::broken("supplies"))?;
        match self.outbox.merge_delta(&delta) {
            Ok(()) => Ok(delta),
        }
    }

    fn receive(&mut self, bytes: &[u8]) -> Result<bool, Stop> {
        let delta = SuppliesDelta::from_bytes(bytes, &DecodeLimits::default())
            .map_err(Stop::broken("supplies"))?;
        self.supplies
            .apply_delta(&delta)
            .map_err(Stop::broken("supplies"))
    }
}

fn deliver(link: &mut Link, replicas: &mut [Replica]) -> Result<(), Stop> {
    for Message { from, to, bytes } in link.deliver() {
        let effect = if replicas[to].receive(&bytes)? {
            "something new"
        } else {
            "known already"
        };
        println!("   {} <- {}  {effect}", NAMES[to], NAMES[from]);
    }
    Ok(())
}

/// Exchanges summaries and what they lack until nobody lacks anything.
fn repair(link: &mut Link, replicas: &mut [Replica]) -> Result<(), Stop> {
    for _ in 0..MAX_ROUNDS {
        if replicas
            .iter()
            .all(|replica| replica.supplies == replicas[0].supplies)
        {
            return Ok(());
        }
        for to in 0..replicas.len() {
            let summary = replicas[to].supplies.summary();
            for from in others(to) {
                let delta = replicas[from].supplies.delta_since(&summary);
                if let Some(delta) = delta.filter(|delta| !delta.is_empty()) {
                    link.send(Message {
                        from,
                        to,
                        bytes: delta.to_bytes(),
                    });
                }
            }
        }
        deliver(link, replicas)?;
    }
    Ok(())
}

fn conclude(replicas: &[Replica]) -> Result<Outcome, Stop> {
    println!();
    let mut digests = Vec::new();
    for (name, replica) in NAMES.iter().zip(replicas) {
        let all: Vec<String> = replica
            .supplies
            .iter()
            .map(|(key, n)| format!("{key} {}", n.value()))
            .collect();
        println!("   {name} | {}", all.join(", "));
        digests.push(sha256_hex(replica.supplies.to_bytes()));
    }
    let equal = digests.iter().all(|digest| *digest == digests[0]);
    println!(
        "   state sha256 {}  {}",
        digests[0],
        if equal { "equal" } else { "NOT EQUAL" }
    );
    println!("   The 3 forks that were struck off are gone; those counted meanwhile stay.");
    // Nothing that was struck off comes back: 4 - 1 forks are what nobody had seen.
    let forks = replicas[0].supplies.get("forks").map(|n| n.value());
    Ok(Outcome::passed_if(equal && forks == Some(3)))
}
