//! A small government on a log, made by commands: two ministries, the Center, and who does what there.
//!
//! It is made once for the tests that run at the same time; each gets a log of its own with the same commits.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Weak},
};

use access::{Identity, Principal};
use codec::{
    genesis::{self, LogOpened, RootPrincipal},
    sign::Signer,
};
use command::Caller;
use contract::{
    common::v1::Role,
    reference::v1::{GrantRoleRequest, RegisterOrgUnitRequest, RegisterPersonRequest, UnitKind},
};
use domain::values::PersonRef;
use event_log::{Append, EventLog, Limit, Record, Scope, memory::MemoryLog};
use tempfile::TempDir;
use test_kit::Postgres;
use tokio::sync::Mutex;
use uuid::Uuid;
use vault::{Kek, Vault};

use crate::{
    given::{header, hebrew},
    office::Office,
};

pub(crate) const LOG_ID: Uuid = Uuid::from_u128(0x109);
pub(crate) const TODAY: &str = "2026-11-24";

/// Who issues the logins of the cast.
pub(crate) const ISSUER: &str = "https://login.example";

/// Login, role, unit. Every login is a person but the two systems of record.
const CAST: [(&str, Role, &str); 11] = [
    ("nurse", Role::Employee, "HOSP"),
    ("clerk", Role::Employee, "HOSP"),
    ("manager", Role::Manager, "HOSP"),
    ("lead", Role::MinistryLead, "MOH"),
    ("other-lead", Role::MinistryLead, "MOH"),
    ("director", Role::MinistryDg, "MOH"),
    ("school-lead", Role::MinistryLead, "MOE"),
    ("pm", Role::CogPm, "COG"),
    ("deputy", Role::Employee, "MOH"),
    ("registry", Role::Integration, "COG"),
    ("meter", Role::Integration, "MOH"),
];

const UNITS: [(&str, UnitKind, &str); 4] = [
    ("COG", UnitKind::Center, ""),
    ("MOH", UnitKind::Ministry, ""),
    ("MOE", UnitKind::Ministry, ""),
    ("HOSP", UnitKind::Department, "MOH"),
];

/// An id that goes by a name.
pub(crate) fn id(name: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
}

/// The key that signs everything here.
pub(crate) fn signer() -> Signer {
    Signer::from_seed(&[7; 32]).unwrap()
}

/// The first commit: it names the login `root`.
pub(crate) fn genesis() -> Append {
    let root = RootPrincipal { issuer: ISSUER.to_owned(), subject: "root".to_owned() };
    let opened = LogOpened {
        log_id: LOG_ID,
        created_at: "2026-01-01T00:00:00.000000Z".parse().unwrap(),
        writer_key: signer().public_key(),
        root_principals: vec![root],
        configuration_sha256: codec::sha256_hex(b"configuration"),
    };
    genesis::commit(&opened, &signer())
}

/// The vault and the commits that every world begins with.
struct Base {
    vault: VaultFiles,
    people: HashMap<&'static str, PersonRef>,
    records: Vec<Record>,
    _shared: Option<Arc<Postgres>>,
}

struct VaultFiles {
    url: String,
    keys: TempDir,
}

impl VaultFiles {
    async fn make(postgres: &Postgres) -> Self {
        let url = postgres.fresh_database().unwrap();
        vault::migrate(&url).await.unwrap();
        let files = Self { url, keys: tempfile::tempdir().unwrap() };
        drop(Kek::generate_file(files.kek()).unwrap());
        files
    }

    fn kek(&self) -> PathBuf {
        self.keys.path().join("kek")
    }

    /// As another process opens it: nothing cached.
    async fn open(&self) -> Vault {
        Vault::connect(&self.url, Kek::load(self.kek()).unwrap()).await.unwrap()
    }
}

impl Base {
    async fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Base>> = Mutex::const_new(Weak::new());
        let mut kept = SHARED.lock().await;
        if let Some(base) = kept.upgrade() {
            return base;
        }
        let postgres = Postgres::shared().await.unwrap();
        let base = Arc::new(Self { _shared: Some(Arc::clone(&postgres)), ..Self::make(&postgres).await });
        *kept = Arc::downgrade(&base);
        base
    }

    async fn make(postgres: &Postgres) -> Self {
        let files = VaultFiles::make(postgres).await;
        let vault = files.open().await;
        let mut people = HashMap::new();
        for login in ["root", "admin"].into_iter().chain(CAST.map(|(login, ..)| login)) {
            let reference = vault.person_ref(ISSUER, login).await.unwrap();
            people.insert(login, PersonRef::new(reference).unwrap());
        }
        let log = Arc::new(MemoryLog::new(LOG_ID));
        log.append(genesis()).await.unwrap();
        let office = Office::open(log.clone(), vault).await;
        govern(&office, &people).await;
        let records = log.read(&Scope::All, 0, Limit::default()).await.unwrap();
        Self { vault: files, people, records, _shared: None }
    }
}

/// The root principal appoints an administrator, who does the rest.
async fn govern(office: &Office, people: &HashMap<&'static str, PersonRef>) {
    let (root, admin) = (caller(people, "root"), caller(people, "admin"));
    for (code, kind, parent) in UNITS {
        office.give(&root, register_unit(code, kind, parent)).await.unwrap();
    }
    office.give(&root, register_person(people["admin"], "admin")).await.unwrap();
    office.give(&root, grant(people["admin"], "admin", Role::Admin, "COG")).await.unwrap();
    for (login, role, unit) in CAST {
        office.give(&admin, register_person(people[login], login)).await.unwrap();
        let may_import = login == "registry";
        let granted = GrantRoleRequest { may_import, ..grant(people[login], login, role, unit) };
        office.give(&admin, granted).await.unwrap();
    }
}

pub(crate) fn register_unit(code: &str, kind: UnitKind, parent: &str) -> RegisterOrgUnitRequest {
    RegisterOrgUnitRequest {
        header: header(),
        org_unit_id: id(code).to_string(),
        code: code.to_owned(),
        kind: kind.into(),
        name: hebrew(&format!("יחידה {code}")),
        parent_id: if parent.is_empty() { String::new() } else { id(parent).to_string() },
        from: "2026-01-01".to_owned(),
    }
}

pub(crate) fn register_person(person: PersonRef, login: &str) -> RegisterPersonRequest {
    RegisterPersonRequest {
        header: header(),
        person_id: person.to_string(),
        display_name: format!("ישראלה {login}"),
        email: format!("{login}@private.example"),
        unit_id: id("COG").to_string(),
    }
}

/// A grant of 2026 that goes by the login.
pub(crate) fn grant(person: PersonRef, login: &str, role: Role, unit: &str) -> GrantRoleRequest {
    GrantRoleRequest {
        header: header(),
        person_id: person.to_string(),
        grant_id: id(login).to_string(),
        role: role.into(),
        org_unit_id: id(unit).to_string(),
        from: "2026-01-01".to_owned(),
        to: "2026-12-31".to_owned(),
        may_import: false,
    }
}

fn caller(people: &HashMap<&'static str, PersonRef>, login: &str) -> Caller {
    let is_system = matches!(login, "registry" | "meter");
    let identity = Identity {
        issuer: ISSUER.to_owned(),
        subject: login.to_owned(),
        system: is_system.then(|| login.to_owned()),
        token_id: None,
    };
    Caller::Principal(Principal { identity, reference: people[login], root: login == "root" })
}

/// A log with the government on it, and the vault that it was made with.
pub(crate) struct World {
    pub(crate) log: Arc<MemoryLog>,
    base: Arc<Base>,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(Base::shared().await).await
    }

    /// With a vault on a server that the test takes away.
    pub(crate) async fn on(postgres: &Postgres) -> Self {
        Self::with(Arc::new(Base::make(postgres).await)).await
    }

    async fn with(base: Arc<Base>) -> Self {
        let log = Arc::new(MemoryLog::new(LOG_ID));
        copy(&base.records, &*log).await;
        Self { log, base }
    }

    /// One process of the command side, just started.
    pub(crate) async fn office(&self) -> Office {
        self.office_on(self.log.clone()).await
    }

    /// The same on another log.
    pub(crate) async fn office_on(&self, log: Arc<dyn EventLog>) -> Office {
        Office::open(log, self.vault().await).await
    }

    pub(crate) async fn vault(&self) -> Vault {
        self.base.vault.open().await
    }

    /// The commits of the government alone.
    pub(crate) fn founding(&self) -> &[Record] {
        &self.base.records
    }

    pub(crate) fn who(&self, login: &str) -> Caller {
        caller(&self.base.people, login)
    }

    pub(crate) fn person(&self, login: &str) -> PersonRef {
        self.base.people[login]
    }
}

/// Appends the same commits to an empty log.
pub(crate) async fn copy(records: &[Record], log: &dyn EventLog) {
    log.append(genesis_of(records)).await.unwrap();
    copy_after_genesis(records, log).await;
}

/// The first of the commits, to make a log with.
pub(crate) fn genesis_of(records: &[Record]) -> Append {
    let Record { subject, headers, body, .. } = records[0].clone();
    Append { subject, expected: 0, headers, body }
}

/// Appends the same commits to a log that has the first one.
pub(crate) async fn copy_after_genesis(records: &[Record], log: &dyn EventLog) {
    let mut last = HashMap::new();
    for Record { position, subject, headers, body, .. } in records[1..].iter().cloned() {
        let expected = last.insert(subject.clone(), position).unwrap_or(0);
        let appended = log.append(Append { subject, expected, headers, body }).await;
        assert_eq!(appended.unwrap(), position);
    }
}
