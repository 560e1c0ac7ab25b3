//! The way out of a stream: bounded, with a place kept free for its last word.
//!
//! Whoever reads too slowly fills the queue. The reason why the stream ends must reach them nevertheless, so one
//! place of the queue is reserved from the start.

use std::time::Duration;

use tokio::sync::mpsc::{self, OwnedPermit, Receiver, Sender};
use tonic::Status;

/// The sending half of a stream of `T`.
pub struct Outbox<T> {
    sender: Sender<Result<T, Status>>,
    last: OwnedPermit<Result<T, Status>>,
}

/// Why a message was not taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotSent {
    /// The reader is gone.
    Gone,
    /// The queue stayed full for the whole wait.
    TooSlow,
}

impl<T> Outbox<T> {
    /// A queue of `size` messages and a last word.
    pub fn new(size: usize) -> (Self, Receiver<Result<T, Status>>) {
        let (sender, receiver) = mpsc::channel(size + 1);
        let last = sender.clone().try_reserve_owned().expect("a new queue is empty");
        (Self { sender, last }, receiver)
    }

    /// Queues a message, waiting for a place at most so long.
    pub(crate) async fn send(&self, message: T, wait: Duration) -> Result<(), NotSent> {
        match tokio::time::timeout(wait, self.sender.reserve()).await {
            Ok(Ok(place)) => place.send(Ok(message)),
            Ok(Err(_closed)) => return Err(NotSent::Gone),
            Err(_elapsed) => return Err(NotSent::TooSlow),
        }
        Ok(())
    }

    /// Until the reader is gone.
    pub(crate) async fn closed(&self) {
        self.sender.closed().await;
    }

    /// The last word.
    pub(crate) fn end(self, status: Status) {
        drop(self.last.send(Err(status)));
    }
}
