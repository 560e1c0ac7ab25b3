//! A signed log in memory, of which a replica may lag and a leader may go back.

use std::{
    collections::HashMap,
    sync::{Arc, RwLock},
};

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use codec::{
    Commit, StoredEvent,
    chain::Head,
    commit::{Authority, CommandStamp, Decider, FORMAT},
    genesis::{self, LogOpened, RootPrincipal},
    sha256_hex,
    sign::Signer,
};
use domain::{
    Actor, Role, Vocabulary,
    reference::{
        org_unit::{self, OrgUnit, UnitKind},
        person_access::{self, PersonAccess, RoleGranted},
    },
    values::{EventId, GrantId, Language, LocalizedText, OrgUnitId, PersonRef},
};
use event_log::{
    Append, AppendError, EventLog, Headers, Limit, ReadError, Record, Scope, Subject, memory::MemoryLog,
};
use serde_json::{json, value::to_raw_value};
use uuid::Uuid;

pub(crate) const LOG_ID: Uuid = Uuid::from_u128(0x109);
pub(crate) const ROOT: (&str, &str) = ("https://login.example", "root");

pub(crate) fn id(name: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
}

pub(crate) fn unit(code: &str) -> OrgUnitId {
    OrgUnitId::new(id(code)).unwrap()
}

pub(crate) fn person(name: &str) -> PersonRef {
    PersonRef::new(id(name)).unwrap()
}

/// Two copies of a log: the leader's is written and asked last, the replica's is read.
pub(crate) struct Cluster {
    pub(crate) leader: RwLock<Arc<MemoryLog>>,
    pub(crate) replica: RwLock<Arc<MemoryLog>>,
    pub(crate) away: RwLock<bool>,
}

impl Cluster {
    pub(crate) fn of(log: &Arc<MemoryLog>) -> Arc<Self> {
        let copy = || RwLock::new(log.clone());
        Arc::new(Self { leader: copy(), replica: copy(), away: RwLock::new(false) })
    }

    fn reach(&self, copy: &RwLock<Arc<MemoryLog>>) -> Result<Arc<MemoryLog>, ReadError> {
        let away = *self.away.read().unwrap();
        let unavailable = || ReadError::Unavailable { reason: "away".to_owned() };
        if away { Err(unavailable()) } else { Ok(copy.read().unwrap().clone()) }
    }
}

#[async_trait]
impl EventLog for Cluster {
    fn log_id(&self) -> Uuid {
        LOG_ID
    }

    async fn append(&self, commit: Append) -> Result<u64, AppendError> {
        let leader = self.leader.read().unwrap().clone();
        leader.append(commit).await
    }

    async fn read(&self, scope: &Scope, after: u64, limit: Limit) -> Result<Vec<Record>, ReadError> {
        self.reach(&self.replica)?.read(scope, after, limit).await
    }

    async fn get(&self, position: u64) -> Result<Option<Record>, ReadError> {
        self.reach(&self.leader)?.get(position).await
    }

    async fn last(&self, scope: &Scope) -> Result<Option<Record>, ReadError> {
        self.reach(&self.leader)?.last(scope).await
    }

    async fn head(&self) -> Result<u64, ReadError> {
        self.reach(&self.leader)?.head().await
    }
}

/// A copy of the first commits of a log: what an old backup restores.
pub(crate) async fn copy(log: &MemoryLog, commits: usize) -> Arc<MemoryLog> {
    let copy = MemoryLog::new(LOG_ID);
    let mut last = HashMap::new();
    for record in log.read(&Scope::All, 0, Limit { count: commits, bytes: usize::MAX }).await.unwrap() {
        let Record { position, subject, headers, body, .. } = record;
        let expected = last.insert(subject.clone(), position).unwrap_or(0);
        copy.append(Append { subject, expected, headers, body }).await.unwrap();
    }
    Arc::new(copy)
}

/// Writes commits as the command service does.
pub(crate) struct Writer {
    pub(crate) log: Arc<MemoryLog>,
    pub(crate) signer: Signer,
    heads: HashMap<Subject, Head>,
}

impl Writer {
    /// A log with its genesis at position 1.
    pub(crate) async fn new() -> Self {
        let log = Arc::new(MemoryLog::new(LOG_ID));
        let signer = Signer::from_seed(&[7; 32]).unwrap();
        let (issuer, subject) = (ROOT.0.to_owned(), ROOT.1.to_owned());
        let opened = LogOpened {
            log_id: LOG_ID,
            created_at: "2026-01-01T08:00:00.000000Z".parse().unwrap(),
            writer_key: signer.public_key(),
            root_principals: vec![RootPrincipal { issuer, subject }],
            configuration_sha256: sha256_hex(b"configuration"),
        };
        log.append(genesis::commit(&opened, &signer)).await.unwrap();
        Self { log, signer, heads: HashMap::new() }
    }

    /// Registers a ministry.
    pub(crate) async fn ministry(&mut self, code: &str) -> u64 {
        let name =
            LocalizedText { he: None, en: Some(code.to_owned()), ar: None, source_lang: Language::English };
        let (code, kind) = (code.to_owned(), UnitKind::Ministry);
        let from = "2026-01-01".parse().unwrap();
        let subject = codec::subject::<OrgUnit>(id(&code));
        let registered = org_unit::Registered { code, kind, name, parent: None, from };
        let commit = self.commit(&subject, &org_unit::Event::from(registered));
        self.append(&subject, &commit).await
    }

    /// Grants a role for ever.
    pub(crate) async fn grants(&mut self, name: &str, role: Role, code: &str) -> u64 {
        let (subject, commit) = self.grant(name, role, code);
        self.append(&subject, &commit).await
    }

    pub(crate) fn grant(&self, name: &str, role: Role, code: &str) -> (Subject, Commit) {
        let subject = codec::subject::<PersonAccess>(id(name));
        let granted = RoleGranted {
            grant_id: GrantId::new(id(&format!("{name} {role:?}"))).unwrap(),
            role,
            org_unit: unit(code),
            from: "2026-01-01".parse().unwrap(),
            to: None,
            may_import: false,
        };
        let commit = self.commit(&subject, &person_access::Event::from(granted));
        (subject, commit)
    }

    /// The next commit of a subject, as it should be.
    pub(crate) fn commit(&self, subject: &Subject, event: &impl Vocabulary) -> Commit {
        let head = self.heads.get(subject);
        let data = codec::event::data(event);
        let kind = event.kind();
        let stored = StoredEvent {
            id: EventId::new(Uuid::now_v7()).unwrap(),
            name: kind.name.to_owned(),
            schema: kind.schema,
            data: data.clone(),
            sealed: None,
        };
        Commit {
            format: FORMAT,
            commit_id: Uuid::now_v7(),
            stream: subject.to_string(),
            version: head.map_or(1, |head| head.version + 1),
            prev_sha256: head.map(|head| head.sha256.clone()),
            prev_position: head.map(|head| head.position),
            command: CommandStamp {
                id: Uuid::now_v7(),
                name: "DoIt".to_owned(),
                sha256: sha256_hex(data.get().as_bytes()),
                data,
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
            recorded_at: "2026-01-02T08:00:00.000000Z".parse().unwrap(),
            effective_on: "2026-01-02".parse().unwrap(),
            correlation_id: Uuid::now_v7(),
            causation_id: None,
            traceparent: None,
            classification: "INTERNAL".to_owned(),
            framework_version: 1,
            policies: vec![],
            decider: Decider { name: "test".to_owned(), version: 1 },
            facts: to_raw_value(&json!({})).unwrap(),
            salt: STANDARD.encode([1; 16]),
            events: vec![stored],
        }
    }

    /// What is sent for a commit.
    pub(crate) fn signed(&self, subject: &Subject, commit: &Commit) -> Append {
        let body = commit.encode();
        let expected = self.heads.get(subject).map_or(0, |head| head.position);
        let signature = self.signer.sign(LOG_ID, subject, commit.commit_id, expected, &body);
        let key_id = self.signer.key_id().to_owned();
        let headers = Headers { commit_id: commit.commit_id, key_id, signature, traceparent: None };
        Append { subject: subject.clone(), expected, headers, body: body.into() }
    }

    /// Signs and appends; what it says may be forged.
    pub(crate) async fn append(&mut self, subject: &Subject, commit: &Commit) -> u64 {
        let append = self.signed(subject, commit);
        let sha256 = sha256_hex(&append.body);
        let position = self.log.append(append).await.unwrap();
        let version = commit.last_version();
        self.heads.insert(subject.clone(), Head { version, position, sha256 });
        position
    }
}
