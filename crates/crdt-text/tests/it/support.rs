//! From the testkit's histories to op logs.

use crdt_core::{Dot, Frontier};
use crdt_testkit::{Trace, TraceOp, Txn};
use crdt_text::{OpLog, RemoteRun, TextOp, UpdateError};

/// The operations of a transaction as the op log takes them.
pub fn ops(txn: &Txn) -> Vec<TextOp<'_>> {
    txn.ops
        .iter()
        .map(|op| match op {
            TraceOp::Insert { pos, text } => TextOp::insert(*pos, text),
            TraceOp::Delete { pos, len } => TextOp::delete(*pos..*pos + *len),
        })
        .collect()
}

pub fn ingest(oplog: &mut OpLog, trace: &Trace, txn: &Txn) -> Result<usize, UpdateError> {
    let parents = trace.parent_dots(txn);
    oplog.ingest(&RemoteRun {
        agent: &txn.agent,
        seq: txn.seq,
        parents: &parents,
        ops: &ops(txn),
    })
}

/// The op log of a whole history.
pub fn oplog_of(trace: &Trace) -> OpLog {
    let mut oplog = OpLog::new();
    for txn in &trace.txns {
        ingest(&mut oplog, trace, txn).expect("a valid history");
    }
    oplog
}

/// The version that events of a history, given by their numbers in it, stand for.
pub fn version(oplog: &OpLog, trace: &Trace, heads: &[usize]) -> Frontier {
    let dots: Vec<Dot> = heads
        .iter()
        .map(|&lv| trace.dot_of(lv).expect("an event"))
        .collect();
    oplog.to_local(&dots).expect("a known event")
}
