//! Legal holds: nobody shreds under one, not the vault and not someone with SQL.

use uuid::Uuid;
use vault::{Class, KeyOwner, KeyState, VaultError};

use crate::{
    erasure::refusal,
    world::{DANA, OMER, Seen, World, plain},
};

const HOLD: Uuid = Uuid::from_u128(0x401d);
const OTHER_HOLD: Uuid = Uuid::from_u128(0x402d);

impl World {
    async fn hold(&self, hold_id: Uuid, owner: &KeyOwner) -> Result<(), VaultError> {
        self.vault.place_hold(hold_id, owner, Class::Incidental, "court 12/34").await
    }

    async fn states(&self) -> Vec<KeyState> {
        let keys = self.vault.keys_commitment(&DANA, Class::Incidental).await.unwrap();
        keys.into_iter().map(|key| key.state).collect()
    }
}

#[tokio::test]
async fn a_key_on_hold_is_not_shredded_until_the_hold_is_released() {
    let world = World::start().await;
    let sealed = world.seal(&DANA, Class::Incidental, "דנה").await;
    world.hold(HOLD, &DANA).await.unwrap();
    assert_eq!(world.states().await, [KeyState::Held]);
    let refused = world.vault.shred(&[sealed.key_id]).await.unwrap_err();
    assert!(matches!(refused, VaultError::Held), "{refused}");
    assert_eq!(world.read(&sealed).await, plain("דנה"));
    world.vault.release_hold(HOLD).await.unwrap();
    assert_eq!(world.states().await, [KeyState::Active]);
    world.vault.shred(&[sealed.key_id]).await.unwrap();
    assert_eq!(world.read(&sealed).await, Seen::Erased);
}

#[tokio::test]
async fn a_hold_stops_sql_as_it_stops_the_vault() {
    let world = World::start().await;
    let sealed = world.seal(&DANA, Class::Incidental, "דנה").await;
    world.hold(HOLD, &DANA).await.unwrap();
    let sql = world.sql().await;
    let attempts = [
        (sqlx::query("UPDATE data_key SET state = 'SHREDDED', wrapped = NULL, shredded_at = now()"), "CSHLD"),
        (sqlx::query("UPDATE data_key SET state = 'ACTIVE'"), "CSHLD"),
        (sqlx::query("UPDATE data_key SET wrapped = repeat('x', 60)::bytea"), "CSFIN"),
        (sqlx::query("DELETE FROM data_key"), "CSFIN"),
        (sqlx::query("DELETE FROM legal_hold"), "CSFIN"),
        (sqlx::query("TRUNCATE legal_hold"), "CSFIN"),
        (sqlx::query("UPDATE legal_hold SET class = 'OFFICIAL'"), "CSFIN"),
    ];
    for (attempt, code) in attempts {
        assert_eq!(refusal(&sql, attempt).await, code);
    }
    assert_eq!(world.read(&sealed).await, plain("דנה"));
}

#[tokio::test]
async fn one_key_on_hold_keeps_all_of_a_shredding_back() {
    let world = World::start().await;
    let of_dana = world.seal(&DANA, Class::Incidental, "דנה").await;
    let of_omer = world.seal(&OMER, Class::Incidental, "עומר").await;
    world.hold(HOLD, &OMER).await.unwrap();
    let refused = world.vault.shred(&[of_dana.key_id, of_omer.key_id]).await.unwrap_err();
    assert!(matches!(refused, VaultError::Held), "{refused}");
    assert_eq!(world.read(&of_dana).await, plain("דנה"));
}

#[tokio::test]
async fn a_hold_covers_a_key_made_after_it() {
    let world = World::start().await;
    world.hold(HOLD, &DANA).await.unwrap();
    world.seal(&DANA, Class::Incidental, "דנה").await;
    assert_eq!(world.states().await, [KeyState::Held]);
    let refused = world.vault.shred_owner(&DANA, Class::Incidental).await.unwrap_err();
    assert!(matches!(refused, VaultError::Held), "{refused}");
}

#[tokio::test]
async fn a_key_stays_held_until_its_last_hold_is_released() {
    let world = World::start().await;
    world.seal(&DANA, Class::Incidental, "דנה").await;
    world.hold(HOLD, &DANA).await.unwrap();
    world.hold(OTHER_HOLD, &DANA).await.unwrap();
    world.vault.release_hold(HOLD).await.unwrap();
    assert_eq!(world.states().await, [KeyState::Held]);
    world.vault.release_hold(OTHER_HOLD).await.unwrap();
    assert_eq!(world.states().await, [KeyState::Active]);
}

#[tokio::test]
async fn holds_released_at_once_leave_the_key_free() {
    let world = World::start().await;
    world.seal(&DANA, Class::Incidental, "דנה").await;
    for _ in 0..10 {
        let [one, two] = [Uuid::new_v4(), Uuid::new_v4()];
        world.hold(one, &DANA).await.unwrap();
        world.hold(two, &DANA).await.unwrap();
        let (first, second) = tokio::join!(world.vault.release_hold(one), world.vault.release_hold(two));
        assert_eq!((first.is_ok(), second.is_ok()), (true, true));
        assert_eq!(world.states().await, [KeyState::Active]);
    }
}

#[tokio::test]
async fn a_hold_that_is_being_placed_makes_a_shredding_wait_and_fail() {
    let world = World::start().await;
    let sealed = world.seal(&DANA, Class::Incidental, "דנה").await;
    let mut placing = world.sql().await.begin().await.unwrap();
    sqlx::query("INSERT INTO legal_hold (hold_id, owner, class, reference) VALUES ($1, $2, 'INCIDENTAL', 'court 12/34')")
        .bind(HOLD)
        .bind(DANA.to_string())
        .execute(&mut *placing)
        .await
        .unwrap();
    let vault = world.vault.clone();
    let shredding = tokio::spawn(async move { vault.shred(&[sealed.key_id]).await });
    waits_for_a_lock(&world).await;
    placing.commit().await.unwrap();
    let refused = shredding.await.unwrap().unwrap_err();
    assert!(matches!(refused, VaultError::Held), "{refused}");
    assert_eq!(world.states().await, [KeyState::Held]);
}

#[tokio::test]
async fn placing_and_releasing_twice_change_nothing() {
    let world = World::start().await;
    world.seal(&DANA, Class::Incidental, "דנה").await;
    world.hold(HOLD, &DANA).await.unwrap();
    world.hold(HOLD, &DANA).await.unwrap();
    world.vault.release_hold(HOLD).await.unwrap();
    world.vault.release_hold(HOLD).await.unwrap();
    assert_eq!(world.states().await, [KeyState::Active]);
}

#[tokio::test]
async fn the_id_of_another_or_a_released_hold_holds_nothing() {
    let world = World::start().await;
    world.hold(HOLD, &DANA).await.unwrap();
    let reused = world.hold(HOLD, &OMER).await.unwrap_err();
    world.vault.release_hold(HOLD).await.unwrap();
    let released = world.hold(HOLD, &DANA).await.unwrap_err();
    let unknown = world.vault.release_hold(OTHER_HOLD).await.unwrap_err();
    let said = [reused, released, unknown].map(|refused| refused.to_string());
    let reused = format!("the legal hold {HOLD} exists and is not this one");
    assert_eq!(said, [reused.clone(), reused, format!("the vault holds no legal hold {OTHER_HOLD}")]);
}

async fn waits_for_a_lock(world: &World) {
    let sql = world.sql().await;
    test_kit::eventually(std::time::Duration::from_secs(4), async || {
        let waiting: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
        )
        .fetch_one(&sql)
        .await
        .unwrap();
        if waiting == 1 { Ok(()) } else { Err(format!("{waiting} wait for a lock")) }
    })
    .await
    .unwrap();
}
