//! Streams that go on: a stream that ends for a reason of the service's is opened again where it stopped.

use std::time::Duration;

use tonic::{Code, Status};

use crate::{connection::Session, failure::Failure};

/// Waits between attempts that bring nothing; after that many, about a minute, it is told as a failure.
const WAITS: [u64; 7] = [0, 1, 2, 4, 8, 16, 30];

/// Counts attempts that brought nothing.
#[derive(Debug, Default)]
pub(crate) struct Resume {
    in_vain: usize,
}

impl Resume {
    /// Something came: the next end is a first one again.
    pub(crate) fn progressed(&mut self) {
        self.in_vain = 0;
    }

    /// Waits before the stream is opened again, with a fresh token when the old one was refused.
    ///
    /// # Errors
    /// The status, when it is not worth another attempt.
    pub(crate) async fn after(&mut self, status: Status, session: &Session) -> Result<(), Failure> {
        // A token can expire while a stream lives; one that is refused at once will be refused again.
        let expired = status.code() == Code::Unauthenticated && self.in_vain == 0;
        let transient =
            matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded | Code::ResourceExhausted);
        let Some(seconds) = WAITS.get(self.in_vain).filter(|_| expired || transient) else {
            return Err(status.into());
        };
        self.in_vain += 1;
        tokio::time::sleep(Duration::from_secs(*seconds)).await;
        if expired { session.refresh().await } else { Ok(()) }
    }
}
