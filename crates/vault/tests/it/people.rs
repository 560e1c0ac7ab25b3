//! References to people: minted once, for whoever asks first, and nothing stored that names anybody.

use std::collections::HashSet;

use tokio::task::JoinSet;
use vault::{Kek, Vault};

use crate::world::World;

const ISSUER: &str = "https://id.gov.il";

#[tokio::test]
async fn everyone_asking_at_once_gets_the_same_reference() {
    let world = World::start().await;
    let mut asking = JoinSet::new();
    for _ in 0..4 {
        let vault = world.elsewhere().await;
        for _ in 0..8 {
            let vault = vault.clone();
            asking.spawn(async move { vault.person_ref(ISSUER, "dana").await.unwrap() });
        }
    }
    let given: HashSet<_> = asking.join_all().await.into_iter().collect();
    assert_eq!(given, HashSet::from([world.vault.person_ref(ISSUER, "dana").await.unwrap()]));
}

#[tokio::test]
async fn issuer_and_subject_together_make_a_person() {
    let world = World::start().await;
    let mut given = HashSet::new();
    for (issuer, subject) in
        [(ISSUER, "dana"), (ISSUER, "omer"), ("https://other", "dana"), ("https://id.gov.ild", "ana")]
    {
        given.insert(world.vault.person_ref(issuer, subject).await.unwrap());
    }
    assert_eq!(given.len(), 4);
}

#[tokio::test]
async fn the_database_holds_neither_issuer_nor_subject() {
    let world = World::start().await;
    let person = world.vault.person_ref("issuer-in-clear", "subject-in-clear").await.unwrap();
    let rows: Vec<String> = sqlx::query_scalar("SELECT row_to_json(person_ref)::text FROM person_ref")
        .fetch_all(&world.sql().await)
        .await
        .unwrap();
    assert_eq!(rows.len(), 1);
    assert!(rows[0].contains(&person.to_string()) && !rows[0].contains("clear"), "{rows:?}");
    assert!(!rows[0].contains(&hex::encode("subject-in-clear")), "{rows:?}");
}

#[tokio::test]
async fn another_key_file_is_refused_before_it_mints_anybody_twice() {
    let world = World::start().await;
    let keys = tempfile::tempdir().unwrap();
    let other = Kek::generate_file(keys.path().join("other")).unwrap();
    let said = format!(
        "the vault was made with the key-encryption key {}, not with {}",
        id(&world.kek()),
        id(&other)
    );
    assert_eq!(Vault::connect(&world.url, other).await.unwrap_err().to_string(), said);
}

/// A key shows its id and nothing else.
fn id(kek: &Kek) -> String {
    let shown = format!("{kek:?}");
    shown.split('"').nth(1).expect("a quoted id").to_owned()
}
