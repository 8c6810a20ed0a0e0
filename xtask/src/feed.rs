//! From traces to the calls of the text crate.

use crdt_core::{AgentId, Dot};
use crdt_testkit::{Trace, TraceOp, Txn};
use crdt_text::{RemoteRun, TextOp};

/// A transaction in the form an op log takes in.
pub(crate) struct Run<'a> {
    agent: &'a AgentId,
    seq: u64,
    parents: Vec<Dot>,
    ops: Vec<TextOp<'a>>,
}

impl<'a> Run<'a> {
    pub(crate) fn new(trace: &Trace, txn: &'a Txn) -> Self {
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

    pub(crate) fn as_remote(&self) -> RemoteRun<'_> {
        RemoteRun {
            agent: self.agent,
            seq: self.seq,
            parents: &self.parents,
            ops: &self.ops,
        }
    }
}

/// All transactions of a trace, in its order.
pub(crate) fn runs(trace: &Trace) -> Vec<Run<'_>> {
    trace.txns.iter().map(|txn| Run::new(trace, txn)).collect()
}

/// The sha256 of some bytes, or of a text's UTF-8, in hexadecimal.
pub(crate) fn sha256_hex(bytes: impl AsRef<[u8]>) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::sha256_hex;

    #[test]
    fn the_digest_is_sha256() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sha256_hex(""), empty);
    }
}
