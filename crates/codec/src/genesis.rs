//! The first commit: the log's identity, the first writer key, the root principals. A reader needs nothing
//! else to verify the rest.

use aws_lc_rs::rand;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{
    Actor, Role, Type,
    values::{EventId, Timestamp},
};
use event_log::{Append, Headers, Subject};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use uuid::Uuid;

use crate::{
    Commit, DecodeError, StoredEvent,
    commit::{Authority, CommandStamp, Decider, FORMAT},
    sha256_hex,
    sign::Signer,
};

/// Area of the genesis subject.
pub const AREA: &str = "log";
/// Aggregate of the genesis subject.
pub const AGGREGATE: &str = "genesis";
/// Name of the genesis event.
pub const NAME: &str = "LogOpened";

/// Somebody who may issue the first administrators' grants and units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RootPrincipal {
    /// Of the token.
    pub issuer: String,
    /// Within the issuer.
    pub subject: String,
}

/// The log came into being.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogOpened {
    pub log_id: Uuid,
    pub created_at: Timestamp,
    /// Ed25519 public key, base64.
    pub writer_key: String,
    pub root_principals: Vec<RootPrincipal>,
    /// Lower-case hex SHA-256 of the stream's configuration as provisioned.
    pub configuration_sha256: String,
}

/// The subject of a log's genesis.
pub fn subject(log_id: Uuid) -> Subject {
    Subject::new(AREA, AGGREGATE, log_id)
}

/// The genesis commit, signed by the key that it enrols.
pub fn commit(opened: &LogOpened, signer: &Signer) -> Append {
    let subject = subject(opened.log_id);
    let commit_id = Uuid::now_v7();
    let data = to_raw_value(opened).expect("string keys");
    let facts = RawValue::from_string("{}".to_owned()).expect("JSON");
    let mut salt = [0; 16];
    rand::fill(&mut salt).expect("the system has randomness");
    let body = Commit {
        format: FORMAT,
        commit_id,
        stream: subject.to_string(),
        version: 1,
        prev_sha256: None,
        prev_position: None,
        command: CommandStamp {
            id: opened.log_id,
            name: "OpenLog".to_owned(),
            sha256: sha256_hex(data.get().as_bytes()),
            data: data.clone(),
        },
        actor: Actor {
            person: None,
            system: Some("provisioner".to_owned()),
            role: Role::System,
            unit: None,
            on_behalf_of: None,
        },
        authority: Authority {
            basis: "SERVICE".to_owned(),
            grant: None,
            delegation: None,
            import: None,
            policy_set_sha256: None,
            policy_ids: vec![],
            position: 0,
        },
        recorded_at: opened.created_at,
        effective_on: domain::calendar::civil_date(opened.created_at),
        correlation_id: opened.log_id,
        causation_id: None,
        traceparent: None,
        classification: "INTERNAL".to_owned(),
        framework_version: domain::FRAMEWORK_VERSION,
        policies: vec![],
        decider: Decider { name: AGGREGATE.to_owned(), version: 1 },
        facts,
        salt: STANDARD.encode(salt),
        events: vec![StoredEvent {
            id: EventId::new(Uuid::now_v7()).expect("not nil"),
            name: NAME.to_owned(),
            schema: 1,
            data,
            sealed: None,
        }],
    }
    .encode();
    let signature = signer.sign(opened.log_id, &subject, commit_id, 0, &body);
    let headers = Headers { commit_id, key_id: signer.key_id().to_owned(), signature, traceparent: None };
    Append { subject, expected: 0, headers, body: body.into() }
}

/// Reads the genesis event.
///
/// # Errors
/// When it is another event.
pub fn read(stored: &StoredEvent) -> Result<LogOpened, DecodeError> {
    if stored.name != NAME || stored.schema != 1 {
        return Err(DecodeError::UnknownType { aggregate: AGGREGATE.to_owned(), name: stored.name.clone() });
    }
    serde_json::from_str(stored.data.get())
        .map_err(|source| DecodeError::Payload { name: NAME.to_owned(), source })
}

pub(crate) fn schema() -> ((&'static str, &'static str), Type, schemars::Schema) {
    ((AREA, AGGREGATE), Type { name: NAME, schema: 1 }, schemars::schema_for!(LogOpened))
}
