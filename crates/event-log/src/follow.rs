//! Following the log: contiguous positions or an error, never a silent gap.
//!
//! The per-aggregate chain is checked by whoever decodes the bodies (`codec::Chain`).

use std::{sync::Arc, time::Duration};

use crate::{EventLog, Limit, ReadError, Record, Scope};

/// How long an idle follower waits between two reads. It bounds how soon a commit is seen when the log was
/// quiet; a direct get costs about 0.2 ms, so 50 reads a second are cheap.
const IDLE_WAIT: Duration = Duration::from_millis(20);

/// How often an idle follower asks the leader for its head, to notice a log that went back.
const HEAD_CHECK: Duration = Duration::from_secs(2);

#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("follow the log: position {expected} is missing, the next one served is {found}")]
    Gap { expected: u64, found: u64 },
    #[error("follow the log: its head is {head}, behind {position} which was read before")]
    Regressed { position: u64, head: u64 },
}

/// A cursor over the whole log. The cursor is ours: nothing about it is stored in the log server.
pub struct Follower {
    log: Arc<dyn EventLog>,
    position: u64,
    head_checked: std::time::Instant,
}

impl Follower {
    /// Starts after `position`, which was processed before; 0 starts at the beginning.
    pub fn new(log: Arc<dyn EventLog>, position: u64) -> Self {
        Self { log, position, head_checked: std::time::Instant::now() }
    }

    pub fn position(&self) -> u64 {
        self.position
    }

    /// The next commits, at once if there are any, otherwise when there are some. Cancel-safe.
    ///
    /// # Errors
    /// A missing position, a head behind what was read before, an unreachable log.
    pub async fn next(&mut self, limit: Limit) -> Result<Vec<Record>, FollowError> {
        loop {
            let records = self.poll(limit).await?;
            if !records.is_empty() {
                return Ok(records);
            }
            tokio::time::sleep(IDLE_WAIT).await;
        }
    }

    /// What there is now, possibly nothing.
    ///
    /// # Errors
    /// As [`Follower::next`].
    pub async fn poll(&mut self, limit: Limit) -> Result<Vec<Record>, FollowError> {
        let records = self.log.read(&Scope::All, self.position, limit).await?;
        let mut expected = self.position + 1;
        for record in &records {
            if record.position != expected {
                return Err(FollowError::Gap { expected, found: record.position });
            }
            expected += 1;
        }
        if records.is_empty() && self.head_checked.elapsed() > HEAD_CHECK {
            self.check_head().await?;
        }
        self.position = expected - 1;
        Ok(records)
    }

    /// Asks the leader whether the log still reaches what was read.
    ///
    /// # Errors
    /// [`FollowError::Regressed`] when it does not.
    pub async fn check_head(&mut self) -> Result<u64, FollowError> {
        let head = self.log.head().await?;
        self.head_checked = std::time::Instant::now();
        if head < self.position {
            return Err(FollowError::Regressed { position: self.position, head });
        }
        Ok(head)
    }
}
