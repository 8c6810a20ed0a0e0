//! Shallow histories: an op log that starts from a version, not from nothing.
//!
//! # Invariants
//! The first events of an op log with a floor make the text at its version: they insert it, or, if it
//! is empty, delete nothing once. They have no ids, and all other events follow them.

use crdt_core::{Floor, Frontier, GraphError};

use super::ingest::no_room;
use super::ops::OpRuns;
use super::{MAX_LEN, OpLog};
use crate::Update;
use crate::error::{EditError, UpdateError};

impl OpLog {
    /// A copy that starts from `version`: what lies before is dropped, but for the text there.
    ///
    /// The version must be critical: each event either belongs to it or follows all of it. The tip
    /// always is; [`Self::last_critical_in`] finds others. The copy numbers events anew, so agents,
    /// versions and branches of this op log mean nothing to it. It names its version and summary as
    /// this one does, and exchanges updates with every replica that knows `version`. Updates that do
    /// not follow `version` are refused by it for ever, with [`UpdateError::BelowFloor`]: cut where
    /// all who still write have been. Who lacks `version` opens [`Self::encode_full`] of the copy.
    ///
    /// The empty version makes a plain copy.
    ///
    /// # Errors
    /// [`GraphError::NotCritical`] if an event is concurrent with part of the version,
    /// [`GraphError::BelowFloor`] if this op log starts later, [`GraphError::UnknownVersion`] if the
    /// version names an event that is not known here.
    ///
    /// # Complexity
    /// That of [`Self::text_at`] and of encoding what comes after the version.
    ///
    /// # Convergence
    /// The copy and full replicas that go on editing show the same text once they know the same
    /// events.
    ///
    /// # Examples
    /// ```
    /// use crdt_text::{OpLog, UpdateError};
    ///
    /// let mut full = OpLog::new();
    /// let ada = full.get_or_create_agent_id("ada")?;
    /// full.add_insert(ada, 0, "a long story")?;
    /// full.add_delete_without_content(ada, 2..7)?;
    /// let mut late = full.clone();
    /// full.add_insert(ada, 0, ">")?;
    ///
    /// let mut shallow = full.shallow_at(full.version())?;
    /// assert_eq!(shallow.text_at(shallow.version())?, ">a story");
    /// assert_eq!(shallow.summary(), full.summary());
    ///
    /// // Who goes on from the cut is heard; who does not know of it is not.
    /// full.add_insert(ada, 8, "!")?;
    /// shallow.decode_and_add(&full.encode_missing(&shallow.summary()))?;
    /// assert_eq!(shallow.text_at(shallow.version())?, ">a story!");
    /// let bob = late.get_or_create_agent_id("bob")?;
    /// late.add_insert(bob, 0, "?")?;
    /// let refused = shallow.decode_and_add(&late.encode_missing(&shallow.summary()));
    /// assert!(matches!(refused, Err(UpdateError::BelowFloor { .. })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "trim")]
    #[doc(alias = "gc")]
    pub fn shallow_at(&self, version: &Frontier) -> Result<Self, GraphError> {
        self.check_version(version)?;
        if version.is_root() && self.floor().is_none() {
            return Ok(self.clone());
        }
        let floor = self.graph.floor_at(version)?;
        let text = self.text_at(version)?;
        let mut shallow = Self::new();
        shallow.start_from(floor, &text)?;
        shallow.take_what_follows(&self.update_since(version)?);
        Ok(shallow)
    }

    /// The version that a shallow history starts from; `None` if nothing was dropped.
    ///
    /// # Complexity
    /// O(1).
    #[must_use]
    pub fn floor(&self) -> Option<&Floor> {
        self.graph.floor()
    }

    /// The last version in the history of `version`, itself included, from which a shallow copy can
    /// start; the empty one if there is none.
    ///
    /// Of versions with several heads only `version` itself is considered.
    ///
    /// # Errors
    /// [`GraphError::UnknownVersion`] if it names an event that is not known here.
    ///
    /// # Complexity
    /// That of [`CausalGraph::floor_at`](crdt_core::CausalGraph::floor_at).
    ///
    /// # Examples
    /// ```
    /// use crdt_text::{Frontier, OpLog};
    ///
    /// let mut log = OpLog::new();
    /// let ada = log.get_or_create_agent_id("ada")?;
    /// let all_know = Frontier::from(log.add_insert(ada, 0, "abc")?.last());
    /// let here = log.add_insert_at(ada, &all_know, 0, "x")?;
    /// let there = log.add_insert_at(ada, &all_know, 0, "y")?;
    ///
    /// assert_eq!(log.last_critical_in(&Frontier::from(here.last()))?, all_know);
    /// assert_eq!(log.last_critical_in(log.version())?, *log.version());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn last_critical_in(&self, version: &Frontier) -> Result<Frontier, GraphError> {
        self.check_version(version)?;
        if self.graph.floor_at(version).is_ok() {
            return Ok(self.graph.find_dominators(version.as_slice()));
        }
        // What is critical and not after the highest head is in its history.
        let highest = version.iter().next_back();
        let critical = highest.and_then(|lv| self.graph.critical_before(lv.plus(1)));
        let has_name = |lv: &crdt_core::Lv| lv.plus(1) >= self.graph.floor_lvs().end;
        Ok(critical
            .filter(has_name)
            .map_or_else(Frontier::root, Frontier::from))
    }

    /// Takes over the floor of an update, and its events; there are no events here yet.
    pub(super) fn adopt(&mut self, update: &Update, floor: Floor) -> Result<usize, UpdateError> {
        let before = self.clone();
        let adopted = self.adopt_checked(update, floor);
        adopted.inspect_err(|_| *self = before)
    }

    fn adopt_checked(&mut self, update: &Update, floor: Floor) -> Result<usize, UpdateError> {
        let text: String = update
            .ops(update.floor_lvs())
            .filter_map(inserted)
            .collect();
        if text.len() > MAX_LEN {
            let limit = MAX_LEN;
            return Err(UpdateError::Malformed(EditError::TooLong { limit }));
        }
        let len = self.start_from(floor, &text).map_err(no_room)?;
        Ok(len + self.apply_events(update)?)
    }

    /// Starts an empty op log from a text; returns how many events stand for it.
    fn start_from(&mut self, floor: Floor, text: &str) -> Result<usize, GraphError> {
        let len = OpRuns::floor_len(str_indices::chars::count(text) as u32) as usize;
        self.graph.set_floor(floor, len)?;
        self.ops.push_floor(text);
        Ok(len)
    }

    fn take_what_follows(&mut self, update: &Update) {
        let taken = self.apply(update);
        taken.expect(
            "what comes after a critical version follows it, and there is less than before",
        );
    }
}

fn inserted(op: crate::TextOp<'_>) -> Option<&str> {
    match op {
        crate::TextOp::Insert { text, .. } => Some(text),
        crate::TextOp::Delete { .. } => None,
    }
}
