//! What a channel lets in, what it keeps, and how it begins and ends.

mod waiting;

use super::{Bulk, Channel, Check, Gate, Sending};
use crate::frame::{Content, PartAck};
use crate::payload::Payload;
use crate::position::Position;
use crate::reconcile::{Offer, Search, Session, Start};
use crate::{Config, DocId, Refusal};
use alloc::vec::Vec;
use crdt_core::Digest;

const EPOCH: u64 = 3;

fn at(seq: u64) -> Position {
    Position { epoch: EPOCH, seq }
}

fn channel() -> Channel {
    Channel::new(DocId::from_bytes([1; 16]), None)
}

/// A channel in step with a neighbour that holds everything before `acked`.
fn live(acked: u64, sent: u64) -> Channel {
    let mut channel = channel();
    channel.sending = Sending::Live { acked, sent };
    channel.check = Check::Done;
    channel
}

fn deltas(from: Option<u64>, to: u64) -> Content {
    Content::Deltas {
        from: from.map(at),
        to: at(to),
    }
}

fn payload() -> Payload {
    Payload::from_bytes(Vec::from([7; 40]))
}

fn shipping(content: Content) -> Channel {
    let mut channel = channel();
    channel.ship(content, payload().into());
    channel
}

fn digest() -> Digest {
    Digest::of(b"a summary")
}

fn offer() -> Offer {
    Offer {
        versions: digest(),
        plain: payload(),
        sketch: None,
        n_sketches: 0,
    }
}

fn search() -> Search {
    let start = Start {
        versions: digest(),
        session: Session::new(digest(), None, 1, 2),
        head: &[],
        known: None,
        at: at(0),
        plain: 1_000,
        config: &Config::default(),
    };
    Search::new(start, Vec::new()).unwrap()
}

fn summary() -> Content {
    Content::Summary {
        versions: digest(),
        states: digest(),
    }
}

/// What the neighbour says of the first transfer of a channel.
fn ack(of_summary: bool, transfer: u32, offset: u64) -> PartAck {
    PartAck {
        channel: 0,
        of_summary,
        transfer,
        offset,
    }
}

/// As if it had waited, so that progress can be seen.
fn tire(channel: &mut Channel) {
    channel.retry.due = Some(9);
    channel.retry.n_tries = 2;
}

fn is_rested(channel: &Channel) -> bool {
    channel.retry.due.is_none() && channel.retry.n_tries == 0
}

#[test]
fn whoever_holds_nothing_takes_what_needs_nothing() {
    let channel = channel();
    assert_eq!(channel.gate(None, at(5)), Gate::Apply);
    assert_eq!(channel.gate(Some(at(0)), at(5)), Gate::Early);
}

#[test]
fn deltas_are_known_next_or_early() {
    let mut channel = channel();
    channel.advance(at(5));
    for (from, to, gate) in [
        (Some(5), 6, Gate::Apply),
        (Some(3), 6, Gate::Apply),
        (None, 6, Gate::Apply),
        (Some(6), 7, Gate::Early),
        (Some(3), 5, Gate::Known),
        (Some(3), 4, Gate::Known),
        (None, 5, Gate::Known),
    ] {
        assert_eq!(channel.gate(from.map(at), at(to)), gate, "{from:?}..{to}");
    }
}

#[test]
fn numbers_of_what_may_be_another_outbox_are_not_compared() {
    let channel = Channel::new(DocId::from_bytes([1; 16]), Some(at(5)));
    for (from, to, gate) in [
        (Some(5), 6, Gate::Apply),
        (Some(5), 5, Gate::Known),
        (Some(3), 6, Gate::Early),
        (Some(3), 4, Gate::Early),
        (None, 4, Gate::Apply),
    ] {
        assert_eq!(channel.gate(from.map(at), at(to)), gate, "{from:?}..{to}");
    }
}

#[test]
fn a_place_that_is_forgotten_is_as_if_it_never_was() {
    let mut channel = channel();
    channel.advance(at(5));
    channel.forget_place();
    assert_eq!(channel.have, None);
    assert!(!channel.is_confirmed);
}

#[test]
fn a_channel_rests_when_all_is_acknowledged_and_nothing_is_kept() {
    assert!(live(4, 4).is_at_rest(4));
    assert!(live(4, 4).is_at_rest(9));
    assert!(!live(4, 6).is_at_rest(9));
    // What was acknowledged beyond our end is of an outbox that is lost.
    assert!(!live(4, 4).is_at_rest(3));
    assert!(!channel().is_at_rest(0));
    let mut queued = live(4, 4);
    queued.is_queued = true;
    assert!(!queued.is_at_rest(4));
    let mut busy = live(4, 4);
    busy.make_bulk().probe = Some(4);
    assert!(!busy.is_at_rest(4));
    let mut refused = channel();
    refused.close(Some(Refusal::Withdrawn));
    assert!(refused.is_at_rest(0));
}

#[test]
fn what_is_asked_for_begins_without_a_search() {
    let mut channel = channel();
    let bulk = channel.make_bulk();
    bulk.search = Some(search());
    bulk.n_searches = 3;
    bulk.asks_whole = true;
    tire(&mut channel);
    channel.ask();
    assert!(matches!(channel.sending, Sending::Asking) && channel.owed.ask);
    assert!(is_rested(&channel));
    let is_fresh = |bulk: &Bulk| bulk.search.is_none() && bulk.n_searches == 0 && !bulk.asks_whole;
    assert!(channel.bulk().is_some_and(is_fresh));
}

#[test]
fn a_search_ends_when_deltas_are_shipped_and_an_offer_when_it_is_dropped() {
    let mut channel = channel();
    channel.make_bulk().search = Some(search());
    channel.make_bulk().offer = Some(offer());
    tire(&mut channel);
    channel.ship(deltas(None, 4), payload().into());
    assert!(matches!(channel.sending, Sending::Shipping(_)));
    assert!(is_rested(&channel));
    assert!(channel.bulk().is_some_and(|bulk| bulk.search.is_none()));
    assert!(channel.bulk().is_some_and(|bulk| bulk.offer.is_some()));
    channel.drop_offer();
    assert!(channel.bulk().is_some_and(|bulk| bulk.offer.is_none()));
}

#[test]
fn news_of_a_transfer_is_progress_and_nothing_else_is() {
    let mut channel = shipping(deltas(None, 4));
    for (transfer, offset, is_news) in [(1, 10, true), (1, 10, false), (2, 20, false)] {
        tire(&mut channel);
        channel.take_part_ack(&ack(false, transfer, offset));
        assert_eq!(is_rested(&channel), is_news, "{offset} of {transfer}");
    }
    // Nobody sent them a summary.
    tire(&mut channel);
    channel.take_part_ack(&ack(true, 1, 20));
    assert!(!is_rested(&channel));
    let mut idle = live(5, 5);
    tire(&mut idle);
    idle.take_part_ack(&ack(false, 1, 10));
    assert!(!is_rested(&idle));
}

#[test]
fn news_of_a_summary_is_progress_too() {
    let mut channel = live(5, 5);
    channel.tell(summary(), payload());
    tire(&mut channel);
    channel.take_part_ack(&ack(false, 1, 10));
    assert!(!is_rested(&channel));
    channel.take_part_ack(&ack(true, 1, 10));
    assert!(is_rested(&channel));
}

#[test]
fn who_lost_a_transfer_is_asked_unless_it_fits_a_place() {
    for (content, is_asked) in [(deltas(None, 4), true), (deltas(Some(2), 4), false)] {
        let mut channel = shipping(content);
        channel.take_part_ack(&ack(false, 1, 30));
        // Once may be late.
        for _ in 0..2 {
            channel.take_part_ack(&ack(false, 1, 0));
            assert!(matches!(channel.sending, Sending::Shipping(_)));
        }
        channel.take_part_ack(&ack(false, 1, 0));
        assert_eq!(matches!(channel.sending, Sending::Asking), is_asked);
        assert_eq!(channel.owed.ask, is_asked);
    }
}

#[test]
fn after_a_refusal_all_begins_anew_but_for_what_both_count() {
    let mut channel = shipping(deltas(None, 4));
    channel.theirs = Some(8);
    channel.n_in_flight = 5;
    channel.is_queued = true;
    channel.waits_for_link = true;
    channel.is_its_turn = true;
    channel.is_refusal_noted = true;
    channel.advance(at(3));
    channel.reopen();
    assert!(matches!(channel.sending, Sending::Closed) && channel.owed.open);
    assert_eq!(channel.theirs, Some(8));
    assert_eq!((channel.n_transfers, channel.n_in_flight), (1, 5));
    assert!(channel.is_queued && channel.waits_for_link && channel.is_its_turn);
    assert_eq!(channel.have, Some(at(3)));
    assert!(!channel.is_confirmed && !channel.is_refusal_noted);
}

#[test]
fn a_closed_channel_owes_and_keeps_nothing() {
    let mut channel = channel();
    channel.owed.ack = true;
    channel.make_bulk().offer = Some(offer());
    tire(&mut channel);
    channel.close(Some(Refusal::Withdrawn));
    let Sending::Refused { ours } = channel.sending else {
        panic!("it is closed");
    };
    assert_eq!(ours, Some(Refusal::Withdrawn));
    assert!(!channel.owed.ack && channel.bulk().is_none());
    assert_eq!(channel.retry.due, None);
}

#[test]
fn what_they_hold_for_sure_is_what_they_said_or_will_have_when_it_came() {
    assert_eq!(live(3, 5).acked(), Some(3));
    assert_eq!(shipping(deltas(None, 4)).acked(), Some(4));
    assert_eq!(shipping(summary()).acked(), None);
    assert_eq!(channel().acked(), None);
    assert_eq!(live(3, 5).sending.shipped_to(), None);
}
