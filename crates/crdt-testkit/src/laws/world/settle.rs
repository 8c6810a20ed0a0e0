//! The end of a history: everyone gets everything.

use super::{World, apply, same_bytes};
use crate::laws::law::Law;
use crate::laws::script::{WAYS, Way};
use crate::laws::subject::Subject;

impl<S: Subject> World<S> {
    /// Brings everything to everyone, to each in another way, and compares.
    pub(super) fn settle(&mut self) {
        let n_replicas = self.replicas.len();
        for replica in 0..n_replicas {
            self.seal(replica);
        }
        for replica in 0..n_replicas {
            match self.rng.below(4) {
                0 => self.settle_by_group(replica),
                1 => self.settle_by_syncs(replica),
                _ => self.settle_by_deltas(replica),
            }
        }
        self.settle_observer();
        self.judge.open(Law::Convergence);
        let (first, others) = self.replicas.split_at(1);
        let first = &first[0].state;
        for other in others {
            let what = "two replicas that know everything";
            same_bytes(&mut self.judge, Law::Convergence, what, first, &other.state);
        }
        let what = "a replica and an observer that know everything";
        same_bytes(
            &mut self.judge,
            Law::Convergence,
            what,
            first,
            &self.observer,
        );
    }

    /// Each delta, in any order, some twice.
    fn settle_by_deltas(&mut self, replica: usize) {
        for idx in self.shuffled() {
            self.deliver(replica, idx);
            if self.rng.chance(10) {
                let again = self.rng.below(self.shipments.len());
                self.deliver(replica, again);
            }
        }
    }

    /// All deltas as one group.
    fn settle_by_group(&mut self, replica: usize) {
        let members = self.shuffled();
        let mut rng = self.rng.clone();
        if let Some(group) = self.group(&members, &mut rng) {
            self.shipments.push(group);
            self.deliver(replica, self.shipments.len() - 1);
        }
    }

    /// From all others: what each holds was shipped, or is its own.
    fn settle_by_syncs(&mut self, replica: usize) {
        let way: Way = *self.rng.pick(&WAYS);
        for from in (0..self.replicas.len()).filter(|&from| from != replica) {
            let luck = self.rng.next_u64();
            self.sync(replica, from, way, luck);
        }
    }

    fn settle_observer(&mut self) {
        for idx in self.shuffled() {
            let delta = &self.shipments[idx].delta;
            apply::<S>(&mut self.judge, &mut self.observer, delta);
        }
    }

    /// What was shipped by those who wrote it, in any order.
    fn shuffled(&mut self) -> Vec<usize> {
        let shipments = self.shipments.iter().enumerate();
        let originals = shipments.filter(|(_, shipment)| shipment.is_original);
        let mut places: Vec<usize> = originals.map(|(idx, _)| idx).collect();
        self.rng.shuffle(&mut places);
        places
    }
}
