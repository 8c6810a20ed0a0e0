//! Columns: round trips, the canonical form, and hostile claims.

use alloc::vec;
use alloc::vec::Vec;

use super::{
    decode_bools, decode_deltas, decode_i64_deltas, decode_i64s, decode_u64s, encode_bools,
    encode_deltas, encode_i64_deltas, encode_i64s, encode_u64s,
};
use crate::codec::{DecodeError, Reader, Writer};
use crate::testing::check_property;

fn encoded<T>(values: &[T], encode: fn(&mut Writer, Vec<T>)) -> Vec<u8>
where
    T: Clone,
{
    let mut writer = Writer::new();
    encode(&mut writer, values.to_vec());
    writer.into_bytes()
}

/// Decodes all of `bytes` with `decode`.
fn decoded<T>(
    bytes: &[u8],
    n_values: usize,
    decode: fn(&mut Reader<'_>, usize) -> Result<Vec<T>, DecodeError>,
) -> Result<Vec<T>, DecodeError> {
    let mut reader = Reader::new(bytes);
    let values = decode(&mut reader, n_values)?;
    reader.finish()?;
    Ok(values)
}

#[test]
fn known_vectors() {
    let check = |values: &[u64], bytes: &[u8]| {
        assert_eq!(encoded(values, encode_u64s), bytes, "{values:?}");
    };
    check(&[], &[]);
    check(&[7], &[1, 7]);
    check(&[7, 7], &[3, 7, 7]);
    check(&[7, 7, 7], &[6, 7]);
    check(&[1, 1, 1, 2, 2, 2, 2], &[6, 1, 8, 2]);
    check(&[1, 2, 2, 3, 3, 3, 4], &[5, 1, 2, 2, 6, 3, 1, 4]);
    assert_eq!(encoded(&[], encode_bools), [0_u8; 0]);
    assert_eq!(encoded(&[false], encode_bools), [1]);
    assert_eq!(encoded(&[true, false, false], encode_bools), [0, 1, 2]);
    assert_eq!(encoded(&[10, 11, 12, 13], encode_deltas), [1, 20, 6, 2]);
}

#[test]
fn every_column_round_trips() {
    fn property(runs: Vec<(u64, u8)>, small: bool) -> bool {
        let value = |value| if small { value % 3 } else { value };
        let runs = runs
            .into_iter()
            .flat_map(|(v, len)| vec![value(v); usize::from(len % 6)]);
        let unsigned: Vec<u64> = runs.collect();
        let signed: Vec<i64> = unsigned.iter().map(|&value| value as i64).collect();
        let flags: Vec<bool> = unsigned.iter().map(|value| value % 2 == 1).collect();
        let n = unsigned.len();
        decoded(&encoded(&unsigned, encode_u64s), n, decode_u64s).as_ref() == Ok(&unsigned)
            && decoded(&encoded(&unsigned, encode_deltas), n, decode_deltas) == Ok(unsigned)
            && decoded(&encoded(&signed, encode_i64s), n, decode_i64s).as_ref() == Ok(&signed)
            && decoded(&encoded(&signed, encode_i64_deltas), n, decode_i64_deltas) == Ok(signed)
            && decoded(&encoded(&flags, encode_bools), n, decode_bools) == Ok(flags)
    }
    check_property(property as fn(Vec<(u64, u8)>, bool) -> bool);
}

/// Calls `visit` with every string of up to `max_len` bytes over `alphabet`.
fn for_each_input(alphabet: &[u8], max_len: usize, visit: &mut impl FnMut(&[u8])) {
    fn extend(input: &mut Vec<u8>, alphabet: &[u8], n_more: usize, visit: &mut impl FnMut(&[u8])) {
        visit(input);
        if n_more == 0 {
            return;
        }
        for &byte in alphabet {
            input.push(byte);
            extend(input, alphabet, n_more - 1, visit);
            input.pop();
        }
    }
    extend(&mut Vec::new(), alphabet, max_len, visit);
}

#[test]
fn every_short_column_is_canonical_or_refused() {
    // Headers for runs and literal blocks of up to 5 values, and a continuation byte.
    let alphabet = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0x80];
    let mut n_accepted = 0;
    for_each_input(&alphabet, 5, &mut |bytes| {
        for n_values in 0..=5 {
            if let Ok(values) = decoded(bytes, n_values, decode_u64s) {
                assert_eq!(encoded(&values, encode_u64s), bytes);
                n_accepted += 1;
            }
            if let Ok(values) = decoded(bytes, n_values, decode_bools) {
                assert_eq!(encoded(&values, encode_bools), bytes);
            }
        }
    });
    assert!(n_accepted > 1000, "only {n_accepted} inputs were columns");
}

#[test]
fn runs_that_are_not_maximal_are_refused() {
    let is_refused = |bytes: &[u8], n_values| {
        let error = decoded(bytes, n_values, decode_u64s).unwrap_err();
        matches!(error, DecodeError::NotCanonical { .. })
    };
    assert!(is_refused(&[0, 1], 1), "empty block");
    assert!(is_refused(&[2, 1], 1), "repeat block of one");
    assert!(is_refused(&[4, 1], 2), "repeat block of two");
    assert!(is_refused(&[6, 1, 6, 1], 6), "one run as two blocks");
    assert!(is_refused(&[6, 1, 1, 1], 4), "run continued by a literal");
    assert!(is_refused(&[1, 1, 6, 1], 4), "run begun by a literal");
    assert!(is_refused(&[5, 1, 1, 1], 3), "run as literals");
    assert!(is_refused(&[1, 1, 1, 2], 2), "one literal block as two");
    let zero_run = decoded(&[1, 0, 1], 2, decode_bools).unwrap_err();
    assert_eq!(zero_run, DecodeError::NotCanonical { offset: 1 });
}

#[test]
fn claims_beyond_the_expected_count_are_refused_at_once() {
    for header in [1_i64 << 40, i64::MAX, -(1 << 40), i64::MIN] {
        let mut writer = Writer::new();
        writer.i64(header);
        writer.u64(7);
        let error = decoded(writer.as_bytes(), 10, decode_u64s).unwrap_err();
        let found = header.unsigned_abs();
        assert_eq!(
            error,
            DecodeError::RunTooLong {
                offset: 0,
                found,
                max: 10
            }
        );
    }
    let mut writer = Writer::new();
    writer.u64(u64::MAX);
    assert!(
        decoded(writer.as_bytes(), 10, decode_bools)
            .unwrap_err()
            .is_malformed()
    );
}

#[test]
fn literals_are_bounded_by_the_bytes_that_hold_them() {
    // A billion literals are admitted by the count, but three bytes hold three of them.
    let mut writer = Writer::new();
    writer.i64(-1_000_000_000);
    writer.raw(&[1, 2, 3]);
    let error = decoded(writer.as_bytes(), 1_000_000_000, decode_u64s).unwrap_err();
    assert!(error.is_truncated());
}

#[test]
fn damage_is_canonical_or_refused() {
    fn property(runs: Vec<(u8, u8)>, at: usize, flip: u8, n_values: u8) -> bool {
        let runs = runs
            .into_iter()
            .flat_map(|(v, len)| vec![u64::from(v); usize::from(len % 6)]);
        let values: Vec<u64> = runs.collect();
        let mut bytes = encoded(&values, encode_u64s);
        if let Some(byte) = bytes.get_mut(at % values.len().max(1)) {
            *byte ^= flip;
        }
        [values.len(), usize::from(n_values)]
            .into_iter()
            .all(|n_values| match decoded(&bytes, n_values, decode_u64s) {
                Ok(values) => encoded(&values, encode_u64s) == bytes,
                Err(_) => true,
            })
    }
    check_property(property as fn(Vec<(u8, u8)>, usize, u8, u8) -> bool);
}
