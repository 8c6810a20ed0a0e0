//! The ways in which replicas exchange what they hold.

use crdt_core::codec::{Decode, DecodeLimits, Encode};
use crdt_core::{Decompose, Delta, Lattice, Summarize};

use super::write::names;
use super::{Shipment, Snapshot, World, apply, join, same_bytes};
use crate::laws::history::EventSet;
use crate::laws::law::Law;
use crate::laws::script::Way;
use crate::laws::subject::{DeltaOf, Subject};
use crate::rng::Rng;

impl<S: Subject> World<S> {
    /// Half of the time the first shipment that brings something, else any, again perhaps.
    pub(super) fn deliver_one(&mut self, replica: usize, luck: u64) {
        let mut rng = Rng::new(luck);
        let delivered = self.replicas[replica].delivered;
        let first_new = self
            .shipments
            .iter()
            .position(|shipment| !shipment.events.is_subset(delivered));
        match first_new.filter(|_| rng.chance(50)) {
            Some(idx) => self.deliver(replica, idx),
            None if self.shipments.is_empty() => {}
            None => self.deliver(replica, rng.below(self.shipments.len())),
        }
    }

    pub(super) fn deliver_group(&mut self, replica: usize, luck: u64) {
        if self.shipments.is_empty() {
            return;
        }
        let mut rng = Rng::new(luck);
        let n_members = rng.between(2, 5);
        let members = (0..n_members).map(|_| rng.below(self.shipments.len()));
        let members: Vec<usize> = members.collect();
        if let Some(group) = self.group(&members, &mut rng) {
            self.shipments.push(group);
            self.deliver(replica, self.shipments.len() - 1);
        }
    }

    /// Groups shipments two by two, at any place of the list and in any order of the two.
    pub(super) fn group(
        &mut self,
        members: &[usize],
        rng: &mut Rng,
    ) -> Option<Shipment<DeltaOf<S>>> {
        self.judge.open(Law::Groups);
        let mut parts: Vec<DeltaOf<S>> = members
            .iter()
            .map(|&idx| self.shipments[idx].delta.clone())
            .collect();
        while parts.len() > 1 {
            let other = parts.swap_remove(rng.below(parts.len()));
            let at = rng.below(parts.len());
            let result = parts[at].merge_delta(&other);
            let result = result.map_err(|error| format!("honest deltas do not group: {error}"));
            self.judge.done(Law::Groups, result)?;
        }
        let events = members.iter().map(|&idx| self.shipments[idx].events);
        Some(Shipment {
            delta: parts.pop()?,
            events: events.fold(EventSet::default(), EventSet::union),
            is_original: false,
        })
    }

    pub(super) fn deliver(&mut self, replica: usize, idx: usize) {
        let Shipment { delta, events, .. } = &self.shipments[idx];
        let (to, events) = (&mut self.replicas[replica], *events);
        apply::<S>(&mut self.judge, &mut to.state, delta);
        to.delivered = to.delivered.union(events);
        self.note(|world| format!("       {} <-{}", world.name(replica), names(events)));
        self.look(replica);
    }

    /// Brings a replica what the events it knows of had seen.
    pub(super) fn repair(&mut self, replica: usize) {
        loop {
            let delivered = self.replicas[replica].delivered;
            let missing = self.history.closure(delivered).difference(delivered);
            let Some(event) = missing.iter().next() else {
                return;
            };
            let mut shipments = self.shipments.iter();
            let shipment = shipments.position(|shipment| shipment.events.contains(event));
            self.deliver(replica, shipment.expect("what was seen had been shipped"));
        }
    }

    /// Ships what waits, and notes that whatever there is may have been seen by others.
    pub(super) fn seal(&mut self, replica: usize) {
        let sealed = &mut self.replicas[replica];
        if S::FOLDS
            && let Some(agent) = self.agents.get(replica)
            && let Some(dots) = S::dots(&sealed.state)
        {
            sealed.unshipped_from = dots.known.next_seq(agent).unwrap_or(u64::MAX);
        }
        let n_before = self.shipments.len();
        let shipments = core::mem::take(&mut sealed.outbox).into_iter();
        self.shipments.extend(shipments.map(|idx| Shipment {
            delta: self.deltas[idx].clone(),
            events: EventSet::of(idx),
            is_original: true,
        }));
        if S::FOLDS && self.shipments.len() > n_before + 1 {
            let members: Vec<usize> = (n_before..self.shipments.len()).collect();
            let group = self.group(&members, &mut Rng::new(0));
            self.shipments.truncate(n_before);
            self.shipments.extend(group.map(|group| Shipment {
                is_original: true,
                ..group
            }));
        }
    }

    pub(super) fn sync(&mut self, to: usize, from: usize, way: Way, luck: u64) {
        self.seal(from);
        self.seal(to);
        let mut rng = Rng::new(luck);
        let theirs = self.replicas[from].state.clone();
        let mut ours = self.replicas[to].state.clone();
        let mut expected = ours.clone();
        join(&mut self.judge, &mut expected, &theirs);
        let law = self.bring(&mut ours, &theirs, to, way, &mut rng);
        let what = format!("{way:?} and join");
        same_bytes(&mut self.judge, law, &what, &ours, &expected);
        let events = self.replicas[from].delivered;
        let receiver = &mut self.replicas[to];
        receiver.state = ours;
        receiver.delivered = receiver.delivered.union(events);
        self.note(|world| {
            let (to, from) = (world.name(to), world.name(from));
            format!("       {to} <- {from}: {way:?}{}", names(events))
        });
        self.look(to);
    }

    /// Brings `ours`, the state of replica `to`, up to `theirs`; returns the law that says it can be
    /// done that way.
    fn bring(
        &mut self,
        ours: &mut S::State,
        theirs: &S::State,
        to: usize,
        way: Way,
        rng: &mut Rng,
    ) -> Law {
        match way {
            Way::State => {
                ours.join(theirs);
                Law::Paths
            }
            Way::Changes if let Some(delta) = S::changes_since(theirs, ours) => {
                apply::<S>(&mut self.judge, ours, &delta);
                Law::Diff
            }
            Way::Diff | Way::Changes => {
                self.judge.open(Law::Diff);
                let difference = theirs.diff(ours);
                join(&mut self.judge, ours, &difference);
                Law::Diff
            }
            Way::Summary => {
                self.judge.open(Law::CatchUp);
                let base = self.earlier(to, rng);
                let delta = theirs.delta_since(&base.unwrap_or(ours).summary());
                let delta = delta.ok_or_else(|| "nothing was trimmed".to_owned());
                if let Some(delta) = self.judge.done(Law::CatchUp, delta) {
                    apply::<S>(&mut self.judge, ours, &delta);
                }
                Law::CatchUp
            }
            Way::Parts => {
                self.judge.open(Law::Decomposition);
                let mut parts: Vec<S::State> = theirs.decompose().collect();
                rng.shuffle(&mut parts);
                for part in &parts {
                    join(&mut self.judge, ours, part);
                }
                Law::Paths
            }
        }
    }

    /// A state in which a replica was before, sometimes.
    fn earlier(&self, replica: usize, rng: &mut Rng) -> Option<&S::State> {
        let is_its = |snapshot: &&Snapshot<S::State>| {
            let owner = snapshot.owner;
            snapshot.is_sealed && owner.is_some_and(|(owner, _)| owner == replica)
        };
        let states: Vec<_> = self.snapshots.iter().filter(is_its).collect();
        let finds_one = !states.is_empty() && rng.chance(50);
        finds_one.then(|| &rng.pick(&states).state)
    }

    pub(super) fn reload(&mut self, replica: usize) {
        self.seal(replica);
        self.judge.open(Law::RoundTrip);
        let state = &mut self.replicas[replica].state;
        let loaded = S::State::from_bytes(&state.to_bytes(), &DecodeLimits::default());
        let loaded = loaded.map_err(|error| format!("{state:?} cannot be loaded: {error}"));
        if let Some(loaded) = self.judge.done(Law::RoundTrip, loaded) {
            let what = "stored and loaded";
            self.judge.same(Law::RoundTrip, what, state, &loaded);
            *state = loaded;
        }
        self.note(|world| format!("       {} is loaded anew", world.name(replica)));
        self.look(replica);
    }

    /// Gives the observer something that was meant for nobody or for others.
    pub(super) fn leak(&mut self, from: usize, luck: u64) {
        self.seal(from);
        let mut rng = Rng::new(luck);
        let theirs = self.replicas[from].state.clone();
        let base = self.pick_shared();
        self.judge.open(Law::Diff);
        let delta = match rng.below(2) {
            0 => S::changes_since(&theirs, &base),
            _ => theirs.delta_since(&base.summary()),
        };
        match delta.filter(|_| rng.chance(50)) {
            Some(delta) => apply::<S>(&mut self.judge, &mut self.observer, &delta),
            None if rng.chance(50) => {
                let difference = theirs.diff(&base);
                join(&mut self.judge, &mut self.observer, &difference);
            }
            None => {
                for part in theirs.decompose().filter(|_| rng.chance(30)) {
                    join(&mut self.judge, &mut self.observer, &part);
                }
            }
        }
        super::check_closure::<S>(&mut self.judge, &self.observer, false);
        self.snapshots.push(Snapshot {
            state: self.observer.clone(),
            owner: None,
            is_sealed: true,
        });
    }
}
