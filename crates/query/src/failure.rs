//! Why a query was not answered, and the status that says so. Logged here, once; a driver's text stays here too.

use std::error::Error;

use contract::status::{Violation, refuse, status};
use tonic::Status;
use tracing::{error, warn};
use uuid::Uuid;

/// Why a query was not answered.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The request is wrong, in each of these ways.
    #[error("the request is refused: {0:?}")]
    Refused(Vec<Violation>),
    #[error("there is no such thing in scope")]
    NotFound,
    #[error("there is no view named `{0}`")]
    NoSuchView(String),
    /// The view did not come to the position asked for in time.
    #[error("the view `{view}` has not reached position {wanted}")]
    Behind { view: &'static str, wanted: u64 },
    #[error("the view `{0}` has no live build yet")]
    NotBuilt(&'static str),
    #[error("the view `{view}` was made from the log {found}, not from {expected}")]
    OtherLog { view: &'static str, expected: Uuid, found: Uuid },
    #[error(transparent)]
    Database(#[from] read_model::Error),
    #[error(transparent)]
    Log(#[from] event_log::ReadError),
}

impl Failure {
    /// One thing that is wrong.
    pub(crate) fn refused(violation: Violation) -> Self {
        Self::Refused(vec![violation])
    }
}

impl From<Failure> for Status {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(violations) => status(&violations),
            Failure::NotFound => refuse("NOT_FOUND"),
            Failure::NoSuchView(name) => status(&[Violation::new("PROJECTION_UNKNOWN").with("name", name)]),
            Failure::Behind { .. } => refuse("READ_MODEL_BEHIND"),
            Failure::NotBuilt(_) => {
                warn!("{failure}");
                refuse("READ_MODEL_UNAVAILABLE")
            }
            Failure::OtherLog { .. } => {
                error!("{failure}");
                refuse("READ_MODEL_UNAVAILABLE")
            }
            Failure::Database(cause) if cause.is_timeout() => refuse("DEADLINE_EXCEEDED"),
            Failure::Database(cause) if cause.is_away() => {
                warn!(error = &cause as &dyn Error, "the read models are not available");
                refuse("READ_MODEL_UNAVAILABLE")
            }
            Failure::Database(cause) => {
                error!(error = &cause as &dyn Error, "a query failed");
                refuse("INTERNAL")
            }
            Failure::Log(cause) => {
                warn!(error = &cause as &dyn Error, "the log's head is not known");
                refuse("LOG_UNAVAILABLE")
            }
        }
    }
}
