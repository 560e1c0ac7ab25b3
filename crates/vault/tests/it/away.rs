//! A database that is away is a state of the world, not a state of the data.

use sqlx::Connection;
use test_kit::Postgres;
use vault::{Class, Kek, Vault, VaultError};

use crate::world::{DANA, OMER, Seen, World, place, plain, seen};

const ISSUER: &str = "https://id.gov.il";

#[tokio::test]
async fn a_field_is_unavailable_while_the_database_is_away_and_plain_again_after() {
    let mut postgres = Postgres::start().await.unwrap();
    let world = World::on(&postgres).await;
    let sealed = world.seal(&DANA, Class::Incidental, "דנה").await;
    let vault = world.elsewhere().await;
    postgres.kill9().unwrap();
    assert_eq!(seen(&vault.open(&sealed, &place()).await.unwrap()), Seen::Unavailable);
    postgres.restart().await.unwrap();
    assert_eq!(seen(&vault.open(&sealed, &place()).await.unwrap()), plain("דנה"));
}

#[tokio::test]
async fn a_warm_owner_needs_no_database() {
    let mut postgres = Postgres::start().await.unwrap();
    let world = World::on(&postgres).await;
    let cold = world.elsewhere().await.seal(&OMER, Class::Incidental, "עומר", &place()).await.unwrap();
    let mac = world.vault.mac(&DANA, Class::Incidental, "דנה").await.unwrap();
    let person = world.vault.person_ref(ISSUER, "dana").await.unwrap();
    postgres.kill9().unwrap();
    let warm = world.seal(&DANA, Class::Incidental, "דנה").await;
    assert_eq!(world.vault.mac(&DANA, Class::Incidental, "דנה").await.unwrap(), mac);
    assert_eq!(world.vault.person_ref(ISSUER, "dana").await.unwrap(), person);
    let list = world.vault.open_many(&[(&cold, place()), (&warm, place())]).await.unwrap();
    assert_eq!(list.iter().map(seen).collect::<Vec<_>>(), [Seen::Unavailable, plain("דנה")]);
}

#[tokio::test]
async fn nothing_new_is_promised_while_the_database_is_away() {
    let mut postgres = Postgres::start().await.unwrap();
    let world = World::on(&postgres).await;
    let (vault, at) = (&world.vault, place());
    postgres.kill9().unwrap();
    let (seal, mac, person, shred_owner, shred, connect) = tokio::join!(
        vault.seal(&OMER, Class::Incidental, "עומר", &at),
        vault.mac(&OMER, Class::Incidental, "עומר"),
        vault.person_ref(ISSUER, "omer"),
        vault.shred_owner(&DANA, Class::Incidental),
        vault.shred(&[]),
        Vault::connect(&world.url, world.kek()),
    );
    let failures = [seal.err(), mac.err(), person.err(), shred_owner.err(), shred.err(), connect.err()];
    let doing = failures.map(|failure| match failure {
        Some(VaultError::Unavailable { doing, .. }) => doing,
        other => panic!("{other:?}"),
    });
    let expected = [
        "find a data key",
        "find a data key",
        "find or mint a person reference",
        "list the data keys of an owner",
        "shred data keys",
        "connect to the vault's database",
    ];
    assert_eq!(doing, expected);
}

#[tokio::test]
async fn a_key_outlives_a_killed_server_whatever_the_servers_default() {
    let mut postgres = Postgres::start().await.unwrap();
    let world = World::on(&postgres).await;
    let mut sql = sqlx::PgConnection::connect(&world.url).await.unwrap();
    sqlx::query("ALTER ROLE postgres SET synchronous_commit = off").execute(&mut sql).await.unwrap();
    let sealed = world.elsewhere().await.seal(&DANA, Class::Incidental, "דנה", &place()).await.unwrap();
    postgres.kill9().unwrap();
    postgres.restart().await.unwrap();
    assert_eq!(world.read(&sealed).await, plain("דנה"));
}

#[tokio::test]
async fn a_database_nobody_migrated_is_refused() {
    let postgres = Postgres::shared().await.unwrap();
    let keys = tempfile::tempdir().unwrap();
    let kek = Kek::generate_file(keys.path().join("kek")).unwrap();
    let refused = Vault::connect(&postgres.fresh_database().unwrap(), kek).await.unwrap_err();
    assert_eq!(refused.to_string(), "the vault's database is at migration None, this program needs 1");
}

#[tokio::test]
async fn migrating_twice_changes_nothing() {
    let world = World::start().await;
    let sealed = world.seal(&DANA, Class::Incidental, "דנה").await;
    vault::migrate(&world.url).await.unwrap();
    assert_eq!(world.read(&sealed).await, plain("דנה"));
}
