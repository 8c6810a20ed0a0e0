//! A simulated network that treats messages badly, the same way for the same seed.

use crdt_testkit::Rng;

/// Encoded events on their way.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) bytes: Vec<u8>,
}

/// Loses some messages, doubles some, and delivers the rest in any order.
#[derive(Debug)]
pub(super) struct Link {
    rng: Rng,
    in_flight: Vec<Message>,
    pub(super) n_lost: usize,
    pub(super) n_doubled: usize,
}

const LOST_PERCENT: usize = 30;
const DOUBLED_PERCENT: usize = 25;

impl Link {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            rng: Rng::new(seed),
            in_flight: Vec::new(),
            n_lost: 0,
            n_doubled: 0,
        }
    }

    /// Takes a message on; says what will become of it.
    pub(super) fn send(&mut self, message: Message) -> &'static str {
        if self.rng.chance(LOST_PERCENT) {
            self.n_lost += 1;
            return "lost";
        }
        if self.rng.chance(DOUBLED_PERCENT) {
            self.n_doubled += 1;
            self.in_flight.extend([message.clone(), message]);
            return "doubled";
        }
        self.in_flight.push(message);
        "sent"
    }

    /// Hands over whatever is on its way, in a random order.
    pub(super) fn deliver(&mut self) -> Vec<Message> {
        self.rng.shuffle(&mut self.in_flight);
        core::mem::take(&mut self.in_flight)
    }
}

#[cfg(test)]
mod tests {
    use super::{Link, Message};

    #[test]
    fn messages_are_lost_doubled_and_reordered() {
        let mut link = Link::new(1);
        for n in 0..100 {
            link.send(Message {
                from: 0,
                to: 1,
                bytes: vec![n],
            });
        }
        let arrived: Vec<u8> = link
            .deliver()
            .into_iter()
            .map(|message| message.bytes[0])
            .collect();
        assert!(link.n_lost > 10 && link.n_doubled > 10);
        assert_eq!(arrived.len(), 100 - link.n_lost + link.n_doubled);
        assert!(!arrived.is_sorted());
        assert!(link.deliver().is_empty());
    }
}
