//! A simulated network in virtual time: the same seed loses, doubles and delays the same parcels.
//!
//! It knows connections and bytes; what the bytes mean is its user's business.

use alloc::collections::BTreeMap;

use crate::Rng;

/// How badly parcels are treated.
///
/// # Examples
/// ```
/// use crdt_testkit::net::Faults;
///
/// assert_eq!(Faults::NONE.lost_percent, 0);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Faults {
    /// Of 100 parcels, so many never arrive.
    pub lost_percent: usize,
    /// Of 100 parcels, so many arrive twice.
    pub doubled_percent: usize,
    /// The shortest delay, in milliseconds.
    pub min_delay: u64,
    /// The longest. Whatever lies between reorders.
    pub max_delay: u64,
}

impl Faults {
    /// Everything arrives once, in order, after a millisecond.
    pub const NONE: Self = Self {
        lost_percent: 0,
        doubled_percent: 0,
        min_delay: 1,
        max_delay: 1,
    };
}

/// Bytes that arrive.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Parcel {
    /// On which connection. Both ends call it the same.
    pub connection: u64,
    /// At which of the replicas.
    pub to: usize,
    /// What was sent.
    pub bytes: Vec<u8>,
}

/// Parcels on their way.
///
/// # Examples
/// ```
/// use crdt_testkit::net::{Faults, Network, Parcel};
///
/// let mut net = Network::new(7, Faults::NONE);
/// let parcel = Parcel { connection: 0, to: 1, bytes: vec![42] };
/// net.send(10, parcel.clone());
/// assert_eq!(net.next_arrival(), Some(11));
/// assert_eq!(net.receive(11), Some(parcel));
/// assert_eq!(net.receive(11), None);
/// ```
#[derive(Clone, Debug)]
pub struct Network {
    rng: Rng,
    faults: Faults,
    n_sent: u64,
    /// By time of arrival, then by number.
    in_flight: BTreeMap<(u64, u64), Parcel>,
}

impl Network {
    /// A network without parcels.
    pub fn new(seed: u64, faults: Faults) -> Self {
        Self {
            rng: Rng::new(seed),
            faults,
            n_sent: 0,
            in_flight: BTreeMap::new(),
        }
    }

    /// Treats parcels that are sent from now on like this.
    pub fn set_faults(&mut self, faults: Faults) {
        self.faults = faults;
    }

    /// Takes a parcel on at the time `now`.
    pub fn send(&mut self, now: u64, parcel: Parcel) {
        if self.rng.chance(self.faults.lost_percent) {
            return;
        }
        if self.rng.chance(self.faults.doubled_percent) {
            self.post(now, parcel.clone());
        }
        self.post(now, parcel);
    }

    fn post(&mut self, now: u64, parcel: Parcel) {
        let Faults {
            min_delay,
            max_delay,
            ..
        } = self.faults;
        let spread = usize::try_from(max_delay - min_delay).unwrap_or(usize::MAX);
        let delay = min_delay + self.rng.between(0, spread) as u64;
        self.n_sent += 1;
        self.in_flight.insert((now + delay, self.n_sent), parcel);
    }

    /// When the next parcel arrives.
    pub fn next_arrival(&self) -> Option<u64> {
        self.in_flight.keys().next().map(|(time, _)| *time)
    }

    /// A parcel that has arrived by `now`.
    pub fn receive(&mut self, now: u64) -> Option<Parcel> {
        let entry = self.in_flight.first_entry()?;
        (entry.key().0 <= now).then(|| entry.remove())
    }

    /// Loses everything on a connection, as cutting it does.
    pub fn cut(&mut self, connection: u64) {
        self.in_flight
            .retain(|_, parcel| parcel.connection != connection);
    }
}

/// Leaves out steps for as long as `fails` says that the rest still fails: first many at a time, then
/// one by one.
///
/// # Examples
/// ```
/// use crdt_testkit::net::shrink_steps;
///
/// let steps: Vec<u32> = (0..100).collect();
/// let few = shrink_steps(steps, |steps| steps.contains(&3) && steps.contains(&77));
/// assert_eq!(few, [3, 77]);
/// ```
pub fn shrink_steps<T: Clone>(steps: Vec<T>, mut fails: impl FnMut(&[T]) -> bool) -> Vec<T> {
    let mut best = steps;
    let mut len = best.len().div_ceil(2);
    while len > 0 {
        let mut at = 0;
        while at < best.len() {
            let end = (at + len).min(best.len());
            let rest: Vec<T> = [&best[..at], &best[end..]].concat();
            if fails(&rest) {
                best = rest;
            } else {
                at = end;
            }
        }
        len = if len == 1 { 0 } else { len.div_ceil(2) };
    }
    best
}
