//! Small histories that each tell a wrong order rule from the right one.

use crdt_testkit::directed_cases;
use crdt_text::{Branch, OpLog};

use crate::support::oplog_of;

/// The smallest history that tells FugueMax from Fugue, which would give "adcb".
#[test]
fn acdb_fugue_max_not_fugue() -> Result<(), Box<dyn core::error::Error>> {
    let mut oplog = OpLog::new();
    let [a, b, c] = ["A", "B", "C"].map(|name| oplog.get_or_create_agent_id(name).expect("a name"));
    let root = crdt_text::Frontier::root();
    let a0 = oplog.add_insert_at(a, &root, 0, "a")?.last();
    let b0 = oplog.add_insert_at(b, &root, 0, "b")?.last();
    oplog.add_insert_at(c, &a0.into(), 1, "c")?;
    oplog.add_insert_at(b, &crdt_text::Frontier::from_heads([a0, b0]), 1, "d")?;
    assert_eq!(Branch::new_at_tip(&oplog).to_string(), "acdb");
    Ok(())
}

#[test]
fn directed_cases_give_the_right_text() {
    for (name, trace) in directed_cases() {
        let text = Branch::new_at_tip(&oplog_of(&trace)).to_string();
        assert_eq!(Some(text), trace.end_content, "{name}");
    }
}
