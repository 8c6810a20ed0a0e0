//! Round trips of many lengths, claims, and damage.

use alloc::vec::Vec;

use super::{decode, encode};
use crate::codec::{DecodeError, DecodeLimits, Writer};

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut w = Writer::new();
    encode(&mut w, bytes);
    w.into_bytes()
}

fn unpacked(bytes: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let (r, mut budget) = DecodeLimits::default().open(bytes)?;
    decode(r, &mut budget)
}

/// Words of a small vocabulary: compressible, with copies near and far.
fn text(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed;
    let mut text = Vec::new();
    while text.len() < len {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let mut word = (state >> 33) % 700;
        while word > 0 {
            text.push(b'a' + (word % 23) as u8);
            word /= 23;
        }
        text.push(b" \n,.\xc3"[(state >> 60) as usize % 5]);
    }
    text.truncate(len);
    text
}

#[test]
fn texts_of_every_length_come_back() {
    let lens = (0..200).chain([1_000, 65_535, 65_536, 65_537, 200_000]);
    for (seed, len) in (0..).zip(lens) {
        let text = text(seed, len);
        let bytes = packed(&text);
        assert!(bytes.len() <= len + 4, "{len}");
        assert!(unpacked(&bytes) == Ok(text), "{len}");
    }
}

#[test]
fn repeats_far_and_near_come_back() {
    let once = text(1, 5_000);
    for text in [
        once.repeat(30),
        b"a".repeat(300_000),
        b"ab".repeat(700),
        once.repeat(2),
    ] {
        assert!(unpacked(&packed(&text)) == Ok(text));
    }
}

#[test]
fn a_claim_costs_its_share_of_bytes() {
    let zeros = Vec::from([0; 1 << 20]);
    let bytes = packed(&zeros);
    assert!((1024..1100).contains(&bytes.len()), "{}", bytes.len());
    assert_eq!(unpacked(&bytes), Ok(zeros));
}

#[test]
fn damage_never_panics() {
    let bytes = packed(&text(2, 600));
    for len in 0..bytes.len() {
        assert!(unpacked(&bytes[..len]).is_err(), "{len} bytes");
    }
    for at in 0..bytes.len() {
        for change in 1..=255 {
            let mut damaged = bytes.clone();
            damaged[at] ^= change;
            drop(unpacked(&damaged));
        }
    }
}
