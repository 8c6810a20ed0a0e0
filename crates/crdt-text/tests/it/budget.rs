//! Texts inside other values: all that one value is made of shares its limits.
//!
//! A document in a value once had a budget of its own, so a list of a thousand small files could ask
//! for a thousand times what the limits allow.

use crdt_core::codec::{Decode, DecodeError, DecodeLimits, Encode as _, Limit};
use crdt_text::{OpLog, TextDoc};

use crate::support::oplog_from;

/// As large in each respect as its neighbour, and by other agents.
fn oplogs() -> (OpLog, OpLog) {
    (
        oplog_from("a:0 [] ins 0 abcdefgh\nb:0 [a:2] ins 1 x\na:8 [a:7] del 1 3"),
        oplog_from("c:0 [] ins 0 hgfedcba\nd:0 [c:2] ins 1 y\nc:8 [c:7] del 1 3"),
    )
}

type Knob = fn(DecodeLimits, u64) -> DecodeLimits;

const KNOBS: [(Limit, Knob); 4] = [
    (Limit::Items, DecodeLimits::with_max_items),
    (Limit::Agents, DecodeLimits::with_max_agents),
    (Limit::OutputBytes, DecodeLimits::with_max_output_bytes),
    (Limit::Memory, DecodeLimits::with_max_memory),
];

/// The least value of a limit under which bytes can be read, and what is said just below it.
fn least<T: Decode>(bytes: &[u8], (_, knob): (Limit, Knob)) -> (u64, DecodeError) {
    let read = |n| T::from_bytes(bytes, &knob(DecodeLimits::default(), n));
    let (mut too_few, mut enough) = (0_u64, 1 << 24);
    while enough - too_few > 1 {
        let n = too_few.midpoint(enough);
        match read(n) {
            Ok(_) => enough = n,
            Err(_) => too_few = n,
        }
    }
    assert!(read(enough).is_ok(), "nothing suffices");
    (enough, read(too_few).err().expect("it was too few"))
}

#[test]
fn texts_inside_a_value_share_its_budget() {
    let (ours, theirs) = oplogs();
    let both = (ours.clone(), theirs.clone()).to_bytes();
    for knob in KNOBS {
        let (for_ours, _) = least::<OpLog>(&ours.to_bytes(), knob);
        let (for_theirs, _) = least::<OpLog>(&theirs.to_bytes(), knob);
        let (for_both, refused) = least::<(OpLog, OpLog)>(&both, knob);
        assert_eq!(for_both, for_ours + for_theirs, "{:?}", knob.0);
        let DecodeError::BudgetExceeded { limit, max, .. } = refused else {
            panic!("{refused:?}");
        };
        assert_eq!((limit, max), (knob.0, for_both - 1));
        assert_eq!(least::<(TextDoc, TextDoc)>(&both, knob).0, for_both);
    }
}

/// What cannot be read straight into a graph is read again in the long way, and paid for once.
#[test]
fn a_second_reading_is_not_paid_for_twice() {
    let mut doc = TextDoc::new();
    let alice = doc.get_or_create_agent_id("alice").expect("a name");
    let (inserted, update) = doc.edit_with_delta(|text| text.insert(alice, 0, "hi"));
    inserted.expect("an insert");
    // An update that stands alone has no sections to load from.
    let bytes = update.to_bytes();
    let knob = KNOBS[1];
    assert_eq!(least::<OpLog>(&bytes, knob).0, 1);
    assert_eq!(
        OpLog::from_bytes(&bytes, &DecodeLimits::default())
            .expect("sound")
            .len(),
        2
    );
}
