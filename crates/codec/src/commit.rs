//! The grammar of a commit's body.
//!
//! UTF-8 JSON, keys in the order of the fields below, no insignificant white space, absent rather than null,
//! integers only, and whatever may pass 2^53 as a decimal string. It is written once, hashed as stored and
//! never re-encoded. Unknown fields are ignored when reading and impossible when writing.

use std::collections::BTreeMap;

use domain::{
    Actor,
    values::{CivilDate, DelegationId, EventId, GrantId, Timestamp},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

/// The only format so far.
pub const FORMAT: u8 = 1;

/// One decision: all its events, who decided it, on which grounds.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Commit {
    /// [`FORMAT`].
    pub format: u8,
    /// UUIDv7; also `Nats-Msg-Id`.
    pub commit_id: Uuid,
    /// The subject.
    pub stream: String,
    /// Version of the first event in here; versions count the events of the stream from 1.
    pub version: u64,
    /// SHA-256 of the body of the previous commit on this subject.
    pub prev_sha256: Option<String>,
    /// Position of that commit; absent for the first.
    #[serde(default, with = "decimal_option")]
    pub prev_position: Option<u64>,
    /// What was asked.
    pub command: CommandStamp,
    /// Who decided: references, never names.
    pub actor: Actor,
    /// What allowed it.
    pub authority: Authority,
    /// The command service's clock, once per command.
    pub recorded_at: Timestamp,
    /// The civil day in Asia/Jerusalem for which it holds.
    pub effective_on: CivilDate,
    /// Groups commands that belong together.
    pub correlation_id: Uuid,
    /// The event that caused the command, when a process issued it.
    pub causation_id: Option<Uuid>,
    /// W3C Trace Context of the request.
    pub traceparent: Option<String>,
    /// `PUBLIC`, `INTERNAL` or `RESTRICTED`.
    pub classification: String,
    /// The conceptual framework in force.
    pub framework_version: u32,
    /// The business policies in force that the decision used.
    pub policies: Vec<PolicyRef>,
    /// Which rules decided, so that the decision can be repeated.
    pub decider: Decider,
    /// What the rules were told besides command and history: `domain::Facts`.
    pub facts: Box<RawValue>,
    /// 16 random bytes, base64: without them the hash of a low-entropy event is a dictionary oracle.
    pub salt: String,
    /// At least one.
    pub events: Vec<StoredEvent>,
}

/// What was asked: the caller's request id, the command's name, the digest of its canonical content.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CommandStamp {
    /// The caller's request id: the key of idempotency within the stream, for ever.
    pub id: Uuid,
    /// Such as `ProposeInitiative`.
    #[serde(rename = "type")]
    pub name: String,
    /// Lower-case hex SHA-256 of `data` as stored here, private texts as their keyed MAC.
    pub sha256: String,
    /// The content, private texts as their keyed MAC.
    pub data: Box<RawValue>,
}

/// What allowed a command.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authority {
    /// `GRANT`, `DELEGATION`, `GENESIS` (a root principal) or `SERVICE` (a process, provisioning).
    pub basis: String,
    /// The role grant exercised.
    pub grant: Option<GrantId>,
    /// The delegation under which it was exercised.
    pub delegation: Option<DelegationId>,
    /// The grant let an integration record history.
    pub import: Option<bool>,
    /// Lower-case hex SHA-256 of the policy set that allowed it.
    pub policy_set_sha256: Option<String>,
    /// The ids of the policies that determined it.
    pub policy_ids: Vec<String>,
    /// Position up to which grants were known.
    #[serde(with = "decimal")]
    pub position: u64,
}

/// A business policy in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyRef {
    pub policy_id: String,
    pub version: u32,
}

/// Which rules decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decider {
    pub name: String,
    pub version: u32,
}

/// One event as stored.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredEvent {
    /// UUIDv7.
    pub id: EventId,
    /// The domain's past-tense name.
    #[serde(rename = "type")]
    pub name: String,
    /// Version of the payload's schema.
    pub schema: u16,
    /// The payload.
    pub data: Box<RawValue>,
    /// Private texts by JSON pointer into `data`.
    pub sealed: Option<BTreeMap<String, SealedField>>,
}

/// A sealed text: which key, and the ciphertext.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedField {
    pub key_id: Uuid,
    /// 96 bits, base64.
    pub nonce: String,
    /// AES-256-GCM, base64.
    pub ciphertext: String,
}

impl Commit {
    /// The bytes to store.
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a commit has string keys and no floats")
    }

    /// Reads stored bytes.
    ///
    /// # Errors
    /// When they are not a commit of a known format.
    pub fn decode(body: &[u8]) -> Result<Self, serde_json::Error> {
        let commit: Self = serde_json::from_slice(body)?;
        if commit.format != FORMAT || commit.events.is_empty() {
            return Err(serde::de::Error::custom("not a commit of format 1 with events"));
        }
        Ok(commit)
    }

    /// Version of the last event in here.
    pub fn last_version(&self) -> u64 {
        self.version + self.events.len() as u64 - 1
    }
}

mod decimal {
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(value: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

mod decimal_option {
    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &Option<u64>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => super::decimal::serialize(value, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
        super::decimal::deserialize(deserializer).map(Some)
    }
}
