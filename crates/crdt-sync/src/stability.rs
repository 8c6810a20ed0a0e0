//! What everyone who counts holds, and nothing concurrent with it is still on its way.
//!
//! Who counts is said, not found out: participants, by the names of their stores. A place in our outbox is taken
//! as a checkpoint. A participant that holds everything before it says so, and says with it how far its own
//! outbox went then: what it made without knowing the checkpoint is before that place. Once all of that is
//! here, from every participant, whatever else they make follows the checkpoint: it is stable.
//!
//! **Invariants.** The stable version never goes back. A participant is done with a checkpoint only by what it
//! told on a link that stands.
//!
//! **Reference.** Baquero, Almeida, Shoker, "Making operation-based CRDTs operation-based", 2014, section 5.

use alloc::collections::{BTreeMap, BTreeSet};

use crate::payload::Payload;
use crate::{LinkId, StoreId};

#[derive(Debug, Default)]
pub(crate) struct Stability {
    /// `None` if nobody said who counts.
    participants: Option<BTreeMap<StoreId, Participant>>,
    /// A place in our outbox, and the summary there.
    checkpoint: Option<(u64, Payload)>,
    stable: Option<(u64, Payload)>,
}

/// How far a participant is with the checkpoint.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Participant {
    Silent,
    /// It told: what it made without knowing the checkpoint is in its outbox before `upto`.
    Told {
        link: LinkId,
        upto: u64,
    },
    Done,
}

/// What is to be done about a participant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Next {
    Nothing,
    /// It is to be asked whether it holds our outbox up to there.
    Ask(u64),
    /// It is to be told that it does, though all that is new to it may be its own: it acknowledges then.
    Tell(u64),
}

/// How a participant stands on a link.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    pub(crate) link: LinkId,
    /// How far it acknowledged our outbox.
    pub(crate) acked: Option<u64>,
    /// How far its outbox is applied here: it answers only while it is in step with this place.
    pub(crate) have: Option<u64>,
}

impl Stability {
    /// Says who counts. What was being found out begins anew.
    pub(crate) fn set_participants(&mut self, participants: impl IntoIterator<Item = StoreId>) {
        let participants = participants
            .into_iter()
            .map(|store| (store, Participant::Silent));
        self.participants = Some(participants.collect());
        self.checkpoint = None;
    }

    /// Takes a checkpoint, unless one is being looked at, or nobody said who counts.
    pub(crate) fn begin(&mut self, seq: u64, summary: impl FnOnce() -> Payload) {
        let Some(participants) = &mut self.participants else {
            return;
        };
        if self.checkpoint.is_none() && self.stable.as_ref().map(|(at, _)| *at) != Some(seq) {
            self.checkpoint = Some((seq, summary()));
            for participant in participants.values_mut() {
                *participant = Participant::Silent;
            }
        }
    }

    pub(crate) fn note_told(&mut self, store: StoreId, seq: u64, link: LinkId, upto: u64) {
        let is_current = self.checkpoint.as_ref().is_some_and(|(at, _)| *at == seq);
        if let Some(participant) = self.participant(store).filter(|_| is_current)
            && *participant != Participant::Done
        {
            *participant = Participant::Told { link, upto };
        }
    }

    /// Looks at a participant that is linked.
    pub(crate) fn look_at(&mut self, store: StoreId, at: Standing) -> Next {
        let Some((seq, _)) = self.checkpoint else {
            return Next::Nothing;
        };
        let Some(participant) = self.participant(store) else {
            return Next::Nothing;
        };
        match *participant {
            Participant::Told { link, upto } if link == at.link => {
                if at.have.is_some_and(|have| have >= upto) {
                    *participant = Participant::Done;
                }
                Next::Nothing
            }
            Participant::Silent => match at.acked {
                Some(acked) if acked >= seq => Next::Ask(seq),
                Some(_) => Next::Tell(seq),
                None => Next::Nothing,
            },
            _ => Next::Nothing,
        }
    }

    /// What was told on links that are gone may be of another outbox by now.
    pub(crate) fn forget_gone(&mut self, stands: impl Fn(LinkId) -> bool) {
        for participant in self.participants.iter_mut().flat_map(BTreeMap::values_mut) {
            if matches!(*participant, Participant::Told { link, .. } if !stands(link)) {
                *participant = Participant::Silent;
            }
        }
    }

    /// Concludes if all participants are done; returns whether there is a new stable version.
    pub(crate) fn conclude(&mut self) -> bool {
        let all_done = self
            .participants
            .iter()
            .flat_map(BTreeMap::values)
            .all(|participant| *participant == Participant::Done);
        if !all_done || self.checkpoint.is_none() {
            return false;
        }
        self.stable = self.checkpoint.take();
        true
    }

    pub(crate) const fn is_seeking(&self) -> bool {
        self.checkpoint.is_some()
    }

    pub(crate) fn stable_seq(&self) -> Option<u64> {
        self.stable.as_ref().map(|(seq, _)| *seq)
    }

    /// The summary of what is stable.
    pub(crate) fn stable(&self) -> Option<&Payload> {
        self.stable.as_ref().map(|(_, summary)| summary)
    }

    pub(crate) fn participants(&self) -> BTreeSet<StoreId> {
        let participants = self.participants.iter().flat_map(BTreeMap::keys);
        participants.copied().collect()
    }

    fn participant(&mut self, store: StoreId) -> Option<&mut Participant> {
        self.participants.as_mut()?.get_mut(&store)
    }
}

#[cfg(test)]
mod tests {
    use super::{Next, Stability, Standing};
    use crate::payload::Payload;
    use crate::{LinkId, StoreId};

    fn at(link: u64, acked: u64, have: u64) -> Standing {
        Standing {
            link: LinkId(link),
            acked: Some(acked),
            have: Some(have),
        }
    }

    #[test]
    fn a_checkpoint_is_stable_when_what_was_made_beside_it_is_here() {
        let participant = StoreId::from_bytes([1; 16]);
        let mut stability = Stability::default();
        stability.set_participants([participant]);
        stability.begin(5, || Payload::from_bytes(alloc::vec![7]));
        assert_eq!(stability.look_at(participant, at(0, 4, 0)), Next::Tell(5));
        assert_eq!(stability.look_at(participant, at(0, 5, 0)), Next::Ask(5));
        stability.note_told(participant, 5, LinkId(0), 9);
        assert_eq!(stability.look_at(participant, at(0, 5, 8)), Next::Nothing);
        assert!(!stability.conclude());
        assert_eq!(stability.look_at(participant, at(0, 5, 9)), Next::Nothing);
        assert!(stability.conclude() && !stability.conclude());
        assert_eq!(stability.stable_seq(), Some(5));
    }

    #[test]
    fn what_was_told_on_a_link_that_is_gone_is_asked_again() {
        let participant = StoreId::from_bytes([1; 16]);
        let mut stability = Stability::default();
        stability.set_participants([participant]);
        stability.begin(5, Payload::default);
        stability.note_told(participant, 4, LinkId(0), 9);
        assert_eq!(stability.look_at(participant, at(0, 5, 9)), Next::Ask(5));
        stability.note_told(participant, 5, LinkId(0), 9);
        stability.forget_gone(|_| false);
        assert_eq!(stability.look_at(participant, at(1, 5, 9)), Next::Ask(5));
        assert!(!stability.conclude());
    }
}
