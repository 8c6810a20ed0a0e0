//! Hybrid clocks under wall time that jumps, stands still and runs out.

use alloc::vec::Vec;

use crate::testing::{check_codec, check_property};
use crate::{ClockError, HybridClock, Timestamp};

impl quickcheck::Arbitrary for Timestamp {
    fn arbitrary(g: &mut quickcheck::Gen) -> Self {
        Self::from_u64(u64::arbitrary(g))
    }
}

#[test]
fn stamps_strictly_increase_and_exceed_what_was_observed() {
    fn property(steps: Vec<(bool, u16, u8)>) -> bool {
        let mut clock = HybridClock::new(200);
        let mut greatest = clock.last();
        steps.into_iter().all(|(ticks, now_ms, ahead)| {
            let now_ms = u64::from(now_ms % 300);
            if ticks {
                let stamp = clock.tick(now_ms).unwrap();
                let increases = stamp > greatest && stamp.ms() >= now_ms;
                greatest = stamp;
                return increases;
            }
            let remote = Timestamp::new(now_ms + u64::from(ahead), 7).unwrap();
            let before = clock.clone();
            match clock.observe(remote, now_ms) {
                Ok(()) => greatest = greatest.max(remote),
                Err(_) => return ahead > 200 && clock == before,
            }
            ahead <= 200 && clock.last() == greatest
        })
    }
    check_property(property as fn(Vec<(bool, u16, u8)>) -> bool);
}

#[test]
fn a_full_counter_borrows_a_millisecond() {
    let mut clock = HybridClock::new(0);
    clock.restore(Timestamp::new(5, u16::MAX).unwrap());
    assert_eq!(clock.tick(5), Timestamp::new(6, 0));
    assert_eq!(clock.tick(5), Timestamp::new(6, 1));
}

#[test]
fn the_end_of_time_is_an_error_and_changes_nothing() {
    let mut clock = HybridClock::new(0);
    let ms = Timestamp::MAX_MS + 1;
    assert_eq!(clock.tick(ms), Err(ClockError::TimeTooLarge { ms }));
    assert_eq!(clock, HybridClock::new(0));
    clock.restore(Timestamp::MAX);
    assert_eq!(clock.tick(1), Err(ClockError::Exhausted));
    assert_eq!(clock.last(), Timestamp::MAX);
}

#[test]
fn restoring_never_goes_back() {
    let mut clock = HybridClock::new(0);
    let stamp = clock.tick(9).unwrap();
    clock.restore(Timestamp::new(3, 0).unwrap());
    assert_eq!(clock.last(), stamp);
}

#[test]
fn stamps_are_packed_in_order() {
    fn property(left: (u64, u16), right: (u64, u16)) -> bool {
        let stamp = |(ms, counter): (u64, u16)| Timestamp::new(ms % (1 << 48), counter).unwrap();
        let halves = |stamp: Timestamp| (stamp.ms(), stamp.counter());
        let (left, right) = (stamp(left), stamp(right));
        left.cmp(&right) == halves(left).cmp(&halves(right))
            && Timestamp::from_u64(left.to_u64()) == left
    }
    check_property(property as fn((u64, u16), (u64, u16)) -> bool);
}

#[test]
fn codec_is_canonical() {
    check_codec::<Timestamp>();
}
