//! One of the demo's writers: a document, what it has to send, and what came too early.

use crate::outcome::Stop;
use crdt_core::{AgentIdx, DotContext};
use crdt_text::{Patches, TextDoc, UpdateError};

/// A replica with its writer.
pub(super) struct Replica {
    pub(super) name: &'static str,
    pub(super) doc: TextDoc,
    agent: AgentIdx,
    /// Updates that build on events which have not arrived.
    early: Vec<Vec<u8>>,
}

/// What became of an update that arrived.
pub(super) enum Arrival {
    /// It changed the text, as described; with it `retried` early ones.
    Merged { changes: String, retried: usize },
    /// It was all known.
    Known,
    /// It waits for the event named.
    Early(String),
}

/// An edit by its place in the text, as a person would describe it.
#[derive(Clone, Copy)]
pub(super) enum Edit {
    /// Types the second text after the first.
    After(&'static str, &'static str),
    /// Removes the text.
    Remove(&'static str),
}

impl Replica {
    pub(super) fn new(name: &'static str) -> Result<Self, Stop> {
        let mut doc = TextDoc::new();
        let agent = doc
            .get_or_create_agent_id(name)
            .map_err(Stop::broken(name))?;
        Ok(Self {
            name,
            doc,
            agent,
            early: Vec::new(),
        })
    }

    /// Makes an edit; returns its update for the others and a description.
    pub(super) fn edit(&mut self, edit: Edit) -> Result<(Vec<u8>, String), Stop> {
        let before = self.doc.version().clone();
        let text = self.doc.to_string();
        let find = |what: &str| {
            let at = text
                .find(what)
                .ok_or_else(|| Stop::Broken(format!("no {what:?} to edit")))?;
            let start = text[..at].chars().count();
            Ok((start, start + what.chars().count()))
        };
        let description = match edit {
            Edit::After(place, new) => {
                let (_, at) = find(place)?;
                self.doc
                    .insert(self.agent, at, new)
                    .map_err(Stop::broken(self.name))?;
                format!("types {new:?} at {at}")
            }
            Edit::Remove(old) => {
                let (start, end) = find(old)?;
                self.doc
                    .delete(self.agent, start..end)
                    .map_err(Stop::broken(self.name))?;
                format!("deletes {old:?} at {start}")
            }
        };
        let update = self
            .doc
            .encode_since(&before)
            .map_err(Stop::broken(self.name))?;
        Ok((update, description))
    }

    /// Takes in an update, and the early ones that it makes ready.
    pub(super) fn receive(&mut self, bytes: &[u8]) -> Result<Arrival, Stop> {
        let known = self.doc.summary();
        let mut changes = match self.doc.apply_update(bytes) {
            Ok(patches) => describe(&patches),
            Err(UpdateError::MissingDependency(dot)) => {
                self.early.push(bytes.to_vec());
                return Ok(Arrival::Early(dot.to_string()));
            }
            Err(error) => return Err(Stop::Broken(format!("{}: {error}", self.name))),
        };
        let retried = self.retry_early(&mut changes);
        let is_news = self.doc.summary() != known;
        Ok(if is_news {
            Arrival::Merged {
                changes: changes.join(", "),
                retried,
            }
        } else {
            Arrival::Known
        })
    }

    /// What this replica holds: others send what is missing.
    pub(super) fn summary(&self) -> DotContext {
        self.doc.summary()
    }

    pub(super) fn n_early(&self) -> usize {
        self.early.len()
    }

    fn retry_early(&mut self, changes: &mut Vec<String>) -> usize {
        let n_before = self.early.len();
        loop {
            let waiting = core::mem::take(&mut self.early);
            let n_waiting = waiting.len();
            for bytes in waiting {
                match self.doc.apply_update(&bytes) {
                    Ok(patches) => changes.extend(describe(&patches)),
                    Err(_) => self.early.push(bytes),
                }
            }
            if self.early.len() == n_waiting {
                return n_before - n_waiting;
            }
        }
    }
}

fn describe(patches: &Patches<'_>) -> Vec<String> {
    let describe_one = |pos: usize, deleted: usize, inserted: &str| match (deleted, inserted) {
        (0, text) => format!("+{text:?} at {pos}"),
        (n, "") => format!("-{n} at {pos}"),
        (n, text) => format!("-{n}+{text:?} at {pos}"),
    };
    patches
        .iter()
        .map(|p| describe_one(p.pos, p.deleted, p.inserted))
        .collect()
}
