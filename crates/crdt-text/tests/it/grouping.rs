//! Updates grouped on the way have the effect of all their members.

use crdt_core::{Delta, DeltaState, Summarize};
use crdt_testkit::generate::{HistoryConfig, history};
use crdt_testkit::{Rng, Trace, topo};
use crdt_text::{OpLog, Update, UpdateError};

use crate::support::{ingest, oplog_of};

/// One update for each transaction of a history.
fn pieces(trace: &Trace) -> Vec<Update> {
    let mut oplog = OpLog::new();
    let piece = |txn| {
        let before = oplog.version().clone();
        ingest(&mut oplog, trace, txn).expect("a valid history");
        oplog.update_since(&before).expect("a known version")
    };
    trace.txns.iter().map(piece).collect()
}

#[test]
fn a_group_holds_what_its_members_hold() {
    for seed in 0..100 {
        let trace = topo::split(&history(seed, &HistoryConfig::default()), seed);
        let whole = oplog_of(&trace);
        let mut rng = Rng::new(seed);
        let mut pieces = pieces(&trace);
        pieces.extend(pieces.clone());
        rng.shuffle(&mut pieces);
        while pieces.len() > 1 {
            let taken = pieces.swap_remove(rng.below(pieces.len()));
            let into = rng.below(pieces.len());
            pieces[into].merge_delta(&taken).expect("one history");
        }
        let mut copy = OpLog::new();
        assert_eq!(copy.apply_delta(&pieces[0]), Ok(true), "seed {seed}");
        assert_eq!(copy.apply_delta(&pieces[0]), Ok(false), "seed {seed}");
        assert_eq!(copy, whole, "seed {seed}");
        assert_eq!(pieces[0].encode(), whole.encode_full(), "seed {seed}");
    }
}

#[test]
fn the_empty_update_changes_no_group() {
    let trace = history(1, &HistoryConfig::default());
    let update = oplog_of(&trace)
        .delta_since(&OpLog::new().summary())
        .expect("nothing is trimmed");
    let mut group = Update::default();
    assert!(Delta::is_empty(&group));
    group.merge_delta(&update).expect("one history");
    group.merge_delta(&Update::default()).expect("one history");
    assert_eq!(group.encode(), update.encode());
}

#[test]
fn updates_that_contradict_each_other_are_not_grouped() -> Result<(), Box<dyn core::error::Error>> {
    let written = |text| -> Result<Update, Box<dyn core::error::Error>> {
        let mut oplog = OpLog::new();
        let ada = oplog.get_or_create_agent_id("ada")?;
        oplog.add_insert(ada, 0, text)?;
        Ok(oplog.update_since(&crdt_text::Frontier::root())?)
    };
    let mut group = written("abc")?;
    let before = group.encode();
    assert!(matches!(
        group.merge_delta(&written("axc")?),
        Err(UpdateError::Conflict(_))
    ));
    assert_eq!(group.encode(), before);
    group.merge_delta(&written("abcd")?)?;
    assert_eq!(group.len(), 4);
    Ok(())
}
