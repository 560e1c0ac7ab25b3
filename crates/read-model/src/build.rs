//! The builds of a view: made, found, compared, swapped, retired. How one grows is in `batch.rs`.

use sqlx::{PgConnection, PgPool, Postgres, Row, Transaction, postgres::PgRow};
use uuid::Uuid;

use crate::{Error, Lease, Shape, error::doing};

const FRAME: &str = include_str!("../views/frame.sql");

/// Where a build stands, as its keeper wrote it; [`crate::ViewState`] is what readers are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildState {
    Building,
    Verifying,
    Live,
    Stopped,
    /// Was live, kept to swap back.
    Retired,
}

impl BuildState {
    const ALL: [Self; 5] = [Self::Building, Self::Verifying, Self::Live, Self::Stopped, Self::Retired];

    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Building => "BUILDING",
            Self::Verifying => "VERIFYING",
            Self::Live => "LIVE",
            Self::Stopped => "STOPPED",
            Self::Retired => "RETIRED",
        }
    }
}

/// One filling of a view's tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// The schema with its tables.
    pub schema: String,
    pub state: BuildState,
    /// Readers use it.
    pub live: bool,
    pub log_id: Uuid,
    /// The last position applied.
    pub position: u64,
    /// Of the commit at that position.
    pub body_sha256: Option<String>,
    /// How many commits were seen, those that are parked included.
    pub commits: u64,
    /// Over all of them.
    pub digest: String,
    /// Keys that wait for a repair.
    pub quarantined: u64,
}

/// The rows of one table: how many, and the SHA-256 over them, in whatever order they were written.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct TableDigest {
    #[sqlx(rename = "table_name")]
    pub table: String,
    #[sqlx(rename = "row_count")]
    pub rows: i64,
    pub sha256: String,
}

impl Build {
    /// Every build of a view, the oldest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn all(pool: &PgPool, shape: Shape) -> Result<Vec<Self>, Error> {
        let select = "SELECT b.*, b.schema_name IS NOT DISTINCT FROM v.live AS live
               FROM public.build b JOIN public.view v ON (v.name, v.version) = (b.view_name, b.view_version)
              WHERE v.name = $1 AND v.version = $2 ORDER BY b.created_at, b.schema_name";
        let select = sqlx::query(select).bind(shape.name).bind(shape.version).try_map(read);
        doing("read the builds of a view", select.fetch_all(pool)).await
    }

    /// A new, empty build of the lease's view; it answers a request to rebuild.
    ///
    /// # Errors
    /// [`Error::Fenced`], or those of the database.
    pub async fn create(pool: &PgPool, lease: &Lease, log_id: Uuid) -> Result<Self, Error> {
        const DOING: &str = "create a build of a view";
        let mut tx = doing(DOING, pool.begin()).await?;
        lease.hold(&mut tx).await?;
        let schema: String = doing(DOING, async {
            let create = sqlx::query_scalar("SELECT public.create_build($1, $2, $3)");
            let create = create.bind(lease.shape.name).bind(lease.shape.version).bind(log_id);
            let schema: String = create.fetch_one(&mut *tx).await?;
            enter(&mut tx, &schema).await?;
            sqlx::raw_sql(FRAME).execute(&mut *tx).await?;
            sqlx::raw_sql(lease.shape.tables).execute(&mut *tx).await?;
            let heard = "UPDATE public.view SET rebuild_requested_at = NULL WHERE name = $1 AND version = $2";
            sqlx::query(heard).bind(lease.shape.name).bind(lease.shape.version).execute(&mut *tx).await?;
            tx.commit().await?;
            Ok(schema)
        })
        .await?;
        let find = Self::all(pool, lease.shape).await?.into_iter().find(|build| build.schema == schema);
        find.ok_or_else(|| Error::while_doing(DOING, sqlx::Error::RowNotFound))
    }

    /// Says where the build stands, and why.
    ///
    /// # Errors
    /// [`Error::Fenced`], or those of the database.
    pub async fn set_state(
        &mut self,
        pool: &PgPool,
        lease: &Lease,
        state: BuildState,
        reason: Option<&str>,
    ) -> Result<(), Error> {
        const DOING: &str = "set the state of a build";
        let mut tx = doing(DOING, pool.begin()).await?;
        lease.hold(&mut tx).await?;
        let set = sqlx::query("UPDATE public.build SET state = $2, reason = $3 WHERE schema_name = $1");
        doing(DOING, set.bind(&self.schema).bind(state.code()).bind(reason).execute(&mut *tx)).await?;
        doing(DOING, tx.commit()).await?;
        self.state = state;
        Ok(())
    }

    /// Makes this build the one that readers use, in one transaction with retiring the one before. `differs` is kept
    /// with it as a reason. Swapping back is the same step.
    ///
    /// # Errors
    /// [`Error::Fenced`], or those of the database.
    pub async fn swap_in(
        &mut self,
        pool: &PgPool,
        lease: &Lease,
        differs: Option<&str>,
    ) -> Result<(), Error> {
        const DOING: &str = "swap a build in";
        let mut tx = doing(DOING, pool.begin()).await?;
        lease.hold(&mut tx).await?;
        let (name, version) = (lease.shape.name, lease.shape.version);
        doing(DOING, async {
            let retire = "UPDATE public.build b SET state = 'RETIRED' FROM public.view v
                WHERE b.schema_name = v.live AND v.name = $1 AND v.version = $2 AND v.live <> $3";
            sqlx::query(retire).bind(name).bind(version).bind(&self.schema).execute(&mut *tx).await?;
            let point = "UPDATE public.view SET live = $3 WHERE name = $1 AND version = $2";
            sqlx::query(point).bind(name).bind(version).bind(&self.schema).execute(&mut *tx).await?;
            let live = "UPDATE public.build SET state = 'LIVE', reason = $2 WHERE schema_name = $1";
            sqlx::query(live).bind(&self.schema).bind(differs).execute(&mut *tx).await?;
            notify(&mut tx, name, version, self.position).await?;
            tx.commit().await
        })
        .await?;
        (self.state, self.live) = (BuildState::Live, true);
        Ok(())
    }

    /// Removes a build that nobody uses, with its schema.
    ///
    /// # Errors
    /// It is live, somebody else keeps the view, or those of the database.
    pub async fn remove(self, pool: &PgPool, lease: &Lease) -> Result<(), Error> {
        const DOING: &str = "remove a build";
        let mut tx = doing(DOING, pool.begin()).await?;
        lease.hold(&mut tx).await?;
        let remove = sqlx::query("SELECT public.drop_build($1)").bind(&self.schema).execute(&mut *tx);
        doing(DOING, remove).await?;
        doing(DOING, tx.commit()).await
    }

    /// The digest of every table.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn digests(&self, pool: &PgPool) -> Result<Vec<TableDigest>, Error> {
        let digests = sqlx::query_as("SELECT * FROM public.build_digest($1)").bind(&self.schema);
        doing("digest the rows of a build", digests.fetch_all(pool)).await
    }

    /// Both builds as they are at this moment, to be compared; none when they are not at one position.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn beside(&self, other: &Self, pool: &PgPool) -> Result<Option<Comparison>, Error> {
        let positions = "SELECT count(DISTINCT position) FROM public.build WHERE schema_name IN ($1, $2)";
        doing("look at two builds", async {
            let mut tx = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
            let positions = sqlx::query_scalar(positions).bind(&self.schema).bind(&other.schema);
            let positions: i64 = positions.fetch_one(&mut *tx).await?;
            let schemas = [self.schema.clone(), other.schema.clone()];
            Ok((positions == 1).then_some(Comparison { tx, schemas }))
        })
        .await
    }
}

/// A snapshot of two builds at one position, however they go on.
pub struct Comparison {
    tx: Transaction<'static, Postgres>,
    schemas: [String; 2],
}

impl Comparison {
    /// The tables in which they differ. Reads every row of both.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn differing(mut self) -> Result<Vec<String>, Error> {
        let differing = "SELECT table_name FROM public.build_digest($1) a
              FULL JOIN public.build_digest($2) b USING (table_name)
             WHERE a.sha256 IS DISTINCT FROM b.sha256 ORDER BY table_name";
        let differing = sqlx::query_scalar(differing).bind(&self.schemas[0]).bind(&self.schemas[1]);
        doing("compare two builds", differing.fetch_all(&mut *self.tx)).await
    }
}

/// Finds the build's tables by their names until the transaction ends.
pub(crate) async fn enter(connection: &mut PgConnection, schema: &str) -> Result<(), sqlx::Error> {
    let path = "SELECT set_config('search_path', quote_ident($1) || ', public', true)";
    sqlx::query(path).bind(schema).execute(connection).await.map(|_| ())
}

/// Wakes those who wait for a position, when the transaction commits.
pub(crate) async fn notify(
    connection: &mut PgConnection,
    name: &str,
    version: i32,
    position: u64,
) -> Result<(), sqlx::Error> {
    let payload = format!("{name} {version} {position}");
    sqlx::query("SELECT pg_notify($1, $2)")
        .bind(crate::POSITION_CHANNEL)
        .bind(payload)
        .execute(connection)
        .await
        .map(|_| ())
}

#[expect(clippy::needless_pass_by_value, reason = "the signature that sqlx maps with")]
fn read(row: PgRow) -> Result<Build, sqlx::Error> {
    let state: String = row.try_get("state")?;
    let state = BuildState::ALL.into_iter().find(|known| known.code() == state);
    Ok(Build {
        schema: row.try_get("schema_name")?,
        state: state.ok_or_else(|| sqlx::Error::Decode("an unknown state of a build".into()))?,
        live: row.try_get("live")?,
        log_id: row.try_get("log_id")?,
        position: unsigned(&row, "position")?,
        body_sha256: row.try_get("body_sha256")?,
        commits: unsigned(&row, "commits")?,
        digest: row.try_get("digest")?,
        quarantined: unsigned(&row, "quarantined")?,
    })
}

/// A count or a position: never negative.
pub(crate) fn unsigned(row: &PgRow, column: &str) -> Result<u64, sqlx::Error> {
    let value: i64 = row.try_get(column)?;
    value.try_into().map_err(|error| sqlx::Error::Decode(Box::new(error)))
}
