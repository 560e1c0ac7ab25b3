//! Domain events and stored bytes, for every version ever stored.
//!
//! [`commit`] is the grammar of a commit's body, [`event`] the way from a stored event to a domain event and
//! back, [`sign`] and [`chain`] what every reader checks, [`genesis`] the root of trust, [`cloud_event`] what
//! the outside sees. Which events exist is `domain`'s affair, sealing is `vault`'s.
#![deny(clippy::wildcard_enum_match_arm)]

pub mod chain;
pub mod cloud_event;
pub mod commit;
pub mod event;
pub mod genesis;
pub mod schema;
pub mod sign;
pub mod upcast;

pub use commit::{Commit, SealedField, StoredEvent};
pub use event::{DecodeError, DomainEvent};

use aws_lc_rs::digest;
use domain::Aggregate;
use event_log::Subject;
use uuid::Uuid;

/// The subject of an aggregate.
pub fn subject<A: Aggregate>(id: Uuid) -> Subject {
    Subject::new(A::AREA, A::NAME, id)
}

/// Lower-case hex SHA-256.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}
