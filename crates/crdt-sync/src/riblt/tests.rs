//! Sets against brute force, hostile symbols, and what a difference costs.

use alloc::collections::BTreeSet;
use alloc::vec;
use alloc::vec::Vec;

use crdt_testkit::Rng;

use super::{Decoder, Key, MAX_SYMBOLS, Symbol, SymbolError, symbols};

fn key(seed: u64) -> Key {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    Key::from_bytes(bytes)
}

fn member(rng: &mut Rng) -> u128 {
    u128::from(rng.next_u64()) << 64 | u128::from(rng.next_u64())
}

/// Two sets with `n_common` members in common and `n_differing` that one of them has.
fn sets(rng: &mut Rng, n_common: usize, n_differing: usize) -> (BTreeSet<u128>, BTreeSet<u128>) {
    let common: BTreeSet<u128> = (0..n_common).map(|_| member(rng)).collect();
    let (mut ours, mut theirs) = (common.clone(), common);
    for _ in 0..n_differing {
        let side = if rng.chance(50) {
            &mut ours
        } else {
            &mut theirs
        };
        side.insert(member(rng));
    }
    (ours, theirs)
}

fn list(set: &BTreeSet<u128>) -> Vec<u128> {
    set.iter().copied().collect()
}

/// Feeds symbols one by one until the difference is found; returns the decoder.
fn decode(key: Key, ours: &BTreeSet<u128>, theirs: &BTreeSet<u128>) -> Decoder {
    let n_differing = ours.symmetric_difference(theirs).count() as u64;
    let all = symbols(key, &list(theirs), 0..2 * n_differing + 200);
    let mut decoder = Decoder::new(key, list(ours)).unwrap();
    decoder.prepare(all.len() as u64);
    for symbol in &all {
        if decoder.is_complete() {
            break;
        }
        decoder.extend(&[*symbol]).unwrap();
    }
    decoder
}

#[test]
fn differences_are_those_of_brute_force() {
    for seed in 0..120 {
        let mut rng = Rng::new(seed);
        let n_common = *rng.pick(&[0, 1, 10, 300, 10_000]);
        let n_differing = rng.between(0, 300);
        let (ours, theirs) = sets(&mut rng, n_common, n_differing);
        let decoder = decode(key(seed), &ours, &theirs);
        assert!(decoder.is_complete(), "seed {seed}");
        let differing = ours.symmetric_difference(&theirs).count();
        assert_eq!(decoder.n_found(), differing, "seed {seed}");
        assert_eq!(decoder.into_theirs(), list(&theirs), "seed {seed}");
    }
}

#[test]
fn a_range_of_symbols_is_a_part_of_all() {
    let mut rng = Rng::new(1);
    let (ours, _) = sets(&mut rng, 500, 0);
    let ours = list(&ours);
    let all = symbols(key(1), &ours, 0..300);
    for (start, end) in [(0, 1), (1, 2), (17, 180), (299, 300), (5, 5)] {
        let part = symbols(key(1), &ours, start as u64..end as u64);
        assert_eq!(part, all[start..end]);
    }
    assert!(symbols(key(1), &ours, u64::MAX - 1..u64::MAX).is_empty());
}

#[test]
fn symbols_are_the_same_on_every_platform() {
    let members: Vec<u128> = (0..50).map(|n| n << 64 | n).collect();
    let all = symbols(key(7), &members, 0..1_000);
    let digest = all.iter().fold(0_u64, |digest, symbol| {
        let folded = symbol.sum as u64 ^ (symbol.sum >> 64) as u64 ^ symbol.check;
        digest.rotate_left(5) ^ folded ^ symbol.count.unsigned_abs()
    });
    assert_eq!(digest, GOLDEN);
}

/// Of the symbols in the test above: they are a part of the format of frames.
const GOLDEN: u64 = 5_652_212_122_989_071_458;

#[test]
fn members_are_mapped_as_densely_as_they_should_be() {
    let members: Vec<u128> = (0..20_000).collect();
    let all = symbols(key(3), &members, 0..2_000);
    let mean = |from: usize, to: usize| {
        let sum: i64 = all[from..to].iter().map(|symbol| symbol.count).sum();
        sum as f64 / (to - from) as f64
    };
    for (from, to) in [(1, 2), (2, 3), (10, 20), (100, 200), (1_000, 2_000)] {
        let indices = from..to;
        let expected: f64 = indices.map(|idx| 20_000.0 / (1.0 + idx as f64 / 2.0)).sum();
        let expected = expected / (to - from) as f64;
        let found = mean(from, to);
        assert!(
            (found / expected - 1.0).abs() < 0.05,
            "{from}..{to}: {found} for {expected}"
        );
    }
}

#[test]
fn a_difference_costs_less_than_twice_its_size() {
    for (n_differing, n_runs, bound) in [(1, 200, 1.01), (100, 60, 1.8), (10_000, 3, 1.8)] {
        let mut n_symbols = 0;
        for seed in 0..n_runs {
            let mut rng = Rng::new(1_000 + seed);
            let (ours, theirs) = sets(&mut rng, 1_000, n_differing);
            n_symbols += decode(key(seed), &ours, &theirs).n_symbols();
        }
        let mean = n_symbols as f64 / n_runs as f64 / n_differing as f64;
        assert!(mean <= bound, "{mean} symbols for each of {n_differing}");
    }
}

#[test]
fn the_size_of_a_difference_is_guessed() {
    for n_differing in [0, 1_000, 50_000] {
        let mut rng = Rng::new(5);
        let (ours, theirs) = sets(&mut rng, 1_000, n_differing);
        let mut decoder = Decoder::new(key(5), list(&ours)).unwrap();
        decoder
            .extend(&symbols(key(5), &list(&theirs), 0..64))
            .unwrap();
        // Four in ten more than the difference has members, give or take.
        let guess = decoder.expected_symbols() as usize;
        assert!(
            (n_differing..=2 * n_differing).contains(&guess),
            "{guess} for {n_differing}"
        );
    }
}

#[test]
fn symbols_under_another_key_show_nothing() {
    let mut rng = Rng::new(9);
    let (ours, theirs) = sets(&mut rng, 100, 5);
    let mut decoder = Decoder::new(key(1), list(&ours)).unwrap();
    decoder
        .extend(&symbols(key(2), &list(&theirs), 0..500))
        .unwrap();
    assert!(!decoder.is_complete());
}

#[test]
fn hostile_symbols_end_in_an_error_or_in_nothing() {
    let mut rng = Rng::new(4);
    let (mut n_refused, mut n_left) = (0, 0);
    for seed in 0..500 {
        let (ours, theirs) = sets(&mut rng, 50, 20);
        let mut hostile = symbols(key(seed), &list(&theirs), 0..80);
        for _ in 0..rng.between(1, 4) {
            let at = rng.below(hostile.len());
            let symbol = &mut hostile[at];
            match rng.below(4) {
                0 => symbol.sum ^= 1 << rng.below(128),
                1 => symbol.check ^= 1 << rng.below(64),
                2 => symbol.count += rng.between(0, 4) as i64 - 2,
                _ => {
                    *symbol = Symbol {
                        sum: member(&mut rng),
                        check: rng.next_u64(),
                        count: rng.next_u64() as i64,
                    }
                }
            }
        }
        let mut decoder = Decoder::new(key(seed), list(&ours)).unwrap();
        match decoder.extend(&hostile) {
            Err(_) => n_refused += 1,
            Ok(()) if !decoder.is_complete() => n_left += 1,
            // What was changed was changed back, or did not matter.
            Ok(()) => assert_eq!(decoder.into_theirs(), list(&theirs)),
        }
    }
    assert!(
        n_refused > 400 && n_left > 0,
        "{n_refused} refused, {n_left} left"
    );
}

#[test]
fn a_member_that_shows_again_and_again_stops_the_decoder() {
    // Whoever knows the key can make symbols that show one member each, for ever.
    let key = key(8);
    let lone = |member: u128| Symbol {
        sum: member,
        check: key.check(member),
        count: 1,
    };
    let mut decoder = Decoder::new(key, vec![1, 2]).unwrap();
    let shown: Vec<Symbol> = (0..100).map(|_| lone(77)).collect();
    assert!(matches!(
        decoder.extend(&shown),
        Err(SymbolError::Member { .. })
    ));
    let mut decoder = Decoder::new(key, vec![1, 2]).unwrap();
    let shown: Vec<Symbol> = (100..10_000).map(lone).collect();
    let taken = decoder.extend(&shown);
    assert!(taken.is_err() || !decoder.is_complete() && decoder.n_found() <= shown.len());
}

#[test]
fn a_member_we_have_cannot_be_new() {
    let key = key(8);
    let mut decoder = Decoder::new(key, vec![5]).unwrap();
    let twice = Symbol {
        sum: 0,
        check: 0,
        count: 2,
    };
    // Less our own 5, it shows a 5 that they have.
    assert!(matches!(
        decoder.extend(&[twice]),
        Err(SymbolError::Member { index: 0 })
    ));
}

#[test]
fn counts_that_no_set_has_are_refused() {
    for count in [-1, i64::MIN, i64::MAX, 1 << 40] {
        let mut decoder = Decoder::new(key(1), vec![5]).unwrap();
        let symbol = Symbol {
            count,
            ..Symbol::default()
        };
        assert_eq!(
            decoder.extend(&[symbol]),
            Err(SymbolError::Count { index: 0 })
        );
    }
}

/// Whoever told more members in the first symbol than there may be symbols made the guess panic.
#[test]
fn a_surplus_that_no_symbols_can_show_is_guessed_to_take_all_of_them() {
    for count in [MAX_SYMBOLS as i64, MAX_SYMBOLS as i64 + 1, 1 << 32] {
        let mut decoder = Decoder::new(Key::from_bytes([1; 16]), vec![1, 2, 3]).unwrap();
        let claimed = Symbol {
            count,
            ..Symbol::default()
        };
        decoder.extend(&[claimed]).unwrap();
        assert!(decoder.expected_symbols() >= MAX_SYMBOLS, "{count}");
        decoder.extend(&[claimed; 3]).unwrap();
        assert!(decoder.expected_symbols() >= MAX_SYMBOLS, "{count}");
    }
}
