//! What a handle asks of a node that runs over TCP, beside edits: names, what is stable, whom it shares with.

use core::net::SocketAddr;

use crdt_core::Summarize;
use crdt_core::codec::Encode;
use crdt_sync::tcp::{LinkPolicy, Notice, Notices, Service, ServiceError};
use crdt_sync::{
    Config, DocId, EditError, Event, LinkError, LinkId, MemoryStorage, Policy, Refusal, StoreId,
};
use tokio::time::sleep;

use crate::services::{Elements, add, doc, elements, options, run, start, wait_for};

type Here = Service<Elements, MemoryStorage>;

/// Waits for a notice in which `find` finds something.
async fn wait_until<T>(
    notices: &mut Notices<Elements, MemoryStorage>,
    find: impl Fn(
        &Notice<<Elements as crdt_core::DeltaState>::Delta, core::convert::Infallible>,
    ) -> Option<T>,
) -> T {
    loop {
        let notice = notices.next().await.expect("the node runs");
        if let Some(found) = find(&notice) {
            return found;
        }
    }
}

/// A server that listens, and so many clients that are linked to it and hold what it holds.
async fn star(n_clients: usize) -> (Here, Vec<(Here, LinkId)>, SocketAddr) {
    let server = start(MemoryStorage::new(), options()).await;
    let address = server.listen("127.0.0.1:0").await.expect("a free port");
    add(&server, "server", 1).await;
    let mut clients = Vec::new();
    for _ in 0..n_clients {
        let mut notices = server.notices();
        let client = start(MemoryStorage::new(), options()).await;
        client.connect(address.to_string()).await.expect("it runs");
        let link = wait_until(&mut notices, |notice| match notice {
            Notice::Linked { link, .. } => Some(*link),
            _ => None,
        });
        let link = link.await;
        wait_for(&client, &[1]).await;
        clients.push((client, link));
    }
    (server, clients, address)
}

fn is_stable<T, E>(notice: &Notice<T, E>) -> Option<()> {
    matches!(notice, Notice::Document(Event::Stable { .. })).then_some(())
}

/// What a summary says is held, of a state that is known.
fn covers(stable: &<Elements as Summarize>::Summary, of: &Elements) -> bool {
    let (stable, held) = (stable.to_bytes(), of.summary().to_bytes());
    stable == held
}

#[test]
fn what_all_participants_hold_is_found_stable() {
    run(async {
        let (server, clients, _) = star(2).await;
        assert_eq!(server.stable(doc()).await, Ok(None));
        let mut stores = Vec::new();
        for (client, _) in &clients {
            stores.push(client.store().await.expect("it runs"));
        }
        let mut notices = server.notices();
        let before = server.read(doc(), Clone::clone).await.expect("it is there");
        server
            .seek_stable(doc(), stores)
            .await
            .expect("it is there");
        wait_until(&mut notices, is_stable).await;
        let stable = server.stable(doc()).await.expect("it runs").expect("found");
        assert!(covers(&stable, &before));
        add(&clients[0].0, "client", 2).await;
        wait_for(&server, &[1, 2]).await;
        let still = server.stable(doc()).await.expect("it runs").expect("found");
        assert!(covers(&still, &before), "until it is asked again");
    });
}

#[test]
fn a_participant_that_never_came_is_waited_for() {
    run(async {
        let (server, clients, _) = star(1).await;
        let mut stores = vec![clients[0].0.store().await.expect("it runs")];
        stores.push(StoreId::from_bytes([77; 16]));
        server
            .seek_stable(doc(), stores)
            .await
            .expect("it is there");
        // A round trip and more.
        add(&clients[0].0, "client", 2).await;
        wait_for(&server, &[1, 2]).await;
        sleep(options().batch_window * 20).await;
        assert_eq!(server.stable(doc()).await, Ok(None));
    });
}

#[test]
fn stability_of_a_document_that_is_not_here_is_an_error() {
    run(async {
        let server = start(MemoryStorage::new(), options()).await;
        let unknown = DocId::from_name("unknown");
        let refused = server.seek_stable(unknown, Vec::new()).await;
        let expected = ServiceError::Refused(EditError::UnknownDocument { doc: unknown });
        assert_eq!(refused, Err(expected));
        assert_eq!(server.stable(unknown).await, Ok(None));
        server.stop().await;
        assert_eq!(server.stable(doc()).await, Err(ServiceError::Stopped));
        assert_eq!(server.store().await, Err(ServiceError::Stopped));
        let sought = server.seek_stable(doc(), Vec::new()).await;
        assert_eq!(sought, Err(ServiceError::Stopped));
    });
}

#[test]
fn a_document_is_unshared_on_one_link_alone() {
    run(async {
        let (server, clients, _) = star(2).await;
        let (left, left_link) = &clients[0];
        let mut notices = left.notices();
        server
            .unshare(*left_link, doc())
            .await
            .expect("it is shared");
        let refused = wait_until(&mut notices, |notice| match notice {
            Notice::Document(Event::Refused(refused)) => Some(*refused),
            _ => None,
        });
        let refused = refused.await;
        assert_eq!((refused.doc, refused.by_us), (doc(), false));
        assert_eq!(refused.refusal, Refusal::Withdrawn);
        add(&server, "server", 2).await;
        wait_for(&clients[1].0, &[1, 2]).await;
        add(left, "left", 3).await;
        add(&clients[1].0, "right", 4).await;
        wait_for(&server, &[1, 2, 4]).await;
        assert_eq!(elements(left).await, [1, 3], "nothing goes either way");

        let unknown = LinkId(77_777);
        let refused = server.unshare(unknown, doc()).await;
        let expected = ServiceError::Refused(LinkError::Unknown { link: unknown });
        assert_eq!(refused, Err(expected));
    });
}

#[test]
fn a_storage_keeps_its_name_and_no_two_have_one() {
    run(async {
        let here = start(MemoryStorage::new(), options()).await;
        let there = start(MemoryStorage::new(), options()).await;
        let name = here.store().await.expect("it runs");
        assert_ne!(there.store().await, Ok(name));
        let storage = here.stop().await.expect("it ran");
        let again = start(storage, options()).await;
        assert_eq!(again.store().await, Ok(name));
    });
}

/// Knows whose store is at the other end of every connection.
struct Tunnel(StoreId);

impl Policy<Elements> for Tunnel {}

impl LinkPolicy<Elements> for Tunnel {
    fn store_at(&mut self, _: LinkId, address: SocketAddr) -> Option<StoreId> {
        assert!(address.ip().is_loopback());
        Some(self.0)
    }
}

/// A server at the other end of a tunnel in which only `store` can be.
async fn at_end_of(store: StoreId) -> (Here, SocketAddr) {
    let (storage, config) = (MemoryStorage::new(), Config::default());
    let server = Service::start_under(storage, config, options(), Tunnel(store));
    let server = server.expect("it starts");
    server.add_document(doc()).await.expect("it loads");
    add(&server, "server", 1).await;
    let address = server.listen("127.0.0.1:0").await.expect("a free port");
    (server, address)
}

#[test]
fn who_is_known_by_its_connection_is_let_in_under_its_name_only() {
    run(async {
        let honest = start(MemoryStorage::new(), options()).await;
        let proven = honest.store().await.expect("it runs");
        let (server, address) = at_end_of(proven).await;
        honest.connect(address.to_string()).await.expect("it runs");
        wait_for(&honest, &[1]).await;

        let other = start(MemoryStorage::new(), options()).await;
        let told = other.store().await.expect("it runs");
        let mut notices = server.notices();
        other.connect(address.to_string()).await.expect("it runs");
        let error = wait_until(&mut notices, |notice| match notice {
            Notice::Unlinked { error, .. } => *error,
            _ => None,
        });
        assert_eq!(error.await, LinkError::AnotherStore { proven, told });
        add(&honest, "honest", 2).await;
        wait_for(&server, &[1, 2]).await;
        assert_eq!(elements(&other).await, [0; 0], "it was told nothing");
    });
}
