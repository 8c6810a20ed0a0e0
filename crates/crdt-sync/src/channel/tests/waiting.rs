//! What a channel waits for, and what it sends again.

use super::super::{Channel, Check, Fired, MAX_TRIES, Sending};
use super::{channel, deltas, is_rested, live, offer, payload, search, shipping, summary, tire};
use crate::Config;

const RETRY_MS: u64 = 100;

fn config() -> Config {
    Config {
        retry_ms: RETRY_MS,
        max_retry_ms: RETRY_MS * 1_000,
        ..Config::default()
    }
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
