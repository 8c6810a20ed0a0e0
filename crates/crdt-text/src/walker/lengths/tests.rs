//! Notes are few, in order, and true.

use crdt_core::Lv;

use super::{Lengths, MAX_NOTES};
use crate::OpLog;

/// A branch kept one note for each merge it ever made.
#[test]
fn notes_do_not_grow_with_the_history() {
    let mut oplog = OpLog::new();
    let ada = oplog.get_or_create_agent_id("ada").expect("a name");
    let mut lengths = Lengths::default();
    for n in 1..100 {
        let last = oplog.add_insert(ada, 0, "x").expect("in bounds").last();
        lengths.note(last, n);
        assert!(lengths.notes.len() <= MAX_NOTES);
    }
    for lv in (0..99).rev() {
        assert_eq!(lengths.at(&oplog, Some(Lv::new(lv))), lv + 1);
        assert!(lengths.notes.len() <= MAX_NOTES);
        assert!(lengths.notes.is_sorted_by_key(|(lv, _)| *lv));
    }
    assert_eq!(lengths.at(&oplog, None), 0);
}
