//! Histories as text that a person can read, paste into a test and read back.
//!
//! One transaction a line: `agent:seq [parents] op; op`, where a parent is `agent:seq`, and an op
//! is `ins POS TEXT` or `del POS LEN`. Names and texts hold no spaces, semicolons or brackets.
//!
//! ```text
//! A:0 [] ins 0 a
//! B:0 [] ins 0 b
//! C:0 [A:0] ins 1 c
//! B:1 [A:0 B:0] ins 1 d; del 0 1
//! ```

use crate::trace::{Trace, TraceOp, Txn};
use core::fmt;
use crdt_core::AgentId;

impl Trace {
    /// Reads a history in the notation that `Display` writes; see the module's source for it.
    ///
    /// Returns `None` when the text does not follow the notation or breaks a rule of
    /// [`Trace::check`]. Blank lines are skipped.
    ///
    /// # Examples
    /// ```
    /// use crdt_testkit::{Reference, Trace};
    ///
    /// let text = "A:0 [] ins 0 a\nB:0 [] ins 0 b\nA:1 [A:0 B:0] del 1 1\n";
    /// let trace = Trace::from_notation(text).ok_or("bad notation")?;
    /// assert_eq!(trace.to_string(), text);
    /// assert_eq!(Reference::from_trace(&trace).text(), "a");
    /// # Ok::<(), &str>(())
    /// ```
    pub fn from_notation(text: &str) -> Option<Self> {
        let mut trace = Self::default();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (id, rest) = line.split_once(" [")?;
            let (parents, ops) = rest.split_once(']')?;
            let (agent, seq) = parse_id(id)?;
            let agent = AgentId::new(agent).ok()?;
            let parents = parents.split_whitespace().map(|id| find(&trace, id));
            let mut parents = parents.collect::<Option<Vec<usize>>>()?;
            parents.sort_unstable();
            let ops = ops
                .split(';')
                .map(parse_op)
                .collect::<Option<Vec<TraceOp>>>()?;
            let start = trace.n_events();
            let end = start + ops.iter().map(TraceOp::len).sum::<usize>();
            trace.txns.push(Txn {
                agent,
                seq,
                span: start..end,
                parents,
                ops,
            });
        }
        trace.check().is_ok().then_some(trace)
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for txn in &self.txns {
            write!(f, "{}:{} [", txn.agent, txn.seq)?;
            for (idx, &parent) in txn.parents.iter().enumerate() {
                f.write_str(if idx > 0 { " " } else { "" })?;
                match self.dot_of(parent) {
                    Some(dot) => write!(f, "{dot}")?,
                    None => f.write_str("?")?,
                }
            }
            f.write_str("]")?;
            for (idx, op) in txn.ops.iter().enumerate() {
                f.write_str(if idx > 0 { "; " } else { " " })?;
                match op {
                    TraceOp::Insert { pos, text } => write!(f, "ins {pos} {text}")?,
                    TraceOp::Delete { pos, len } => write!(f, "del {pos} {len}")?,
                }
            }
            f.write_str("\n")?;
        }
        Ok(())
    }
}

fn find(trace: &Trace, id: &str) -> Option<usize> {
    let (agent, seq) = parse_id(id)?;
    let at = |t: &Txn| {
        let offset = usize::try_from(seq.checked_sub(t.seq)?).ok()?;
        (t.agent.as_str() == agent && offset < t.span.len()).then(|| t.span.start + offset)
    };
    trace.txns.iter().find_map(at)
}

fn parse_id(id: &str) -> Option<(&str, u64)> {
    let (agent, seq) = id.rsplit_once(':')?;
    Some((agent, seq.parse().ok()?))
}

fn parse_op(op: &str) -> Option<TraceOp> {
    let mut words = op.split_whitespace();
    let (verb, pos, what) = (words.next()?, words.next()?.parse().ok()?, words.next()?);
    match verb {
        "ins" => Some(TraceOp::Insert {
            pos,
            text: what.into(),
        }),
        "del" => Some(TraceOp::Delete {
            pos,
            len: what.parse().ok()?,
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
