//! Clocks that are set back, and the end of numbers.

use super::Steady;

#[test]
fn it_stands_still_when_the_clock_goes_back_and_goes_on_with_it() {
    let mut clock = Steady::default();
    assert_eq!(clock.advance(1_000), 1_000);
    assert_eq!(clock.advance(400), 1_000);
    assert_eq!(clock.advance(450), 1_050);
    assert_eq!(clock.told_at(1_100), 500);
    assert_eq!(clock.advance(10), 1_050);
    assert_eq!(clock.advance(20), 1_060);
    assert_eq!(clock.told_at(1_060), 20);
}

#[test]
fn it_ends_where_numbers_do() {
    let mut clock = Steady::default();
    assert_eq!(clock.advance(u64::MAX), u64::MAX);
    assert_eq!(clock.advance(5), u64::MAX);
    assert_eq!(clock.advance(6), u64::MAX);
}
