//! The document of the examples: a text, a map and a counter, and the hands that carry frames.

use alloc::collections::BTreeMap;
use core::error::Error;

use crdt_core::{AgentId, Timestamp};
use crdt_counters::PnCounter;
use crdt_maps::{CausalRegister, OrMap};
use crdt_sync::{Config, DocId, LinkId, MemoryStorage, Node};
use crdt_text::{AgentIdx, Chars, TextDoc};

crdt_core::replicated! {
    /// A page that people edit together.
    #[derive(Clone, Debug, Default)]
    pub(crate) struct Page {
        pub(crate) text: TextDoc,
        pub(crate) fields: OrMap<String, CausalRegister<String>>,
        pub(crate) votes: PnCounter,
    }
    delta PageDelta, summary PageSummary
}

pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

impl Page {
    /// Writes at the end of the text.
    pub(crate) fn write(&mut self, agent: &AgentId, words: &str) -> Outcome<PageDelta> {
        let end = Chars(self.text.len_chars());
        self.edit_text(agent, |text, writer| text.insert(writer, end, words))
    }

    /// Edits the text under a name.
    pub(crate) fn edit_text<T, E: Error + 'static>(
        &mut self,
        agent: &AgentId,
        edit: impl FnOnce(&mut TextDoc, AgentIdx) -> Result<T, E>,
    ) -> Outcome<PageDelta> {
        let writer = self.text.get_or_create_agent_id(agent)?;
        let (edited, text) = self.text.edit_with_delta(|text| edit(text, writer));
        edited?;
        Ok(PageDelta {
            text,
            ..PageDelta::default()
        })
    }

    /// Sets a field; `millis` is what the clock says.
    pub(crate) fn set(
        &mut self,
        agent: &AgentId,
        millis: u64,
        field: &str,
        value: &str,
    ) -> Outcome<PageDelta> {
        let stamp = Timestamp::new(millis, 0)?;
        let fields =
            self.fields
                .update_with_delta(agent, field.to_owned(), |register, minter| {
                    register.write(minter, stamp, value.to_owned())
                })?;
        Ok(PageDelta {
            fields,
            ..PageDelta::default()
        })
    }

    pub(crate) fn vote(&mut self, agent: &AgentId) -> Outcome<PageDelta> {
        let votes = self.votes.increment_with_delta(agent, 1)?;
        Ok(PageDelta {
            votes,
            ..PageDelta::default()
        })
    }
}

/// A few nodes, and the two ends of each link between them.
pub(crate) struct Nodes {
    pub(crate) list: Vec<Node<Page, MemoryStorage>>,
    ends: BTreeMap<LinkId, (usize, usize)>,
    n_links: u64,
}

/// The document that all share.
pub(crate) fn page() -> DocId {
    DocId::from_name("page")
}

impl Nodes {
    pub(crate) fn new(n_nodes: u8) -> Outcome<Self> {
        let mut nodes = Self {
            list: Vec::new(),
            ends: BTreeMap::new(),
            n_links: 0,
        };
        for number in 0..n_nodes {
            // A real process draws 24 random bytes each time it opens its storage.
            nodes.list.push(open(MemoryStorage::new(), number)?);
        }
        Ok(nodes)
    }

    /// Links two nodes; both share the page.
    pub(crate) fn connect(&mut self, a: usize, b: usize) -> Outcome<LinkId> {
        let link = LinkId(self.n_links);
        self.n_links += 1;
        self.ends.insert(link, (a, b));
        for node in [a, b] {
            self.list[node].connect(link)?;
            self.list[node].share(link, page())?;
        }
        Ok(link)
    }

    pub(crate) fn disconnect(&mut self, link: LinkId) {
        if let Some((a, b)) = self.ends.remove(&link) {
            self.list[a].disconnect(link);
            self.list[b].disconnect(link);
        }
    }

    pub(crate) fn edit(
        &mut self,
        node: usize,
        edit: impl FnOnce(&mut Page) -> Outcome<PageDelta>,
    ) -> Outcome<()> {
        let edited = self.list[node].edit(page(), |page| {
            edit(page).map_err(|error| std::io::Error::other(error.to_string()))
        });
        Ok(edited?)
    }

    /// Every node commits, and at most `max_frames` frames arrive; returns how many there were, and their
    /// bytes.
    pub(crate) fn carry(&mut self, max_frames: usize) -> Outcome<(usize, usize)> {
        let (mut n_frames, mut n_bytes) = (0, 0);
        for from in 0..self.list.len() {
            for frame in self.list[from].commit(0)? {
                n_frames += 1;
                n_bytes += frame.len();
                let Some((a, b)) = self
                    .ends
                    .get(&frame.link)
                    .filter(|_| n_frames <= max_frames)
                else {
                    continue;
                };
                let to = if *a == from { *b } else { *a };
                self.list[to].receive(frame.link, &frame.to_bytes())?;
            }
        }
        Ok((n_frames, n_bytes))
    }

    /// Carries frames until there are none; returns how many bytes they had.
    pub(crate) fn settle(&mut self) -> Outcome<usize> {
        let mut n_bytes = 0;
        loop {
            match self.carry(usize::MAX)? {
                (0, _) => return Ok(n_bytes),
                (_, more) => n_bytes += more,
            }
        }
    }

    pub(crate) fn page_of(&self, node: usize) -> Outcome<&Page> {
        Ok(self.list[node].document(page()).ok_or("no page")?)
    }
}

/// A node on a storage, with the page in memory.
pub(crate) fn open(storage: MemoryStorage, number: u8) -> Outcome<Node<Page, MemoryStorage>> {
    let mut config = Config::default();
    config.accepts_documents = true;
    let mut node = Node::open(storage, config, [number; 24])?;
    node.add_document(page())?;
    Ok(node)
}

pub(crate) fn agent(name: &str) -> Outcome<AgentId> {
    // A real process takes a new one for each session, `AgentId::random`.
    Ok(AgentId::new(name)?)
}
