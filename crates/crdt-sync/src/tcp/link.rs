//! One connection: bytes in, bytes out.
//!
//! **Invariants.** The keeper hears of a link once before its frames, and once when it is gone. Dropping
//! the [`Outlet`] ends the connection at once, whatever the socket is doing.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader, BufWriter};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::either::either;
use super::reach::Reach;
use crate::{LinkId, Outgoing};

/// What connections tell the keeper.
#[derive(Debug)]
pub(super) enum Input {
    Linked {
        link: LinkId,
        address: SocketAddr,
        outlet: Outlet,
    },
    Frame {
        link: LinkId,
        bytes: Vec<u8>,
    },
    Unlinked {
        link: LinkId,
    },
}

/// The way out to one neighbour.
#[derive(Debug)]
pub(super) struct Outlet {
    frames: mpsc::UnboundedSender<Outgoing>,
    /// What is in the queue.
    n_queued_bytes: Arc<AtomicUsize>,
    max_queued_bytes: usize,
    /// Never used: the connection ends when it is dropped.
    _alive: oneshot::Sender<()>,
}

impl Outlet {
    /// Queues a frame; never waits. A frame that does not fit any more is lost, as networks lose them:
    /// the node sends it again.
    ///
    /// Cutting the link instead would throw away what is queued, and a neighbour that has much to catch
    /// up with would be cut each time before it got anything.
    pub(super) fn push(&self, frame: Outgoing) {
        let n_bytes = frame.len();
        let n_before = self.n_queued_bytes.load(Ordering::Relaxed);
        // One frame may be larger than the bound.
        if n_before == 0 || n_before + n_bytes <= self.max_queued_bytes {
            self.n_queued_bytes.fetch_add(n_bytes, Ordering::Relaxed);
            // If the connection is gone, the keeper is about to hear of it.
            drop(self.frames.send(frame));
        }
    }
}

/// Serves a connection until either side ends it.
pub(super) async fn run(stream: TcpStream, address: SocketAddr, reach: &Reach) {
    let link = reach.next_link();
    let (sender, frames) = mpsc::unbounded_channel();
    let (alive, ended) = oneshot::channel();
    let n_queued_bytes = Arc::new(AtomicUsize::new(0));
    let outlet = Outlet {
        frames: sender,
        n_queued_bytes: Arc::clone(&n_queued_bytes),
        max_queued_bytes: reach.options.max_queued_bytes,
        _alive: alive,
    };
    let linked = Input::Linked {
        link,
        address,
        outlet,
    };
    // Frames are batched already: what is written should leave. Without it they are only slower.
    drop(stream.set_nodelay(true));
    let (from, to) = stream.into_split();
    if reach.inputs.send(linked).await.is_ok() {
        let work = either(
            read_frames(from, link, reach),
            write_frames(to, frames, &n_queued_bytes, reach),
        );
        either(ended, work).await;
        // The keeper may be gone.
        drop(reach.inputs.send(Input::Unlinked { link }).await);
    }
}

/// Reads until the neighbour ends it, is silent for too long, or sends what cannot be a frame.
async fn read_frames(from: OwnedReadHalf, link: LinkId, reach: &Reach) {
    let mut from = BufReader::new(from);
    while let Ok(bytes) = read_frame(&mut from, reach).await {
        if !bytes.is_empty()
            && reach
                .inputs
                .send(Input::Frame { link, bytes })
                .await
                .is_err()
        {
            return;
        }
    }
}

/// Reads a frame, however long it takes, while bytes come.
async fn read_frame(from: &mut BufReader<OwnedReadHalf>, reach: &Reach) -> io::Result<Vec<u8>> {
    let idle = reach.options.idle_timeout;
    let n_bytes = timeout(idle, from.read_u32_le()).await?? as usize;
    if n_bytes > reach.max_frame_bytes {
        return Err(io::ErrorKind::InvalidData.into());
    }
    // Grows with what comes, not with what is claimed.
    let mut bytes = Vec::new();
    while bytes.len() < n_bytes {
        let left = n_bytes - bytes.len();
        let mut from = from.take(left as u64);
        if timeout(idle, from.read_buf(&mut bytes)).await?? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(bytes)
}

/// Writes until the queue is closed, or the socket takes nothing for too long.
async fn write_frames(
    to: OwnedWriteHalf,
    mut frames: mpsc::UnboundedReceiver<Outgoing>,
    n_queued_bytes: &AtomicUsize,
    reach: &Reach,
) {
    let options = &reach.options;
    let mut to = BufWriter::new(to);
    loop {
        let next = match frames.try_recv() {
            Ok(frame) => Ok(Some(frame)),
            // Nothing follows at once: what is buffered leaves.
            Err(_) => match timeout(options.write_timeout, to.flush()).await {
                Ok(Ok(())) => timeout(options.keep_alive, frames.recv()).await,
                _ => return,
            },
        };
        let written = match next {
            Ok(Some(frame)) => {
                let n_bytes = frame.len();
                let written = write_frame(&mut to, frame, options.write_timeout).await;
                n_queued_bytes.fetch_sub(n_bytes, Ordering::Relaxed);
                written
            }
            Ok(None) => return,
            Err(_) => write_all(&mut to, &[0; 4], options.write_timeout).await,
        };
        if written.is_err() {
            return;
        }
    }
}

async fn write_frame(
    to: &mut BufWriter<OwnedWriteHalf>,
    frame: Outgoing,
    patience: Duration,
) -> io::Result<()> {
    let n_bytes = u32::try_from(frame.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    write_all(to, &n_bytes.to_le_bytes(), patience).await?;
    write_all(to, &frame.head, patience).await?;
    write_all(to, frame.body.as_deref().unwrap_or_default(), patience).await
}

/// Writes, however long it takes, while the socket takes some.
async fn write_all(
    to: &mut BufWriter<OwnedWriteHalf>,
    mut bytes: &[u8],
    patience: Duration,
) -> io::Result<()> {
    while !bytes.is_empty() {
        match timeout(patience, to.write(bytes)).await?? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            n_written => bytes = &bytes[n_written..],
        }
    }
    Ok(())
}
