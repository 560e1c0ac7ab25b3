//! Rows of `views/frame.sql`: what every build keeps besides the rows of its view.

use serde::{Deserialize, Serialize};

use super::tables;

/// The last commit of an aggregate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AggregateHead {
    pub subject: String,
    /// Of its last event.
    pub version: u64,
    pub position: u64,
    /// Of its body, lower-case hex.
    pub sha256: String,
}

/// A writer key in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WriterKey {
    pub key_id: String,
    /// Base64.
    pub public_key: String,
}

/// A key with a commit that could not be applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quarantine {
    pub subject: String,
    /// Of that commit.
    pub position: u64,
    pub reason: String,
}

/// A commit that waits because its key is quarantined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parked {
    pub position: u64,
    pub subject: String,
    /// Of its body.
    pub sha256: String,
}

tables! {
    AggregateHead = "aggregate_head" by subject: String;
    WriterKey = "writer_key" by key_id: String;
    Quarantine = "quarantine" by subject: String;
    Parked = "parked" by subject: String;
}
