//! One sealed field: its place, which the ciphertext is bound to, its stored form, and what comes of opening it.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::crypto::framed;

/// Where a field stands on the log. All of it is authenticated: a ciphertext moved anywhere else does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldAddress<'a> {
    pub log_id: Uuid,
    /// `cs.<area>.<aggregate>.<uuid>`
    pub subject: &'a str,
    pub event_id: Uuid,
    /// The stored name, `InitiativeProposed`.
    pub event_type: &'a str,
    /// The schema the event is stored with, before any upcasting.
    pub schema: u16,
    /// The path of the field as stored, whatever newer schemas call it.
    pub path: &'a str,
}

impl FieldAddress<'_> {
    /// The associated data of a field sealed under that key. Frozen: it is part of everything ever sealed.
    pub(crate) fn bound_to(&self, key_id: Uuid) -> Vec<u8> {
        framed(&[
            self.log_id.as_bytes(),
            self.subject.as_bytes(),
            self.event_id.as_bytes(),
            self.event_type.as_bytes(),
            &self.schema.to_be_bytes(),
            self.path.as_bytes(),
            key_id.as_bytes(),
        ])
    }
}

/// A sealed field as it stands in a commit. Nonce and ciphertext are standard padded base64.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    pub key_id: Uuid,
    pub nonce: String,
    pub ciphertext: String,
}

/// What a sealed field reads as.
#[derive(Debug)]
pub enum Opened {
    /// The text, wiped when dropped and never printed by `Debug`.
    Plain(SecretString),
    /// The vault holds the tombstone of its key.
    Erased,
    /// The vault cannot be asked now; another time it may be any of the others.
    Unavailable,
    /// Field, key or key id are not what was once sealed. An alarm was raised; this is never erasure.
    Corrupt,
}
