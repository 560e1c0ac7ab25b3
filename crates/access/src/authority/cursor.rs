//! Reading the grants from the log: every commit's chain and signature are checked before it counts.
//!
//! Only the area of reference data is read: a hole in the log shows here as the broken chain of an aggregate.

use std::time::Duration;

use codec::{
    Commit, DecodeError, DomainEvent,
    chain::Chain,
    genesis,
    sign::{KeyError, Keyring},
};
use event_log::{EventLog, Limit, ReadError, Record, Scope};
use tokio::time::Instant;

use super::{AuthorityError, LAG_MAX};
use crate::directory::Directory;

/// How often the leader is asked whether the log still reaches what was read.
const HEAD_CHECK_INTERVAL: Duration = Duration::from_secs(2);
/// How long to wait for a replica that lags before asking again.
const REPLICA_WAIT: Duration = Duration::from_millis(10);

const GENESIS: u64 = 1;
const AREA: Scope = Scope::Area("reference");

/// How far was read, and what is needed to check what comes next.
pub(super) struct Cursor {
    pub(super) directory: Directory,
    chain: Chain,
    keyring: Keyring,
    head_checked: Instant,
    /// When the last reading began that reached the leader.
    pub(super) leader_reached: Option<Instant>,
}

impl Cursor {
    pub(super) async fn open(log: &dyn EventLog) -> Result<Self, AuthorityError> {
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

    pub(super) async fn check_head(&mut self, log: &dyn EventLog) -> Result<(), AuthorityError> {
        if self.head_checked.elapsed() < HEAD_CHECK_INTERVAL {
            return Ok(());
        }
        let (head, known) = (log.head().await.map_err(unread)?, self.directory.position());
        self.head_checked = Instant::now();
        if head < known { Err(AuthorityError::Regressed { known }) } else { Ok(()) }
    }

    pub(super) async fn reach_leader(&mut self, log: &dyn EventLog) -> Result<(), AuthorityError> {
        let started = Instant::now();
        let last = match log.last(&AREA).await {
            Ok(last) => last.map_or(GENESIS, |last| last.position),
            // Who has a reader's rights only cannot ask for the last of more than about a thousand aggregates at
            // once (a limit of nats-server): then as far as the replica that answers has it.
            Err(ReadError::Unavailable { .. }) => {
                while self.read(log).await? > 0 {}
                self.leader_reached = Some(started);
                return Ok(());
            }
            Err(error) => return Err(unread(error)),
        };
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
    pub(super) async fn read(&mut self, log: &dyn EventLog) -> Result<usize, AuthorityError> {
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
