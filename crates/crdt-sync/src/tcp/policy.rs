//! Who may link to a service, and do what.

use core::net::SocketAddr;

use crate::{Document, LinkId, Policy, StoreId};

/// A [`Policy`] that is also asked about connections: a service has one, on its own task.
///
/// What it is asked must not block: nothing else happens meanwhile.
///
/// # Examples
/// Only this machine may link, and nobody may write:
/// ```
/// use core::net::SocketAddr;
/// use crdt_sync::tcp::LinkPolicy;
/// use crdt_sync::{Document, LinkId, Offer, Policy, Refusal};
///
/// struct Gallery;
///
/// impl<D: Document> Policy<D> for Gallery {
///     fn writes(&mut self, _: &Offer<'_, D>) -> Result<(), Refusal> {
///         Err(Refusal::Forbidden)
///     }
/// }
///
/// impl<D: Document> LinkPolicy<D> for Gallery {
///     fn links(&mut self, _: LinkId, address: SocketAddr) -> bool {
///         address.ip().is_loopback()
///     }
/// }
/// ```
pub trait LinkPolicy<D: Document>: Policy<D> + Send {
    /// Whether a connection may be used, made here or accepted. The provided method allows it.
    fn links(&mut self, link: LinkId, address: SocketAddr) -> bool {
        let _anyone = (link, address);
        true
    }

    /// Which store is at the other end, where that is certain: connections of one tunnel come from one address,
    /// say. A neighbour that names another is cut off, as by
    /// [`Node::connect_as`](crate::Node::connect_as). The provided method knows nothing.
    fn store_at(&mut self, link: LinkId, address: SocketAddr) -> Option<StoreId> {
        let _unknown = (link, address);
        None
    }

    /// A link that was allowed is gone: what is kept of it may go. The provided method does nothing.
    fn leaves(&mut self, link: LinkId) {
        let _nothing_is_kept = link;
    }
}

/// Everybody may do everything.
#[derive(Clone, Copy, Debug)]
pub(super) struct Anyone;

impl<D: Document> Policy<D> for Anyone {}

impl<D: Document> LinkPolicy<D> for Anyone {}
