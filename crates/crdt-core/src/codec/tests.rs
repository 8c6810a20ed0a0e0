//! The primitives of the codec: vectors, exhaustive short inputs, limits.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Budget, Decode, DecodeError, DecodeLimits, Encode, Reader, Writer};
use crate::testing::check_property;

fn written(write: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut writer = Writer::new();
    write(&mut writer);
    writer.into_bytes()
}

#[test]
fn known_vectors() {
    for (value, bytes) in [
        (0, &[0][..]),
        (127, &[0x7f]),
        (128, &[0x80, 1]),
        (16_383, &[0xff, 0x7f]),
        (16_384, &[0x80, 0x80, 1]),
        (
            u64::MAX,
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
        ),
    ] {
        assert_eq!(written(|w| w.u64(value)), bytes);
        assert_eq!(Reader::new(bytes).u64(), Ok(value));
    }
    for (value, zigzag) in [
        (0, 0),
        (-1, 1),
        (1, 2),
        (i64::MAX, u64::MAX - 1),
        (i64::MIN, u64::MAX),
    ] {
        assert_eq!(written(|w| w.i64(value)), written(|w| w.u64(zigzag)));
        assert_eq!(Reader::new(&written(|w| w.i64(value))).i64(), Ok(value));
    }
}

#[test]
fn everything_written_is_read_back() {
    fn property(a: u64, b: (u32, u8, bool), c: i64, text: String, bytes: Vec<u8>) -> bool {
        let (fixed, byte, flag) = b;
        let encoded = written(|w| {
            w.u64(a);
            w.u32_le(fixed);
            w.u64_le(a);
            w.u8(byte);
            w.bool(flag);
            w.i64(c);
            w.str(&text);
            w.bytes(&bytes);
            w.u64(fixed.into());
            w.bytes(&bytes);
            w.raw(&bytes);
        });
        let mut r = Reader::new(&encoded);
        r.u64() == Ok(a)
            && r.u32_le() == Ok(fixed)
            && r.u64_le() == Ok(a)
            && r.u8() == Ok(byte)
            && r.bool() == Ok(flag)
            && r.i64() == Ok(c)
            && r.str() == Ok(&text)
            && r.bytes() == Ok(&bytes)
            && r.u32() == Ok(fixed)
            && r.section()
                .is_ok_and(|mut part| part.raw(bytes.len()) == Ok(&bytes))
            && r.take(bytes.len())
                .is_ok_and(|part| part.remaining() == bytes.len())
            && r.finish() == Ok(())
    }
    check_property(property as fn(u64, (u32, u8, bool), i64, String, Vec<u8>) -> bool);
}

#[test]
fn every_short_varint_is_canonical_or_refused() {
    for bits in 0..1_u32 << 24 {
        let [a, b, c, _] = bits.to_le_bytes();
        let bytes = [a, b, c];
        let mut reader = Reader::new(&bytes);
        if let Ok(value) = reader.u64() {
            assert_eq!(written(|w| w.u64(value)), bytes[..reader.offset()]);
        }
    }
}

#[test]
fn overlong_and_overflowing_varints_are_refused() {
    let error = |bytes: &[u8]| Reader::new(bytes).u64().unwrap_err();
    assert_eq!(error(&[0x80, 0]), DecodeError::OverlongVarint { offset: 0 });
    assert_eq!(
        error(&[0xff, 0x80, 0]),
        DecodeError::OverlongVarint { offset: 0 }
    );
    let ten = |last| [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, last];
    assert_eq!(error(&ten(0)), DecodeError::OverlongVarint { offset: 0 });
    for last in [2, 0x7f, 0x80, 0xff] {
        assert_eq!(error(&ten(last)), DecodeError::VarintOverflow { offset: 0 });
    }
    assert_eq!(
        error(&[0x80; 9]),
        DecodeError::Truncated {
            offset: 9,
            needed: 1
        }
    );
}

#[test]
fn lengths_are_checked_before_use() {
    let claim = written(|w| w.u64(u64::MAX));
    let error = |read: fn(&mut Reader<'_>) -> bool| read(&mut Reader::new(&claim));
    assert!(error(|r| r.bytes().unwrap_err().is_truncated()));
    assert!(error(|r| r.str().unwrap_err().is_truncated()));
    assert!(error(|r| r.section().unwrap_err().is_truncated()));
    let (mut reader, mut budget) = DecodeLimits::default().open(&claim).unwrap();
    assert!(reader.count(1, &mut budget).unwrap_err().is_truncated());
}

#[test]
fn offsets_are_those_of_the_outermost_input() {
    let bytes = [9, 9, 3, 0, 0x80, 0];
    let mut reader = Reader::new(&bytes);
    reader.raw(2).unwrap();
    let mut section = reader.section().unwrap();
    section.u8().unwrap();
    assert_eq!(
        section.u64(),
        Err(DecodeError::OverlongVarint { offset: 4 })
    );
    let truncated = DecodeError::Truncated {
        offset: 6,
        needed: 1,
    };
    assert_eq!(section.clone().raw(3), Err(truncated));
    assert_eq!(
        section.finish(),
        Err(DecodeError::TrailingBytes {
            offset: 4,
            n_bytes: 2
        })
    );
    let mut text = Reader::new(&[3, b'a', 0xff, b'b']);
    assert_eq!(text.str(), Err(DecodeError::InvalidUtf8 { offset: 2 }));
}

#[test]
fn flags_and_bounded_numbers_refuse_the_rest() {
    assert_eq!(
        Reader::new(&[2]).bool(),
        Err(DecodeError::UnknownTag {
            offset: 0,
            found: 2
        })
    );
    let too_large = written(|w| w.u64(1 << 32));
    assert!(Reader::new(&too_large).u32().unwrap_err().is_malformed());
}

#[test]
fn a_budget_is_drawn_down_and_a_refusal_takes_nothing() {
    let limits = DecodeLimits::default()
        .with_max_items(5)
        .with_max_output_bytes(5);
    let mut budget = Budget::new(&limits);
    budget.spend_items(3).unwrap();
    let before = budget.clone();
    assert!(budget.spend_items(3).unwrap_err().is_budget_exceeded());
    assert!(
        budget
            .spend_items(u64::MAX)
            .unwrap_err()
            .is_budget_exceeded()
    );
    assert!(
        budget
            .spend_output_bytes(6)
            .unwrap_err()
            .is_budget_exceeded()
    );
    assert_eq!(budget, before);
    budget.spend_items(2).unwrap();
    assert!(budget.spend_items(0).is_ok());
}

#[test]
fn nesting_is_bounded_and_given_back() {
    let mut budget = Budget::new(&DecodeLimits::default().with_max_depth(1));
    for _ in 0..3 {
        let deep = budget.nested(|budget| budget.nested(|_| Ok::<_, DecodeError>(())));
        assert!(deep.unwrap_err().is_budget_exceeded());
    }
    assert!(budget.nested(|_| Ok::<_, DecodeError>(())).is_ok());
}

#[test]
fn errors_stay_small_and_fall_into_one_group() {
    assert!(
        size_of::<DecodeError>() <= 32,
        "{}",
        size_of::<DecodeError>()
    );
    for (error, group) in [
        (
            DecodeError::Truncated {
                offset: 1,
                needed: 2,
            },
            0,
        ),
        (DecodeError::UnknownVersion { found: 9 }, 1),
        (
            Budget::new(&DecodeLimits::default())
                .spend_items(u64::MAX)
                .unwrap_err(),
            2,
        ),
        (DecodeError::NotCanonical { offset: 0 }, 3),
        (
            DecodeError::ChecksumMismatch {
                expected: 1,
                found: 2,
            },
            3,
        ),
    ] {
        let groups = [
            error.is_truncated(),
            error.is_unknown_version(),
            error.is_budget_exceeded(),
            error.is_malformed(),
        ];
        assert_eq!(groups.iter().filter(|is_in| **is_in).count(), 1);
        assert!(groups[group], "{error}");
    }
}

#[test]
fn plain_values_have_one_encoding_each() {
    let limits = DecodeLimits::default();
    let id = [0xff_u8, 0, 7];
    assert_eq!(id.to_bytes(), id, "as they are, without a length");
    assert_eq!(<[u8; 3]>::from_bytes(&id, &limits), Ok(id));
    assert!(
        <[u8; 4]>::from_bytes(&id, &limits)
            .unwrap_err()
            .is_truncated()
    );

    for scalar in ['a', '\u{d7ff}', '\u{e000}', char::MAX] {
        assert_eq!(char::from_bytes(&scalar.to_bytes(), &limits), Ok(scalar));
    }
    let surrogate = written(|w| w.u64(0xd800));
    let refused = char::from_bytes(&surrogate, &limits);
    assert!(matches!(
        refused,
        Err(DecodeError::UnknownTag { found: 0xd800, .. })
    ));
    let beyond = written(|w| w.u64(0x11_0000));
    assert!(char::from_bytes(&beyond, &limits).is_err());

    let triple = (1_u8, true, "x".to_owned());
    let read = <(u8, bool, String)>::from_bytes(&triple.to_bytes(), &limits);
    assert_eq!(read, Ok(triple));
}

#[test]
fn a_count_may_take_all_the_bytes_that_are_left_and_no_more() {
    for (min_item_bytes, n_bytes, expected) in
        [(1, 3, true), (1, 2, false), (2, 6, true), (2, 5, false)]
    {
        let bytes = [&[3][..], &[9; 6][..n_bytes]].concat();
        let (mut reader, mut budget) = DecodeLimits::default().open(&bytes).unwrap();
        let counted = reader.count(min_item_bytes, &mut budget);
        assert_eq!(counted == Ok(3), expected, "{counted:?}");
        assert_eq!(reader.remaining(), n_bytes, "the items are still there");
    }
}

#[test]
fn borrowed_text_is_written_as_owned_text() {
    let mut borrowed = Writer::new();
    Encode::encode("tea", &mut borrowed);
    assert_eq!(borrowed.into_bytes(), [3, b't', b'e', b'a']);
    assert_eq!("tea".to_owned().to_bytes(), [3, b't', b'e', b'a']);
}

#[test]
fn containers_are_written_part_by_part() {
    fn check<T: Encode + Decode + PartialEq + core::fmt::Debug>(value: T, bytes: &[u8]) {
        assert_eq!(value.to_bytes(), bytes, "{value:?}");
        let read = T::from_bytes(bytes, &DecodeLimits::default());
        assert_eq!(read, Ok(value));
    }
    check(Vec::from([1_u8, 200]), &[2, 1, 0xc8, 1]);
    check(Vec::<u64>::new(), &[0]);
    check(None::<u8>, &[0]);
    check(Some(7_u8), &[1, 7]);
    check(Some(None::<u8>), &[1, 0]);
    check(Box::new(9_u16), &[9]);
    check((1_u8, -1_i8), &[1, 1]);
    check((true, 2_u32, 'a'), &[1, 2, 0x61]);
}

#[test]
fn what_is_written_can_be_counted_and_gone_on_with() {
    let mut writer = Writer::new();
    assert!(writer.is_empty());
    assert_eq!(writer.len(), 0);
    writer.raw(&[1, 2]);
    writer.u8(3);
    assert!(!writer.is_empty());
    assert_eq!(writer.len(), 3);
    let mut writer = Writer::from(writer.into_bytes());
    writer.u8(4);
    assert_eq!(writer.into_bytes(), [1, 2, 3, 4]);
}

#[test]
fn a_reader_is_empty_when_all_was_read() {
    let mut reader = Reader::new(&[1, 2]);
    for left in [2, 1] {
        assert!(!reader.is_empty());
        assert_eq!(reader.remaining(), left);
        reader.u8().unwrap();
    }
    assert!(reader.is_empty());
}

#[test]
fn input_may_be_as_long_as_the_limit_and_no_longer() {
    let limits = DecodeLimits::default().with_max_bytes(3);
    for (n_bytes, expected) in [(0, true), (3, true), (4, false), (5, false)] {
        let opened = limits.open(&[7; 5][..n_bytes]);
        assert_eq!(opened.is_ok(), expected, "{n_bytes}");
        let refused = opened.err();
        assert!(refused.is_none_or(|error| error.is_budget_exceeded()));
    }
}

#[test]
fn the_items_that_are_left_are_those_that_can_be_spent() {
    let free = DecodeLimits::default();
    for limits in [free.with_max_items(10), free.with_max_memory(10 * 16 + 15)] {
        let mut budget = Budget::new(&limits);
        budget.spend_items(3).expect("three of ten");
        assert_eq!(budget.items_left(), 7);
        assert!(budget.clone().spend_items(8).is_err());
        budget.spend_items(7).expect("what is left");
        assert_eq!(budget.items_left(), 0);
    }
}

#[test]
fn every_spend_stops_at_its_limit_and_at_that_of_memory() {
    type Spend = fn(&mut Budget) -> Result<(), DecodeError>;
    let free = DecodeLimits::default();
    let spends: [(DecodeLimits, u64, Spend); 6] = [
        (free.with_max_items(2), 16, |b| b.spend_items(1)),
        (free.with_max_agents(2), 64, |b| b.spend_agents(1)),
        (free.with_max_output_bytes(2), 1, |b| {
            b.spend_output_bytes(1)
        }),
        (free.with_max_memory(2), 1, |b| b.spend_memory(1)),
        (free.with_max_memory(16), 8, |b| b.spend_list::<u64>(1)),
        (free.with_max_memory(2 * 88), 88, |b| b.spend_tree::<u64>(1)),
    ];
    for (limits, n_memory, spend) in spends {
        for limits in [limits, free.with_max_memory(2 * n_memory)] {
            let mut budget = Budget::new(&limits);
            assert_eq!((spend(&mut budget), spend(&mut budget)), (Ok(()), Ok(())));
            let before = budget.clone();
            assert!(spend(&mut budget).is_err_and(|error| error.is_budget_exceeded()));
            assert_eq!(budget, before, "a refused spend takes nothing");
        }
    }
}
