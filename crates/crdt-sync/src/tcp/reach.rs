//! How connections come to be: accepted, or made again and again.

use alloc::string::String;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, sleep, timeout};

use super::Options;
use super::backoff::Backoff;
use super::link::{self, Input};
use crate::LinkId;

/// How many frames of all links wait for the keeper before their sockets do.
const MAX_INPUTS: usize = 64;

/// How long to wait when no connection can be accepted, for want of file handles say.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What every connection needs.
#[derive(Clone, Debug)]
pub(super) struct Reach {
    pub(super) inputs: mpsc::Sender<Input>,
    pub(super) options: Options,
    pub(super) max_frame_bytes: usize,
    next_link: Arc<AtomicU64>,
    seed: u64,
}

impl Reach {
    pub(super) fn new(
        options: Options,
        max_frame_bytes: usize,
        seed: u64,
    ) -> (Self, mpsc::Receiver<Input>) {
        let (inputs, from_links) = mpsc::channel(MAX_INPUTS);
        let reach = Self {
            inputs,
            options,
            max_frame_bytes,
            next_link: Arc::default(),
            seed,
        };
        (reach, from_links)
    }

    /// A number that no link had before.
    pub(super) fn next_link(&self) -> LinkId {
        LinkId(self.next_link.fetch_add(1, Ordering::Relaxed))
    }
}

/// Accepts connections for ever.
pub(super) async fn accept(listener: TcpListener, reach: Reach) {
    let places = Arc::new(Semaphore::new(reach.options.max_accepted));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, address)) => {
                let reach = reach.clone();
                tokio::spawn(async move {
                    link::run(stream, address, &reach).await;
                    drop(place);
                });
            }
            Err(_) => sleep(ACCEPT_PAUSE).await,
        }
    }
}

/// Keeps a connection for ever.
pub(super) async fn keep_connected(address: String, reach: Reach) {
    // Each has waits of its own.
    let seed = reach.seed ^ reach.next_link().0;
    let mut backoff = Backoff::new(&reach.options, seed);
    loop {
        let begun = Instant::now();
        let connecting = TcpStream::connect(&address);
        if let Ok(Ok(stream)) = timeout(reach.options.connect_timeout, connecting).await
            && let Ok(peer) = stream.peer_addr()
        {
            link::run(stream, peer, &reach).await;
        }
        sleep(backoff.wait_after(begun.elapsed())).await;
    }
}
