//! A small writer of commits: signed, chained, with the days and moments that a test says.

use std::{collections::HashMap, sync::Arc};

use codec::sign::Signer;
use codec::{
    Commit, SealedField, StoredEvent,
    chain::Head,
    commit::{Authority, CommandStamp, Decider, FORMAT},
    event::{data, privates},
    genesis::{self, LogOpened},
    sha256_hex, subject,
};
use domain::{Actor, Aggregate, Role, Vocabulary, scenario::person, scenario::unit, values::EventId};
use event_log::{Append, EventLog, Headers, Subject, memory::MemoryLog};
use serde_json::value::RawValue;
use uuid::Uuid;

pub(crate) const LOG_ID: Uuid = Uuid::from_u128(0x10);

/// Writes commits of the person 1, a ministry lead of the unit 1.
pub(crate) struct Writer {
    pub(crate) log: Arc<MemoryLog>,
    pub(crate) signer: Signer,
    heads: HashMap<Subject, Head>,
    /// The civil day for which the next commits hold, and when they are recorded.
    pub(crate) effective_on: &'static str,
    pub(crate) recorded_at: &'static str,
    ids: u128,
}

impl Writer {
    /// A log with its genesis.
    pub(crate) async fn new() -> Self {
        Self::seeded(1).await
    }

    /// The same with another first writer key.
    pub(crate) async fn seeded(seed: u8) -> Self {
        let signer = Signer::from_seed(&[seed; 32]).unwrap();
        let opened = LogOpened {
            log_id: LOG_ID,
            created_at: "2026-01-01T00:00:00.000000Z".parse().unwrap(),
            writer_key: signer.public_key(),
            root_principals: vec![],
            configuration_sha256: sha256_hex(b"{}"),
        };
        let log = Arc::new(MemoryLog::new(LOG_ID));
        log.append(genesis::commit(&opened, &signer)).await.unwrap();
        let (heads, effective_on) = (HashMap::new(), "2026-11-24");
        Self { log, signer, heads, effective_on, recorded_at: "2026-11-24T08:00:00.000000Z", ids: 0x1000 }
    }

    /// Appends one commit with these events, and answers its position.
    pub(crate) async fn write<A: Aggregate>(
        &mut self,
        id: Uuid,
        events: impl IntoIterator<Item = A::Event>,
    ) -> u64 {
        let events = events.into_iter().map(|event| self.stored(&event)).collect();
        let commit = self.commit(&subject::<A>(id), events);
        self.append(&commit).await
    }

    pub(crate) fn stored(&mut self, event: &impl Vocabulary) -> StoredEvent {
        let (kind, data) = (event.kind(), data(event));
        let field = || SealedField {
            key_id: Uuid::from_u128(0x20),
            nonce: "bm9uY2U=".to_owned(),
            ciphertext: "Y2lwaGVydGV4dA==".to_owned(),
        };
        let sealed: std::collections::BTreeMap<_, _> =
            privates(&data).into_iter().map(|(path, _)| (path, field())).collect();
        let sealed = (!sealed.is_empty()).then_some(sealed);
        let id = EventId::new(self.next_id()).unwrap();
        StoredEvent { id, name: kind.name.to_owned(), schema: kind.schema, data, sealed }
    }

    pub(crate) fn commit(&mut self, subject: &Subject, events: Vec<StoredEvent>) -> Commit {
        let head = self.heads.get(subject).cloned();
        let facts = RawValue::from_string("{}".to_owned()).unwrap();
        let actor = Actor {
            person: Some(person(1)),
            system: None,
            role: Role::MinistryLead,
            unit: Some(unit(1)),
            on_behalf_of: None,
        };
        let authority = Authority {
            basis: "GRANT".to_owned(),
            grant: None,
            delegation: None,
            import: None,
            policy_set_sha256: None,
            policy_ids: vec![],
            position: 0,
        };
        Commit {
            format: FORMAT,
            commit_id: self.next_id(),
            stream: subject.to_string(),
            version: head.as_ref().map_or(1, |head| head.version + 1),
            prev_sha256: head.as_ref().map(|head| head.sha256.clone()),
            prev_position: head.as_ref().map(|head| head.position),
            command: CommandStamp {
                id: self.next_id(),
                name: "Test".to_owned(),
                sha256: sha256_hex(b"{}"),
                data: facts.clone(),
            },
            actor,
            authority,
            recorded_at: self.recorded_at.parse().unwrap(),
            effective_on: self.effective_on.parse().unwrap(),
            correlation_id: Uuid::from_u128(0x30),
            causation_id: None,
            traceparent: None,
            classification: "INTERNAL".to_owned(),
            framework_version: 1,
            policies: vec![],
            decider: Decider { name: subject.aggregate().to_owned(), version: 1 },
            facts,
            salt: "c2FsdHNhbHRzYWx0c2FsdA==".to_owned(),
            events,
        }
    }

    /// Appends a commit as it is.
    pub(crate) async fn append(&mut self, commit: &Commit) -> u64 {
        let subject: Subject = commit.stream.parse().unwrap();
        let body = commit.encode();
        let expected = self.heads.get(&subject).map_or(0, |head| head.position);
        // What is signed is what the body says, so that a broken chain is found by its chain.
        let says = commit.prev_position.unwrap_or(0);
        let signature = self.signer.sign(LOG_ID, &subject, commit.commit_id, says, &body);
        let key_id = self.signer.key_id().to_owned();
        let headers = Headers { commit_id: commit.commit_id, key_id, signature, traceparent: None };
        let sha256 = sha256_hex(&body);
        let append = Append { subject: subject.clone(), expected, headers, body: body.into() };
        let position = self.log.append(append).await.unwrap();
        self.heads.insert(subject, Head { version: commit.last_version(), position, sha256 });
        position
    }

    fn next_id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(self.ids)
    }
}
