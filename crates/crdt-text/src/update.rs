//! Updates: parts of a history on their way to another replica.
//!
//! # Invariants
//! - Runs are in canonical order (see the `collect` module), so equal sets of events make equal
//!   updates and equal bytes, whatever the order in which a replica learned of them.
//! - A run's parents are in earlier runs of the update, or not in it at all.

mod alone;
mod collect;
mod decode;
mod encode;
mod floor;
mod group;
mod parts;
mod rows;
mod slip;
#[cfg(test)]
mod tests;

use crdt_core::codec::{Budget, DecodeError, DecodeLimits, Reader};
use crdt_core::{AgentId, Dot, DotContext, DotRange, Frontier, GraphError, Lv, LvRange};

pub(crate) use self::decode::{decode_within, load};
pub(crate) use self::encode::section;
pub(crate) use self::floor::{UpdateFloor, head};
pub(crate) use self::parts::{news_of, split};
pub(crate) use self::rows::Rows;
pub(crate) use self::slip::{Setting, SlipReader, SlipWriter};

use crate::container::ContainerWriter;
use crate::error::{EditError, UpdateError};
use crate::op_log::OpRuns;
use crate::{OpLog, TextOp};

/// A set of events, as one replica sends them to another.
///
/// # Examples
/// ```
/// use crdt_core::codec::DecodeLimits;
/// use crdt_text::{OpLog, Update};
///
/// let mut a = OpLog::new();
/// let alice = a.get_or_create_agent_id("alice")?;
/// a.add_insert(alice, 0, "hi")?;
///
/// let mut b = OpLog::new();
/// let bytes = a.update_missing(&b.summary()).encode();
/// let update = Update::decode(&bytes, &DecodeLimits::default())?;
/// assert_eq!(b.apply(&update)?, 2);
/// assert_eq!(b.apply(&update)?, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Update {
    /// Sorted.
    agents: Vec<AgentId>,
    runs: Vec<StoredRun>,
    parents: Vec<WireDot>,
    /// Operations, numbered from 0: those of the floor, then in the order of the runs.
    ops: OpRuns,
    floor: Option<Box<UpdateFloor>>,
}

/// A dot whose agent is an index into the update's table.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct WireDot {
    pub(crate) agent: u32,
    pub(crate) seq: u64,
}

/// A run by one agent; its events and parents start where those of the run before end.
#[derive(Clone, Copy, Debug)]
struct StoredRun {
    first: WireDot,
    end: Lv,
    parents_end: u32,
}

/// A run by one agent, each event on top of the one before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UpdateRun<'a> {
    pub(crate) agent: u32,
    pub(crate) seq: u64,
    pub(crate) parents: &'a [WireDot],
    /// Its events in the update's own numbering.
    pub(crate) lvs: LvRange,
}

impl UpdateRun<'_> {
    fn first(&self) -> WireDot {
        WireDot {
            agent: self.agent,
            seq: self.seq,
        }
    }

    fn seq_end(&self) -> u64 {
        self.seq + u64::from(self.lvs.len())
    }
}

impl Update {
    /// How many events it holds, without what stands for the floor of a shallow history.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ops.end().index() - self.floor_lvs().end.index()
    }

    /// Whether it holds neither an event nor the floor of a shallow history.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0 && self.floor.is_none()
    }

    /// The ids of the events it holds, and of those that its floor stands for.
    ///
    /// # Complexity
    /// O(n log n), n = runs.
    #[must_use]
    pub fn summary(&self) -> DotContext {
        let floor = self.whole_floor().map(|own| own.floor.dropped().clone());
        let mut summary = floor.unwrap_or_default();
        for run in self.runs() {
            let agent = self.agents[run.agent as usize].clone();
            // Every run was checked to be non-empty and within the largest sequence number.
            if let Ok(range) = DotRange::new(agent, run.seq, run.seq_end()) {
                summary.insert_range(&range);
            }
        }
        summary
    }

    /// Encodes the update; see `docs/design/text.md` for the format.
    ///
    /// Equal updates encode to equal bytes.
    ///
    /// # Complexity
    /// O(n log n), n = runs; plus its text.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        if let Some(bytes) = alone::encode(self) {
            return bytes;
        }
        let mut file = ContainerWriter::default();
        self.put_sections(&mut file);
        file.finish()
    }

    /// Decodes an update from bytes of any origin.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not an update, were damaged, are of a format that is not
    /// known here, or ask for more than `limits` allows.
    ///
    /// # Limits
    /// Memory stays within a small multiple of the input; text is decompressed up to
    /// `max_output_bytes`.
    ///
    /// # Complexity
    /// O(n), n = bytes, decompressed.
    pub fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<Self, DecodeError> {
        decode::decode(bytes, limits)
    }

    /// Writes all runs, with agents numbered otherwise; returns their text.
    pub(crate) fn put_slip(
        &self,
        numbers: &[u32],
        rows: &mut Rows,
        slip: &mut SlipWriter,
    ) -> String {
        let renumber = |dot: WireDot| WireDot {
            agent: numbers[dot.agent as usize],
            ..dot
        };
        slip.run_count(self.runs.len());
        let mut texts = encode::Texts::together();
        for run in self.runs() {
            let mut parents: Vec<WireDot> = run.parents.iter().copied().map(renumber).collect();
            parents.sort_unstable();
            let first = renumber(run.first());
            encode::run_rows(first, &parents, self.ops(run.lvs), rows, slip, &mut texts);
        }
        texts.inserted
    }

    /// Reads what [`Self::put_slip`] wrote, with `agents` in the order of their numbers.
    pub(crate) fn take_slip(
        agents: &[AgentId],
        mut slip: SlipReader<'_>,
        rows: &mut Rows,
        budget: &mut Budget,
    ) -> Result<Self, DecodeError> {
        let n_runs = slip.run_count()?;
        let mut runs = slip.runs(n_runs, rows, budget)?;
        let text = slip.text(budget)?;
        let dots = runs
            .iter()
            .flat_map(|run| run.parents.iter().chain([&run.first]));
        let mut used: Vec<u32> = dots.map(|dot| dot.agent).collect();
        used.sort_unstable_by_key(|&number| &agents[number as usize]);
        used.dedup();
        let names: Vec<AgentId> = used
            .iter()
            .map(|&number| agents[number as usize].clone())
            .collect();
        if names.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(DecodeError::NotCanonical { offset: 0 });
        }
        let renumber = |dot: &mut WireDot| {
            let name = &agents[dot.agent as usize];
            dot.agent = names.partition_point(|other| other < name) as u32;
        };
        for run in &mut runs {
            renumber(&mut run.first);
            run.parents.iter_mut().for_each(renumber);
            run.parents.sort_unstable();
        }
        decode::of_slip(names, &runs, &text, budget)
    }

    pub(crate) fn agents(&self) -> &[AgentId] {
        &self.agents
    }

    pub(crate) fn runs(&self) -> impl ExactSizeIterator<Item = UpdateRun<'_>> {
        let mut start = self.floor_lvs().end;
        let mut parents_start = 0;
        self.runs.iter().map(move |run| {
            let lvs = LvRange::new(start, run.end);
            let parents = &self.parents[parents_start as usize..run.parents_end as usize];
            (start, parents_start) = (run.end, run.parents_end);
            UpdateRun {
                agent: run.first.agent,
                seq: run.first.seq,
                parents,
                lvs,
            }
        })
    }

    pub(crate) fn ops(&self, lvs: LvRange) -> impl Iterator<Item = TextOp<'_>> {
        self.ops.ops(lvs)
    }

    /// Writes the sections of a file.
    pub(crate) fn put_sections(&self, file: &mut ContainerWriter) {
        encode::sections(self, file);
    }

    pub(crate) fn dot(&self, dot: &WireDot) -> Result<Dot, UpdateError> {
        let agent = self.agents[dot.agent as usize].clone();
        let overflow = |_| EditError::Graph(GraphError::SeqOverflow { seq: dot.seq });
        Dot::new(agent, dot.seq).map_err(|error| UpdateError::Malformed(overflow(error)))
    }

    /// Closes a run whose events and parents reach up to these ends.
    fn end_run(&mut self, first: WireDot, end: Lv, parents_end: u32) {
        self.runs.push(StoredRun {
            first,
            end,
            parents_end,
        });
    }
}

impl OpLog {
    /// Collects the events that `version` does not contain.
    ///
    /// # Errors
    /// [`GraphError::UnknownVersion`] if it names an event that is not known here.
    ///
    /// # Complexity
    /// O(n log n), n = runs collected; plus their text.
    pub fn update_since(&self, version: &Frontier) -> Result<Update, GraphError> {
        Ok(collect::collect(self, &self.missing_at(version)?))
    }

    /// Collects the events that a replica with this summary does not know.
    ///
    /// What a shallow history has dropped it cannot tell. To a replica that lacks some of that the update
    /// gives the floor instead, which only one without any events can take.
    ///
    /// # Complexity
    /// O(n log n), n = runs.
    #[must_use]
    pub fn update_missing(&self, summary: &DotContext) -> Update {
        collect::collect(self, &collect::missing(self, summary))
    }

    pub(crate) fn update_of_all(&self) -> Update {
        collect::collect(self, &[self.all()])
    }

    /// Encodes the whole history.
    ///
    /// Equal op logs encode to equal bytes.
    ///
    /// # Complexity
    /// O(n log n), n = runs; plus all text.
    #[must_use]
    pub fn encode_full(&self) -> Vec<u8> {
        self.update_of_all().encode()
    }

    /// Encodes what `version` does not contain.
    ///
    /// # Errors
    /// [`GraphError::UnknownVersion`] if it names an event that is not known here.
    ///
    /// # Complexity
    /// As [`Self::update_since`].
    pub fn encode_since(&self, version: &Frontier) -> Result<Vec<u8>, GraphError> {
        Ok(self.update_since(version)?.encode())
    }

    /// Encodes what a replica with this summary does not know.
    ///
    /// A summary says which ids a replica holds, not what they did there. If one id was used for
    /// two events, the two show only when both meet: in [`Self::merge`], or when a full encoding
    /// is taken in.
    ///
    /// # Complexity
    /// As [`Self::update_missing`].
    #[must_use]
    pub fn encode_missing(&self, summary: &DotContext) -> Vec<u8> {
        self.update_missing(summary).encode()
    }

    /// Reads an op log, shallow or not, from what [`Self::encode_full`] wrote.
    ///
    /// # Errors
    /// [`UpdateError`] as for [`Self::decode_and_add`].
    ///
    /// # Limits
    /// Those of [`DecodeLimits::default`]; use [`Update::decode`] to set others.
    ///
    /// # Complexity
    /// O(n log n), n = runs; plus all text.
    pub fn decode(bytes: &[u8]) -> Result<Self, UpdateError> {
        let (_, mut budget) = DecodeLimits::default().open(bytes)?;
        Self::decode_within(bytes, &mut budget)
    }

    /// Reads an op log that may be a part of something larger: all of it shares a budget.
    pub(crate) fn decode_within(bytes: &[u8], budget: &mut Budget) -> Result<Self, UpdateError> {
        let mut oplog = Self::new();
        if oplog.load(bytes, budget).is_none() {
            oplog.apply(&decode_within(bytes, Reader::new(bytes), budget)?)?;
        }
        Ok(oplog)
    }

    /// Takes in an encoded update: all of it, or on error nothing.
    ///
    /// Returns how many events were added.
    ///
    /// # Errors
    /// [`UpdateError::Decode`] if the bytes are not an update; else as [`Self::apply`].
    ///
    /// # Limits
    /// Those of [`DecodeLimits::default`]; use [`Update::decode`] to set others.
    ///
    /// # Complexity
    /// O(n log n), n = runs; plus their text.
    ///
    /// # Convergence
    /// Idempotent; updates commute as far as their dependencies allow.
    pub fn decode_and_add(&mut self, bytes: &[u8]) -> Result<usize, UpdateError> {
        let (r, mut budget) = DecodeLimits::default().open(bytes)?;
        if let Some(n_events) = self.load(bytes, &mut budget) {
            return Ok(n_events);
        }
        self.apply(&decode_within(bytes, r, &mut budget)?)
    }
}
