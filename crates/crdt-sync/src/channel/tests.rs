//! What a channel lets in, what it waits for, and what it sends again.

use super::{Bulk, Channel, Check, Fired, Gate, MAX_TRIES, Sending};
use crate::frame::{Content, PartAck};
use crate::payload::Payload;
use crate::position::Position;
use crate::reconcile::{Offer, Search, Session, Start};
use crate::{Config, DocId, Refusal};
use alloc::vec::Vec;
use crdt_core::Digest;

const EPOCH: u64 = 3;
const RETRY_MS: u64 = 100;

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

fn config() -> Config {
    Config {
        retry_ms: RETRY_MS,
        max_retry_ms: RETRY_MS * 1_000,
        ..Config::default()
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
fn what_is_waited_for_has_one_timer() {
    let config = config();
    let mut channel = channel();
    assert_eq!(channel.arm(1_000, &config), Some(1_000 + RETRY_MS));
    // Once is enough, until it is due sooner.
    assert_eq!(channel.arm(1_001, &config), None);
    channel.retry.due = Some(1_050);
    assert_eq!(channel.arm(1_002, &config), Some(1_050));
    assert_eq!(channel.fire(1_000 + RETRY_MS, 1_200), Fired::Stale);
    assert_eq!(channel.fire(1_050, 1_050), Fired::Due);
    assert!(channel.owed.open, "what was not answered is said again");
    assert_eq!(channel.arm(1_050, &config), Some(1_050 + 2 * RETRY_MS));
}

#[test]
fn a_timer_that_is_too_early_is_set_again() {
    let mut channel = channel();
    channel.retry.due = Some(80);
    channel.retry.armed_at = Some(50);
    assert_eq!(channel.fire(50, 60), Fired::Again(80));
    assert_eq!(channel.retry.n_tries, 0);
    assert_eq!(channel.fire(80, 80), Fired::Due);
    assert_eq!(channel.retry.n_tries, 1);
}

#[test]
fn a_timer_for_nothing_repeats_nothing() {
    let mut channel = live(3, 5);
    channel.retry.armed_at = Some(50);
    assert_eq!(channel.fire(50, 60), Fired::Due);
    assert_eq!(channel.retry.n_tries, 0);
    assert!(matches!(channel.sending, Sending::Live { sent: 5, .. }));
}

/// Whether a timer is set for the channel.
fn waits(mut channel: Channel) -> bool {
    channel.arm(0, &config()).is_some()
}

#[test]
fn an_answer_is_waited_for_only_where_one_is_outstanding() {
    assert!(waits(channel()));
    assert!(waits(shipping(deltas(None, 4))));
    assert!(waits(live(3, 5)));
    assert!(!waits(live(5, 5)));
    let mut asked = live(5, 5);
    asked.check = Check::Asked;
    assert!(waits(asked));
    let mut probing = live(5, 5);
    probing.make_bulk().probe = Some(5);
    assert!(waits(probing));
    let mut telling = live(5, 5);
    telling.tell(summary(), payload());
    assert!(waits(telling));
    let mut closed = channel();
    closed.close(None);
    assert!(!waits(closed));
}

#[test]
fn who_waits_for_nothing_begins_to_count_anew() {
    let mut channel = live(5, 5);
    tire(&mut channel);
    assert_eq!(channel.arm(10, &config()), None);
    assert!(is_rested(&channel));
}

#[test]
fn what_is_rarely_needed_goes_when_it_is_idle() {
    let mut idle = live(5, 5);
    idle.make_bulk();
    idle.arm(0, &config());
    assert!(idle.bulk().is_none());
    let mut busy = live(5, 5);
    busy.make_bulk().offer = Some(offer());
    busy.arm(0, &config());
    assert!(busy.bulk().is_some());
    // While they are asked, it says how.
    let mut asking = channel();
    asking.ask_whole();
    asking.arm(0, &config());
    assert!(asking.bulk().is_some_and(|bulk| bulk.asks_whole));
}

/// A channel whose timer went off once more than `n_tries` times.
fn tried(mut channel: Channel, n_tries: u8) -> Channel {
    channel.retry.n_tries = n_tries;
    channel.retry.due = Some(10);
    channel.retry.armed_at = Some(10);
    assert_eq!(channel.fire(10, 10), Fired::Due);
    channel
}

#[test]
fn who_is_not_answered_asks_again() {
    assert!(tried(channel(), 0).owed.open);
    let mut asking = channel();
    asking.ask();
    asking.owed.ask = false;
    let asked = tried(asking, 0);
    assert!(asked.owed.ask && !asked.owed.want);
    let mut searching = channel();
    searching.ask();
    searching.owed.ask = false;
    searching.make_bulk().search = Some(search());
    let searched = tried(searching, 0);
    assert!(searched.owed.want && !searched.owed.ask);
}

#[test]
fn deltas_that_are_not_acknowledged_are_sent_again() {
    let mut channel = live(3, 5);
    channel.check = Check::Asked;
    let channel = tried(channel, 0);
    assert!(matches!(
        channel.sending,
        Sending::Live { acked: 3, sent: 3 }
    ));
    assert_eq!(channel.check, Check::Due);
    let sure = tried(live(3, 5), 0);
    assert_eq!(sure.check, Check::Done);
}

#[test]
fn parts_that_are_not_acknowledged_are_sent_again() {
    let mut channel = shipping(deltas(None, 4));
    channel.tell(summary(), payload());
    let Sending::Shipping(transfer) = &mut channel.sending else {
        panic!("it ships");
    };
    assert!(transfer.next_part(0, 40, 100).is_some());
    let telling = channel.bulk_mut().and_then(|bulk| bulk.telling.as_mut());
    assert!(telling.unwrap().next_part(0, 40, 100).is_some());
    let channel = tried(channel, 0);
    let Sending::Shipping(transfer) = &channel.sending else {
        panic!("it ships");
    };
    assert_eq!(transfer.n_in_flight(), 0);
    let telling = channel.bulk().and_then(|bulk| bulk.telling.as_ref());
    assert_eq!(telling.unwrap().n_in_flight(), 0);
}

#[test]
fn a_question_is_repeated_only_if_there_was_one() {
    let mut probing = live(5, 5);
    probing.make_bulk().probe = Some(5);
    assert!(tried(probing, 0).bulk().is_some_and(|b| b.owes_probe));
    let mut silent = live(5, 5);
    silent.make_bulk().offer = Some(offer());
    assert!(tried(silent, 0).bulk().is_some_and(|b| !b.owes_probe));
}

#[test]
fn nothing_large_is_kept_for_who_never_answers() {
    let large = || {
        let mut channel = shipping(deltas(None, 4));
        channel.make_bulk().offer = Some(offer());
        channel
    };
    let patient = tried(large(), MAX_TRIES - 2);
    assert!(patient.bulk().is_some_and(|bulk| bulk.offer.is_some()));
    assert!(matches!(patient.sending, Sending::Shipping(_)));
    let silent = tried(large(), MAX_TRIES - 1);
    assert!(silent.bulk().is_some_and(|bulk| bulk.offer.is_none()));
    assert!(matches!(silent.sending, Sending::Asking) && silent.owed.ask);
    // What fits a place only that they named is not made anew: it goes on.
    let placed = tried(shipping(deltas(Some(2), 4)), MAX_TRIES - 1);
    assert!(matches!(placed.sending, Sending::Shipping(_)));
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
