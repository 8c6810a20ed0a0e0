//! `diamond-types`, which takes in histories as ours does.

use crdt_testkit::{Trace, TraceOp};
use diamond_types::AgentId;
use diamond_types::list::encoding::{ENCODE_FULL, ENCODE_PATCH};
use diamond_types::list::operation::Operation;
use diamond_types::list::{Branch, ListCRDT, OpLog};

/// Calls of the crate on our inputs.
#[derive(Clone, Copy, Debug)]
pub struct Diamond;

impl Diamond {
    /// The name of the crate.
    pub const SUBJECT: &'static str = "diamond-types";

    /// The history of a trace.
    ///
    /// # Panics
    /// If its text is not what the trace says, and only one agent wrote it.
    pub fn oplog(trace: &Trace) -> OpLog {
        let mut oplog = OpLog::new();
        for txn in &trace.txns {
            let agent = oplog.get_or_create_agent_id(&name(txn));
            oplog.add_operations_at(agent, &txn.parents, &operations(&txn.ops));
        }
        oplog
    }

    /// The update of each transaction.
    pub fn updates(trace: &Trace) -> Vec<Vec<u8>> {
        let mut oplog = OpLog::new();
        let update = |txn: &crdt_testkit::Txn| {
            let before = oplog.local_version();
            let agent = oplog.get_or_create_agent_id(&name(txn));
            oplog.add_operations_at(agent, &txn.parents, &operations(&txn.ops));
            oplog.encode_from(ENCODE_PATCH, &before)
        };
        trace.txns.iter().map(update).collect()
    }

    /// Merges all into a text.
    pub fn merge(oplog: &OpLog) -> Branch {
        oplog.checkout_tip()
    }

    /// Encodes the whole history.
    pub fn save(oplog: &OpLog) -> Vec<u8> {
        oplog.encode(ENCODE_FULL)
    }

    /// Decodes it.
    ///
    /// # Panics
    /// If the bytes are not its own.
    pub fn load(bytes: &[u8]) -> OpLog {
        OpLog::load_from(bytes).expect("its own bytes")
    }

    /// A document that one agent types into.
    pub fn typist() -> (ListCRDT, AgentId) {
        let mut doc = ListCRDT::new();
        let agent = doc.get_or_create_agent_id("typist");
        (doc, agent)
    }
}

fn name(txn: &crdt_testkit::Txn) -> String {
    // Names are limited to 50 bytes there.
    txn.agent.to_string().chars().take(40).collect()
}

fn operations(ops: &[TraceOp]) -> Vec<Operation> {
    let operation = |op: &TraceOp| match op {
        TraceOp::Insert { pos, text } => Operation::new_insert(*pos, text),
        TraceOp::Delete { pos, len } => Operation::new_delete(*pos..*pos + *len),
    };
    ops.iter().map(operation).collect()
}

#[cfg(test)]
mod tests {
    use super::Diamond;
    use crdt_testkit::generate::typing;

    #[test]
    fn it_writes_what_a_trace_says() {
        let trace = typing(3, 3, 600);
        let oplog = Diamond::oplog(&trace);
        let text = Diamond::merge(&oplog).content().to_string();
        assert_eq!(Some(&text), trace.end_content.as_ref());
        let loaded = Diamond::load(&Diamond::save(&oplog));
        assert_eq!(Diamond::merge(&loaded).content().to_string(), text);

        let (mut doc, _) = Diamond::typist();
        for update in Diamond::updates(&trace) {
            doc.merge_data_and_ff(&update).expect("its own bytes");
        }
        assert_eq!(doc.branch.content().to_string(), text);
    }
}
