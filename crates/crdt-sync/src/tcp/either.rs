//! Waiting for whichever of two is first.

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;

/// Returns when the first of the two is done; the other is dropped where it stands.
pub(super) async fn either(a: impl Future, b: impl Future) {
    let (mut a, mut b) = (pin!(a), pin!(b));
    poll_fn(|cx| {
        if a.as_mut().poll(cx).is_ready() || b.as_mut().poll(cx).is_ready() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}
