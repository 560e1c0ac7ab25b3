//! The directory as the log has it now: followed, checked, handed out.
//!
//! How commits are read and checked is in [`cursor`], what they mean for the directory in [`crate::directory`].

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use arc_swap::ArcSwap;
use contract::status::{Violation, status};
use event_log::EventLog;
use tokio::{sync::Mutex, task::AbortHandle, time::Instant};
use tracing::{error, warn};

use crate::directory::Directory;

mod cursor;

use cursor::Cursor;

/// How far behind the directory may be when a command is judged by it.
pub const LAG_MAX: Duration = Duration::from_secs(2);
/// How often the log is asked for new grants.
const POLL_INTERVAL: Duration = Duration::from_millis(200);
/// Why nobody is to be judged by the directory.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthorityError {
    #[error("the grants were last read {} ms ago", .lag.as_millis())]
    Behind { lag: Duration },
    #[error("read the grants: {reason}")]
    Unavailable { reason: String },
    #[error("read the grants: this version cannot read position {position}: {problem}")]
    Unreadable { position: u64, problem: String },
    #[error("the log is damaged at {position}: {problem}")]
    Damaged { position: u64, problem: String },
    #[error("the log has gone back behind {known}")]
    Regressed { known: u64 },
}

impl AuthorityError {
    /// The reason as clients see it.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Behind { .. } | Self::Unavailable { .. } | Self::Unreadable { .. } => "AUTHORITY_BEHIND",
            Self::Damaged { .. } => "LOG_DAMAGED",
            Self::Regressed { .. } => "LOG_REGRESSED",
        }
    }

    /// Whether it stays so until somebody repairs it.
    pub fn is_lasting(&self) -> bool {
        match self {
            Self::Behind { .. } | Self::Unavailable { .. } => false,
            Self::Unreadable { .. } | Self::Damaged { .. } | Self::Regressed { .. } => true,
        }
    }
}

impl From<AuthorityError> for tonic::Status {
    fn from(error: AuthorityError) -> Self {
        let violation = Violation::new(error.reason());
        status(&[match error {
            AuthorityError::Damaged { position, .. } => violation.with("position", position),
            _ => violation,
        }])
    }
}

/// Follows the grants for as long as it lives.
pub struct Authority {
    followed: Arc<Followed>,
    following: AbortHandle,
}

struct Followed {
    log: Arc<dyn EventLog>,
    directory: ArcSwap<Directory>,
    /// When the last successful reading began.
    read_at: ArcSwap<Instant>,
    failure: OnceLock<AuthorityError>,
    cursor: Mutex<Cursor>,
}

impl Authority {
    /// Reads the genesis and all grants up to what the leader has now, and goes on following.
    ///
    /// # Errors
    /// When the log cannot be read, or is damaged.
    pub async fn start(log: Arc<dyn EventLog>) -> Result<Self, AuthorityError> {
        let started = Instant::now();
        let cursor = Cursor::open(&*log).await?;
        let followed = Arc::new(Followed {
            log,
            directory: ArcSwap::from_pointee(cursor.directory.clone()),
            read_at: ArcSwap::from_pointee(started),
            failure: OnceLock::new(),
            cursor: Mutex::new(cursor),
        });
        followed.catch_up().await?;
        let following = tokio::spawn(follow(followed.clone())).abort_handle();
        Ok(Self { followed, following })
    }

    /// The directory as last read.
    pub fn directory(&self) -> Arc<Directory> {
        self.followed.directory.load_full()
    }

    /// How long ago the last successful reading began.
    pub fn lag(&self) -> Duration {
        self.followed.read_at.load().elapsed()
    }

    /// The failure that no waiting cures, for readiness.
    pub fn failure(&self) -> Option<&AuthorityError> {
        self.followed.failure.get()
    }

    /// The directory, if it is no older than `max`; commands are judged with [`LAG_MAX`].
    ///
    /// # Errors
    /// When it is older, or the log is damaged.
    pub fn fresh(&self, max: Duration) -> Result<Arc<Directory>, AuthorityError> {
        if let Some(failure) = self.failure() {
            return Err(failure.clone());
        }
        let lag = self.lag();
        if lag > max { Err(AuthorityError::Behind { lag }) } else { Ok(self.directory()) }
    }

    /// The directory up to whatever grant the leader has now: asked before somebody is turned away.
    ///
    /// # Errors
    /// When the log cannot be read, or is damaged.
    pub async fn catch_up(&self) -> Result<Arc<Directory>, AuthorityError> {
        self.followed.catch_up().await?;
        Ok(self.directory())
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        self.following.abort();
    }
}

async fn follow(followed: Arc<Followed>) {
    let mut reachable = true;
    loop {
        tokio::time::sleep(POLL_INTERVAL).await;
        match followed.poll().await {
            Ok(()) => reachable = true,
            Err(failure) if failure.is_lasting() => return,
            Err(failure) => {
                if std::mem::take(&mut reachable) {
                    warn!("{failure}");
                }
            }
        }
    }
}

impl Followed {
    /// Reads on to where a replica is.
    async fn poll(&self) -> Result<(), AuthorityError> {
        let started = Instant::now();
        let mut cursor = self.cursor.lock().await;
        let outcome = async {
            cursor.check_head(&*self.log).await?;
            while cursor.read(&*self.log).await? > 0 {}
            Ok(())
        };
        let outcome = outcome.await;
        self.settle(&cursor, started, outcome)
    }

    /// Reads on to where the leader is. Whoever waited while another did so has what they need.
    async fn catch_up(&self) -> Result<(), AuthorityError> {
        let asked = Instant::now();
        let mut cursor = self.cursor.lock().await;
        let outcome = match cursor.leader_reached {
            Some(at) if at >= asked => Ok(()),
            _ => cursor.reach_leader(&*self.log).await,
        };
        self.settle(&cursor, asked, outcome)
    }

    fn settle(
        &self,
        cursor: &Cursor,
        started: Instant,
        outcome: Result<(), AuthorityError>,
    ) -> Result<(), AuthorityError> {
        let outcome = match self.failure.get() {
            Some(failure) => Err(failure.clone()),
            None => outcome,
        };
        match &outcome {
            Ok(()) => {
                if self.directory.load().position() != cursor.directory.position() {
                    self.directory.store(Arc::new(cursor.directory.clone()));
                }
                self.read_at.store(Arc::new(started));
            }
            Err(failure) if failure.is_lasting() => {
                if self.failure.set(failure.clone()).is_ok() {
                    error!("{failure}");
                }
            }
            Err(_) => {}
        }
        outcome
    }
}
