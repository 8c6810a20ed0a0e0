//! From traces to the calls of the text crate.

use crdt_core::{AgentId, Dot};
use crdt_testkit::{Trace, TraceOp, Txn};
use crdt_text::{Branch, OpLog, RemoteRun, TextOp};

/// A transaction in the form an op log takes in.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    agent: &'a AgentId,
    seq: u64,
    parents: Vec<Dot>,
    ops: Vec<TextOp<'a>>,
}

impl<'a> Run<'a> {
    fn new(trace: &Trace, txn: &'a Txn) -> Self {
        let op = |op: &'a TraceOp| match op {
            TraceOp::Insert { pos, text } => TextOp::insert(*pos, text),
            TraceOp::Delete { pos, len } => TextOp::delete(*pos..*pos + *len),
        };
        Self {
            agent: &txn.agent,
            seq: txn.seq,
            parents: trace.parent_dots(txn),
            ops: txn.ops.iter().map(op).collect(),
        }
    }

    /// Borrows it for one call.
    pub fn as_remote(&self) -> RemoteRun<'_> {
        RemoteRun {
            agent: self.agent,
            seq: self.seq,
            parents: &self.parents,
            ops: &self.ops,
        }
    }
}

/// All transactions of a trace, in its order.
pub fn runs(trace: &Trace) -> Vec<Run<'_>> {
    trace.txns.iter().map(|txn| Run::new(trace, txn)).collect()
}

/// The op log of a trace.
///
/// # Panics
/// If the trace is refused, or its text is not what the trace says: a wrong engine's time means
/// nothing.
pub fn op_log(trace: &Trace) -> OpLog {
    let mut oplog = OpLog::new();
    for run in runs(trace) {
        oplog
            .ingest(&run.as_remote())
            .expect("a trace is a valid history");
    }
    if let Some(expected) = &trace.end_content {
        let content = Branch::new_at_tip(&oplog).content();
        assert!(
            content == *expected,
            "the text is not the one at the end of the trace"
        );
    }
    oplog
}

#[cfg(test)]
mod tests {
    use super::op_log;
    use crdt_testkit::generate::typing;

    #[test]
    fn an_op_log_holds_all_events_of_its_trace() {
        let trace = typing(1, 3, 1_000);
        assert!(trace.end_content.is_some());
        assert_eq!(op_log(&trace).len(), trace.n_events());
    }

    #[test]
    #[should_panic(expected = "not the one at the end")]
    fn a_wrong_text_is_not_measured() {
        let mut trace = typing(1, 1, 100);
        trace.end_content = Some("something else".into());
        op_log(&trace);
    }
}
