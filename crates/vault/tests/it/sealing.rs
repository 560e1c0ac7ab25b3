//! Sealing and opening: what comes back, where it does not, and what is never shown.

use std::{
    collections::HashSet,
    io,
    sync::{Arc, Mutex},
};

use tokio::task::JoinSet;
use tracing_subscriber::fmt::MakeWriter;
use uuid::Uuid;
use vault::{Class, FieldAddress, KeyOwner, KeyState, Sealed, TEXT_BYTES_MAX, VaultError};

use crate::world::{DANA, OMER, Seen, World, place, plain, seen};

fn a_case() -> KeyOwner {
    KeyOwner::Case("cs.portfolio.initiative.00000000-0000-0000-0000-000000000002".to_owned())
}

#[tokio::test]
async fn what_was_sealed_comes_back_in_another_process() {
    let world = World::start().await;
    let long = "שלום עולם ".repeat(10_000);
    for (owner, class) in [(DANA, Class::Incidental), (DANA, Class::Official), (a_case(), Class::Case)] {
        for text in ["דנה לוי־כהן", "", "dana@example.org", "👩🏽‍💻 ‏עברית‏", &long]
        {
            let sealed = world.seal(&owner, class, text).await;
            assert_eq!(world.read(&sealed).await, plain(text));
        }
    }
}

#[tokio::test]
async fn a_field_moved_anywhere_else_is_corrupt() {
    let world = World::start().await;
    let sealed = world.seal(&DANA, Class::Incidental, "דנה").await;
    let elsewhere = [
        FieldAddress { log_id: Uuid::from_u128(9), ..place() },
        FieldAddress { subject: "cs.portfolio.initiative.00000000-0000-0000-0000-000000000009", ..place() },
        FieldAddress { event_id: Uuid::from_u128(9), ..place() },
        FieldAddress { event_type: "InitiativeRevised", ..place() },
        FieldAddress { schema: 2, ..place() },
        FieldAddress { path: "contact.phone", ..place() },
    ];
    let fields: Vec<_> = elsewhere.iter().chain([&place()]).map(|at| (&sealed, *at)).collect();
    let read = world.vault.open_many(&fields).await.unwrap();
    let [moved @ .., at_home] = &read[..] else { panic!("as many out as in") };
    assert_eq!(moved.iter().map(seen).collect::<Vec<_>>(), [const { Seen::Corrupt }; 6]);
    assert_eq!(seen(at_home), plain("דנה"));
}

#[tokio::test]
async fn a_field_given_to_another_owner_is_corrupt() {
    let world = World::start().await;
    let of_dana = world.seal(&DANA, Class::Incidental, "דנה").await;
    let of_omer = world.seal(&OMER, Class::Incidental, "עומר").await;
    let official = world.seal(&DANA, Class::Official, "דנה").await;
    for key_id in [of_omer.key_id, official.key_id] {
        assert_eq!(world.read(&Sealed { key_id, ..of_dana.clone() }).await, Seen::Corrupt);
    }
}

#[tokio::test]
async fn a_key_the_vault_never_held_is_corruption_and_not_erasure() {
    let world = World::start().await;
    let sealed = world.seal(&DANA, Class::Incidental, "דנה").await;
    assert_eq!(world.read(&Sealed { key_id: Uuid::from_u128(9), ..sealed }).await, Seen::Corrupt);
}

#[tokio::test]
async fn a_list_opens_in_its_order_whatever_each_field_is() {
    let world = World::start().await;
    let of_dana = world.seal(&DANA, Class::Incidental, "דנה").await;
    let erased = world.seal(&OMER, Class::Incidental, "עומר").await;
    let of_case = world.seal(&a_case(), Class::Case, "הערה").await;
    world.vault.shred(&[erased.key_id]).await.unwrap();
    let changed = Sealed { nonce: "AAAAAAAAAAAAAAAA".to_owned(), ..of_case.clone() };
    let list = [&of_case, &erased, &changed, &of_dana, &of_case].map(|sealed| (sealed, place()));
    let read = world.elsewhere().await.open_many(&list).await.unwrap();
    let expected = [plain("הערה"), Seen::Erased, Seen::Corrupt, plain("דנה"), plain("הערה")];
    assert_eq!(read.iter().map(seen).collect::<Vec<_>>(), expected);
    assert_eq!(world.vault.open_many(&[]).await.unwrap().len(), 0);
}

#[tokio::test]
async fn an_owner_met_by_all_at_once_has_one_key() {
    let world = World::start().await;
    let mut sealing = JoinSet::new();
    for _ in 0..4 {
        let vault = world.elsewhere().await;
        for _ in 0..8 {
            let vault = vault.clone();
            sealing
                .spawn(async move { vault.seal(&DANA, Class::Incidental, "דנה", &place()).await.unwrap() });
        }
    }
    let sealed = sealing.join_all().await;
    let used: HashSet<Uuid> = sealed.iter().map(|sealed| sealed.key_id).collect();
    let keys = world.vault.keys_commitment(&DANA, Class::Incidental).await.unwrap();
    assert_eq!(
        keys.iter().map(|key| (key.key_id, key.state)).collect::<Vec<_>>(),
        [(sealed[0].key_id, KeyState::Active)]
    );
    assert_eq!(used, HashSet::from([keys[0].key_id]));
    let fields: Vec<_> = sealed.iter().map(|sealed| (sealed, place())).collect();
    let read = world.elsewhere().await.open_many(&fields).await.unwrap();
    assert!(read.iter().all(|opened| seen(opened) == plain("דנה")));
}

#[tokio::test]
async fn equal_texts_of_one_owner_and_class_have_one_mac() {
    let world = World::start().await;
    let elsewhere = world.elsewhere().await;
    let first = world.vault.mac(&DANA, Class::Incidental, "דנה").await.unwrap();
    assert_eq!(elsewhere.mac(&DANA, Class::Incidental, "דנה").await.unwrap(), first);
    assert_eq!((first.len(), first.to_lowercase()), (64, first.clone()));
    let others = [
        elsewhere.mac(&DANA, Class::Incidental, "דנה ").await.unwrap(),
        elsewhere.mac(&DANA, Class::Official, "דנה").await.unwrap(),
        elsewhere.mac(&OMER, Class::Incidental, "דנה").await.unwrap(),
        elsewhere.mac(&a_case(), Class::Case, "דנה").await.unwrap(),
        first,
    ];
    assert_eq!(HashSet::from(others).len(), 5);
}

#[tokio::test]
async fn a_key_is_in_the_database_before_anything_made_with_it() {
    let world = World::start().await;
    world.vault.mac(&DANA, Class::Incidental, "דנה").await.unwrap();
    let sealed = world.seal(&OMER, Class::Incidental, "עומר").await;
    let kept: Vec<(String, Uuid)> = sqlx::query_as("SELECT owner, key_id FROM data_key ORDER BY owner")
        .fetch_all(&world.sql().await)
        .await
        .unwrap();
    let owners: Vec<_> = kept.iter().map(|(owner, _)| owner.clone()).collect();
    assert_eq!(owners, [OMER.to_string(), DANA.to_string()]);
    assert_eq!(kept[0].1, sealed.key_id);
}

#[tokio::test]
async fn lengths_of_texts_do_not_show() {
    let world = World::start().await;
    let mut lengths = Vec::new();
    for bytes in [0, 28, 29, 60, 61, 1000, TEXT_BYTES_MAX] {
        let sealed = world.seal(&DANA, Class::Incidental, &"a".repeat(bytes)).await;
        lengths.push(sealed.ciphertext.trim_end_matches('=').len() * 3 / 4);
    }
    // The padded text and the tag of 16 bytes.
    assert_eq!(lengths, [48, 48, 80, 80, 144, 1040, 262_160]);
}

#[tokio::test]
async fn case_data_is_not_sealed_for_a_person() {
    let world = World::start().await;
    let refused = world.vault.seal(&DANA, Class::Case, "הערה", &place()).await.unwrap_err();
    assert_eq!(refused.to_string(), "person:00000000-0000-0000-0000-0000000000da has no data of class CASE");
}

#[tokio::test]
async fn wrapped_keys_exchanged_between_rows_are_detected() {
    let world = World::start().await;
    let of_dana = world.seal(&DANA, Class::Incidental, "דנה").await;
    let of_omer = world.seal(&OMER, Class::Incidental, "עומר").await;
    let mut sql = world.sql().await.acquire().await.unwrap();
    // As someone who owns the server could, past all triggers.
    sqlx::query("SET session_replication_role = replica").execute(&mut *sql).await.unwrap();
    sqlx::query(
        "UPDATE data_key SET (wrapped, commitment) =
            (SELECT other.wrapped, other.commitment FROM data_key other WHERE other.key_id <> data_key.key_id)",
    )
    .execute(&mut *sql)
    .await
    .unwrap();
    assert_eq!([world.read(&of_dana).await, world.read(&of_omer).await], [Seen::Corrupt, Seen::Corrupt]);
    let refused = world.elsewhere().await.seal(&DANA, Class::Incidental, "דנה", &place()).await.unwrap_err();
    assert_eq!(refused.to_string(), format!("the data key {} is corrupt", of_dana.key_id));
}

#[tokio::test]
async fn nothing_shows_a_text_or_a_key() {
    let world = World::start().await;
    let sealed = world.seal(&DANA, Class::Incidental, "דנה לוי").await;
    let opened = world.vault.open(&sealed, &place()).await.unwrap();
    assert_eq!(format!("{opened:?}"), "Plain(SecretBox<str>([REDACTED]))");
    assert_eq!(format!("{:?}", world.vault), format!("Vault {{ kek: {:?}, .. }}", world.kek()));
}

#[tokio::test]
async fn corruption_raises_an_alarm_without_the_text() {
    let world = World::start().await;
    let sealed = world.seal(&DANA, Class::Incidental, "דנה לוי").await;
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).finish();
    let listening = tracing::subscriber::set_default(subscriber);
    let moved = FieldAddress { path: "contact.phone", ..place() };
    assert_eq!(seen(&world.vault.open(&sealed, &moved).await.unwrap()), Seen::Corrupt);
    drop(listening);
    let lines = log.text();
    let [line] = lines.lines().collect::<Vec<_>>()[..] else { panic!("one alarm: {lines}") };
    let told = ["ERROR", "vault_corrupt", &sealed.key_id.to_string(), "contact.phone", place().subject];
    assert!(told.iter().all(|part| line.contains(part)) && !line.contains("דנה"), "{line}");
}

#[tokio::test]
async fn a_case_is_named_by_its_subject() {
    let world = World::start().await;
    let nobody = KeyOwner::Case("שלום".to_owned());
    let refused = world.vault.seal(&nobody, Class::Case, "הערה", &place()).await.unwrap_err();
    let VaultError::Database { doing: "create a data key", source } = refused else { panic!("{refused:?}") };
    let constraint = source.as_database_error().and_then(|error| error.constraint().map(str::to_owned));
    assert_eq!(constraint.as_deref(), Some("data_key_owner_fits_class"));
}

/// Everything logged, as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
