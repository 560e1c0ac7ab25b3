//! Migrating, and connecting as one of the two roles that the migrations made.

use std::time::Duration;

use sqlx::{
    Connection, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::{Error, error::doing};

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

const CONNECTIONS_MAX: u32 = 10;
const CONNECT_WAIT_MAX: Duration = Duration::from_secs(5);

/// As whom a pool works. The user of the address must be a member of the role, or a superuser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Writes views: sees every row.
    Projector,
    /// Reads views: sees the rows of those for whom it reads.
    Reader,
}

/// Brings the database to the newest migration. Run by an operator's step, never by a service at start; its user
/// may create roles, or the two roles exist.
///
/// # Errors
/// The database is not reachable, not UTF-8 with a locale that knows Hebrew, or a migration fails.
pub async fn migrate(url: &str) -> Result<(), Error> {
    let mut connection = doing("connect to the read models", PgConnection::connect(url)).await?;
    Ok(MIGRATOR.run(&mut connection).await?)
}

/// Connects to migrated read models.
///
/// # Errors
/// The database is not reachable, or not migrated far enough for this version.
pub async fn connect(url: &str, role: Role) -> Result<PgPool, Error> {
    let (name, role) = match role {
        Role::Projector => ("cornerstone-projector", "cornerstone_projector"),
        Role::Reader => ("cornerstone-query", "cornerstone_reader"),
    };
    // Commits are durable, the projector's too: one that has swapped a build in must find it so after a crash.
    // Compiling a query takes longer than any query here should.
    let settings = [("role", role), ("timezone", "UTC"), ("synchronous_commit", "on"), ("jit", "off")];
    let pool = doing("connect to the read models", async {
        let options: PgConnectOptions = url.parse()?;
        let options = options.application_name(name).options(settings);
        let pool = PgPoolOptions::new().max_connections(CONNECTIONS_MAX).acquire_timeout(CONNECT_WAIT_MAX);
        pool.connect_with(options).await
    });
    let pool = pool.await?;
    migrated_far_enough(&pool).await?;
    Ok(pool)
}

async fn migrated_far_enough(pool: &PgPool) -> Result<(), Error> {
    let needed = MIGRATOR.iter().map(|migration| migration.version).max().expect("there are migrations");
    let last = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations WHERE success");
    let found: Option<i64> = match last.fetch_one(pool).await {
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42P01") => None,
        answer => answer.map_err(|source| Error::while_doing("read the migrations", source))?,
    };
    if found.is_some_and(|found| found >= needed) {
        Ok(())
    } else {
        Err(Error::NotMigrated { found, needed })
    }
}
