//! Agents: names at their limits, order, and interning against a naive model.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::testing::{check_codec, check_property};
use crate::{AgentId, AgentIdError, AgentIdx, AgentTable};

#[test]
fn names_have_1_to_64_bytes() {
    assert_eq!(AgentId::new(""), Err(AgentIdError::Empty));
    assert!(AgentId::new(&"x".repeat(64)).is_ok());
    assert_eq!(
        AgentId::new(&"x".repeat(65)),
        Err(AgentIdError::TooLong { len: 65 })
    );
    // Bytes count, not characters.
    assert_eq!(
        AgentId::new(&"\u{1F600}".repeat(17)),
        Err(AgentIdError::TooLong { len: 68 })
    );
    let error = AgentIdError::TooLong { len: 65 };
    assert_eq!(error.to_string(), "agent name has 65 bytes, more than 64");
}

#[test]
fn order_is_that_of_bytes() {
    let agent = |name| AgentId::new(name).unwrap();
    assert!(agent("Z") < agent("a"));
    assert!(agent("a") < agent("aa"));
    // UTF-16 would order these two the other way round.
    assert!(agent("\u{E000}") < agent("\u{10000}"));
}

#[test]
fn display_is_the_name_and_debug_escapes_it() {
    let agent = AgentId::new("a\nb").unwrap();
    assert_eq!(format!("{agent}"), "a\nb");
    assert_eq!(format!("{agent:?}"), "AgentId(\"a\\nb\")");
    assert_eq!(format!("[{:>4}]", AgentId::new("7").unwrap()), "[   7]");
}

#[test]
fn entropy_orders_and_separates_names() {
    fn property(left: (u64, u64), right: (u64, u64)) -> bool {
        let name = |(high, low): (u64, u64)| {
            AgentId::from_entropy(((u128::from(high) << 64) | u128::from(low)).to_be_bytes())
        };
        name(left).cmp(&name(right)) == left.cmp(&right) && name(left).as_str().len() == 26
    }
    check_property(property as fn((u64, u64), (u64, u64)) -> bool);
}

#[test]
fn codec_is_canonical() {
    check_codec::<AgentId>();
}

#[test]
fn table_agrees_with_a_list() {
    fn property(names: Vec<u8>, mark: usize) -> bool {
        let mut table = AgentTable::new();
        let mut list: Vec<String> = Vec::new();
        for n in &names {
            let name = format!("{}", n % 7);
            if !list.contains(&name) {
                list.push(name.clone());
            }
            let idx = table.intern(&AgentId::new(&name).unwrap());
            assert_eq!(
                list.iter().position(|other| *other == name),
                Some(idx.index())
            );
        }
        let mark = mark % (list.len() + 1);
        table.truncate(mark);
        let gone = list.split_off(mark);
        table.len() == list.len()
            && table.is_empty() == list.is_empty()
            && table
                .iter()
                .map(AgentId::as_str)
                .eq(list.iter().map(String::as_str))
            && gone.iter().all(|name| table.index_of(name).is_none())
            && list.iter().all(|name| {
                table
                    .index_of(name)
                    .is_some_and(|idx| table.name(idx).as_str() == *name)
            })
            && table.get(AgentIdx::new(mark as u32)).is_none()
    }
    check_property(property as fn(Vec<u8>, usize) -> bool);
}

#[test]
fn names_compare_by_bytes_whatever_the_index() {
    let mut table = AgentTable::new();
    let [b, a] = ["b", "a"].map(|name| table.intern(&AgentId::new(name).unwrap()));
    assert!(b < a);
    assert!(table.cmp_names(a, b).is_lt());
    assert!(table.cmp_names(b, b).is_eq());
}

#[test]
fn a_hundred_thousand_agents_are_not_quadratic() {
    let mut table = AgentTable::new();
    for n in 0..100_000_u32 {
        let idx = table.intern(&AgentId::new(&format!("agent-{n}")).unwrap());
        assert_eq!(idx.get(), n);
    }
    assert_eq!(table.index_of("agent-99999"), Some(AgentIdx::new(99_999)));
    table.truncate(1);
    assert_eq!(table.len(), 1);
}

#[cfg(feature = "random")]
#[test]
fn random_names_differ() {
    assert_ne!(AgentId::random().unwrap(), AgentId::random().unwrap());
}
