//! Sealed texts in a card, opened through a real vault.

use std::sync::Arc;

use contract::portfolio::v1::{GetInitiativeRequest, SealedText, sealed_text::State};
use query::{Pace, portfolio};
use read_model::rows;
use test_kit::Postgres;
use vault::{Class, FieldAddress, Kek, KeyOwner, Vault};

use crate::{
    card::{SUBJECT, first, he, proposal, with_story},
    lines::{id, text},
    world::{LOG, TIME, World, board},
};

/// A vault with a sealed text for the decline, as the command side seals it.
async fn vault(postgres: &Postgres) -> (Vault, rows::SealedText) {
    let url = postgres.fresh_database().unwrap();
    vault::migrate(&url).await.unwrap();
    let keys = tempfile::tempdir().unwrap();
    let kek = Kek::generate_file(keys.path().join("kek")).unwrap();
    let vault = Vault::connect(&url, kek).await.unwrap();
    let at = FieldAddress {
        log_id: LOG,
        subject: SUBJECT,
        event_id: id(0xe3),
        event_type: "InitiativeDeclined",
        schema: 1,
        path: "/feedback",
    };
    let clear = serde_json::to_string(&text("כבר קיים אצל השכנים")).unwrap();
    let owner = KeyOwner::Case(SUBJECT.to_owned());
    let sealed = vault.seal(&owner, Class::Case, &clear, &at).await.unwrap();
    let row = rows::SealedText {
        event_id: at.event_id,
        path: at.path.to_owned(),
        subject_id: id(1),
        subject: SUBJECT.to_owned(),
        position: 3,
        event_type: at.event_type.to_owned(),
        schema: 1,
        sealed: rows::Sealed { key_id: sealed.key_id, nonce: sealed.nonce, ciphertext: sealed.ciphertext },
    };
    (vault, row)
}

#[tokio::test]
async fn a_sealed_text_is_plain_erased_unavailable_or_corrupt_and_never_mistaken() {
    let postgres: Arc<Postgres> = Postgres::shared().await.unwrap();
    let (vault, sealed) = vault(&postgres).await;
    let feedback = async |world: &World| first(world, &board()).await.decline_feedback.unwrap();
    let state = |state: State| SealedText { state: state.into(), text: None };

    let mut world = World::at(Pace::default(), Some(vault.clone())).await;
    with_story(&mut world, proposal(false), std::slice::from_ref(&sealed)).await;
    let plain =
        SealedText { state: State::Plain.into(), text: Some(he("כבר קיים אצל השכנים")) };
    assert_eq!(feedback(&world).await, plain);

    let without = crate::world::reader(&world.url, LOG, None, Pace::default(), &world.shutdown).await;
    let request = GetInitiativeRequest { initiative_id: id(1).to_string(), read: None };
    let card = portfolio::card(&without, &board(), &request, TIME).await.unwrap();
    assert_eq!(card.decline_feedback, Some(state(State::Unavailable)));

    let mut moved = World::at(Pace::default(), Some(vault.clone())).await;
    let elsewhere = rows::SealedText { path: "/grounds".to_owned(), ..sealed.clone() };
    with_story(&mut moved, proposal(false), &[elsewhere]).await;
    assert_eq!(feedback(&moved).await, state(State::Corrupt));

    vault.shred_owner(&KeyOwner::Case(SUBJECT.to_owned()), Class::Case).await.unwrap();
    assert_eq!(feedback(&world).await, state(State::Erased));
}
