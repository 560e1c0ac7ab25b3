//! Everything that keeps a command from being recorded, as violations of the table of reasons.

use contract::status::{self, Violation};
use domain::{Rejection, Rejections, values::Code as _};
use event_log::{AppendError, ReadError};
use tonic::Status;

/// Why a command was not recorded, as the client will see it.
#[derive(Clone, Debug)]
pub struct Refusal(Box<Status>);

impl Refusal {
    /// One reason.
    pub fn of(reason: &str) -> Self {
        Violation::new(reason).into()
    }

    /// The name of the deciding reason.
    pub fn reason(&self) -> String {
        status::explain(&self.0).reason
    }

    /// What the client sees.
    pub fn status(self) -> Status {
        *self.0
    }
}

impl From<Status> for Refusal {
    fn from(status: Status) -> Self {
        Self(Box::new(status))
    }
}

impl From<Violation> for Refusal {
    fn from(violation: Violation) -> Self {
        status::status(&[violation]).into()
    }
}

impl From<Rejections> for Refusal {
    fn from(rejections: Rejections) -> Self {
        let violation = |rejection: &Rejection| Violation {
            reason: rejection.reason.code().to_owned(),
            field: rejection.field.clone(),
            params: rejection.params.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect(),
        };
        let violations: Vec<Violation> = rejections.all().iter().map(violation).collect();
        status::status(&violations).into()
    }
}

impl From<AppendError> for Refusal {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Conflict { .. } => Self::of("CONCURRENT_APPEND"),
            AppendError::TooLarge { .. } => {
                Violation::new("COMMIT_TOO_LARGE").with("max", event_log::BODY_BYTES_MAX).into()
            }
            AppendError::Full { .. } => {
                Violation::new("LOG_REFUSES_WRITES").with("problem", "it is full").into()
            }
            AppendError::Refused { .. } => {
                tracing::error!(error = %error, "the log refuses writes");
                Violation::new("LOG_REFUSES_WRITES").with("problem", "writing is not safe now").into()
            }
            AppendError::Unavailable { .. } => {
                tracing::warn!(error = %error, "the log is not reachable");
                Self::of("LOG_UNAVAILABLE")
            }
            AppendError::Unknown { .. } => {
                tracing::warn!(error = %error, "the outcome of an append is not known");
                Self::of("OUTCOME_UNKNOWN")
            }
        }
    }
}

impl From<ReadError> for Refusal {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unavailable { .. } => {
                tracing::warn!(error = %error, "the log is not reachable");
                Self::of("LOG_UNAVAILABLE")
            }
            ReadError::Malformed { position, .. } => damaged(position, &error),
            ReadError::OtherLog { .. } => damaged(1, &error),
        }
    }
}

/// Damage of the log at a position: alarmed, never folded over.
pub(crate) fn damaged(position: u64, error: &dyn std::error::Error) -> Refusal {
    tracing::error!(position, error = %error, "the log is damaged");
    Violation::new("LOG_DAMAGED").with("position", position).into()
}
