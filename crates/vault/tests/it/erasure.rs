//! Shredding: final, exact in what it reaches, and never mistaken for damage.

use sqlx::{PgPool, query::Query};
use uuid::Uuid;
use vault::{Class, FieldAddress, KeyState, Sealed, VaultError};

use crate::world::{DANA, OMER, Seen, World, place, plain, seen};

#[tokio::test]
async fn a_shredded_field_reads_as_erased_everywhere_and_never_as_corrupt() {
    let world = World::start().await;
    let sealed = world.seal(&DANA, Class::Incidental, "דנה").await;
    world.vault.shred(&[sealed.key_id]).await.unwrap();
    assert_eq!(seen(&world.vault.open(&sealed, &place()).await.unwrap()), Seen::Erased);
    assert_eq!(world.read(&sealed).await, Seen::Erased);
    // With the key, nothing is left to tell a true ciphertext from a false one.
    let moved = FieldAddress { path: "contact.phone", ..place() };
    let broken = Sealed { nonce: "?".to_owned(), ciphertext: "?".to_owned(), ..sealed.clone() };
    let read = world.vault.open_many(&[(&sealed, moved), (&broken, place())]).await.unwrap();
    assert_eq!(read.iter().map(seen).collect::<Vec<_>>(), [Seen::Erased, Seen::Erased]);
}

#[tokio::test]
async fn erasing_incidental_data_leaves_official_identity_and_other_people() {
    let world = World::start().await;
    let incidental = world.seal(&DANA, Class::Incidental, "dana@example.org").await;
    let official = world.seal(&DANA, Class::Official, "דנה לוי, סמנכ״לית").await;
    let of_omer = world.seal(&OMER, Class::Incidental, "עומר").await;
    world.vault.shred_owner(&DANA, Class::Incidental).await.unwrap();
    assert_eq!(world.read(&incidental).await, Seen::Erased);
    assert_eq!(world.read(&official).await, plain("דנה לוי, סמנכ״לית"));
    assert_eq!(world.read(&of_omer).await, plain("עומר"));
}

#[tokio::test]
async fn the_tombstone_keeps_the_commitment_and_not_the_key() {
    let world = World::start().await;
    let sealed = world.seal(&DANA, Class::Incidental, "דנה").await;
    let before = world.vault.keys_commitment(&DANA, Class::Incidental).await.unwrap();
    let shredded = world.vault.shred(&[sealed.key_id]).await.unwrap();
    assert_eq!(world.vault.keys_commitment(&DANA, Class::Incidental).await.unwrap(), shredded);
    assert_eq!(before[0].state, KeyState::Active);
    assert_eq!((before[0].key_id, &before[0].commitment), (shredded[0].key_id, &shredded[0].commitment));
    let wrapped: Option<Vec<u8>> =
        sqlx::query_scalar("SELECT wrapped FROM data_key").fetch_one(&world.sql().await).await.unwrap();
    assert_eq!(wrapped, None);
}

#[tokio::test]
async fn shredding_twice_answers_as_the_first_time() {
    let world = World::start().await;
    let sealed = world.seal(&DANA, Class::Incidental, "דנה").await;
    let first = world.vault.shred(&[sealed.key_id]).await.unwrap();
    assert!(matches!(first[0].state, KeyState::Shredded(_)));
    assert_eq!(world.elsewhere().await.shred(&[sealed.key_id, sealed.key_id]).await.unwrap(), first);
    assert_eq!(world.vault.shred_owner(&DANA, Class::Incidental).await.unwrap(), first);
    assert_eq!(world.vault.shred_owner(&OMER, Class::Incidental).await.unwrap(), []);
}

#[tokio::test]
async fn an_unknown_key_stops_the_whole_shredding() {
    let world = World::start().await;
    let sealed = world.seal(&DANA, Class::Incidental, "דנה").await;
    let unknown = Uuid::from_u128(9);
    let refused = world.vault.shred(&[sealed.key_id, unknown]).await.unwrap_err();
    assert!(matches!(refused, VaultError::UnknownKey(id) if id == unknown), "{refused}");
    assert_eq!(world.read(&sealed).await, plain("דנה"));
}

#[tokio::test]
async fn an_owner_who_returns_after_an_erasure_gets_another_key() {
    let world = World::start().await;
    let old = world.seal(&DANA, Class::Incidental, "ישן").await;
    let old_mac = world.vault.mac(&DANA, Class::Incidental, "דנה").await.unwrap();
    world.vault.shred_owner(&DANA, Class::Incidental).await.unwrap();
    let new = world.seal(&DANA, Class::Incidental, "חדש").await;
    assert_eq!([world.read(&old).await, world.read(&new).await], [Seen::Erased, plain("חדש")]);
    assert_ne!(world.vault.mac(&DANA, Class::Incidental, "דנה").await.unwrap(), old_mac);
    let keys = world.vault.keys_commitment(&DANA, Class::Incidental).await.unwrap();
    assert_eq!(keys.iter().map(|key| key.key_id).collect::<Vec<_>>(), [old.key_id, new.key_id]);
}

#[tokio::test]
async fn a_tombstone_cannot_be_revived_changed_or_deleted_by_sql() {
    let world = World::start().await;
    let sealed = world.seal(&DANA, Class::Incidental, "דנה").await;
    world.vault.shred(&[sealed.key_id]).await.unwrap();
    let sql = world.sql().await;
    let attempts = [
        sqlx::query(
            "UPDATE data_key SET state = 'ACTIVE', wrapped = repeat('x', 60)::bytea, shredded_at = NULL",
        ),
        sqlx::query("UPDATE data_key SET shredded_at = now() - interval '1 year'"),
        sqlx::query("UPDATE data_key SET commitment = repeat('x', 32)::bytea"),
        sqlx::query("DELETE FROM data_key"),
        sqlx::query("TRUNCATE data_key"),
    ];
    for attempt in attempts {
        assert_eq!(refusal(&sql, attempt).await, "CSFIN");
    }
    assert_eq!(world.read(&sealed).await, Seen::Erased);
}

#[tokio::test]
async fn a_living_key_cannot_be_destroyed_without_a_tombstone() {
    let world = World::start().await;
    let sealed = world.seal(&DANA, Class::Incidental, "דנה").await;
    let sql = world.sql().await;
    let attempts = [
        (sqlx::query("DELETE FROM data_key"), "CSFIN"),
        (sqlx::query("TRUNCATE data_key"), "CSFIN"),
        (sqlx::query("UPDATE data_key SET wrapped = repeat('x', 60)::bytea"), "CSFIN"),
        (sqlx::query("UPDATE data_key SET owner = 'person:00000000-0000-0000-0000-000000000003'"), "CSFIN"),
        (sqlx::query("UPDATE data_key SET class = 'OFFICIAL'"), "CSFIN"),
        // A check of the table, as the others are of its trigger.
        (sqlx::query("UPDATE data_key SET state = 'SHREDDED'"), "23514"),
    ];
    for (attempt, code) in attempts {
        assert_eq!(refusal(&sql, attempt).await, code);
    }
    assert_eq!(world.read(&sealed).await, plain("דנה"));
}

#[tokio::test]
async fn a_tombstone_cannot_be_planted_for_a_key_that_never_was() {
    let world = World::start().await;
    let sql = world.sql().await;
    let planted = sqlx::query(
        "INSERT INTO data_key (key_id, owner, class, state, kek_id, commitment, shredded_at)
         VALUES (gen_random_uuid(), 'person:00000000-0000-0000-0000-000000000003', 'INCIDENTAL', 'SHREDDED', '',
                 repeat('x', 32)::bytea, now())",
    );
    assert_eq!(refusal(&sql, planted).await, "CSFIN");
}

/// The code that the database refuses a statement with.
pub(crate) async fn refusal(
    sql: &PgPool,
    statement: Query<'_, sqlx::Postgres, sqlx::postgres::PgArguments>,
) -> String {
    let error = statement.execute(sql).await.expect_err("the database refuses it");
    error.as_database_error().and_then(|error| error.code()).expect("it says why").into_owned()
}
