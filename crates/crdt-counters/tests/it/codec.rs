//! The binary form: canonical, bounded, and the same bytes in every release.

use crdt_core::codec::{Decode, DecodeLimits, Encode, Writer};
use crdt_counters::{BoundedCounter, GCounter, PnCounter};

use crate::support::{Case, Sample, agent, check_property};

fn round_trip<T: Sample + Encode + Decode>(Case(a): Case<T>, Case(b): Case<T>) -> bool {
    let bytes = a.to_bytes();
    T::from_bytes(&bytes, &DecodeLimits::default()).as_ref() == Ok(&a)
        && (a == b) == (bytes == b.to_bytes())
}

/// Whatever is decoded, encoding it gives the same bytes again.
fn is_canonical<T: Encode + Decode>(bytes: &[u8]) -> bool {
    T::from_bytes(bytes, &DecodeLimits::default()).map_or(true, |value| value.to_bytes() == bytes)
}

fn damage<T: Sample + Encode + Decode>(Case(value): Case<T>, byte: u8) -> bool {
    let limits = DecodeLimits::default();
    let bytes = value.to_bytes();
    let truncated = (0..bytes.len()).all(|len| T::from_bytes(&bytes[..len], &limits).is_err());
    let longer = [&bytes[..], &[byte]].concat();
    let flips = (0..bytes.len() * 8).all(|bit| {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let same = T::from_bytes(&flipped, &limits).as_ref() == Ok(&value);
        !same && is_canonical::<T>(&flipped)
    });
    truncated && T::from_bytes(&longer, &limits).is_err() && flips
}

fn noise<T: Encode + Decode>(bytes: Vec<u8>) -> bool {
    let small: Vec<u8> = bytes.iter().map(|byte| byte % 4).collect();
    is_canonical::<T>(&bytes) && is_canonical::<T>(&small)
}

fn check_codec<T: Sample + Encode + Decode>() {
    check_property(round_trip::<T> as fn(Case<T>, Case<T>) -> bool);
    check_property(damage::<T> as fn(Case<T>, u8) -> bool);
    check_property(noise::<T> as fn(Vec<u8>) -> bool);
}

#[test]
fn codecs_are_canonical() {
    check_codec::<GCounter>();
    check_codec::<PnCounter>();
    check_codec::<BoundedCounter>();
}

#[test]
fn encodings_are_stable() {
    let (alice, bob) = (agent(0), agent(1));
    let mut visits = GCounter::new();
    assert_eq!(visits.to_bytes(), [0]);
    visits.increment(&bob, 3).unwrap();
    visits.increment(&alice, 300).unwrap();
    assert_eq!(visits.to_bytes(), b"\x02\x05alice\xac\x02\x03bob\x03");

    let mut votes = PnCounter::new();
    assert_eq!(votes.to_bytes(), [0]);
    votes.add(&bob, -2).unwrap();
    votes.add(&alice, 1).unwrap();
    assert_eq!(votes.to_bytes(), b"\x02\x05alice\x01\x00\x03bob\x00\x02");

    let mut stock = BoundedCounter::new();
    assert_eq!(stock.to_bytes(), [0]);
    stock.increment(&alice, 9).unwrap();
    stock.decrement(&alice, 1).unwrap();
    stock.transfer(&alice, &bob, 4).unwrap();
    assert_eq!(stock.to_bytes(), b"\x01\x05alice\x09\x01\x01\x03bob\x04");
}

/// Encodes entries by hand, in the order given: a name, and the numbers of its cell.
fn encoded(entries: &[(&str, &[u64])]) -> Vec<u8> {
    let mut w = Writer::new();
    w.u64(entries.len() as u64);
    for (name, numbers) in entries {
        w.str(name);
        for &number in *numbers {
            w.u64(number);
        }
    }
    w.into_bytes()
}

/// Whether the entries decode; if they do not, they must be malformed, not merely cut short.
#[track_caller]
fn decodes<T: Decode>(entries: &[(&str, &[u64])]) -> bool {
    match T::from_bytes(&encoded(entries), &DecodeLimits::default()) {
        Ok(_) => true,
        Err(error) => {
            assert!(error.is_malformed(), "{error}");
            false
        }
    }
}

#[test]
fn a_grow_only_counter_has_one_form() {
    let decodes = decodes::<GCounter>;
    assert!(decodes(&[("a", &[1]), ("b", &[u64::MAX])]));
    assert!(!decodes(&[("b", &[1]), ("a", &[1])]));
    assert!(!decodes(&[("a", &[1]), ("a", &[2])]));
    assert!(!decodes(&[("a", &[0])]));
    assert!(!decodes(&[("", &[300])]));
}

#[test]
fn a_pn_counter_has_one_form() {
    let decodes = decodes::<PnCounter>;
    assert!(decodes(&[("a", &[0, 1]), ("b", &[1, 0]), ("c", &[5, 5])]));
    assert!(!decodes(&[("b", &[0, 1]), ("a", &[0, 1])]));
    assert!(!decodes(&[("a", &[0, 1]), ("a", &[1, 0])]));
    assert!(!decodes(&[("a", &[0, 0])]));
}

#[test]
fn a_bounded_counter_has_one_form() {
    let decodes = |sent: &[(&str, &[u64])]| {
        let mut w = Writer::new();
        w.u64(1);
        w.str("b");
        w.u64(0);
        w.u64(0);
        w.raw(&encoded(sent));
        BoundedCounter::from_bytes(w.as_bytes(), &DecodeLimits::default()).is_ok()
    };
    assert!(decodes(&[("a", &[1]), ("c", &[1])]));
    assert!(!decodes(&[]), "a ledger of nothing");
    assert!(!decodes(&[("a", &[0])]), "nothing sent");
    assert!(!decodes(&[("b", &[1])]), "sent to itself");
    assert!(!decodes(&[("c", &[1]), ("a", &[1])]), "out of order");
    assert!(!decodes(&[("a", &[1]), ("a", &[1])]), "twice");
}

#[test]
fn varints_must_be_minimal() {
    let decode = |bytes: &[u8]| GCounter::from_bytes(bytes, &DecodeLimits::default());
    assert!(decode(b"\x01\x01a\x05").is_ok());
    assert!(decode(b"\x01\x01a\x85\x00").unwrap_err().is_malformed());
    assert!(decode(b"\x81\x00\x01a\x05").unwrap_err().is_malformed());
    let too_large = b"\x01\x01a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02";
    assert!(decode(too_large).unwrap_err().is_malformed());
}

#[test]
fn decoding_stays_within_its_budget() {
    let bytes = encoded(&[("a", &[1]), ("b", &[1]), ("c", &[1])]);
    let limits = DecodeLimits::default();
    let error = |limits| GCounter::from_bytes(&bytes, &limits).unwrap_err();
    assert!(error(limits.with_max_agents(2)).is_budget_exceeded());
    assert!(error(limits.with_max_items(2)).is_budget_exceeded());
    assert!(error(limits.with_max_bytes(2)).is_budget_exceeded());

    let mut stock = BoundedCounter::new();
    stock.increment(&agent(0), 2).unwrap();
    stock.transfer(&agent(0), &agent(1), 1).unwrap();
    stock.transfer(&agent(0), &agent(2), 1).unwrap();
    let bytes = stock.to_bytes();
    let error = |limits| BoundedCounter::from_bytes(&bytes, &limits).unwrap_err();
    assert!(error(limits.with_max_agents(2)).is_budget_exceeded());
    assert!(error(limits.with_max_items(2)).is_budget_exceeded());
}

/// A claim of 2^42 agents in a few bytes is refused before anything is allocated for them.
#[test]
fn large_claims_are_refused() {
    let claim = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 1, 2, 3];
    let limits = DecodeLimits::default();
    assert!(
        GCounter::from_bytes(&claim, &limits)
            .unwrap_err()
            .is_truncated()
    );
    assert!(
        PnCounter::from_bytes(&claim, &limits)
            .unwrap_err()
            .is_truncated()
    );
    let nested = [&[1, 1, b'a', 0, 0][..], &claim].concat();
    assert!(
        BoundedCounter::from_bytes(&nested, &limits)
            .unwrap_err()
            .is_truncated()
    );
}

/// Counts that no honest agents would write together are still read without overflow.
#[test]
fn sums_of_any_counts_can_be_read() {
    let max = u64::MAX;
    let limits = DecodeLimits::default();
    let visits = encoded(&[("a", &[max]), ("b", &[max]), ("c", &[max])]);
    let visits = GCounter::from_bytes(&visits, &limits).unwrap();
    assert_eq!(visits.value(), 3 * u128::from(max));

    let votes = encoded(&[("a", &[0, max]), ("b", &[0, max]), ("c", &[1, max])]);
    let votes = PnCounter::from_bytes(&votes, &limits).unwrap();
    assert_eq!(votes.value(), 1 - 3 * i128::from(max));

    // Spent without a right, and sent on without a right.
    let mut w = Writer::new();
    w.raw(b"\x02\x01a\x00");
    w.u64(max);
    w.raw(b"\x01\x01b");
    w.u64(max);
    w.raw(b"\x01b");
    w.u64(max);
    w.raw(b"\x00\x00");
    let stock = BoundedCounter::from_bytes(w.as_bytes(), &limits).unwrap();
    let (a, b) = ("a".parse().unwrap(), "b".parse().unwrap());
    assert_eq!(stock.value(), 0);
    assert_eq!(stock.rights_of(&a), 0);
    assert_eq!(stock.rights_of(&b), 2 * u128::from(max));
    assert!(stock.rights().eq([(&b, 2 * u128::from(max))]));
}
