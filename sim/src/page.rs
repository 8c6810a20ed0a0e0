//! The documents that simulated sites edit: a text, a map of counters, a counter, sealed pieces, and a set in
//! which each edit leaves a token of its own, so that a lost edit shows.

use crdt_core::{AgentId, Summarize as _};
use crdt_counters::{PnCounter, ResettableCounter};
use crdt_maps::{GSet, OrMap};
use crdt_sync::Sealed;
use crdt_testkit::Rng;
use crdt_text::{Chars, TextDoc};

crdt_core::replicated! {
    /// What the sites edit.
    #[derive(Clone, Debug, Default)]
    pub(crate) struct Page {
        text: TextDoc,
        tallies: OrMap<String, ResettableCounter>,
        votes: PnCounter,
        sealed: Sealed,
        tokens: GSet<u64>,
    }
    delta PageDelta, summary PageSummary
}

impl Page {
    /// One random edit by `agent`, with the token `token`.
    pub(crate) fn edit(
        &mut self,
        agent: &AgentId,
        token: u64,
        seed: u64,
    ) -> Result<PageDelta, Box<dyn core::error::Error>> {
        let mut rng = Rng::new(seed);
        let mut delta = PageDelta {
            tokens: self.tokens.insert_with_delta(token),
            ..PageDelta::default()
        };
        match rng.below(8) {
            0 => delta.votes = self.votes.increment_with_delta(agent, 1)?,
            1 => delta.votes = self.votes.decrement_with_delta(agent, 1)?,
            2 => {
                let key = format!("k{}", rng.below(3));
                delta.tallies = self.tallies.remove_with_delta(agent, &key)?;
            }
            3 => {
                let key = format!("k{}", rng.below(3));
                delta.tallies = self
                    .tallies
                    .update_with_delta(agent, key, |tally, minter| tally.increment(minter, 1))?;
            }
            4 => delta.sealed = self.sealed.append_with_delta(agent, &token.to_le_bytes())?,
            5 if rng.chance(30) => {
                let all = self.sealed.summary();
                delta.sealed = self.sealed.snapshot_with_delta(agent, &all, b"all of it")?;
            }
            _ => delta.text = self.edit_text(agent, &mut rng)?,
        }
        Ok(delta)
    }

    fn edit_text(
        &mut self,
        agent: &AgentId,
        rng: &mut Rng,
    ) -> Result<crdt_text::Update, Box<dyn core::error::Error>> {
        let agent = self.text.get_or_create_agent_id(agent)?;
        let len = self.text.len_chars();
        let at = rng.between(0, len);
        let deletes = at < len && rng.chance(30);
        let letters = ["a", "bc", "\u{e9}\u{1f525}", "word "];
        let letters = *rng.pick(&letters);
        let (edited, update) = self.text.edit_with_delta(|text| {
            if deletes {
                text.delete(agent, Chars(at)..Chars(at + 1))
            } else {
                text.insert(agent, Chars(at), letters)
            }
        });
        edited?;
        Ok(update)
    }

    pub(crate) fn tokens(&self) -> impl Iterator<Item = u64> {
        self.tokens.iter().copied()
    }
}

impl PageSummary {
    pub(crate) fn tokens(&self) -> impl Iterator<Item = u64> {
        self.tokens.iter().copied()
    }
}

impl PageDelta {
    pub(crate) fn tokens(&self) -> impl Iterator<Item = u64> {
        self.tokens.iter().copied()
    }
}
