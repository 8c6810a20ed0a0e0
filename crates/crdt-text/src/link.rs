//! Updates inside a link: both ends remember what went before, so that little has to be said.
//!
//! # Invariants
//! - An encoder and its decoder change alike with each message; a message that is lost, damaged or
//!   out of order is refused (with a probability of 255 in 256), and then nothing changed.
//! - What a link remembers is what names and numbers meant, never what events did.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::unwrap_used
    )
)]

use alloc::collections::BTreeMap;

use crdt_core::AgentId;
use crdt_core::codec::{Budget, DecodeError, DecodeLimits, Reader, Writer};

use crate::Update;
use crate::update::{Rows, Setting, SlipReader, SlipWriter};

/// The sending end of a link.
///
/// A link carries whole messages, each once and in order, as a WebSocket or a framed TCP stream does.
/// When a connection is made anew, both ends start anew.
///
/// # Examples
/// ```
/// use crdt_text::{DecodeLimits, LinkDecoder, LinkEncoder, OpLog};
///
/// let (mut a, mut b) = (OpLog::new(), OpLog::new());
/// let (mut sender, mut receiver) = (LinkEncoder::new(), LinkDecoder::new());
/// let alice = a.get_or_create_agent_id("alice")?;
/// for (at, letter) in ["h", "i", "!"].iter().enumerate() {
///     let known = a.version().clone();
///     a.add_insert(alice, at, letter)?;
///     let message = sender.encode(&a.update_since(&known)?);
///     assert!(message.len() < if at == 0 { 12 } else { 5 });
///     b.apply(&receiver.decode(&message, &DecodeLimits::default())?)?;
/// }
/// assert_eq!(a, b);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct LinkEncoder {
    numbers: BTreeMap<AgentId, u32>,
    rows: Rows,
    n_messages: u64,
}

/// The receiving end of a link, see [`LinkEncoder`].
#[derive(Clone, Debug, Default)]
pub struct LinkDecoder {
    agents: Vec<AgentId>,
    rows: Rows,
    n_messages: u64,
}

impl LinkEncoder {
    /// Starts a link.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Encodes the link's next message.
    ///
    /// # Complexity
    /// O(n log a), n = size of the update, a = agents.
    #[must_use]
    pub fn encode(&mut self, update: &Update) -> Vec<u8> {
        let mut slip = SlipWriter::new(Setting::Link, Writer::new());
        let unknown = |agent: &&AgentId| !self.numbers.contains_key(*agent);
        let new: Vec<AgentId> = update.agents().iter().filter(unknown).cloned().collect();
        slip.count(new.len());
        for agent in new {
            slip.agent(&agent);
            let number = self.numbers.len() as u32;
            self.numbers.insert(agent, number);
        }
        self.rows.set_agents(self.numbers.len());
        let numbers: Vec<u32> = update
            .agents()
            .iter()
            .filter_map(|agent| self.numbers.get(agent).copied())
            .collect();
        let text = update.put_slip(&numbers, &mut self.rows, &mut slip);
        let mut message = slip.finish(&text).into_bytes();
        message.push(check(self.n_messages, &message));
        self.n_messages = self.n_messages.wrapping_add(1);
        message
    }
}

impl LinkDecoder {
    /// Starts a link.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Decodes the link's next message, of any origin.
    ///
    /// # Errors
    /// [`DecodeError`] if it is not the next message of the link's other end, or asks for more than
    /// `limits` allows. Nothing changed; unless the transport can repeat the message as it was, both
    /// ends have to start a new link.
    ///
    /// # Limits
    /// Memory stays within a small multiple of the message and of the agents that the link knows, of
    /// which there are `max_agents` at most.
    ///
    /// # Complexity
    /// O(n + a), n = bytes, a = agents that the link knows.
    pub fn decode(&mut self, bytes: &[u8], limits: &DecodeLimits) -> Result<Update, DecodeError> {
        let (mut r, mut budget) = limits.open(bytes)?;
        let content = r.take(bytes.len().saturating_sub(1))?;
        let found = r.u8()?;
        let mut covered = content.clone();
        let expected = check(self.n_messages, covered.raw(covered.remaining())?);
        if expected != found {
            return Err(DecodeError::ChecksumMismatch {
                expected: expected.into(),
                found: found.into(),
            });
        }
        let n_known = self.agents.len();
        let mut rows = self.rows.clone();
        let update = self.read(content, &mut rows, &mut budget);
        match &update {
            Ok(_) => {
                self.rows = rows;
                self.n_messages = self.n_messages.wrapping_add(1);
            }
            Err(_) => self.agents.truncate(n_known),
        }
        update
    }

    fn read(
        &mut self,
        content: Reader<'_>,
        rows: &mut Rows,
        budget: &mut Budget,
    ) -> Result<Update, DecodeError> {
        let mut slip = SlipReader::new(Setting::Link, content);
        let n_new = slip.count()?;
        budget.spend_agents(self.agents.len().saturating_add(n_new) as u64)?;
        for _ in 0..n_new {
            let agent = slip.agent()?;
            self.agents.push(agent);
        }
        rows.set_agents(self.agents.len());
        Update::take_slip(&self.agents, slip, rows, budget)
    }
}

/// What tells a message from others, and from the same at another time.
fn check(n_messages: u64, content: &[u8]) -> u8 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&n_messages.to_le_bytes());
    hasher.update(content);
    hasher.finalize() as u8
}
