//! Round trips, bounds, and bytes that no encoder writes.

use alloc::vec::Vec;

use super::{BY_LEVELS, Decoder, Encoder, Layout};
use crate::codec::{DecodeError, Reader, Writer};

fn encode(layout: Layout, values: &[(usize, u64)]) -> Vec<u8> {
    let mut encoder = Encoder::new(layout);
    for &(context, value) in values {
        encoder.push(context, value);
    }
    let mut w = Writer::new();
    encoder.finish(&mut w);
    w.into_bytes()
}

fn decode(
    layout: Layout,
    bytes: &[u8],
    contexts: &[(usize, u64)],
) -> Result<Vec<u64>, DecodeError> {
    let mut decoder = Decoder::read(Reader::new(bytes), layout)?;
    let values = contexts
        .iter()
        .map(|&(context, _)| decoder.next(context))
        .collect();
    decoder.finish()?;
    Ok(values)
}

#[track_caller]
fn survives(layout: Layout, values: &[(usize, u64)]) -> usize {
    let bytes = encode(layout, values);
    let expected: Vec<u64> = values.iter().map(|&(_, value)| value).collect();
    assert_eq!(decode(layout, &bytes, values), Ok(expected));
    bytes.len()
}

/// Numbers without a library: splitmix64.
fn random(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[test]
fn nothing_takes_next_to_nothing() {
    assert!(survives(Layout::numbers(3), &[]) < 16);
}

#[test]
fn numbers_of_every_size_come_back() {
    let around = |power: u32| {
        let value = 1_u64 << power;
        [value - 1, value, value + 1, value | (value >> 1)]
    };
    let values = (0..64)
        .flat_map(around)
        .chain([u64::MAX])
        .map(|value| (0, value));
    survives(Layout::numbers(1), &values.collect::<Vec<_>>());
}

#[test]
fn contexts_of_numbers_need_not_be_asked_what_they_hold() {
    let layout = Layout::numbers(2).with_bytes(1);
    let numbers: Vec<u64> = (0..64).flat_map(|power| [0, 1_u64 << power]).collect();
    let around = |&number: &u64| [(1, number), (2, !number), (0, number & 0xff)];
    let values: Vec<(usize, u64)> = numbers.iter().flat_map(around).collect();
    let bytes = encode(layout, &values);
    let mut decoder = Decoder::read(Reader::new(&bytes), layout).unwrap();
    for (context, value) in values {
        let read = match context {
            0 => decoder.next(context),
            _ => decoder.next_number(context),
        };
        assert_eq!(read, value, "in context {context}");
    }
    assert_eq!(decoder.finish(), Ok(()));
}

#[test]
fn random_values_in_random_contexts_come_back() {
    for seed in 0..60 {
        let mut next = random(seed);
        let layout = Layout::numbers(1 + (next() % 5) as usize).with_bytes((next() % 40) as usize);
        let n = next() % 3_000;
        let values: Vec<(usize, u64)> = (0..n)
            .map(|_| {
                let context = (next() % layout.n_contexts as u64) as usize;
                let value = next() >> (next() % 64);
                let value = if context < layout.n_bytes {
                    value & 0xff
                } else {
                    value
                };
                (context, value)
            })
            .collect();
        survives(layout, &values);
    }
}

#[test]
fn every_symbol_fits_a_table() {
    let mut values: Vec<(usize, u64)> = (0..256).map(|byte| (0, byte)).collect();
    values.extend((0..1 << 20).map(|_| (0, 7)));
    survives(Layout::numbers(0).with_bytes(1), &values);
}

#[test]
fn what_contexts_say_is_not_paid_for() {
    let values: Vec<(usize, u64)> = (0..4096).map(|i| (i % 4, (i % 4) as u64 * 3)).collect();
    assert!(survives(Layout::numbers(4), &values) < 40);
}

#[test]
fn frequent_values_take_fractions_of_a_bit() {
    let mut next = random(1);
    let values: Vec<(usize, u64)> = (0..80_000)
        .map(|_| (0, u64::from(next().is_multiple_of(50))))
        .collect();
    // The entropy is 0.1414 bits for each.
    let n_bytes = survives(Layout::numbers(1), &values);
    assert!(n_bytes < 1_450, "{n_bytes}");
}

#[test]
fn damage_never_panics_and_cuts_are_noticed() {
    let mut next = random(2);
    let values: Vec<(usize, u64)> = (0..400).map(|i| (i % 3, next() % 40)).collect();
    let layout = Layout::numbers(3);
    let bytes = encode(layout, &values);
    for len in 0..bytes.len() {
        assert!(
            decode(layout, &bytes[..len], &values).is_err(),
            "{len} bytes"
        );
    }
    for at in 0..bytes.len() {
        for change in 1..=255 {
            let mut damaged = bytes.clone();
            damaged[at] ^= change;
            drop(decode(layout, &damaged, &values));
        }
    }
}

/// Numbers in thirty contexts that each expect others.
fn in_many_contexts() -> (Layout, Vec<(usize, u64)>) {
    let mut next = random(4);
    let values = (0..30_000).map(|i| {
        let context = i % 30;
        let spread = next() % (4 + context as u64);
        (context, (context as u64 / 3 + spread * (next() % 4)) % 60)
    });
    (Layout::numbers(30), values.collect())
}

#[test]
fn many_tables_are_told_by_levels() {
    let (layout, values) = in_many_contexts();
    let bytes = encode(layout, &values);
    assert!(bytes[0] > BY_LEVELS + 4, "{} tables", bytes[0]);
    survives(layout, &values);

    let mut exactly = Writer::new();
    let mut encoder = Encoder::new(layout);
    values
        .iter()
        .for_each(|&(context, value)| encoder.push(context, value));
    encoder.finish_exactly(&mut exactly);
    assert!(bytes.len() < exactly.len(), "{}", bytes.len());
    // Both sides would agree on worse contexts for levels: only the bytes show them.
    let sum = bytes.iter().fold(0_u64, |sum, &byte| {
        sum.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte)
    });
    assert_eq!(
        (bytes.len(), sum),
        (16_578, 11554544796121444051),
        "written otherwise than before"
    );
}

#[test]
fn damage_to_levels_never_panics_and_cuts_are_noticed() {
    let (layout, values) = in_many_contexts();
    let bytes = encode(layout, &values);
    let read = |bytes: &[u8]| Decoder::read(Reader::new(bytes), layout).map(drop);
    // Beyond are the values.
    for at in 0..400 {
        assert!(decode(layout, &bytes[..at], &values).is_err(), "{at} bytes");
        for change in 1..=255 {
            let mut damaged = bytes[..2_000].to_vec();
            damaged[at] ^= change;
            let _ = read(&damaged);
        }
    }
}

#[test]
fn levels_of_levels_are_refused() {
    let (layout, values) = in_many_contexts();
    let mut bytes = encode(layout, &values);
    // Number of tables, number of symbols, length, and then the number of tables of the levels.
    let is_long = usize::from(bytes[2] >= 128);
    assert!((1..=4).contains(&bytes[3 + is_long]), "{:?}", &bytes[..6]);
    bytes[3 + is_long] |= BY_LEVELS;
    let read = Decoder::read(Reader::new(&bytes), layout);
    assert!(matches!(read, Err(DecodeError::OutOfRange { max: 4, .. })));
}

/// Reads so many values, for the end to be looked at.
fn read_some(layout: Layout, bytes: &[u8], n_values: usize) -> Decoder<'_> {
    let mut decoder = Decoder::read(Reader::new(bytes), layout).unwrap();
    for _ in 0..n_values {
        decoder.next(0);
    }
    decoder
}

#[test]
fn the_end_is_where_all_was_read_and_nothing_follows() {
    let mut next = random(4);
    let values: Vec<(usize, u64)> = (0..100).map(|_| (0, next() >> 40)).collect();
    let (layout, n_values) = (Layout::numbers(1), values.len());
    let bytes = encode(layout, &values);
    assert_eq!(read_some(layout, &bytes, n_values).finish(), Ok(()));
    for n_read in [0, n_values - 2, n_values - 1, n_values + 1] {
        let decoder = read_some(layout, &bytes, n_read);
        assert!(decoder.finish().is_err(), "{n_read} values");
    }
    for more in [&[0][..], &[0, 0], &[0, 0, 0], &[0, 1], &[1]] {
        let longer = [&bytes, more].concat();
        let all = || read_some(layout, &longer, n_values);
        assert!(all().finish().is_err(), "{more:?} behind them");
        let is_zeros = more.iter().all(|&byte| byte == 0);
        assert_eq!(all().finish_with_zeros().is_ok(), is_zeros, "{more:?}");
    }
    // Zeros behind them do not stand for values that were not read, nor is there more to read.
    for n_read in [n_values - 1, n_values + 1] {
        let decoder = read_some(layout, &bytes, n_read);
        assert!(decoder.finish_with_zeros().is_err(), "{n_read} values");
    }
}

#[test]
fn the_input_is_exhausted_when_more_was_asked_for_than_it_holds() {
    let mut next = random(5);
    let values: Vec<(usize, u64)> = (0..100).map(|_| (0, next() >> 40)).collect();
    let layout = Layout::numbers(1);
    let bytes = encode(layout, &values);
    for (n_read, is_exhausted) in [(0, false), (50, false), (100, false), (300, true)] {
        let decoder = read_some(layout, &bytes, n_read);
        assert_eq!(decoder.is_exhausted(), is_exhausted, "{n_read} values");
    }
}

#[test]
fn there_are_tables_but_no_more_than_the_input_can_pay_for() {
    let layout = Layout::numbers(1);
    let bytes = encode(layout, &[(0, 5)]);
    for n_tables in [0, 5] {
        let mut damaged = bytes.clone();
        damaged[0] = n_tables;
        let error = Decoder::read(Reader::new(&damaged), layout).err();
        let is_refused = |error| matches!(error, DecodeError::OutOfRange { offset: 0, found, .. } if found == u64::from(n_tables));
        assert!(error.is_some_and(is_refused), "{n_tables} tables");
    }
}

#[test]
fn noise_is_bounded() {
    let mut next = random(3);
    for len in 0..300_usize {
        let noise: Vec<u8> = (0..len).map(|_| next() as u8).collect();
        let layout = Layout::numbers(2).with_bytes(2);
        if let Ok(mut decoder) = Decoder::read(Reader::new(&noise), layout) {
            assert!(decoder.n_bytes_of_tables() <= 3 * len + (12 << 10));
            let sum = (0..1_000).fold(0, |sum: u64, i| sum ^ decoder.next(i % 4));
            core::hint::black_box(sum);
        }
    }
}
