//! What a database must be, and who may connect.

use read_model::{Error, Role, connect, migrate};
use sqlx::{Connection, PgConnection};
use test_kit::Postgres;

use crate::database;

#[tokio::test]
async fn a_locale_that_does_not_know_hebrew_is_refused() {
    let postgres = Postgres::shared().await.unwrap();
    let mut admin = PgConnection::connect(&postgres.url("postgres")).await.unwrap();
    let create = "CREATE DATABASE deaf TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'";
    sqlx::query(create).execute(&mut admin).await.unwrap();
    let refused = migrate(&postgres.url("deaf")).await.unwrap_err();
    let Error::Migrate(cause) = &refused else { panic!("{refused:?}") };
    assert!(format!("{cause:?}").contains("so that Hebrew can be searched"), "{cause:?}");
}

#[tokio::test]
async fn nobody_connects_before_the_migrations_are_made() {
    // The roles belong to the server: another database has made them.
    let (postgres, _url, _pool) = database().await;
    let url = postgres.fresh_database().unwrap();
    let refused = connect(&url, Role::Reader).await.unwrap_err();
    assert!(matches!(refused, Error::NotMigrated { found: None, needed: 1 }), "{refused:?}");
}

#[tokio::test]
async fn migrating_twice_changes_nothing() {
    let (_postgres, url, pool) = database().await;
    migrate(&url).await.unwrap();
    let user: String = sqlx::query_scalar("SELECT current_user::text").fetch_one(&pool).await.unwrap();
    assert_eq!(user, "cornerstone_projector");
}
