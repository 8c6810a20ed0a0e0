//! The simulated world: sites with disks, connections, a network, and what must hold in the end.

mod docs;
mod judge;

use alloc::collections::BTreeSet;

use crdt_core::AgentId;
use crdt_sync::{Config, DocId, Event, LinkId, Node, ReceiveError, StoreId};
use crdt_testkit::net::{Network, Parcel};

use crate::disk::Disk;
use crate::page::Page;
use crate::script::{Setup, Step};
use crate::world::docs::Guard;

/// A place with a disk, where a process may run.
#[derive(Debug, Default)]
struct Site {
    node: Option<Node<Page, Disk>>,
    /// While no process runs.
    disk: Disk,
    agent: Option<AgentId>,
    /// Tokens of edits that the next commit makes durable.
    pending: BTreeSet<u64>,
    /// Tokens of edits that are durable here, as far as the disk is honest.
    durable: BTreeSet<u64>,
    backup: Option<(Disk, BTreeSet<u64>)>,
    /// By how much its clock is ahead.
    skew: i64,
    is_touched: bool,
    /// The name of its storage, since a process ran there.
    store: Option<StoreId>,
    /// Who counted when it last asked what is stable.
    participants: Vec<StoreId>,
}

/// Everything.
pub(crate) struct World {
    setup: Setup,
    sites: Vec<Site>,
    /// The connection on each edge, if there is one.
    connections: Vec<Option<u64>>,
    net: Network,
    now: u64,
    n_connections: u64,
    n_openings: u64,
    n_frames: u64,
    /// For each token, which others of the page its author had seen.
    seen: Vec<BTreeSet<u64>>,
    /// Tokens that are in other documents than the page.
    aside: BTreeSet<u64>,
    /// Storages that forgot, went back or were copied: nothing is promised of what they were asked.
    unreliable: BTreeSet<StoreId>,
    /// What was called stable among all sites, while all storages were reliable.
    stable: Vec<BTreeSet<u64>>,
}

/// Something that must not happen.
pub(crate) type Broken = String;

impl World {
    pub(crate) fn new(seed: u64, setup: &Setup) -> Result<Self, Broken> {
        let mut world = Self {
            sites: (0..setup.n_sites).map(|_| Site::default()).collect(),
            connections: vec![None; setup.edges.len()],
            net: Network::new(seed, setup.faults),
            now: 1_000_000,
            n_connections: 0,
            n_openings: 0,
            n_frames: 0,
            seen: Vec::new(),
            aside: BTreeSet::new(),
            unreliable: BTreeSet::new(),
            stable: Vec::new(),
            setup: setup.clone(),
        };
        world.start_all()?;
        Ok(world)
    }

    pub(crate) fn step(&mut self, step: &Step) -> Result<(), Broken> {
        match *step {
            Step::Run { millis } => return self.run_until(self.now + millis),
            Step::Edit { site, seed } => return self.edit(site, seed),
            Step::CommitAndDie { site } => {
                self.commit(site)?;
                self.stop(site, 0);
            }
            Step::Crash { site, lost } => self.stop(site, lost),
            Step::Start { site } => return self.start(site),
            Step::Cut { edge } => self.cut(edge),
            Step::Connect { edge } => return self.connect(edge),
            Step::FillDisk { site } => self.set_full(site, true),
            Step::EmptyDisk { site } => self.set_full(site, false),
            Step::Backup { site } => self.back_up(site),
            Step::Restore { site } => {
                if let Some((disk, durable)) = self.sites[site].backup.clone() {
                    self.replace_disk(site, disk, durable);
                    return self.start_on_copy(site);
                }
            }
            Step::Clone { from, site } => {
                self.back_up(from);
                if let Some((disk, durable)) = self.sites[from].backup.clone() {
                    self.replace_disk(site, disk, durable);
                    return self.start_on_copy(site);
                }
            }
            Step::Evict { site } => {
                if let Some(node) = &mut self.sites[site].node {
                    node.evict(page_id());
                }
            }
            Step::Present { site, millis } => return self.be_present(site, millis),
            Step::Seek { site } => return self.seek_stable(site),
            Step::Fault { faults } => self.net.set_faults(faults),
            Step::Skew { site, millis } => self.sites[site].skew += millis,
        }
        Ok(())
    }

    /// Heals everything and lets the network come to rest: all must be equal then, nothing durable lost,
    /// and nobody has anything more to say.
    pub(crate) fn conclude(&mut self) -> Result<(), Broken> {
        let expected: BTreeSet<u64> = self
            .sites
            .iter()
            .flat_map(|site| &site.durable)
            .copied()
            .collect();
        for site in 0..self.sites.len() {
            self.set_full(site, false);
        }
        self.net.set_faults(crdt_testkit::net::Faults::NONE);
        self.start_all()?;
        for node in self.sites.iter_mut().filter_map(|site| site.node.as_mut()) {
            // They may have been evicted, and are looked at in the end.
            docs::add_all(node)?;
        }
        self.run_until(self.now)?;
        let deadline = self.now + MAX_REST;
        let n_frames = self.n_frames;
        while let Some(time) = self.next_event().filter(|time| *time <= deadline) {
            self.run_until(time)?;
            if self.n_frames - n_frames > MAX_FRAMES_TO_REST {
                break;
            }
        }
        if let Some(time) = self.next_event() {
            return Err(format!(
                "no rest: something happens at {time}, {} frames so far",
                self.n_frames
            ));
        }
        self.check_equal()?;
        self.check_levels()?;
        let held: BTreeSet<u64> = self.sites[0].node.iter().flat_map(docs::tokens).collect();
        let lost: Vec<_> = expected.difference(&held).collect();
        if !lost.is_empty() {
            return Err(format!("durable edits are lost: {lost:?}"));
        }
        self.check_presence()
    }

    fn page(&self, site: usize) -> Option<&Page> {
        self.sites[site].node.as_ref()?.document(page_id())
    }

    /// When anything is due: a parcel, or a site that waits.
    fn next_event(&self) -> Option<u64> {
        let wakes = self.sites.iter().filter_map(|site| {
            let wake = site.node.as_ref()?.next_wake()?;
            Some(wake.saturating_add_signed(-site.skew))
        });
        wakes.chain(self.net.next_arrival()).min()
    }

    fn run_until(&mut self, end: u64) -> Result<(), Broken> {
        self.commit_touched()?;
        while let Some(time) = self.next_event().map(|time| time.max(self.now))
            && time <= end
        {
            self.now = time;
            while let Some(parcel) = self.net.receive(self.now) {
                self.deliver(&parcel)?;
            }
            for site in &mut self.sites {
                let wake = site.node.as_ref().and_then(Node::next_wake);
                site.is_touched |=
                    wake.is_some_and(|wake| wake <= self.now.saturating_add_signed(site.skew));
            }
            self.commit_touched()?;
        }
        self.now = self.now.max(end);
        Ok(())
    }

    fn commit_touched(&mut self) -> Result<(), Broken> {
        for site in 0..self.sites.len() {
            if core::mem::take(&mut self.sites[site].is_touched) {
                self.commit(site)?;
            }
        }
        Ok(())
    }

    fn commit(&mut self, site: usize) -> Result<(), Broken> {
        self.commit_site(site)?;
        // What became stable is told by commits.
        self.take_events(site)
    }

    fn commit_site(&mut self, site: usize) -> Result<(), Broken> {
        let Site {
            node: Some(node),
            skew,
            pending,
            durable,
            ..
        } = &mut self.sites[site]
        else {
            return Ok(());
        };
        let limit = config(self.setup.is_tight).hard_bytes;
        let Ok(frames) = node.commit(self.now.saturating_add_signed(*skew)) else {
            // The disk is full: nothing leaves, and it is tried again.
            self.sites[site].is_touched = true;
            self.now += 1;
            return Ok(());
        };
        durable.append(pending);
        if node
            .outbox_bytes(page_id())
            .is_some_and(|bytes| bytes > limit)
        {
            return Err(format!("the outbox of site {site} is beyond its limit"));
        }
        for frame in frames {
            self.n_frames += 1;
            let connection = frame.link.0;
            let edge = self
                .connections
                .iter()
                .position(|at| *at == Some(connection));
            let Some((a, b)) = edge.map(|edge| self.setup.edges[edge]) else {
                return Err(format!("site {site} speaks on a link that is gone"));
            };
            let parcel = Parcel {
                connection,
                to: if a == site { b } else { a },
                bytes: frame.to_bytes(),
            };
            self.net.send(self.now, parcel);
        }
        Ok(())
    }

    fn deliver(&mut self, parcel: &Parcel) -> Result<(), Broken> {
        let neighbour = self.neighbour_at(parcel);
        let site = &mut self.sites[parcel.to];
        let Some(node) = &mut site.node else {
            return Ok(());
        };
        site.is_touched = true;
        let mut guard = Guard::new(parcel.to, neighbour);
        let taken = node.receive_under(LinkId(parcel.connection), &parcel.bytes, &mut guard);
        if let Some(broken) = guard.broken {
            return Err(broken);
        }
        if let Err(error) = taken {
            let ReceiveError::Link(_) = error else {
                return Err(format!("{error:?}"));
            };
            return Err(format!("an honest frame was not taken: {error:?}"));
        }
        self.take_events(parcel.to)
    }

    fn take_events(&mut self, at: usize) -> Result<(), Broken> {
        let site = &mut self.sites[at];
        let Some(node) = &mut site.node else {
            return Ok(());
        };
        let mut is_stable = false;
        for event in node.take_events() {
            match event {
                Event::Changed { doc, .. } if doc == docs::private_id() => {
                    return Err(format!("site {at} was sent what is private"));
                }
                Event::Changed { deltas, .. } => {
                    site.pending
                        .extend(deltas.iter().flat_map(|delta| delta.tokens()));
                }
                Event::Refused(refused) if docs::is_expected(&refused) => {}
                Event::Stable { .. } => is_stable = true,
                Event::Opened { .. } | Event::Presence { .. } => {}
                other => return Err(format!("{other:?}")),
            }
        }
        if is_stable {
            return self.judge_stable(at);
        }
        Ok(())
    }

    /// A storage is not what its neighbours know: what was found out with it holds no longer.
    fn distrust(&mut self, store: Option<StoreId>) {
        self.unreliable.extend(store);
        self.stable.clear();
    }

    fn start_on_copy(&mut self, site: usize) -> Result<(), Broken> {
        self.start(site)?;
        self.distrust(self.sites[site].store);
        Ok(())
    }

    fn edit(&mut self, site: usize, seed: u64) -> Result<(), Broken> {
        let Site {
            node: Some(node),
            agent: Some(agent),
            pending,
            is_touched,
            ..
        } = &mut self.sites[site]
        else {
            return Ok(());
        };
        let token = self.seen.len() as u64;
        let doc = docs::of_edit(site, seed);
        node.add_document(doc)
            .map_err(|error| format!("{error:?}"))?;
        if doc != page_id() {
            self.seen.push(BTreeSet::new());
            self.aside.insert(token);
            *is_touched = true;
            let edited = node.edit(doc, |page| page.edit(agent, token, seed));
            edited.map_err(|error| format!("an edit failed: {error:?}"))?;
            if doc != docs::private_id() {
                pending.insert(token);
            }
            return Ok(());
        }
        let seen: BTreeSet<u64> = node
            .document(page_id())
            .into_iter()
            .flat_map(Page::tokens)
            .collect();
        if self.stable.iter().any(|stable| !stable.is_subset(&seen)) {
            return Err(format!("site {site} writes without knowing what is stable"));
        }
        self.seen.push(seen);
        let edited = node.edit(page_id(), |page| page.edit(agent, token, seed));
        edited.map_err(|error| format!("an edit failed: {error:?}"))?;
        pending.insert(token);
        *is_touched = true;
        Ok(())
    }

    fn be_present(&mut self, site: usize, millis: u64) -> Result<(), Broken> {
        let at = &mut self.sites[site];
        let (Some(node), Some(agent)) = (&mut at.node, &at.agent) else {
            return Ok(());
        };
        at.is_touched = true;
        node.add_document(page_id())
            .map_err(|error| format!("{error:?}"))?;
        let told = node.set_presence(page_id(), agent, b"", Some(b"here"), millis);
        told.map_err(|error| format!("{error:?}"))
    }

    /// All sites that run count.
    fn seek_stable(&mut self, site: usize) -> Result<(), Broken> {
        let stores: Vec<_> = (0..self.sites.len())
            .filter(|other| *other != site)
            .filter_map(|other| Some(self.sites[other].node.as_ref()?.store()))
            .collect();
        let at = &mut self.sites[site];
        let Some(node) = &mut at.node else {
            return Ok(());
        };
        at.is_touched = true;
        at.participants.clone_from(&stores);
        node.add_document(page_id())
            .map_err(|error| format!("{error:?}"))?;
        let asked = node
            .set_participants(page_id(), stores)
            .and_then(|()| node.seek_stable(page_id()));
        asked.map_err(|error| format!("{error:?}"))
    }

    fn start_all(&mut self) -> Result<(), Broken> {
        for site in 0..self.sites.len() {
            self.start(site)?;
        }
        for edge in 0..self.connections.len() {
            self.connect(edge)?;
        }
        Ok(())
    }

    fn start(&mut self, site: usize) -> Result<(), Broken> {
        let at = &mut self.sites[site];
        if at.node.is_some() {
            return Ok(());
        }
        self.n_openings += 1;
        let mut entropy = [0; 24];
        for chunk in entropy.chunks_mut(8) {
            chunk.copy_from_slice(&self.n_openings.to_le_bytes());
        }
        let disk = core::mem::take(&mut at.disk);
        let node = Node::<Page, Disk>::open(disk, config(self.setup.is_tight), entropy);
        let mut node = node.map_err(|error| format!("{error:?}"))?;
        docs::add_all(&mut node)?;
        at.durable = docs::tokens(&node).collect();
        at.agent = AgentId::new(&format!("agent-{}", self.n_openings)).ok();
        at.agent
            .iter()
            .for_each(|agent| node.add_agent(agent.clone()));
        at.store = Some(node.store());
        at.node = Some(node);
        at.is_touched = true;
        Ok(())
    }

    /// Ends the process: what it did not commit is gone, and what the disk lies about.
    fn stop(&mut self, site: usize, lost: usize) {
        for edge in 0..self.connections.len() {
            let (a, b) = self.setup.edges[edge];
            if a == site || b == site {
                self.cut(edge);
            }
        }
        let at = &mut self.sites[site];
        if let Some(node) = at.node.take() {
            at.disk = node.into_storage();
            at.disk.lose(lost);
        }
        at.pending.clear();
        if lost > 0 {
            // What is left is found when it starts; until then nothing counts on it.
            at.durable.clear();
            let store = at.store;
            self.distrust(store);
        }
    }

    fn back_up(&mut self, site: usize) {
        let at = &mut self.sites[site];
        let disk = match &mut at.node {
            Some(node) => node.storage_mut().clone(),
            None => at.disk.clone(),
        };
        at.backup = Some((disk, at.durable.clone()));
    }

    fn replace_disk(&mut self, site: usize, disk: Disk, durable: BTreeSet<u64>) {
        self.stop(site, 0);
        self.sites[site].disk = disk;
        self.sites[site].durable = durable;
    }

    fn set_full(&mut self, site: usize, is_full: bool) {
        let at = &mut self.sites[site];
        match &mut at.node {
            Some(node) => node.storage_mut().is_full = is_full,
            None => at.disk.is_full = is_full,
        }
        at.is_touched = true;
    }

    fn connect(&mut self, edge: usize) -> Result<(), Broken> {
        let (a, b) = self.setup.edges[edge];
        let both_run = self.sites[a].node.is_some() && self.sites[b].node.is_some();
        if self.connections[edge].is_some() || !both_run {
            return Ok(());
        }
        let connection = self.n_connections;
        self.n_connections += 1;
        self.connections[edge] = Some(connection);
        for (site, other) in [(a, b), (b, a)] {
            let store = self.sites[other].store;
            let at = &mut self.sites[site];
            if let Some(node) = &mut at.node {
                // On every other connection the transport knows who is there.
                let proven = store.filter(|_| connection.is_multiple_of(2));
                docs::connect(node, site, LinkId(connection), proven)?;
                at.is_touched = true;
            }
        }
        Ok(())
    }

    /// What the storage is called at the other end of the connection that a parcel came by.
    fn neighbour_at(&self, parcel: &Parcel) -> Option<StoreId> {
        let mut edges = self.connections.iter().zip(&self.setup.edges);
        let (_, (a, b)) = edges.find(|(at, _)| **at == Some(parcel.connection))?;
        self.sites[if *a == parcel.to { *b } else { *a }].store
    }

    fn cut(&mut self, edge: usize) {
        let Some(connection) = self.connections[edge].take() else {
            return;
        };
        self.net.cut(connection);
        let (a, b) = self.setup.edges[edge];
        for site in [a, b] {
            if let Some(node) = &mut self.sites[site].node {
                node.disconnect(LinkId(connection));
            }
        }
    }
}

fn page_id() -> DocId {
    DocId::from_name("page")
}

/// Tight limits make neighbours lose their place, and transfers come in parts.
fn config(is_tight: bool) -> Config {
    let mut config = Config::default();
    config.accepts_documents = true;
    if is_tight {
        config.max_frame_bytes = 256;
        config.window_bytes = 300;
        config.retained_bytes = 100;
        config.soft_bytes = 300;
        config.hard_bytes = 700;
        config.compact_bytes = 500;
        config.inline_summary_bytes = 40;
        config.max_plain_summary_bytes = 0;
        config.max_cursors = 2;
        config.memo_bytes = 200;
        config.piece_bytes = 150;
        config.max_commit_bytes = 1_500;
        config.link_window_bytes = 600;
    }
    config
}

/// How many frames a healed network may take to come to rest.
const MAX_FRAMES_TO_REST: u64 = 20_000;

/// How long a healed network may take to come to rest, in milliseconds.
const MAX_REST: u64 = 3_600_000;
