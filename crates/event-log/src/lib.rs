//! What a log is: subjects, records, append with an expectation, reading in order.
//!
//! Deliberately not here: JetStream (`event-log-nats`), the meaning of a body (`codec`), any rule of the
//! business (`domain`). [`memory`] is a log for tests of the layers above; [`conformance`] is the one suite
//! that both it and the real log must pass.

pub mod conformance;
pub mod follow;
pub mod memory;
mod subject;

use async_trait::async_trait;
use bytes::Bytes;
use time::OffsetDateTime;
use uuid::Uuid;

pub use follow::{FollowError, Follower};
pub use subject::{Subject, SubjectError};

/// The body's media type; every commit carries it.
pub const CONTENT_TYPE: &str = "application/vnd.cornerstone.commit+json; format=1";

/// The largest commit body, in bytes (settled: 512 KiB).
pub const BODY_BYTES_MAX: usize = 512 * 1024;

/// The headers of a commit that survive mirroring and are bound by its leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headers {
    /// `Nats-Msg-Id`: the commit's id, unique across subjects.
    pub commit_id: Uuid,
    /// `Cs-Key`: the first 8 bytes of SHA-256 of the writer's public key, hex.
    pub key_id: String,
    /// `Cs-Signature`: the writer's Ed25519 signature, base64.
    pub signature: String,
    /// `traceparent` (W3C Trace Context) of the request that caused the commit.
    pub traceparent: Option<String>,
}

/// A commit as it is sent: identical bytes on every attempt.
#[derive(Clone, Debug)]
pub struct Append {
    pub subject: Subject,
    /// The position of the last commit on this subject, 0 for none. Never absent.
    pub expected: u64,
    pub headers: Headers,
    pub body: Bytes,
}

/// A commit as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The global position: the stream sequence, from 1, without holes.
    pub position: u64,
    /// The log server's clock when it stored the commit.
    pub stored_at: OffsetDateTime,
    pub subject: Subject,
    pub headers: Headers,
    pub body: Bytes,
}

/// Which commits a read is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    All,
    /// One area, such as `reference`.
    Area(&'static str),
    /// One aggregate.
    Stream(Subject),
}

/// Bounds of one read; both hold, and at least one record is returned when there is one.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    pub count: usize,
    pub bytes: usize,
}

impl Default for Limit {
    /// 512 commits or 4 MiB: the size at which a direct get stops being bound by its round trip.
    fn default() -> Self {
        Self { count: 512, bytes: 4 * 1024 * 1024 }
    }
}

/// Why an append did not happen, or may not have.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    #[error("append to `{subject}`: another commit came first")]
    Conflict { subject: Subject },
    #[error("append to `{subject}`: the body has {bytes} bytes, {BODY_BYTES_MAX} are allowed")]
    TooLarge { subject: Subject, bytes: usize },
    #[error("append to `{subject}`: the log is full")]
    Full { subject: Subject },
    #[error("append to `{subject}`: writes are refused: {reason}")]
    Refused { subject: Subject, reason: String },
    #[error("append to `{subject}`: the log is not reachable: {reason}")]
    Unavailable { subject: Subject, reason: String },
    #[error("append to `{subject}`: the outcome of commit {commit_id} could not be learnt")]
    Unknown { subject: Subject, commit_id: Uuid },
}

/// Why a read failed. Damage is never folded over.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("read the log: not reachable: {reason}")]
    Unavailable { reason: String },
    #[error("read the log: position {position} is not a commit: {reason}")]
    Malformed { position: u64, reason: String },
    #[error("read the log: this is log {found}, not {expected}")]
    OtherLog { expected: Uuid, found: Uuid },
}

/// A totally ordered, append-only log of commits, one subject per aggregate.
#[async_trait]
pub trait EventLog: Send + Sync + 'static {
    /// The identity fixed by the genesis commit; a recreated log has another.
    fn log_id(&self) -> Uuid;

    /// Appends if the last commit on the subject is at `expected`. An unknown outcome is resolved by reading
    /// back before this returns; a repeat of an append that succeeded returns the same position.
    async fn append(&self, commit: Append) -> Result<u64, AppendError>;

    /// Commits of the scope after a position, in order. May be served by a replica that lags: an answer can
    /// be short, never out of order.
    async fn read(&self, scope: &Scope, after: u64, limit: Limit) -> Result<Vec<Record>, ReadError>;

    /// The commit at a position, never stale; `None` beyond the head, and where one is missing.
    async fn get(&self, position: u64) -> Result<Option<Record>, ReadError>;

    /// The last commit of the scope, answered by the leader: never stale.
    async fn last(&self, scope: &Scope) -> Result<Option<Record>, ReadError>;

    /// The last position of the log, answered by the leader; 0 when empty.
    async fn head(&self) -> Result<u64, ReadError>;
}
