//! The document: a text, counters by name, and how often anything was edited.

use core::fmt;
use core::hash::Hasher as _;
use core::ops::Range;

use crdt_core::codec::Encode as _;
use crdt_core::{AgentId, DotContext};
use crdt_counters::{PnCounter, ResettableCounter};
use crdt_maps::OrMap;
use crdt_text::{Chars, TextDoc};
use siphasher::sip128::{Hasher128 as _, SipHasher24};

crdt_core::replicated! {
    /// What the processes share.
    #[derive(Clone, Debug, Default)]
    pub(crate) struct Notes {
        text: TextDoc,
        ticks: OrMap<String, ResettableCounter>,
        edits: PnCounter,
    }
    delta NotesDelta, summary NotesSummary
}

/// What an edit named: the events of one agent in one field.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Minted {
    field: &'static str,
    agent: AgentId,
    seqs: Range<u64>,
}

/// Why an edit did not happen.
pub(crate) type EditError = Box<dyn core::error::Error + Send + Sync>;

impl Notes {
    /// Adds a line at the end of the text.
    pub(crate) fn append(
        &mut self,
        agent: &AgentId,
        line: &str,
    ) -> Result<(NotesDelta, Minted), EditError> {
        let from = n_events_of(&self.text.summary(), agent);
        let author = self.text.get_or_create_agent_id(agent)?;
        let end = Chars(self.text.len_chars());
        let insert = |text: &mut TextDoc| text.insert(author, end, &format!("{line}\n"));
        let (inserted, text) = self.text.edit_with_delta(insert);
        inserted?;
        let minted = Minted {
            field: "text",
            agent: agent.clone(),
            seqs: from..n_events_of(&self.text.summary(), agent),
        };
        let edits = self.edits.increment_with_delta(agent, 1)?;
        let delta = NotesDelta {
            text,
            edits,
            ..NotesDelta::default()
        };
        Ok((delta, minted))
    }

    /// Counts one for `name`.
    pub(crate) fn tick(
        &mut self,
        agent: &AgentId,
        name: &str,
    ) -> Result<(NotesDelta, Minted), EditError> {
        let ticks = self
            .ticks
            .update_with_delta(agent, name.into(), |tally, minter| {
                tally.increment(minter, 1)
            })?;
        let events = ticks.events();
        let seqs = events.ranges_of(agent).next().unwrap_or_default();
        let edits = self.edits.increment_with_delta(agent, 1)?;
        let minted = Minted {
            field: "ticks",
            agent: agent.clone(),
            seqs,
        };
        let delta = NotesDelta {
            ticks,
            edits,
            ..NotesDelta::default()
        };
        Ok((delta, minted))
    }

    /// Sixteen bytes that are equal where the documents are.
    pub(crate) fn digest(&self) -> u128 {
        let mut hasher = SipHasher24::new();
        hasher.write(&self.to_bytes());
        hasher.finish128().as_u128()
    }
}

/// How many events of an agent there are; an agent's own have no gaps where they are made.
fn n_events_of(events: &DotContext, agent: &AgentId) -> u64 {
    events
        .ranges_of(agent)
        .map(|seqs| seqs.end)
        .max()
        .unwrap_or_default()
}

impl fmt::Display for Notes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in self.text.content().lines() {
            writeln!(f, "| {line}")?;
        }
        for (name, ticks) in self.ticks.iter() {
            writeln!(f, "{name}: {}", ticks.value())?;
        }
        write!(f, "{} edits", self.edits.value())
    }
}

impl fmt::Display for Minted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, agent, seqs } = self;
        write!(f, "{field} {agent} {} {}", seqs.start, seqs.end)
    }
}
