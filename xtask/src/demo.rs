//! `cargo xtask demo [--seed S]`: three people write one text and fill a map of counters, go offline, and
//! agree again: by hand first, then by nodes and a server.
//!
//! Nothing is random but the network, and that follows its seed: the same seed prints the same.

mod link;
mod replica;
mod supplies;
mod trip;

use crate::feed::sha256_hex;
use crate::outcome::{Outcome, Stop};
use link::{Link, Message};
use replica::{Arrival, Edit, Replica};

const NAMES: [&str; 3] = ["ann", "bob", "cho"];

/// What they write while everybody is online.
const ONLINE: [(usize, Edit); 2] = [
    (0, Edit::After("", "To bring: tent, stove.\n")),
    (1, Edit::After("stove.\n", "Meet at 8.\n")),
];

/// What they write while nobody hears the others; several edits meet in the same place.
const OFFLINE: [(usize, Edit); 8] = [
    (0, Edit::After("tent", " (the big one)")),
    (1, Edit::Remove(", stove")),
    (2, Edit::After("tent", ", rope")),
    (1, Edit::After("tent", ", 3 forks")),
    (2, Edit::After("stove", " + gas \u{1f525}")),
    (0, Edit::After("Meet at 8", ":30")),
    (2, Edit::Remove("at 8.")),
    (2, Edit::After("Meet ", "at the caf\u{e9}.")),
];

/// More rounds than a link that is not quite dead can take.
const MAX_ROUNDS: usize = 20;

pub(crate) fn run(args: &[String]) -> Result<Outcome, Stop> {
    let seed = match args {
        [] => 5,
        [flag, value] if flag == "--seed" => value
            .parse()
            .map_err(|_| Stop::Usage("--seed needs a number".into()))?,
        _ => return Err(Stop::Usage("unexpected arguments".into())),
    };
    let mut replicas = NAMES
        .into_iter()
        .map(Replica::new)
        .collect::<Result<Vec<_>, _>>()?;
    println!("Three replicas of one text; the link loses, doubles and reorders (seed {seed}).");

    println!("\n1. Online: whatever one types, the others receive.");
    for (writer, edit) in ONLINE {
        let (update, description) = replicas[writer].edit(edit)?;
        println!(
            "   {}  {description}  ({} bytes to each)",
            NAMES[writer],
            update.len()
        );
        for reader in others(writer) {
            replicas[reader].receive(&update)?;
        }
    }
    println!("\n2. Offline: everybody goes on alone.");
    let mut outboxes = vec![Vec::new(); NAMES.len()];
    for (writer, edit) in OFFLINE {
        let (update, description) = replicas[writer].edit(edit)?;
        println!("   {}  {description}", NAMES[writer]);
        outboxes[writer].push(update);
    }
    print_texts(&replicas);

    let mut link = Link::new(seed);
    println!("\n3. Online again, over the bad link: each sends its edits, once.");
    send_outboxes(&mut link, outboxes);
    receive_all(&mut link, &mut replicas)?;
    println!("\n4. Repair: each says what it holds, the others send what it lacks.");
    repair(&mut link, &mut replicas)?;
    println!(
        "   link: {} messages lost, {} doubled",
        link.n_lost, link.n_doubled
    );
    let text = conclude(&replicas)?;
    let supplies = supplies::run(&mut link)?;
    let trip = trip::run(seed)?;
    let all = [text, supplies, trip];
    Ok(Outcome::passed_if(all == [Outcome::Passed; 3]))
}

fn send_outboxes(link: &mut Link, outboxes: Vec<Vec<Vec<u8>>>) {
    for (from, updates) in outboxes.into_iter().enumerate() {
        for to in others(from) {
            let fates: Vec<&str> = updates
                .iter()
                .map(|bytes| {
                    link.send(Message {
                        from,
                        to,
                        bytes: bytes.clone(),
                    })
                })
                .collect();
            println!("   {} -> {}  {}", NAMES[from], NAMES[to], fates.join(", "));
        }
    }
}

/// Delivers what is on its way and prints what each message does.
fn receive_all(link: &mut Link, replicas: &mut [Replica]) -> Result<(), Stop> {
    for Message { from, to, bytes } in link.deliver() {
        let effect = match replicas[to].receive(&bytes)? {
            Arrival::Merged {
                changes,
                retried: 0,
            } => changes,
            Arrival::Merged { changes, retried } => {
                format!("{changes}  (kept updates that fit now: {retried})")
            }
            Arrival::Known => "known already".into(),
            Arrival::Early(dot) => format!("too early, kept: {dot} is missing"),
        };
        println!("   {} <- {}  {effect}", NAMES[to], NAMES[from]);
    }
    Ok(())
}

/// Exchanges summaries and what they lack until nobody lacks anything.
fn repair(link: &mut Link, replicas: &mut [Replica]) -> Result<(), Stop> {
    for round in 1..=MAX_ROUNDS {
        if agree(replicas) {
            println!("   everybody holds everything");
            return Ok(());
        }
        println!("   round {round}");
        for to in 0..replicas.len() {
            let summary = replicas[to].summary();
            for from in others(to).filter(|&from| replicas[from].summary() != summary) {
                let bytes = replicas[from].doc.encode_missing(&summary);
                link.send(Message { from, to, bytes });
            }
        }
        receive_all(link, replicas)?;
    }
    Ok(())
}

fn agree(replicas: &[Replica]) -> bool {
    let first = replicas[0].summary();
    replicas.iter().all(|replica| replica.summary() == first)
}

fn conclude(replicas: &[Replica]) -> Result<Outcome, Stop> {
    print_texts(replicas);
    println!();
    let digests: Vec<String> = replicas
        .iter()
        .map(|r| sha256_hex(r.doc.to_string()))
        .collect();
    for (replica, digest) in replicas.iter().zip(&digests) {
        println!("   {}  sha256 {digest}", replica.name);
    }
    let n_early: usize = replicas.iter().map(Replica::n_early).sum();
    let equal = agree(replicas) && n_early == 0 && digests.iter().all(|d| *d == digests[0]);
    println!("   {}", if equal { "equal" } else { "NOT EQUAL" });
    Ok(Outcome::passed_if(equal))
}

fn print_texts(replicas: &[Replica]) {
    println!();
    for replica in replicas {
        println!(
            "   {} | {}",
            replica.name,
            replica.doc.to_string().trim_end().replace('\n', " / ")
        );
    }
}

fn others(me: usize) -> impl Iterator<Item = usize> {
    (0..NAMES.len()).filter(move |&other| other != me)
}

#[cfg(test)]
mod tests {
    use super::run;
    use crate::outcome::{Outcome, Stop};

    #[test]
    fn everybody_agrees_whatever_the_link_does() {
        for seed in 0..50_u32 {
            let args = ["--seed".to_owned(), seed.to_string()];
            assert_eq!(run(&args), Ok(Outcome::Passed), "seed {seed}");
        }
        assert!(matches!(run(&["--seed".into()]), Err(Stop::Usage(_))));
    }
}
