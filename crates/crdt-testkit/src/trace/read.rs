//! Readers of the three public shapes of trace files and of JSON lines.
//!
//! 1. *Export*: transactions with `span`, `parents` (event numbers), `agent`, `seqStart`, `ops`.
//! 2. *Sequential*: `startContent` and transactions with `patches` only; one agent.
//! 3. *Concurrent*: transactions with `parents` (transaction indexes), an integer `agent` and
//!    `patches`; each agent's sequence numbers count its events in file order.
//!
//! A patch may delete and insert: the delete comes first. Files are gzipped or not; the magic
//! number tells, not the name. References: the editing-traces and diamond-types repositories.

use super::{Trace, TraceError, TraceOp, Txn, TxnProblem};
use alloc::collections::BTreeMap;
use core::fmt;
use crdt_core::AgentId;
use flate2::read::MultiGzDecoder;
use serde::de::{Deserializer, Error, Visitor};
use std::io::Read;
use std::path::Path;

impl Trace {
    /// Reads a trace file in any of the public shapes, gzipped or not.
    ///
    /// # Errors
    /// [`TraceError::Io`] when the file cannot be read or unpacked, [`TraceError::Json`] when it
    /// is not JSON of a known shape, [`TraceError::Txn`] when a transaction breaks a rule.
    /// # Complexity
    /// O(n log n) time, n = bytes unpacked; holds the unpacked file while reading.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, TraceError> {
        Self::from_json(&read_unpacked(path.as_ref())?)
    }

    /// Reads a trace from JSON in any of the public shapes.
    ///
    /// # Errors
    /// As [`Trace::open`], without [`TraceError::Io`].
    pub fn from_json(json: &[u8]) -> Result<Self, TraceError> {
        let raw: RawTrace = serde_json::from_slice(json)?;
        let concurrent = raw.kind.as_deref() == Some("concurrent") || raw.num_agents.is_some();
        let export = raw
            .txns
            .first()
            .is_some_and(|t| t.ops.is_some() || t.span.is_some());
        let txns = if concurrent {
            read_concurrent(raw.start_content, raw.txns)?
        } else if export {
            read_export(raw.txns)?
        } else {
            read_sequential(raw.start_content, raw.txns)?
        };
        let trace = Self {
            txns,
            end_content: raw.end_content,
        };
        trace.check()?;
        Ok(trace)
    }
}

/// Traces from JSON lines, such as a file of conformance vectors; blank lines are skipped.
///
/// Yields the line number, counted from 1, with the trace or what is wrong with it.
///
/// # Examples
/// ```
/// use crdt_testkit::TraceLines;
///
/// let text = "{\"txns\":[],\"endContent\":\"\"}\n\nnot json\n";
/// let mut lines = TraceLines::new(text.into());
/// assert!(matches!(lines.next(), Some((1, Ok(_)))));
/// assert!(matches!(lines.next(), Some((3, Err(_)))));
/// assert!(lines.next().is_none());
/// ```
#[derive(Clone, Debug)]
pub struct TraceLines {
    bytes: Vec<u8>,
    offset: usize,
    line: usize,
}

impl TraceLines {
    /// Reads the lines of a file, gzipped or not.
    ///
    /// # Errors
    /// [`TraceError::Io`] when the file cannot be read or unpacked.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, TraceError> {
        Ok(Self::new(read_unpacked(path.as_ref())?))
    }

    /// Reads the lines of `bytes`.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            offset: 0,
            line: 0,
        }
    }
}

impl Iterator for TraceLines {
    type Item = (usize, Result<Trace, TraceError>);

    fn next(&mut self) -> Option<Self::Item> {
        while self.offset < self.bytes.len() {
            let rest = &self.bytes[self.offset..];
            let line = rest.split(|&byte| byte == b'\n').next().unwrap_or(rest);
            self.offset += line.len() + 1;
            self.line += 1;
            if !line.trim_ascii().is_empty() {
                return Some((self.line, Trace::from_json(line)));
            }
        }
        None
    }
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawTrace {
    kind: Option<String>,
    num_agents: Option<u64>,
    #[serde(default)]
    start_content: String,
    end_content: Option<String>,
    txns: Vec<RawTxn>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawTxn {
    span: Option<(usize, usize)>,
    parents: Option<Vec<usize>>,
    #[serde(default, deserialize_with = "agent_name")]
    agent: Option<String>,
    seq_start: Option<u64>,
    ops: Option<Vec<RawPatch>>,
    patches: Option<Vec<RawPatch>>,
}

type RawPatch = (usize, usize, String);

fn read_export(raw: Vec<RawTxn>) -> Result<Vec<Txn>, TraceError> {
    let mut txns = Vec::with_capacity(raw.len());
    let mut agents = Agents::default();
    for (txn, raw) in raw.into_iter().enumerate() {
        let (start, end) = required(raw.span, "span", txn)?;
        let ops = to_ops(required(raw.ops, "ops", txn)?);
        if ops.is_empty() && start == end {
            continue;
        }
        txns.push(Txn {
            agent: agents.named(raw.agent, txn)?,
            seq: required(raw.seq_start, "seqStart", txn)?,
            span: start..end,
            parents: sorted(required(raw.parents, "parents", txn)?),
            ops,
        });
    }
    Ok(txns)
}

fn read_sequential(start_content: String, raw: Vec<RawTxn>) -> Result<Vec<Txn>, TraceError> {
    let agent = Agents::default().named(Some(integer_name(0)), 0)?;
    let mut out = Numbering::default();
    let mut heads = out.push(&agent, Vec::new(), vec![(0, 0, start_content)]);
    for (txn, raw) in raw.into_iter().enumerate() {
        heads = out.push(&agent, heads, required(raw.patches, "patches", txn)?);
    }
    Ok(out.txns)
}

fn read_concurrent(start_content: String, raw: Vec<RawTxn>) -> Result<Vec<Txn>, TraceError> {
    let mut agents = Agents::default();
    let mut out = Numbering::default();
    let starter = agents.named(Some(integer_name(0)), 0)?;
    let start = out.push(&starter, Vec::new(), vec![(0, 0, start_content)]);
    let mut heads_after: Vec<Vec<usize>> = Vec::with_capacity(raw.len());
    for (txn, raw) in raw.into_iter().enumerate() {
        let mut heads = Vec::new();
        for parent in required(raw.parents, "parents", txn)? {
            let problem = TxnProblem::Parent(parent);
            let known = heads_after
                .get(parent)
                .ok_or(TraceError::Txn { txn, problem })?;
            heads.extend_from_slice(known);
        }
        let heads = if heads.is_empty() {
            start.clone()
        } else {
            sorted(heads)
        };
        let agent = agents.named(raw.agent, txn)?;
        heads_after.push(out.push(&agent, heads, required(raw.patches, "patches", txn)?));
    }
    Ok(out.txns)
}

/// One shared [`AgentId`] a name.
#[derive(Default)]
struct Agents(BTreeMap<String, AgentId>);

impl Agents {
    fn named(&mut self, name: Option<String>, txn: usize) -> Result<AgentId, TraceError> {
        let name = required(name, "agent", txn)?;
        if let Some(agent) = self.0.get(&name) {
            return Ok(agent.clone());
        }
        let agent = AgentId::new(&name).map_err(|error| TraceError::Txn {
            txn,
            problem: TxnProblem::Agent(error),
        })?;
        self.0.insert(name, agent.clone());
        Ok(agent)
    }
}

/// Gives local versions and sequence numbers to transactions that come without.
#[derive(Default)]
struct Numbering {
    txns: Vec<Txn>,
    next_seq: BTreeMap<AgentId, u64>,
}

impl Numbering {
    /// Appends a transaction and returns the heads after it; one that does nothing leaves them.
    fn push(&mut self, agent: &AgentId, parents: Vec<usize>, patches: Vec<RawPatch>) -> Vec<usize> {
        let ops = to_ops(patches);
        let n_events = ops
            .iter()
            .fold(0_usize, |sum, op| sum.saturating_add(op.len()));
        if n_events == 0 {
            return parents;
        }
        let next_seq = self.next_seq.entry(agent.clone()).or_insert(0);
        let seq = *next_seq;
        *next_seq = seq.saturating_add(n_events as u64);
        let start = self.txns.last().map_or(0, |t| t.span.end);
        let end = start.saturating_add(n_events);
        self.txns.push(Txn {
            agent: agent.clone(),
            seq,
            span: start..end,
            parents,
            ops,
        });
        vec![end - 1]
    }
}

fn to_ops(patches: Vec<RawPatch>) -> Vec<TraceOp> {
    let mut ops = Vec::with_capacity(patches.len());
    for (pos, len, text) in patches {
        if len > 0 {
            ops.push(TraceOp::Delete { pos, len });
        }
        if !text.is_empty() {
            ops.push(TraceOp::Insert { pos, text });
        }
    }
    ops
}

fn required<T>(value: Option<T>, name: &'static str, txn: usize) -> Result<T, TraceError> {
    value.ok_or(TraceError::Txn {
        txn,
        problem: TxnProblem::Missing(name),
    })
}

fn sorted(mut lvs: Vec<usize>) -> Vec<usize> {
    lvs.sort_unstable();
    lvs.dedup();
    lvs
}

/// The name of an agent that a file gives as an integer: byte order is integer order.
fn integer_name(n: u64) -> String {
    format!("{n:>7}")
}

fn agent_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    deserializer.deserialize_any(AgentName).map(Some)
}

struct AgentName;

impl Visitor<'_> for AgentName {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an agent: a string or an integer from 0")
    }

    fn visit_u64<E: Error>(self, n: u64) -> Result<String, E> {
        Ok(integer_name(n))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<String, E> {
        Ok(name.into())
    }

    fn visit_string<E: Error>(self, name: String) -> Result<String, E> {
        Ok(name)
    }
}

fn read_unpacked(path: &Path) -> Result<Vec<u8>, TraceError> {
    let bytes = std::fs::read(path)?;
    if !bytes.starts_with(&GZIP_MAGIC) {
        return Ok(bytes);
    }
    let mut unpacked = Vec::new();
    MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut unpacked)?;
    Ok(unpacked)
}

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
