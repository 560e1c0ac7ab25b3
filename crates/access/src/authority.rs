//! The directory as the log has it now: followed, checked, handed out.
//!
//! What a commit means for the directory is [`crate::directory`]'s affair. Only the area of reference data is read:
//! a hole in the log shows here as a broken chain of an aggregate.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use arc_swap::ArcSwap;
use codec::{
    Commit, DecodeError, DomainEvent,
    chain::Chain,
    genesis,
    sign::{KeyError, Keyring},
};
use contract::status::{Violation, status};
use event_log::{EventLog, Limit, ReadError, Record, Scope};
use tokio::{sync::Mutex, task::AbortHandle, time::Instant};
use tracing::{error, warn};

use crate::directory::Directory;

/// How far behind the directory may be when a command is judged by it.
pub const LAG_MAX: Duration = Duration::from_secs(2);
/// How often the log is asked for new grants.
const POLL_INTERVAL: Duration = Duration::from_millis(200);
/// How often the leader is asked whether the log still reaches what was read.
const HEAD_CHECK_INTERVAL: Duration = Duration::from_secs(2);

/// How long to wait for a replica that lags before asking again.
const REPLICA_WAIT: Duration = Duration::from_millis(10);

const GENESIS: u64 = 1;
const AREA: Scope = Scope::Area("reference");

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

struct Cursor {
    chain: Chain,
    keyring: Keyring,
    directory: Directory,
    head_checked: Instant,
    /// When the last reading began that reached the leader.
    leader_reached: Option<Instant>,
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

impl Cursor {
    async fn open(log: &dyn EventLog) -> Result<Self, AuthorityError> {
        let first = log.get(GENESIS).await.map_err(unread)?;
        let first = first.ok_or(AuthorityError::Unavailable { reason: "the log is empty".to_owned() })?;
        if first.subject != genesis::subject(log.log_id()) {
            return Err(AuthorityError::Regressed { known: GENESIS });
        }
        let mut cursor = Self {
            chain: Chain::default(),
            keyring: Keyring::new(log.log_id()),
            directory: Directory::default(),
            head_checked: Instant::now(),
            leader_reached: None,
        };
        // The genesis enrols the key that signs it: it is the root of trust, and shows only that it is whole.
        let commit = read_commit(&first)?;
        for event in decode(&first, &commit)? {
            cursor.keyring.learn(&event).map_err(|e: KeyError| damaged(GENESIS, &e))?;
        }
        cursor.accept(&first)?;
        Ok(cursor)
    }

    async fn check_head(&mut self, log: &dyn EventLog) -> Result<(), AuthorityError> {
        if self.head_checked.elapsed() < HEAD_CHECK_INTERVAL {
            return Ok(());
        }
        let (head, known) = (log.head().await.map_err(unread)?, self.directory.position());
        self.head_checked = Instant::now();
        if head < known { Err(AuthorityError::Regressed { known }) } else { Ok(()) }
    }

    async fn reach_leader(&mut self, log: &dyn EventLog) -> Result<(), AuthorityError> {
        let started = Instant::now();
        let last = log.last(&AREA).await.map_err(unread)?.map_or(GENESIS, |last| last.position);
        let known = self.directory.position();
        if last < known {
            return Err(AuthorityError::Regressed { known });
        }
        while self.directory.position() < last {
            if self.read(log).await? > 0 {
                continue;
            }
            // Only a replica that lags is short of what the leader has; the next one may not be.
            if started.elapsed() > LAG_MAX {
                return Err(AuthorityError::Unavailable { reason: "every replica lags".to_owned() });
            }
            tokio::time::sleep(REPLICA_WAIT).await;
        }
        self.leader_reached = Some(started);
        Ok(())
    }

    /// Reads one batch, and says how many commits there were.
    async fn read(&mut self, log: &dyn EventLog) -> Result<usize, AuthorityError> {
        let records = log.read(&AREA, self.directory.position(), Limit::default()).await.map_err(unread)?;
        for record in &records {
            self.accept(record)?;
        }
        Ok(records.len())
    }

    fn accept(&mut self, record: &Record) -> Result<(), AuthorityError> {
        let position = record.position;
        let commit = read_commit(record)?;
        self.chain.accept(record, &commit).map_err(|e| damaged(position, &e))?;
        self.keyring.verify(record, &commit).map_err(|e| damaged(position, &e))?;
        for event in decode(record, &commit)? {
            self.keyring.learn(&event).map_err(|e| damaged(position, &e))?;
            self.directory.fold(position, record.subject.id(), &event);
        }
        Ok(())
    }
}

fn read_commit(record: &Record) -> Result<Commit, AuthorityError> {
    Commit::decode(&record.body).map_err(|e| damaged(record.position, &e))
}

fn decode(record: &Record, commit: &Commit) -> Result<Vec<DomainEvent>, AuthorityError> {
    let unreadable = |error: DecodeError| {
        let problem = error.to_string();
        AuthorityError::Unreadable { position: record.position, problem }
    };
    let events = commit.events.iter().map(|stored| DomainEvent::decode(&record.subject, stored));
    events.collect::<Result<_, _>>().map_err(unreadable)
}

fn damaged(position: u64, problem: &dyn std::error::Error) -> AuthorityError {
    AuthorityError::Damaged { position, problem: problem.to_string() }
}

fn unread(error: ReadError) -> AuthorityError {
    match error {
        ReadError::Unavailable { reason } => AuthorityError::Unavailable { reason },
        ReadError::Malformed { position, reason } => AuthorityError::Damaged { position, problem: reason },
        ReadError::OtherLog { .. } => AuthorityError::Regressed { known: GENESIS },
    }
}
