//! How a build grows: rows and checkpoint in one transaction.

use std::collections::HashSet;

use sqlx::{PgConnection, PgPool, Postgres, Transaction, types::Json};
use time::OffsetDateTime;

use crate::{
    Build, Error, Lease,
    build::{enter, notify},
    error::doing,
    rows::Table,
};

/// The rows of some commits on their way into a build. Dropped, it changes nothing.
pub struct Batch {
    tx: Transaction<'static, Postgres>,
}

/// Where a build stands after a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    pub position: u64,
    /// Of the commit there, lower-case hex.
    pub body_sha256: String,
    /// The log's clock there.
    pub stored_at: OffsetDateTime,
    pub commits: u64,
    pub digest: String,
    pub quarantined: u64,
}

impl Batch {
    /// Begins one.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn begin(pool: &PgPool, build: &Build) -> Result<Self, Error> {
        doing("begin a batch", async {
            let mut tx = pool.begin().await?;
            enter(&mut tx, &build.schema).await?;
            Ok(Self { tx })
        })
        .await
    }

    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    /// The rows of these keys.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn load<T: Table>(&mut self, keys: &[T::Key]) -> Result<Vec<T>, Error>
    where
        for<'q> &'q [T::Key]: sqlx::Encode<'q, Postgres> + sqlx::Type<Postgres>,
    {
        if keys.is_empty() {
            return Ok(vec![]);
        }
        let load = sqlx::query_scalar(T::LOAD).bind(keys).fetch_all(&mut *self.tx);
        parsed(doing(T::NAME, load).await?)
    }

    /// Every row.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn load_all<T: Table>(&mut self) -> Result<Vec<T>, Error> {
        parsed(doing(T::NAME, sqlx::query_scalar(T::LOAD_ALL).fetch_all(&mut *self.tx)).await?)
    }

    /// Adds rows.
    ///
    /// # Errors
    /// [`Error::Refused`] when the database cannot hold one of them; those of the database.
    pub async fn add<T: Table>(&mut self, rows: &[T]) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        let insert = sqlx::query(T::INSERT).bind(Json(rows)).execute(&mut *self.tx);
        doing(T::NAME, insert).await.map(|_| ())
    }

    /// Removes all rows of these keys.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn remove<T: Table>(&mut self, keys: &[T::Key]) -> Result<(), Error>
    where
        for<'q> &'q [T::Key]: sqlx::Encode<'q, Postgres> + sqlx::Type<Postgres>,
    {
        if keys.is_empty() {
            return Ok(());
        }
        doing(T::NAME, sqlx::query(T::DELETE).bind(keys).execute(&mut *self.tx)).await.map(|_| ())
    }

    /// Replaces all rows of the keys that these rows have.
    ///
    /// # Errors
    /// As [`Batch::add`].
    pub async fn replace<T: Table>(&mut self, rows: &[T]) -> Result<(), Error>
    where
        for<'q> &'q [T::Key]: sqlx::Encode<'q, Postgres> + sqlx::Type<Postgres>,
    {
        let keys: HashSet<T::Key> = rows.iter().map(Table::key).collect();
        self.remove::<T>(&keys.into_iter().collect::<Vec<_>>()).await?;
        self.add(rows).await
    }

    /// Commits rows and checkpoint together, if the build is still where it was and the lease still holds: applied
    /// exactly once, by one keeper, without a gap.
    ///
    /// # Errors
    /// [`Error::Fenced`] when it is not so; those of the database. After an error, only the database knows whether
    /// the batch was applied.
    pub async fn commit(mut self, build: &mut Build, lease: &Lease, to: Checkpoint) -> Result<(), Error> {
        const DOING: &str = "commit a batch";
        lease.hold(&mut self.tx).await?;
        let advance = "UPDATE public.build
               SET position = $3, body_sha256 = $4, stored_at = $5, commits = $6, digest = $7, quarantined = $8
             WHERE schema_name = $1 AND position = $2";
        let advance = sqlx::query(advance)
            .bind(&build.schema)
            .bind(signed(build.position))
            .bind(signed(to.position))
            .bind(&to.body_sha256)
            .bind(to.stored_at)
            .bind(signed(to.commits))
            .bind(&to.digest)
            .bind(signed(to.quarantined));
        if doing(DOING, advance.execute(&mut *self.tx)).await?.rows_affected() == 0 {
            return Err(Error::Fenced(lease.shape.name));
        }
        if build.live {
            let woken = notify(&mut self.tx, lease.shape.name, lease.shape.version, to.position);
            doing(DOING, woken).await?;
        }
        doing(DOING, self.tx.commit()).await?;
        build.position = to.position;
        build.body_sha256 = Some(to.body_sha256);
        (build.commits, build.digest, build.quarantined) = (to.commits, to.digest, to.quarantined);
        Ok(())
    }
}

fn parsed<T: Table>(rows: Vec<serde_json::Value>) -> Result<Vec<T>, Error> {
    let parse = |row| serde_json::from_value(row).map_err(|source| Error::Row { table: T::NAME, source });
    rows.into_iter().map(parse).collect()
}

pub(crate) fn signed(value: u64) -> i64 {
    value.try_into().expect("positions and counts stay below 2^63")
}
