//! Updates grouped on the way have the effect of all their members.

use crdt_core::codec::DecodeLimits;
use crdt_core::{Delta, DeltaState, Summarize};
use crdt_testkit::generate::{HistoryConfig, history};
use crdt_testkit::{Rng, Trace, topo};
use crdt_text::{OpLog, Update};

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
    let refused = group.merge_delta(&written("axc")?);
    let told = "event 1 of agent ada is Insert { pos: 1, text: \"b\" } here \
                and came as Insert { pos: 1, text: \"x\" }";
    assert_eq!(refused.map_err(|error| error.to_string()), Err(told.into()));
    assert_eq!(group.encode(), before);
    group.merge_delta(&written("abcd")?)?;
    assert_eq!(group.len(), 4);
    Ok(())
}

#[test]
fn what_is_news_of_a_group_is_what_the_op_log_lacks() {
    let mut n_cut = 0;
    for seed in 0..100 {
        let trace = topo::split(&history(seed, &HistoryConfig::default()), seed);
        let pieces = pieces(&trace);
        let mut rng = Rng::new(seed);
        let n_known = rng.below(pieces.len() + 1);
        let start = rng.below(n_known + 1);
        let mut oplog = OpLog::new();
        for piece in &pieces[..n_known] {
            oplog.apply_delta(piece).expect("in order");
        }
        let group = Update::merge_deltas(&pieces[start..]).expect("one history");
        let news = oplog.news_of(&group).unwrap_or_else(|| group.clone());
        let lacking = group.summary().difference(&oplog.summary());
        assert_eq!(news.summary(), lacking, "seed {seed}");
        let limits = DecodeLimits::default();
        let read = Update::decode(&news.encode(), &limits).expect("our own bytes");
        assert_eq!(read.encode(), news.encode(), "seed {seed}");
        n_cut += usize::from(!news.is_empty() && news.len() < group.len());
        let mut by_group = oplog.clone();
        assert_eq!(by_group.apply_delta(&group), oplog.apply_delta(&read));
        assert_eq!(by_group, oplog, "seed {seed}");
        let left = oplog.news_of(&group).map(|left| left.len());
        assert!(left == Some(0) || group.is_empty(), "seed {seed}: {left:?}");
    }
    assert!(n_cut > 30, "{n_cut} groups were partly known");
}
