//! Why a view does not go on: what passes by itself, and what somebody has to look at.

use codec::{DecodeError, chain::ChainError, sign::KeyError, sign::SignatureError};
use event_log::{FollowError, ReadError};
use uuid::Uuid;

/// A view cannot be kept true any more by going on.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// The log does not hold any more what was read from it.
    #[error("the log no longer reads as it did at position {position}: {problem}")]
    LogRegressed {
        /// What was read before.
        position: u64,
        /// What is there now.
        problem: String,
    },
    /// The view was built from another log.
    #[error("the view follows the log {expected}, this is the log {found}")]
    OtherLog {
        /// Of the view.
        expected: Uuid,
        /// Of the log.
        found: Uuid,
    },
    /// A position is missing.
    #[error("position {expected} of the log is missing, the next one served is {found}")]
    Gap {
        /// The next position.
        expected: u64,
        /// The one served instead.
        found: u64,
    },
    /// Something that is no commit.
    #[error("position {position} of the log is damaged: {problem}")]
    Damaged {
        /// Where.
        position: u64,
        /// How.
        problem: String,
    },
    /// A commit that does not continue its aggregate.
    #[error(transparent)]
    ChainBroken(#[from] ChainError),
    /// A commit that the command service did not write.
    #[error(transparent)]
    Forged(#[from] SignatureError),
    /// A key that cannot be one.
    #[error("position {position} of the log enrols a key that is none")]
    Key {
        /// Where.
        position: u64,
        /// Why not.
        source: KeyError,
    },
    /// An event that this version does not know or cannot read.
    #[error("position {position} of the log has an event that this version cannot read")]
    Unreadable {
        /// Where.
        position: u64,
        /// Why not.
        source: DecodeError,
    },
    /// A commit that cannot be applied, in a view whose rows rest on several aggregates.
    #[error("the commit at position {position} cannot be applied: {reason}")]
    Poisoned {
        /// Where.
        position: u64,
        /// Why not.
        reason: String,
    },
    /// The rows are not those that this version writes.
    #[error("the tables of the view are not as this version makes them")]
    Tables(#[source] read_model::Error),
}

impl Stop {
    /// A stable code, for alarms and for the reason of a stopped view.
    pub fn code(&self) -> &'static str {
        match self {
            Self::LogRegressed { .. } => "LOG_REGRESSED",
            Self::OtherLog { .. } => "LOG_REPLACED",
            Self::Gap { .. } => "LOG_GAP",
            Self::Damaged { .. } => "COMMIT_DAMAGED",
            Self::ChainBroken(_) => "CHAIN_BROKEN",
            Self::Forged(_) => "SIGNATURE_INVALID",
            Self::Key { .. } => "WRITER_KEY_INVALID",
            Self::Unreadable { .. } => "EVENT_UNKNOWN",
            Self::Poisoned { .. } => "EVENT_NOT_APPLICABLE",
            Self::Tables(_) => "TABLES_DIFFER",
        }
    }
}

/// Why a step was not made.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Going on would not be right.
    #[error(transparent)]
    Stop(#[from] Stop),
    /// Somebody else keeps the view now.
    #[error("the view is kept by somebody else now")]
    Fenced,
    /// The database did not answer as it should; later it may.
    #[error("write the view")]
    Database(#[source] read_model::Error),
    /// The log did not answer as it should; later it may.
    #[error("follow the log")]
    Log(#[source] ReadError),
}

impl From<read_model::Error> for Failure {
    fn from(error: read_model::Error) -> Self {
        match error {
            read_model::Error::Fenced(_) => Self::Fenced,
            read_model::Error::Row { .. } | read_model::Error::Refused { .. } => Stop::Tables(error).into(),
            read_model::Error::Migrate(_)
            | read_model::Error::NotMigrated { .. }
            | read_model::Error::Database { .. } => Self::Database(error),
        }
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unavailable { .. } => Self::Log(error),
            ReadError::Malformed { position, reason } => Stop::Damaged { position, problem: reason }.into(),
            ReadError::OtherLog { expected, found } => Stop::OtherLog { expected, found }.into(),
        }
    }
}

impl From<FollowError> for Failure {
    fn from(error: FollowError) -> Self {
        match error {
            FollowError::Read(error) => error.into(),
            FollowError::Gap { expected, found } => Stop::Gap { expected, found }.into(),
            FollowError::Regressed { position, head } => {
                Stop::LogRegressed { position, problem: format!("its last position is {head}") }.into()
            }
        }
    }
}
