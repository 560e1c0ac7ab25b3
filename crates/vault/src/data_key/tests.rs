//! What a data key seals is frozen: the golden values here were computed by an independent program from the
//! description alone, and everything ever stored depends on them.

use secrecy::ExposeSecret;

use super::*;
use crate::{Class, KeyOwner};

const SUBJECT: &str = "cs.portfolio.initiative.00000000-0000-0000-0000-000000000044";

fn slot() -> Slot {
    Slot::new(&KeyOwner::Person(Uuid::from_u128(7)), Class::Incidental).unwrap()
}

fn key() -> DataKey {
    let bytes: Vec<u8> = (0..32).collect();
    DataKey { key_id: Uuid::from_u128(0x11), slot: slot(), secret: SecretKey::copy_of(&bytes).unwrap() }
}

fn place() -> FieldAddress<'static> {
    FieldAddress {
        log_id: Uuid::from_u128(0x22),
        subject: SUBJECT,
        event_id: Uuid::from_u128(0x33),
        event_type: "InitiativeProposed",
        schema: 1,
        path: "contact.email",
    }
}

fn text(opened: Result<SecretString, Corruption>) -> Result<String, Corruption> {
    opened.map(|text| text.expose_secret().to_owned())
}

#[test]
fn a_sealed_field_is_stored_as_it_always_was() {
    let nonce = std::array::from_fn(|at| u8::try_from(at).unwrap());
    let sealed = key().seal_with(nonce, "דנה לוי", &place()).unwrap();
    let stored = concat!(
        r#"{"key_id":"00000000-0000-0000-0000-000000000011","nonce":"AAECAwQFBgcICQoL","#,
        r#""ciphertext":"XzgqqKmHJAjByNwIW8VqBHZr4Um73EmnZnA0rbYz98UypMsVCWf5avw2GQ8BDSsA"}"#,
    );
    assert_eq!(serde_json::to_string(&sealed).unwrap(), stored);
    let read: Sealed = serde_json::from_str(stored).unwrap();
    assert_eq!(text(key().open(&read, &place())), Ok("דנה לוי".to_owned()));
}

#[test]
fn a_mac_and_a_commitment_are_what_they_always_were() {
    let mac = "1596f7e1cfd3719252e7b56b5c1f3adcccd7bd4e6c0a301310d7ca998241a692";
    let commitment = "d49aecb2a9cf1d2b1634b99eac926dd07d6d2122ae6d91f48502f70334873717";
    assert_eq!(
        (key().mac("דנה לוי"), hex::encode(key().commitment())),
        (mac.to_owned(), commitment.to_owned())
    );
}

#[test]
fn a_ciphertext_opens_in_its_place_only() {
    let sealed = key().seal("דנה לוי", &place()).unwrap();
    let elsewhere = [
        FieldAddress { log_id: Uuid::from_u128(0x23), ..place() },
        FieldAddress { subject: "cs.portfolio.initiative.00000000-0000-0000-0000-000000000045", ..place() },
        FieldAddress { event_id: Uuid::from_u128(0x34), ..place() },
        FieldAddress { event_type: "InitiativeRevised", ..place() },
        FieldAddress { schema: 2, ..place() },
        FieldAddress { path: "contact.phone", ..place() },
    ];
    for at in elsewhere {
        assert_eq!(text(key().open(&sealed, &at)), Err(Corruption::NotAuthentic), "{at:?}");
    }
    let other_key = DataKey::random(&slot());
    assert_eq!(text(other_key.open(&sealed, &place())), Err(Corruption::NotAuthentic));
    assert_eq!(text(key().open(&sealed, &place())), Ok("דנה לוי".to_owned()));
}

#[test]
fn what_is_not_standard_padded_base64_is_corrupt() {
    let sealed = key().seal("דנה לוי", &place()).unwrap();
    let cases = [
        ("", Corruption::NotAuthentic),
        ("AAECAwQFBgcICQo", Corruption::Encoding),
        ("AAECAwQFBgcICQo=", Corruption::NotAuthentic),
        ("****************", Corruption::Encoding),
    ];
    for (nonce, why) in cases {
        let changed = Sealed { nonce: nonce.to_owned(), ..sealed.clone() };
        assert_eq!(text(key().open(&changed, &place())), Err(why), "{nonce}");
    }
    let unpadded = Sealed { ciphertext: "AA".to_owned(), ..sealed };
    assert_eq!(text(key().open(&unpadded, &place())), Err(Corruption::Encoding));
}

#[test]
fn sealing_twice_never_gives_the_same_bytes() {
    let seal = || key().seal("דנה לוי", &place()).unwrap();
    assert_ne!(seal(), seal());
}

#[test]
fn names_of_different_length_look_alike() {
    let length = |name| key().seal(name, &place()).unwrap().ciphertext.len();
    assert_eq!(length("דן"), length("אלכסנדר כהן"));
}

#[test]
fn a_text_too_long_is_refused() {
    let refused = key().seal(&"א".repeat(TEXT_BYTES_MAX / 2 + 1), &place()).unwrap_err();
    assert_eq!(refused.to_string(), "a text of 262142 bytes is too long to seal, the most is 262140");
}

#[test]
fn a_row_gives_back_the_key_it_was_made_of() {
    let kek = Kek::of(&SecretKey::random());
    let again = DataKey::of_row(&kek, key().to_row(&kek)).map(|key| *key.secret.bytes());
    assert_eq!(again, Ok(*key().secret.bytes()));
}

#[test]
fn a_key_other_than_the_one_committed_to_is_refused() {
    let kek = Kek::of(&SecretKey::random());
    let other = DataKey { secret: SecretKey::random(), ..key() };
    let row = StoredKey { commitment: key().commitment().to_vec(), ..other.to_row(&kek) };
    assert_eq!(DataKey::of_row(&kek, row).err(), Some(Corruption::Commitment));
}

#[test]
fn a_row_of_another_vault_is_refused() {
    let row = key().to_row(&Kek::of(&SecretKey::random()));
    assert_eq!(DataKey::of_row(&Kek::of(&SecretKey::random()), row).err(), Some(Corruption::ForeignKek));
}
