//! A test's Postgres is durable, and speaks UTF-8.

use sqlx::{Connection, PgConnection, query_scalar};
use test_kit::Postgres;

#[tokio::test]
async fn a_killed_postgres_comes_back_with_what_was_committed() {
    let mut postgres = Postgres::start().await.unwrap();
    let url = postgres.fresh_database().unwrap();
    let mut session = PgConnection::connect(&url).await.unwrap();
    sqlx::query("CREATE TABLE note (body text)").execute(&mut session).await.unwrap();
    sqlx::query("INSERT INTO note VALUES ('שלום')").execute(&mut session).await.unwrap();

    postgres.kill9().unwrap();
    let lost: Result<i32, _> = query_scalar("SELECT 1").fetch_one(&mut session).await;
    assert!(lost.is_err(), "a session outlived its server");
    postgres.restart().await.unwrap();

    let mut session = PgConnection::connect(&url).await.unwrap();
    let length: i32 = query_scalar("SELECT length(body) FROM note").fetch_one(&mut session).await.unwrap();
    assert_eq!(length, 4, "characters, not bytes");
    let fsync: String = query_scalar("SHOW fsync").fetch_one(&mut session).await.unwrap();
    assert_eq!(fsync, "on");
}

#[tokio::test]
async fn a_database_is_a_copy_of_its_template() {
    let postgres = Postgres::shared().await.unwrap();
    postgres.create_database("migrated").unwrap();
    let mut session = PgConnection::connect(&postgres.url("migrated")).await.unwrap();
    sqlx::query("CREATE TABLE note (body text)").execute(&mut session).await.unwrap();
    session.close().await.unwrap();
    postgres.create_database_from("migrated", "copy").unwrap();
    let mut session = PgConnection::connect(&postgres.url("copy")).await.unwrap();
    let notes: i64 = query_scalar("SELECT count(*) FROM note").fetch_one(&mut session).await.unwrap();
    assert_eq!(notes, 0);
}
