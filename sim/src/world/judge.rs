//! What must hold in a simulated world: of what is called stable at any time, and of all when it rests.

use alloc::collections::BTreeSet;

use crdt_sync::{AckLevel, Config};

use super::{Broken, Site, World, docs, page_id};
use crate::page::Page;

impl World {
    /// What is called stable is held durably by all who count; and if all count, whatever is still to come
    /// follows it.
    pub(super) fn judge_stable(&mut self, asker: usize) -> Result<(), Broken> {
        let site = &self.sites[asker];
        let stable = site.node.as_ref().and_then(|node| node.stable(page_id()));
        let stable = stable.ok_or("it is stable, and what is not told")?;
        let stable: BTreeSet<u64> = stable.tokens().collect();
        let counts = |other: &Site| {
            let store = other.store.filter(|store| !self.unreliable.contains(store));
            store.is_some_and(|store| {
                Some(store) == site.store || site.participants.contains(&store)
            })
        };
        for (number, other) in self
            .sites
            .iter()
            .enumerate()
            .filter(|(_, other)| counts(other))
        {
            if !stable.is_subset(&other.durable) {
                return Err(format!(
                    "site {number} does not hold what is stable at {asker}"
                ));
            }
        }
        if !self.sites.iter().all(counts) || site.participants.len() + 1 < self.sites.len() {
            return Ok(());
        }
        if let Some(token) = self.token_beside(asker, &stable) {
            return Err(format!(
                "{token} is still to come to {asker}, beside what is stable"
            ));
        }
        self.stable.push(stable);
        Ok(())
    }

    /// A token that is elsewhere and not at a site yet, and whose author did not know what is stable there.
    fn token_beside(&self, site: usize, stable: &BTreeSet<u64>) -> Option<u64> {
        let here: BTreeSet<u64> = self.page(site).into_iter().flat_map(Page::tokens).collect();
        let pages = (0..self.sites.len()).filter_map(|site| self.page(site));
        let stored = self.sites.iter().flat_map(|site| &site.durable).copied();
        let mut elsewhere = pages.flat_map(Page::tokens).chain(stored);
        elsewhere.find(|token| {
            let is_to_come = !here.contains(token) && !self.aside.contains(token);
            is_to_come && !stable.is_subset(&self.seen[*token as usize])
        })
    }

    /// At rest everybody's neighbours hold what they do.
    pub(super) fn check_levels(&self) -> Result<(), Broken> {
        for (number, site) in self.sites.iter().enumerate() {
            let Some(node) = site.node.as_ref().filter(|_| self.page(number).is_some()) else {
                continue;
            };
            let is_empty = self
                .page(number)
                .is_none_or(|page| page.tokens().next().is_none());
            let mark = node.mark(page_id());
            let level = mark.and_then(|mark| node.ack_level(page_id(), mark));
            if !is_empty && level < Some(AckLevel::Durable) {
                return Err(format!("site {number} rests at {level:?}"));
            }
        }
        Ok(())
    }

    /// In a network at rest everybody sees who is there, for as long as they say, and then nobody.
    pub(super) fn check_presence(&mut self) -> Result<(), Broken> {
        let seen = |world: &Self| -> Vec<usize> {
            let nodes = world.sites.iter().filter_map(|site| site.node.as_ref());
            nodes.map(|node| node.presence(page_id()).count()).collect()
        };
        for site in 0..self.sites.len() {
            self.be_present(site, PRESENT)?;
        }
        self.run_until(self.now + PRESENT / 2)?;
        let all = vec![self.sites.len(); self.sites.len()];
        if seen(self) != all {
            return Err(format!(
                "of {} each sees {:?}",
                self.sites.len(),
                seen(self)
            ));
        }
        self.run_until(self.now + PRESENT)?;
        if seen(self).iter().any(|n_seen| *n_seen > 0) {
            return Err(format!("presence stays: {:?}", seen(self)));
        }
        // That it was there is remembered a while longer, in silence.
        let n_frames = self.n_frames;
        self.run_until(self.now + Config::default().max_presence_ms)?;
        match self.next_event() {
            None if self.n_frames == n_frames => Ok(()),
            next => Err(format!("what is over is told, next event {next:?}")),
        }
    }

    pub(super) fn check_equal(&self) -> Result<(), Broken> {
        for doc in docs::shared() {
            let bytes = |site: usize| {
                let state = self.sites[site].node.as_ref()?.document(doc)?;
                Some(crdt_core::codec::Encode::to_bytes(state))
            };
            for site in 1..self.sites.len() {
                if bytes(site) != bytes(0) {
                    return Err(format!("sites 0 and {site} rest unequal"));
                }
            }
        }
        Ok(())
    }
}

/// For how long sites are present in the end, in milliseconds.
const PRESENT: u64 = 10_000;
