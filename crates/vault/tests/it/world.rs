//! One migrated vault with its key file and database, and the values the tests speak of.

use std::sync::Arc;

use secrecy::ExposeSecret;
use sqlx::PgPool;
use tempfile::TempDir;
use test_kit::Postgres;
use uuid::Uuid;
use vault::{Class, FieldAddress, Kek, KeyOwner, Opened, Sealed, Vault};

pub(crate) const DANA: KeyOwner = KeyOwner::Person(Uuid::from_u128(0xda));
pub(crate) const OMER: KeyOwner = KeyOwner::Person(Uuid::from_u128(0x03));

pub(crate) struct World {
    pub(crate) vault: Vault,
    pub(crate) url: String,
    keys: TempDir,
    _shared: Option<Arc<Postgres>>,
}

impl World {
    pub(crate) async fn start() -> Self {
        let postgres = Postgres::shared().await.unwrap();
        Self { _shared: Some(Arc::clone(&postgres)), ..Self::on(&postgres).await }
    }

    /// On a server that the test owns, to take it away.
    pub(crate) async fn on(postgres: &Postgres) -> Self {
        let url = postgres.fresh_database().unwrap();
        vault::migrate(&url).await.unwrap();
        let keys = tempfile::tempdir().unwrap();
        let kek = Kek::generate_file(keys.path().join("kek")).unwrap();
        let vault = Vault::connect(&url, kek).await.unwrap();
        Self { vault, url, keys, _shared: None }
    }

    pub(crate) fn kek(&self) -> Kek {
        Kek::load(self.keys.path().join("kek")).unwrap()
    }

    /// The same vault in another process: nothing cached.
    pub(crate) async fn elsewhere(&self) -> Vault {
        Vault::connect(&self.url, self.kek()).await.unwrap()
    }

    /// Whoever gets at the database without going through the vault.
    pub(crate) async fn sql(&self) -> PgPool {
        PgPool::connect(&self.url).await.unwrap()
    }

    pub(crate) async fn seal(&self, owner: &KeyOwner, class: Class, clear: &str) -> Sealed {
        self.vault.seal(owner, class, clear, &place()).await.unwrap()
    }

    /// What a process with nothing cached reads.
    pub(crate) async fn read(&self, sealed: &Sealed) -> Seen {
        seen(&self.elsewhere().await.open(sealed, &place()).await.unwrap())
    }
}

pub(crate) fn place() -> FieldAddress<'static> {
    FieldAddress {
        log_id: Uuid::from_u128(1),
        subject: "cs.portfolio.initiative.00000000-0000-0000-0000-000000000002",
        event_id: Uuid::from_u128(3),
        event_type: "InitiativeProposed",
        schema: 1,
        path: "contact.email",
    }
}

/// `Opened` in the open, to be compared and printed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Plain(String),
    Erased,
    Unavailable,
    Corrupt,
}

pub(crate) fn seen(opened: &Opened) -> Seen {
    match opened {
        Opened::Plain(text) => Seen::Plain(text.expose_secret().to_owned()),
        Opened::Erased => Seen::Erased,
        Opened::Unavailable => Seen::Unavailable,
        Opened::Corrupt => Seen::Corrupt,
    }
}

pub(crate) fn plain(text: &str) -> Seen {
    Seen::Plain(text.to_owned())
}
