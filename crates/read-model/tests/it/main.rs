//! The read models on a real Postgres.
#![expect(clippy::unwrap_used, reason = "tests")]

mod fixture;
mod hebrew;
mod keeping;
mod migrations;
mod rows;
mod visibility;

use read_model::{Role, connect, migrate};
use sqlx::PgPool;
use test_kit::Postgres;

/// A migrated database, as the projector sees it.
async fn database() -> (std::sync::Arc<Postgres>, String, PgPool) {
    let postgres = Postgres::shared().await.unwrap();
    let url = postgres.fresh_database().unwrap();
    migrate(&url).await.unwrap();
    let pool = connect(&url, Role::Projector).await.unwrap();
    (postgres, url, pool)
}
