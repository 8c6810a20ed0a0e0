//! Making anchors on a branch, and finding them again on another.

use alloc::collections::BTreeMap;

use crdt_core::{Dot, Frontier};

use super::{Anchor, AnchorError, Bias};
use crate::error::EditError;
use crate::position::{self, Position};
use crate::walker::{Spot, Survey};
use crate::{Branch, OpLog, TextDoc};

/// Anchors that were made at one version.
struct Group {
    version: Frontier,
    spots: Vec<Spot>,
    /// Which anchors they are.
    numbers: Vec<usize>,
}

impl Branch {
    /// Makes an anchor at a position, in any unit.
    ///
    /// # Errors
    /// [`EditError`] if the position is out of bounds or inside a scalar, the branch is not one of this
    /// op log, or it shows a version that a shallow history has no name for.
    ///
    /// # Complexity
    /// O(log n + h log m), n = bytes of text, h = heads of the version, m = runs of the history.
    pub fn anchor<P: Position>(
        &self,
        oplog: &OpLog,
        at: P,
        bias: Bias,
    ) -> Result<Anchor, EditError> {
        let pos = position::convert::<P, usize>(self.rope(), at)?;
        Ok(Anchor {
            version: oplog.to_remote(self.version())?,
            pos: pos as u32,
            bias,
        })
    }

    /// Where an anchor is in this branch's text, in any unit.
    ///
    /// The anchor may have been made at any version that the op log knows: before, after or beside the
    /// branch's own.
    ///
    /// # Errors
    /// As [`AnchorError`] says.
    ///
    /// # Complexity
    /// O(log n) if the anchor was made at the branch's version. Else that of a merge of all events
    /// since the last critical version that both versions share; and of finding out how long the text
    /// was there, for which a branch keeps notes of the merges it made. For many anchors at once:
    /// [`Self::resolve_all`].
    ///
    /// So whoever made the anchor sets the price, up to that of the whole history: an anchor of the
    /// empty version takes three bytes. For anchors of strangers: [`Self::resolve_within`].
    ///
    /// # Convergence
    /// See [`Anchor`].
    pub fn resolve<P: Position>(&self, oplog: &OpLog, anchor: &Anchor) -> Result<P, AnchorError> {
        // One for each.
        self.resolve_all(oplog, [anchor]).swap_remove(0)
    }

    /// Where an anchor is in this branch's text, as [`Self::resolve`], if that costs no more than
    /// `max_events`: for anchors that others sent.
    ///
    /// What counts is the events that are replayed, and those that are walked to find out how long the
    /// text was before them. A remote caret is seldom more than what was typed in a few seconds away.
    ///
    /// # Errors
    /// As [`AnchorError`] says: [`AnchorError::TooFar`] if it costs more.
    ///
    /// # Complexity
    /// That of [`Self::resolve`] with so many events, and of a look at the runs of the causal graph
    /// that lie between the versions.
    ///
    /// # Convergence
    /// Where it stands, see [`Anchor`]. What it costs differs between replicas.
    pub fn resolve_within<P: Position>(
        &self,
        oplog: &OpLog,
        anchor: &Anchor,
        max_events: u64,
    ) -> Result<P, AnchorError> {
        // One for each.
        let found = self.find_all(oplog, [anchor].into_iter(), max_events);
        self.in_unit(found).swap_remove(0)
    }

    /// Where each of some anchors is in this branch's text, in any unit.
    ///
    /// One that does not resolve is an error in its place, and of no matter to the others.
    ///
    /// # Complexity
    /// That of [`Self::resolve`] for the oldest of them, and for each a search in what was replayed and
    /// a move between the versions that they were made at.
    ///
    /// # Examples
    /// ```
    /// use crdt_text::{Bias, Branch, OpLog, Utf16};
    ///
    /// let mut log = OpLog::new();
    /// let ada = log.get_or_create_agent_id("ada")?;
    /// log.add_insert(ada, 0, "\u{1F600} one")?;
    /// let mut branch = Branch::new_at_tip(&log);
    /// let word = [branch.anchor(&log, 2, Bias::Right)?, branch.anchor(&log, 5, Bias::Left)?];
    ///
    /// branch.insert(&mut log, ada, 0, "not ")?;
    /// branch.insert(&mut log, ada, branch.len(), " two")?;
    /// let found: Vec<Utf16> = branch.resolve_all(&log, &word).into_iter().collect::<Result<_, _>>()?;
    /// assert_eq!(branch.slice(found[0]..found[1])?, "one");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn resolve_all<'a, P: Position>(
        &self,
        oplog: &OpLog,
        anchors: impl IntoIterator<Item = &'a Anchor>,
    ) -> Vec<Result<P, AnchorError>> {
        self.in_unit(self.find_all(oplog, anchors.into_iter(), u64::MAX))
    }

    fn in_unit<P: Position>(
        &self,
        found: Vec<Result<usize, AnchorError>>,
    ) -> Vec<Result<P, AnchorError>> {
        let in_unit = |pos| Ok(position::convert::<usize, P>(self.rope(), pos)?);
        let found = found.into_iter();
        found.map(|found| found.and_then(in_unit)).collect()
    }

    /// Where each of some anchors is, in scalars; of those that cost something none, if together they
    /// cost too much.
    fn find_all<'a>(
        &self,
        oplog: &OpLog,
        anchors: impl Iterator<Item = &'a Anchor>,
        max_events: u64,
    ) -> Vec<Result<usize, AnchorError>> {
        if let Err(error) = oplog.check_version(self.version()) {
            return anchors.map(|_| Err(error.into())).collect();
        }
        let mut found = Vec::new();
        let mut groups: BTreeMap<&[Dot], Result<Group, AnchorError>> = BTreeMap::new();
        for (number, anchor) in anchors.enumerate() {
            let group = groups.entry(&anchor.version);
            match group.or_insert_with(|| Group::of(oplog, &anchor.version)) {
                Err(error) => found.push(Err(error.clone())),
                Ok(group) if group.version == *self.version() => {
                    found.push(Ok(self.len().min(anchor.pos as usize)));
                }
                Ok(group) => {
                    group.numbers.push(number);
                    group.spots.push((anchor.pos, anchor.bias));
                    // Its place is taken, and filled in below.
                    found.push(Ok(0));
                }
            }
        }
        let mut groups: Vec<Group> = groups.into_values().filter_map(Result::ok).collect();
        groups.retain(|group| !group.spots.is_empty());
        let places = self.find_elsewhere(oplog, &groups, max_events);
        let numbers = groups.iter().flat_map(|group| &group.numbers);
        for (number, place) in numbers.zip(places) {
            if let Some(found) = found.get_mut(*number) {
                *found = place;
            }
        }
        found
    }

    /// Finds anchors that were made at other versions, in the order of the groups.
    fn find_elsewhere(
        &self,
        oplog: &OpLog,
        groups: &[Group],
        max_events: u64,
    ) -> Vec<Result<usize, AnchorError>> {
        if groups.is_empty() {
            return Vec::new();
        }
        let versions = groups.iter().map(|group| &group.version);
        let survey = Survey::new(oplog, self.version(), versions);
        let events = survey.n_events(self.lengths());
        if events > max_events {
            let spots = groups.iter().flat_map(|group| &group.spots);
            return spots
                .map(|_| {
                    Err(AnchorError::TooFar {
                        events,
                        max: max_events,
                    })
                })
                .collect();
        }
        let spots: Vec<(&Frontier, &[Spot])> = groups
            .iter()
            .map(|group| (&group.version, &*group.spots))
            .collect();
        let places = survey.find(&spots, &mut self.lengths().clone());
        places.into_iter().map(|place| Ok(place as usize)).collect()
    }
}

impl Group {
    fn of(oplog: &OpLog, version: &[Dot]) -> Result<Self, AnchorError> {
        Ok(Self {
            version: oplog.to_local(version)?,
            spots: Vec::new(),
            numbers: Vec::new(),
        })
    }
}

impl TextDoc {
    /// Makes an anchor at a position, in any unit, see [`Branch::anchor`].
    ///
    /// # Errors
    /// [`EditError`] if the position is out of bounds or inside a scalar.
    ///
    /// # Complexity
    /// As [`Branch::anchor`].
    ///
    /// # Examples
    /// ```
    /// use crdt_text::{Bias, TextDoc};
    ///
    /// let mut doc = TextDoc::new();
    /// let me = doc.get_or_create_agent_id("me")?;
    /// doc.insert(me, 0, "see page 12")?;
    /// let comment = [doc.anchor(4, Bias::Right)?, doc.anchor(8, Bias::Left)?];
    ///
    /// doc.insert(me, 0, "please ")?;
    /// doc.insert(me, 13, "i")?;
    /// let [from, to] = [doc.resolve::<usize>(&comment[0])?, doc.resolve(&comment[1])?];
    /// assert_eq!(doc.branch().slice(from..to)?, "paige");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn anchor<P: Position>(&self, at: P, bias: Bias) -> Result<Anchor, EditError> {
        self.branch().anchor(self.oplog(), at, bias)
    }

    /// Where an anchor is in the text, in any unit, see [`Branch::resolve`].
    ///
    /// # Errors
    /// As [`AnchorError`] says.
    ///
    /// # Complexity
    /// As [`Branch::resolve`]: whoever made the anchor sets the price. For anchors of strangers:
    /// [`Self::resolve_within`].
    ///
    /// # Convergence
    /// See [`Anchor`].
    pub fn resolve<P: Position>(&self, anchor: &Anchor) -> Result<P, AnchorError> {
        self.branch().resolve(self.oplog(), anchor)
    }

    /// Where an anchor is in the text, if that costs no more than replaying `max_events`, see
    /// [`Branch::resolve_within`].
    ///
    /// # Errors
    /// As [`AnchorError`] says: [`AnchorError::TooFar`] if it costs more.
    ///
    /// # Complexity
    /// As [`Branch::resolve_within`].
    ///
    /// # Convergence
    /// As [`Branch::resolve_within`].
    ///
    /// # Examples
    /// ```
    /// use crdt_text::{AnchorError, Bias, TextDoc};
    ///
    /// let mut doc = TextDoc::new();
    /// let me = doc.get_or_create_agent_id("me")?;
    /// doc.insert(me, 0, "a long story")?;
    /// let end = doc.anchor(12, Bias::Right)?;
    /// doc.insert(me, 12, "!")?;
    /// assert_eq!(doc.resolve_within::<usize>(&end, 100)?, 13);
    /// let dear = doc.resolve_within::<usize>(&end, 5);
    /// assert_eq!(dear, Err(AnchorError::TooFar { events: 13, max: 5 }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn resolve_within<P: Position>(
        &self,
        anchor: &Anchor,
        max_events: u64,
    ) -> Result<P, AnchorError> {
        self.branch()
            .resolve_within(self.oplog(), anchor, max_events)
    }

    /// Where each of some anchors is in the text, see [`Branch::resolve_all`].
    ///
    /// # Complexity
    /// As [`Branch::resolve_all`].
    pub fn resolve_all<'a, P: Position>(
        &self,
        anchors: impl IntoIterator<Item = &'a Anchor>,
    ) -> Vec<Result<P, AnchorError>> {
        self.branch().resolve_all(self.oplog(), anchors)
    }
}
