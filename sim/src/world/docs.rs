//! Which documents there are in a simulated world, and who may see them.

use crdt_sync::{
    DocId, LinkError, LinkId, Node, Offer, Opening, Policy, Refusal, Refused, StoreId,
};

use super::{Broken, page_id};
use crate::disk::Disk;
use crate::page::Page;

/// The documents that all sites share, on every connection.
pub(super) fn shared() -> impl Iterator<Item = DocId> {
    let aside = ["aside", "more"].map(DocId::from_name);
    core::iter::once(page_id()).chain(aside)
}

/// A document that the first site offers on every connection, and lets nobody open.
pub(super) fn private_id() -> DocId {
    DocId::from_name("private")
}

/// Which document an edit goes to: mostly the page.
pub(super) fn of_edit(site: usize, seed: u64) -> DocId {
    match seed % 16 {
        0..4 => shared().nth(1 + (seed % 2) as usize).unwrap_or(page_id()),
        4 if site == 0 => private_id(),
        _ => page_id(),
    }
}

/// Brings all that are shared into memory.
pub(super) fn add_all(node: &mut Node<Page, Disk>) -> Result<(), Broken> {
    for doc in shared() {
        node.add_document(doc)
            .map_err(|error| format!("{error:?}"))?;
    }
    Ok(())
}

/// The tokens in all that are shared.
pub(super) fn tokens(node: &Node<Page, Disk>) -> impl Iterator<Item = u64> {
    let pages = shared().filter_map(|doc| node.document(doc));
    pages.flat_map(Page::tokens)
}

/// Takes up a connection and offers on it what there is.
pub(super) fn connect(
    node: &mut Node<Page, Disk>,
    site: usize,
    link: LinkId,
    proven: Option<StoreId>,
) -> Result<(), Broken> {
    add_all(node)?;
    let connected = match proven {
        Some(store) => node.connect_as(link, store),
        None => node.connect(link),
    };
    let offer = |node: &mut Node<Page, Disk>| -> Result<(), LinkError> {
        shared().try_for_each(|doc| node.share(link, doc))
    };
    let offered = connected.and_then(|()| offer(node));
    offered.map_err(|error| format!("{error:?}"))?;
    if site == 0 {
        node.add_document(private_id())
            .map_err(|error| format!("{error:?}"))?;
        let offered = node.share(link, private_id());
        offered.map_err(|error| format!("{error:?}"))?;
    }
    Ok(())
}

/// Whether a refusal is what the rules of this world lead to.
pub(super) fn is_expected(refused: &Refused) -> bool {
    let is_forbidden = refused.refusal == Refusal::Forbidden && refused.doc == private_id();
    is_forbidden || refused.refusal == Refusal::UnknownDocument
}

/// What a site asks of frames: nobody opens what is private, and all are who they say.
pub(super) struct Guard {
    site: usize,
    neighbour: Option<StoreId>,
    /// What was not as it should be.
    pub(super) broken: Option<Broken>,
}

impl Guard {
    pub(super) const fn new(site: usize, neighbour: Option<StoreId>) -> Self {
        Self {
            site,
            neighbour,
            broken: None,
        }
    }

    fn look(&mut self, store: StoreId) {
        if self.neighbour.is_some_and(|neighbour| neighbour != store) {
            self.broken = Some(format!("site {} takes one for another", self.site));
        }
    }
}

impl Policy<Page> for Guard {
    fn opens(&mut self, opening: &Opening) -> Result<(), Refusal> {
        self.look(opening.store);
        let is_private = self.site == 0 && opening.doc == private_id();
        (!is_private).then_some(()).ok_or(Refusal::Forbidden)
    }

    fn writes(&mut self, offer: &Offer<'_, Page>) -> Result<(), Refusal> {
        self.look(offer.store);
        Ok(())
    }
}
