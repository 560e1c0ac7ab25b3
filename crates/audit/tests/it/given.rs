//! A signed log in memory, and commits that are forged in one respect.

use std::{collections::HashMap, sync::Arc};

use audit::{Filter, Limits, Outbox, Wanted, replay};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use codec::{
    Commit,
    commit::{Authority, CommandStamp, Decider, FORMAT},
    genesis::{self, LogOpened},
    sha256_hex,
    sign::Signer,
};
use contract::{audit::v1::StreamEventsResponse, status::refuse};
use domain::{
    Actor, Role, portfolio::initiative::Initiative, reference::org_unit::OrgUnit,
    reference::writer_key::WriterKey,
};
use event_log::{Append, EventLog, Headers, Subject, memory::MemoryLog};
use serde_json::{json, value::RawValue, value::to_raw_value};
use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use uuid::Uuid;

pub(crate) const LOG_ID: Uuid = Uuid::from_u128(0x109);

/// Writes commits as the command service does.
pub(crate) struct Writer {
    pub(crate) log: Arc<MemoryLog>,
    pub(crate) signer: Signer,
    /// By subject: position, version and hash of the last commit.
    heads: HashMap<Subject, (u64, u64, String)>,
    written: u128,
}

impl Writer {
    /// A log with its genesis at position 1.
    pub(crate) async fn new() -> Self {
        let log = Arc::new(MemoryLog::new(LOG_ID));
        let signer = Signer::from_seed(&[7; 32]).unwrap();
        let opened = LogOpened {
            log_id: LOG_ID,
            created_at: "2026-11-24T08:00:00.000000Z".parse().unwrap(),
            writer_key: signer.public_key(),
            root_principals: vec![],
            configuration_sha256: sha256_hex(b"configuration"),
        };
        log.append(genesis::commit(&opened, &signer)).await.unwrap();
        Self { log, signer, heads: HashMap::new(), written: 0 }
    }

    /// The next commit of a subject, with one event for each name.
    pub(crate) fn commit(&mut self, subject: &Subject, names: &[&str], data: &serde_json::Value) -> Commit {
        self.written += 1;
        let n = self.written;
        let head = self.heads.get(subject);
        let data: Box<RawValue> = to_raw_value(data).unwrap();
        let event = |(at, name): (u128, &&str)| {
            let id = Uuid::from_u128((0xe0 << 64) + n * 10 + at);
            serde_json::from_value(json!({"id": id, "type": name, "schema": 1, "data": data})).unwrap()
        };
        Commit {
            format: FORMAT,
            commit_id: Uuid::from_u128((0xc0 << 64) + n),
            stream: subject.to_string(),
            version: head.map_or(1, |head| head.1 + 1),
            prev_sha256: head.map(|head| head.2.clone()),
            prev_position: head.map(|head| head.0),
            command: CommandStamp {
                id: Uuid::from_u128((0xd0 << 64) + n),
                name: "DoIt".to_owned(),
                sha256: sha256_hex(data.get().as_bytes()),
                data: data.clone(),
            },
            actor: Actor {
                person: None,
                system: Some("test".to_owned()),
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
                position: 1,
            },
            recorded_at: "2026-11-24T08:00:00.000001Z".parse().unwrap(),
            effective_on: "2026-11-24".parse().unwrap(),
            correlation_id: Uuid::from_u128(0xb0),
            causation_id: None,
            traceparent: None,
            classification: "INTERNAL".to_owned(),
            framework_version: 1,
            policies: vec![],
            decider: Decider { name: "test".to_owned(), version: 1 },
            facts: to_raw_value(&json!({})).unwrap(),
            salt: STANDARD.encode([1; 16]),
            events: (0..).zip(names).map(event).collect(),
        }
    }

    /// Signs and appends; what it says may be forged.
    pub(crate) async fn append(&mut self, subject: &Subject, commit: &Commit) -> u64 {
        let body = commit.encode();
        let expected = self.heads.get(subject).map_or(0, |head| head.0);
        let signature = self.signer.sign(LOG_ID, subject, commit.commit_id, expected, &body);
        let key_id = self.signer.key_id().to_owned();
        let headers = Headers { commit_id: commit.commit_id, key_id, signature, traceparent: None };
        let sha256 = sha256_hex(&body);
        let append = Append { subject: subject.clone(), expected, headers, body: body.into() };
        let position = self.log.append(append).await.unwrap();
        self.heads.insert(subject.clone(), (position, commit.last_version(), sha256));
        position
    }

    /// The next commit of a subject, as it should be.
    pub(crate) async fn write(&mut self, subject: &Subject, names: &[&str]) -> u64 {
        let commit = self.commit(subject, names, &json!({}));
        self.append(subject, &commit).await
    }

    /// Enrols the key of a seed, and signs with it from then on.
    pub(crate) async fn enrol(&mut self, seed: u8) -> u64 {
        let signer = Signer::from_seed(&[seed; 32]).unwrap();
        let data = json!({"key_id": signer.key_id(), "public_key": signer.public_key()});
        let subject = key(u128::from(seed));
        let commit = self.commit(&subject, &["WriterKeyEnrolled"], &data);
        let position = self.append(&subject, &commit).await;
        self.signer = signer;
        position
    }

    /// Revokes the key of a seed.
    pub(crate) async fn revoke(&mut self, seed: u8) -> u64 {
        let signer = Signer::from_seed(&[seed; 32]).unwrap();
        let subject = key(u128::from(seed));
        let data = json!({"key_id": signer.key_id(), "reason": "rotated"});
        let commit = self.commit(&subject, &["WriterKeyRevoked"], &data);
        self.append(&subject, &commit).await
    }
}

pub(crate) fn initiative(n: u128) -> Subject {
    codec::subject::<Initiative>(Uuid::from_u128(n))
}

pub(crate) fn unit(n: u128) -> Subject {
    codec::subject::<OrgUnit>(Uuid::from_u128(n))
}

fn key(n: u128) -> Subject {
    codec::subject::<WriterKey>(Uuid::from_u128(n))
}

/// Everything up to the head, from a position on.
pub(crate) fn everything(from: u64) -> Wanted {
    Wanted { from, filter: Filter::default(), include_stored: false, until_head: true }
}

/// Starts a stream.
pub(crate) fn open(
    log: Arc<dyn EventLog>,
    wanted: Wanted,
    queue: usize,
) -> (Receiver<Result<StreamEventsResponse, Status>>, CancellationToken) {
    let (out, messages) = Outbox::new(queue);
    let shutdown = CancellationToken::new();
    let stopped = shutdown.clone().cancelled_owned();
    let stopped = async move {
        stopped.await;
        refuse("SHUTTING_DOWN")
    };
    tokio::spawn(replay(log, wanted, out, Limits::default(), stopped));
    (messages, shutdown)
}

/// All messages of a stream, and the reason of its end when it is not the head.
pub(crate) async fn read(
    log: Arc<dyn EventLog>,
    wanted: Wanted,
) -> (Vec<StreamEventsResponse>, Option<Status>) {
    let (mut messages, _) = open(log, wanted, 4);
    let mut read = Vec::new();
    while let Some(message) = messages.recv().await {
        match message {
            Ok(message) => read.push(message),
            Err(status) => return (read, Some(status)),
        }
    }
    (read, None)
}
