//! Nodes over TCP: edits arrive, links come back, and nobody waits for the slow.

use alloc::sync::Arc;
use core::future::Future;
use core::net::SocketAddr;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use core::time::Duration;

use crdt_core::AgentId;
use crdt_maps::OrSet;
use crdt_sync::conformance::{Fault, FaultyStorage};
use crdt_sync::tcp::{LinkPolicy, Notice, Options, Service, ServiceError};
use crdt_sync::{
    Config, DocId, LinkId, MemoryStorage, Offer, Policy, RedbStorage, Refusal, Storage,
};
use crdt_testkit::Folder;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

pub(crate) type Elements = OrSet<u32>;
type Blobs = OrSet<String>;

/// Runs a test, and not for ever.
pub(crate) fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.expect("a runtime can be made");
    let finished = runtime.block_on(async { timeout(Duration::from_secs(60), test).await });
    finished.expect("a test takes less than a minute");
}

pub(crate) fn doc() -> DocId {
    DocId::from_name("elements")
}

pub(crate) fn options() -> Options {
    let mut options = Options::default();
    options.batch_window = Duration::from_millis(2);
    options.min_backoff = Duration::from_millis(5);
    options.max_backoff = Duration::from_millis(50);
    options.storage_retry = Duration::from_millis(20);
    options
}

pub(crate) async fn start<S>(storage: S, options: Options) -> Service<Elements, S>
where
    S: Storage<Error: Send + Sync> + Send + 'static,
{
    let service = Service::start(storage, Config::default(), options).expect("it starts");
    service.add_document(doc()).await.expect("it loads");
    service
}

pub(crate) async fn add<S>(service: &Service<Elements, S>, agent: &str, element: u32)
where
    S: Storage<Error: Send + Sync> + Send + 'static,
{
    let agent = AgentId::new(agent).expect("a short name");
    let edited = service.edit(doc(), move |set| set.add_with_delta(&agent, element));
    edited.await.expect("the edit is made");
}

pub(crate) async fn elements<S>(service: &Service<Elements, S>) -> Vec<u32>
where
    S: Storage<Error: Send + Sync> + Send + 'static,
{
    let read = service.read(doc(), |set| set.iter().copied().collect());
    read.await.expect("the document is there")
}

pub(crate) async fn wait_for<S>(service: &Service<Elements, S>, expected: &[u32])
where
    S: Storage<Error: Send + Sync> + Send + 'static,
{
    while elements(service).await != expected {
        sleep(Duration::from_millis(2)).await;
    }
}

#[test]
fn edits_go_both_ways_and_are_told_to_subscribers() {
    run(async {
        let server = start(MemoryStorage::new(), options()).await;
        let address = server.listen("127.0.0.1:0").await.expect("a free port");
        let client = start(MemoryStorage::new(), options()).await;
        let mut notices = client.notices();
        client.connect(address.to_string()).await.expect("it runs");
        add(&server, "server", 1).await;
        add(&client, "client", 2).await;
        wait_for(&server, &[1, 2]).await;
        wait_for(&client, &[1, 2]).await;
        let mut changed = false;
        while !changed {
            let notice = notices.next().await.expect("the node runs");
            changed = matches!(&*notice, Notice::Document(crdt_sync::Event::Changed { .. }));
        }
    });
}

#[test]
fn many_clients_share_what_they_write_through_a_server() {
    run(async {
        let server = start(MemoryStorage::new(), options()).await;
        let address = server.listen("127.0.0.1:0").await.expect("a free port");
        let mut clients = Vec::new();
        for number in 0..8 {
            let client = start(MemoryStorage::new(), options()).await;
            client.connect(address.to_string()).await.expect("it runs");
            add(&client, &format!("client {number}"), number).await;
            clients.push(client);
        }
        for client in &clients {
            wait_for(client, &[0, 1, 2, 3, 4, 5, 6, 7]).await;
        }
    });
}

#[test]
fn a_server_that_is_gone_for_a_while_is_found_again() {
    run(async {
        let folder = Folder::new("sync");
        let path = folder.join("server.redb");
        let open = || RedbStorage::create(&path).expect("a file");
        let server = start(open(), options()).await;
        let address = server.listen("127.0.0.1:0").await.expect("a free port");
        let client = start(MemoryStorage::new(), options()).await;
        client.connect(address.to_string()).await.expect("it runs");
        add(&client, "client", 1).await;
        wait_for(&server, &[1]).await;

        drop(server.stop().await.expect("it ran"));
        assert_eq!(server.stop().await.map(|_| ()), None);
        add(&client, "client", 2).await;
        let server = start(open(), options()).await;
        assert_eq!(elements(&server).await, [1]);
        server
            .listen(address)
            .await
            .expect("the port is free again");
        wait_for(&server, &[1, 2]).await;
        add(&server, "server", 3).await;
        wait_for(&client, &[1, 2, 3]).await;
    });
}

#[test]
fn an_edit_returns_when_the_storage_took_it() {
    run(async {
        let disk = FaultyStorage::new(1);
        let service = start(disk.clone(), options()).await;
        let mut notices = service.notices();
        disk.set_full(true);
        let waiting = timeout(Duration::from_millis(100), add(&service, "a", 1)).await;
        assert!(waiting.is_err(), "it is not durable");
        let notice = notices.next().await.expect("the node runs");
        assert!(matches!(*notice, Notice::NotCommitted(_)), "{notice:?}");
        disk.set_full(false);
        add(&service, "a", 2).await;

        disk.fail_next(Fault::AfterWriting);
        add(&service, "a", 3).await;
        drop(service);
        let after = start(disk.crash(0), options()).await;
        assert_eq!(elements(&after).await, [1, 2, 3]);
    });
}

#[test]
fn errors_say_what_was_wrong() {
    run(async {
        let service = start(MemoryStorage::new(), options()).await;
        let unknown = DocId::from_name("unknown");
        let refused = service.edit(doc(), |_| Err(7)).await;
        assert_eq!(refused, Err(ServiceError::Refused(7)));
        let read = service.read(unknown, |_| ()).await;
        assert_eq!(read, Err(ServiceError::UnknownDocument { doc: unknown }));
        let edited = service.edit(unknown, |_| Err(7)).await;
        assert_eq!(edited, Err(ServiceError::UnknownDocument { doc: unknown }));
        assert!(service.stop().await.is_some());
        assert_eq!(
            service.read(doc(), |_| ()).await,
            Err(ServiceError::Stopped)
        );
        assert!(service.listen("127.0.0.1:0").await.is_err());
    });
}

/// A relay in front of an address, that can stop carrying without closing.
async fn relay(to: SocketAddr, is_stopped: Arc<AtomicBool>) -> SocketAddr {
    let socket = TcpSocket::new_v4().expect("a socket can be made");
    // Little is on the way in the system itself, so that a stop is soon felt.
    socket
        .set_recv_buffer_size(1 << 12)
        .expect("it is only smaller");
    let any = "127.0.0.1:0".parse().expect("an address");
    socket.bind(any).expect("a free port");
    let listener = socket.listen(8).expect("it listens");
    let address = listener.local_addr().expect("it has an address");
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let far = TcpSocket::new_v4().expect("a socket can be made");
            far.set_recv_buffer_size(1 << 12)
                .expect("it is only smaller");
            let Ok(far) = far.connect(to).await else {
                continue;
            };
            let (near_read, near_write) = near.into_split();
            let (far_read, far_write) = far.into_split();
            tokio::spawn(carry(near_read, far_write, Arc::clone(&is_stopped)));
            tokio::spawn(carry(far_read, near_write, Arc::clone(&is_stopped)));
        }
    });
    address
}

async fn carry(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    is_stopped: Arc<AtomicBool>,
) {
    let mut buffer = vec![0; 1 << 14];
    while let Ok(n_read @ 1..) = from.read(&mut buffer).await {
        while is_stopped.load(Ordering::Relaxed) {
            sleep(Duration::from_millis(5)).await;
        }
        if to.write_all(&buffer[..n_read]).await.is_err() {
            return;
        }
    }
}

/// Starts a node for a set of long texts, which puts no bound of its own on what is on the way.
async fn start_with_blobs(options: Options) -> Service<Blobs, MemoryStorage> {
    let mut config = Config::default();
    config.window_bytes = usize::MAX;
    config.link_window_bytes = usize::MAX;
    config.max_retry_ms = 500;
    let service = Service::start(MemoryStorage::new(), config, options).expect("it starts");
    service.add_document(doc()).await.expect("it loads");
    service
}

async fn wait_for_blobs(service: &Service<Blobs, MemoryStorage>, n_blobs: usize) {
    while service.read(doc(), |set| set.len()).await != Ok(n_blobs) {
        sleep(Duration::from_millis(2)).await;
    }
}

#[test]
fn a_slow_neighbour_is_dropped_and_others_do_not_notice() {
    run(async {
        let mut small = options();
        small.write_timeout = Duration::from_millis(300);
        let server = start_with_blobs(small).await;
        let address = server.listen("127.0.0.1:0").await.expect("a free port");
        let is_stopped = Arc::new(AtomicBool::new(false));
        let through = relay(address, Arc::clone(&is_stopped)).await;
        let slow = start_with_blobs(options()).await;
        let fast = start_with_blobs(options()).await;
        slow.connect(through.to_string()).await.expect("it runs");
        fast.connect(address.to_string()).await.expect("it runs");
        let agent = AgentId::new("server").expect("a short name");
        let add = async |number: usize| {
            let (agent, blob) = (agent.clone(), format!("{number}{}", "x".repeat(20_000)));
            let edited = server.edit(doc(), move |set| set.add_with_delta(&agent, blob));
            edited.await.expect("the edit is made");
        };
        add(0).await;
        wait_for_blobs(&slow, 1).await;
        wait_for_blobs(&fast, 1).await;

        is_stopped.store(true, Ordering::Relaxed);
        let mut notices = server.notices();
        let (mut n_blobs, mut was_dropped) = (1, false);
        while !was_dropped {
            add(n_blobs).await;
            n_blobs += 1;
            // It takes time to be found slow, and what is added meanwhile must come through in the end.
            sleep(Duration::from_millis(25)).await;
            let arrived = timeout(Duration::from_secs(10), wait_for_blobs(&fast, n_blobs));
            arrived
                .await
                .expect("the fast one does not wait for the slow one");
            while let Ok(Some(notice)) = timeout(Duration::from_millis(1), notices.next()).await {
                was_dropped |= matches!(*notice, Notice::Unlinked { .. });
            }
        }
        is_stopped.store(false, Ordering::Relaxed);
        wait_for_blobs(&slow, n_blobs).await;
    });
}

#[test]
fn bytes_that_are_no_frames_cut_only_their_own_link() {
    run(async {
        let server = start(MemoryStorage::new(), options()).await;
        let address = server.listen("127.0.0.1:0").await.expect("a free port");
        let client = start(MemoryStorage::new(), options()).await;
        client.connect(address.to_string()).await.expect("it runs");
        for garbage in [
            // Too long, an unknown frame, and a frame that ends early.
            &b"\xff\xff\xff\xff"[..],
            b"\x03\x00\x00\x00\xee\xee\xee",
            b"\x10\x00\x00\x00\x01",
        ] {
            let mut stream = TcpStream::connect(address).await.expect("it listens");
            stream.write_all(garbage).await.expect("it reads");
            stream.shutdown().await.expect("it is open");
            let mut rest = Vec::new();
            // The hello comes, then the end: the link is cut.
            drop(stream.read_to_end(&mut rest).await);
        }
        add(&client, "client", 1).await;
        wait_for(&server, &[1]).await;
    });
}

#[test]
fn a_neighbour_that_says_nothing_is_dropped() {
    run(async {
        let mut impatient = options();
        impatient.idle_timeout = Duration::from_millis(100);
        let server = start(MemoryStorage::new(), impatient).await;
        let address = server.listen("127.0.0.1:0").await.expect("a free port");
        let mut silent = TcpStream::connect(address).await.expect("it listens");
        let mut rest = Vec::new();
        silent.read_to_end(&mut rest).await.expect("the end comes");
    });
}

#[test]
fn signs_of_life_keep_a_link_that_has_nothing_to_say() {
    run(async {
        let mut patient = options();
        patient.keep_alive = Duration::from_millis(20);
        patient.idle_timeout = Duration::from_millis(400);
        let server = start(MemoryStorage::new(), patient).await;
        let address = server.listen("127.0.0.1:0").await.expect("a free port");
        let client = start(MemoryStorage::new(), patient).await;
        let mut notices = client.notices();
        client.connect(address.to_string()).await.expect("it runs");
        add(&client, "client", 1).await;
        wait_for(&server, &[1]).await;
        sleep(Duration::from_millis(1_200)).await;
        while let Ok(Some(notice)) = timeout(Duration::from_millis(1), notices.next()).await {
            assert!(!matches!(*notice, Notice::Unlinked { .. }), "{notice:?}");
        }
    });
}

/// Readers from anywhere, writers by their first link only.
struct Library {
    writer: Option<LinkId>,
    n_gone: Arc<AtomicUsize>,
    is_closed: Arc<AtomicBool>,
}

impl Policy<Elements> for Library {
    fn writes(&mut self, offer: &Offer<'_, Elements>) -> Result<(), Refusal> {
        let may_write = self.writer == Some(offer.link);
        may_write.then_some(()).ok_or(Refusal::Forbidden)
    }
}

impl LinkPolicy<Elements> for Library {
    fn links(&mut self, link: LinkId, address: SocketAddr) -> bool {
        self.writer.get_or_insert(link);
        address.ip().is_loopback() && !self.is_closed.load(Ordering::Relaxed)
    }

    fn leaves(&mut self, _: LinkId) {
        self.n_gone.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_service_asks_its_policy() {
    run(async {
        let (n_gone, is_closed) = (Arc::default(), Arc::default());
        let policy = Library {
            writer: None,
            n_gone: Arc::clone(&n_gone),
            is_closed: Arc::clone(&is_closed),
        };
        let server =
            Service::start_under(MemoryStorage::new(), Config::default(), options(), policy);
        let server = server.expect("it starts");
        server.add_document(doc()).await.expect("it loads");
        let address = server.listen("127.0.0.1:0").await.expect("a free port");
        add(&server, "server", 1).await;
        let writer = start(MemoryStorage::new(), options()).await;
        writer.connect(address.to_string()).await.expect("it runs");
        wait_for(&writer, &[1]).await;
        let guest = start(MemoryStorage::new(), options()).await;
        let mut notices = guest.notices();
        guest.connect(address.to_string()).await.expect("it runs");
        wait_for(&guest, &[1]).await;
        add(&writer, "writer", 2).await;
        wait_for(&server, &[1, 2]).await;
        add(&guest, "guest", 3).await;
        loop {
            let notice = notices.next().await.expect("the node runs");
            if let Notice::Document(crdt_sync::Event::Refused(refused)) = &*notice {
                assert_eq!(refused.refusal, Refusal::Forbidden);
                break;
            }
        }
        add(&writer, "writer", 4).await;
        wait_for(&server, &[1, 2, 4]).await;
        // Nobody new may link; who did may go.
        is_closed.store(true, Ordering::Relaxed);
        let late = start(MemoryStorage::new(), options()).await;
        late.connect(address.to_string()).await.expect("it runs");
        guest.stop().await;
        while n_gone.load(Ordering::Relaxed) == 0 {
            sleep(Duration::from_millis(2)).await;
        }
        assert_eq!(elements(&late).await, [0; 0]);
    });
}
