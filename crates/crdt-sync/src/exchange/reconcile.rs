//! Both sides of a reconciliation: who is asked offers, who asks searches.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crdt_core::codec::{Decode, Encode, Writer};

use super::Exchange;
use crate::channel::{Bulk, Sending};
use crate::frame::{Content, Frame, Symbols, Told, Want, write_symbols};
use crate::node::Frames;
use crate::reconcile::{Offer, Search, Session, Sketch, Start, max_symbols, split};
use crate::{Document, Refusal};

/// A head as it was told.
pub(super) struct Head<'a> {
    pub(super) told: Told<'a>,
    /// The size of the plain summary.
    pub(super) plain: u64,
    pub(super) bytes: &'a [u8],
}

impl<D: Document> Exchange<'_, D> {
    /// Tells the head of a large summary; returns whether it has one.
    pub(super) fn offer(&mut self) -> bool {
        let summary = self.hosted.summary().clone();
        let plain = summary.bytes.as_bytes().len();
        if plain <= self.config.max_plain_summary_bytes {
            return false;
        }
        let Some(head) = self.hosted.head() else {
            return false;
        };
        let content = Content::Head {
            versions: summary.versions,
            states: summary.states,
            plain: plain as u64,
        };
        // The same summary goes on being offered: what is on its way for it stays good.
        let stands = |offer: &Offer| offer.versions == summary.versions;
        let bulk = self.channel.make_bulk();
        if !bulk.offer.as_ref().is_some_and(stands) {
            bulk.offer = Some(Offer {
                versions: summary.versions,
                plain: summary.bytes,
                sketch: None,
                n_sketches: 0,
            });
        }
        self.channel.tell(content, head);
        true
    }

    /// They want symbols; if not of what is offered, it is offered anew.
    pub(crate) fn take_want(&mut self, want: &Want<'_>) {
        match self.find_sketch(want) {
            Found::Sketch => {
                self.channel.make_bulk().owed_symbols = Some((want.start, want.end));
            }
            Found::Nothing => self.take_ask(false),
            Found::Unfit => self.take_ask(true),
        }
    }

    fn find_sketch(&mut self, want: &Want<'_>) -> Found {
        let ours = self.hosted.outbox.epochs().current();
        let bulk = self.channel.bulk_mut();
        let Some(offer) = bulk.and_then(|bulk| bulk.offer.as_mut()) else {
            return Found::Nothing;
        };
        if offer.versions != want.versions {
            return Found::Nothing;
        }
        let is_same = |sketch: &Sketch| sketch.session.id == want.session;
        if offer.sketch.as_deref().is_some_and(is_same) {
            return Found::Sketch;
        }
        let session = Session::new(want.versions, want.known, self.neighbour.epoch, ours);
        if session.id != want.session {
            return Found::Nothing;
        }
        if offer.n_sketches >= MAX_SKETCHES {
            return Found::Unfit;
        }
        let limits = &self.config.decode;
        let known = want
            .known
            .map(|known| D::Summary::from_bytes(known, limits));
        let plain = D::Summary::from_bytes(offer.plain.as_bytes(), limits);
        let (Ok(known), Ok(mut plain)) = (known.transpose(), plain) else {
            return Found::Unfit;
        };
        let Some(members) = split::<D>(&mut plain, known.as_ref()) else {
            return Found::Unfit;
        };
        offer.n_sketches = offer.n_sketches.saturating_add(1);
        offer.sketch = Some(Box::new(Sketch {
            session,
            members,
            symbols: Vec::new(),
        }));
        Found::Sketch
    }

    /// Sends the symbols that are owed, as far as they cost no more than the plain summary.
    pub(super) fn send_symbols(
        &mut self,
        number: u32,
        (start, end): (u64, u64),
        frames: &mut Frames<'_>,
    ) {
        let max_bytes = self.neighbour.limits.max_part_bytes();
        let bulk = self.channel.bulk_mut();
        let Some(offer) = bulk.and_then(|bulk| bulk.offer.as_mut()) else {
            return;
        };
        let Some(sketch) = offer.sketch.as_deref_mut() else {
            return;
        };
        let window =
            start.saturating_add(max_symbols(self.neighbour.limits.window() as u64).max(1));
        let worth = max_symbols(offer.plain.as_bytes().len() as u64);
        let end = end.min(window).min(worth);
        let (session, n_members) = (sketch.session.id, sketch.members.len() as u64);
        let mut start = start;
        let mut left = sketch.symbols(start, end);
        while !left.is_empty() {
            let frame = Symbols {
                channel: number,
                session,
                n_members,
                start,
                symbols: left.into(),
            };
            let mut w = Writer::new();
            let n_sent = write_symbols(&frame, max_bytes, &mut w);
            if n_sent == 0 {
                return;
            }
            frames.push_shared(w, None);
            left = left.get(n_sent..).unwrap_or_default();
            start = start.saturating_add(n_sent as u64);
        }
    }

    /// Their head came: a search begins, if it is an answer to a question.
    pub(super) fn take_head(&mut self, head: &Head<'_>) {
        let versions = head.told.versions;
        let is_searched = |search: &Search| search.versions == versions;
        let asks_anew =
            |bulk: &Bulk| !bulk.asks_whole && !bulk.search.as_ref().is_some_and(is_searched);
        let is_answer = matches!(self.channel.sending, Sending::Asking)
            && self.channel.bulk().is_none_or(asks_anew);
        if !is_answer {
            return;
        }
        if self.hosted.summary().versions == versions {
            return self.take_told(&head.told);
        }
        let bulk = self.channel.make_bulk();
        bulk.n_searches = bulk.n_searches.saturating_add(1);
        let may_search = bulk.n_searches <= MAX_SEARCHES;
        let Ok(theirs) = D::Summary::from_bytes(head.bytes, &self.config.decode) else {
            return self.refuse(Refusal::Malformed);
        };
        match self.search(head, &theirs) {
            Some(search) if may_search => {
                self.channel.make_bulk().search = Some(search);
                self.want_more();
            }
            _ => self.channel.ask_whole(),
        }
    }

    /// `None` if our own summary does not split.
    fn search(&mut self, head: &Head<'_>, theirs: &D::Summary) -> Option<Search> {
        let mut summary = self.hosted.state.summary();
        let members = split::<D>(&mut summary, Some(theirs))?;
        let known = summary.to_bytes();
        let known = (known.len() <= self.neighbour.limits.max_part_bytes()).then_some(known);
        let outbox = &self.hosted.outbox;
        let ours = outbox.epochs().current();
        let versions = head.told.versions;
        let start = Start {
            versions,
            session: Session::new(versions, known.as_deref(), ours, self.neighbour.epoch),
            head: head.bytes,
            known,
            at: outbox.position_at(outbox.next()),
            plain: head.plain,
            config: self.config,
        };
        Search::new(start, members)
    }

    pub(crate) fn take_symbols(&mut self, symbols: &Symbols<'_>) {
        let is_asking = matches!(self.channel.sending, Sending::Asking);
        let bulk = self.channel.bulk_mut().filter(|_| is_asking);
        let Some(search) = bulk.and_then(|bulk| bulk.search.as_mut()) else {
            return;
        };
        if search.session.id != symbols.session {
            return;
        }
        match search.take(symbols.start, &symbols.symbols) {
            Err(_) => return self.refuse(Refusal::Malformed),
            Ok(false) => return,
            Ok(true) => {}
        }
        let (here, wanted) = search.missing();
        let is_complete = search.is_complete();
        self.channel.note_progress();
        if is_complete {
            self.conclude_search();
        } else if here == wanted {
            self.want_more();
        }
    }

    fn want_more(&mut self) {
        let bulk = self.channel.bulk_mut();
        let search = bulk.and_then(|bulk| bulk.search.as_mut());
        if search.is_some_and(|search| search.want_more(self.neighbour.limits.window())) {
            self.channel.owed.want = true;
            self.channel.note_progress();
        } else {
            self.channel.ask_whole();
        }
    }

    /// Their summary is found: they are sent what they lack.
    fn conclude_search(&mut self) {
        let bulk = self.channel.bulk_mut();
        let Some(search) = bulk.and_then(|bulk| bulk.search.take()) else {
            return;
        };
        self.channel.owed.want = false;
        let at = search.at;
        let head = D::Summary::from_bytes(&search.head, &self.config.decode);
        let summary = head.ok().and_then(|head| search.rejoin::<D>(head));
        let Some(summary) = summary else {
            return self.channel.ask_whole();
        };
        match self.hosted.pieces_since(&summary, self.config) {
            // What came since was left out of their members: the outbox has it.
            Some(pieces) => self.ship_up_to(at, pieces),
            None => self.refuse(Refusal::MissingDependency),
        }
    }

    pub(super) fn say_want(&self, number: u32, frames: &mut Frames<'_>) {
        let bulk = self.channel.bulk();
        let Some(search) = bulk.and_then(|bulk| bulk.search.as_ref()) else {
            return;
        };
        let (start, end) = search.missing();
        // It is remembered with the first symbols; who does not answer may have forgotten it.
        let tells_known = start == 0 || self.channel.retry.n_tries > 0;
        frames.push(&Frame::Want(Want {
            channel: number,
            versions: search.versions,
            session: search.session.id,
            start,
            end,
            known: search.known.as_deref().filter(|_| tells_known),
        }));
    }
}

/// What there is for a neighbour that wants symbols.
enum Found {
    Sketch,
    /// Nothing of the kind is offered.
    Nothing,
    /// It is, and cannot be split.
    Unfit,
}

/// How many heads are tried for one question: a document that changes all the time is told plainly.
const MAX_SEARCHES: u8 = 4;

/// How many sketches are made of one offer: making one looks at every live dot, and who changes its mind
/// about what it knows again and again is told plainly.
const MAX_SKETCHES: u8 = 4;
