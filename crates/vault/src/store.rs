//! All SQL of the vault except holds. Rows in, rows out: no key is unwrapped here.

use std::{io, time::Duration};

use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use uuid::Uuid;

use crate::{VaultError, owner::Slot};

const CONNECTIONS_MAX: u32 = 10;
/// A field that cannot be opened is shown as unavailable, so a page should not wait longer for it.
const CONNECT_WAIT_MAX: Duration = Duration::from_secs(2);
/// Every statement here touches a handful of rows by index; one that takes longer has lost its server.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub(crate) struct Store {
    pub(crate) pool: PgPool,
}

/// A data key as stored; without `wrapped` it is a tombstone.
#[derive(sqlx::FromRow)]
pub(crate) struct StoredKey {
    pub(crate) key_id: Uuid,
    #[sqlx(flatten)]
    pub(crate) slot: Slot,
    pub(crate) kek_id: String,
    pub(crate) wrapped: Option<Vec<u8>>,
    pub(crate) commitment: Vec<u8>,
}

/// Runs one piece of database work with a limit, and names it in its error.
pub(crate) async fn within<T>(
    doing: &'static str,
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, VaultError> {
    tokio::time::timeout(ANSWER_WAIT_MAX, work)
        .await
        .unwrap_or_else(|_elapsed| Err(io::Error::from(io::ErrorKind::TimedOut).into()))
        .map_err(|source| VaultError::of_database(doing, source))
}

impl Store {
    pub(crate) async fn connect(url: &str) -> Result<Self, VaultError> {
        within("connect to the vault's database", async {
            let options: PgConnectOptions = url.parse()?;
            // A key must survive a power cut before anything sealed with it is published, whatever the server's default.
            let options =
                options.application_name("cornerstone-vault").options([("synchronous_commit", "on")]);
            let pool =
                PgPoolOptions::new().max_connections(CONNECTIONS_MAX).acquire_timeout(CONNECT_WAIT_MAX);
            Ok(Self { pool: pool.connect_with(options).await? })
        })
        .await
    }

    /// The last migration applied, if the database was ever migrated.
    pub(crate) async fn migrated_to(&self) -> Result<Option<i64>, VaultError> {
        let last = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations WHERE success");
        match within("read the vault's migrations", last.fetch_one(&self.pool)).await {
            Err(VaultError::Database { source, .. }) if names_no_table(&source) => Ok(None),
            answer => answer,
        }
    }

    /// The id of the key-encryption key this vault belongs to: from the first call on, the one given then.
    pub(crate) async fn adopt_kek(&self, id: &str) -> Result<String, VaultError> {
        within("read the vault's key-encryption key id", async {
            sqlx::query("INSERT INTO kek (kek_id) VALUES ($1) ON CONFLICT DO NOTHING")
                .bind(id)
                .execute(&self.pool)
                .await?;
            sqlx::query_scalar("SELECT kek_id FROM kek").fetch_one(&self.pool).await
        })
        .await
    }

    pub(crate) async fn find_living(&self, slot: &Slot) -> Result<Option<StoredKey>, VaultError> {
        let row = sqlx::query_as(
            "SELECT key_id, owner, class, kek_id, wrapped, commitment FROM data_key
             WHERE owner = $1 AND class = $2 AND state <> 'SHREDDED'",
        )
        .bind(&slot.owner)
        .bind(&slot.class)
        .fetch_optional(&self.pool);
        within("find a data key", row).await
    }

    pub(crate) async fn find_by_ids(&self, ids: &[Uuid]) -> Result<Vec<StoredKey>, VaultError> {
        let rows = sqlx::query_as(
            "SELECT key_id, owner, class, kek_id, wrapped, commitment FROM data_key WHERE key_id = ANY($1)",
        )
        .bind(ids)
        .fetch_all(&self.pool);
        within("find data keys", rows).await
    }

    /// False when the slot already has a living key. On return the key is durable.
    pub(crate) async fn insert(&self, key: &StoredKey) -> Result<bool, VaultError> {
        let done = sqlx::query(
            "INSERT INTO data_key (key_id, owner, class, kek_id, wrapped, commitment) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (owner, class) WHERE state <> 'SHREDDED' DO NOTHING",
        )
        .bind(key.key_id)
        .bind(&key.slot.owner)
        .bind(&key.slot.class)
        .bind(&key.kek_id)
        .bind(&key.wrapped)
        .bind(&key.commitment)
        .execute(&self.pool);
        Ok(within("create a data key", done).await?.rows_affected() == 1)
    }

    /// The person found by `lookup`, or else `candidate` from now on. Of several first callers one wins for all.
    pub(crate) async fn find_or_insert_person(
        &self,
        lookup: &[u8; 32],
        candidate: Uuid,
    ) -> Result<Uuid, VaultError> {
        within("find or mint a person reference", async {
            let find = || sqlx::query_scalar("SELECT person FROM person_ref WHERE lookup = $1").bind(lookup);
            if let Some(person) = find().fetch_optional(&self.pool).await? {
                return Ok(person);
            }
            sqlx::query(
                "INSERT INTO person_ref (lookup, person) VALUES ($1, $2) ON CONFLICT (lookup) DO NOTHING",
            )
            .bind(lookup)
            .bind(candidate)
            .execute(&self.pool)
            .await?;
            find().fetch_one(&self.pool).await
        })
        .await
    }
}

fn names_no_table(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|error| error.code()).as_deref() == Some("42P01")
}
