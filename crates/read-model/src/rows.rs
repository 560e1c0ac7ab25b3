//! The rows of the views: each struct is a table, each field the column of its name.
//!
//! A field is written once in SQL and once here: rows travel as JSON in both directions, whole. Codes are text
//! here; what they mean is `domain`'s affair, and which of them are known to clients is `contract`'s.

mod frame;
mod portfolio;
mod reference;

pub use frame::{AggregateHead, Parked, Quarantine, WriterKey};
pub use portfolio::{
    Beneficiary, Confidence, Cost, FacetWeights, Gate, Initiative, InitiativeCard, InitiativeCount, Kpi,
    Measurement, TimelineEntry, TrajectoryPoint, UnitCode,
};
pub use reference::{OrgUnit, Person};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;

/// A table whose rows are loaded and replaced by key, set by set: one parameter for any number of rows.
pub trait Table: Serialize + DeserializeOwned + Send + Sync + Unpin + 'static {
    /// What rows are loaded and replaced by; several rows can share it.
    type Key: Clone + Eq + std::hash::Hash + Send + Sync + 'static;
    /// The table's name.
    const NAME: &'static str;
    /// Rows of the keys `$1`, as JSON.
    const LOAD: &'static str;
    /// All rows, as JSON.
    const LOAD_ALL: &'static str;
    /// Removes the rows of the keys `$1`.
    const DELETE: &'static str;
    /// Adds the rows of the JSON array `$1`.
    const INSERT: &'static str;

    /// Whose row it is.
    fn key(&self) -> Self::Key;
}

macro_rules! tables {
    ($($row:ty = $name:literal by $key:ident: $ty:ty;)+) => {$(
        impl $crate::rows::Table for $row {
            type Key = $ty;
            const NAME: &'static str = $name;
            const LOAD: &'static str =
                concat!("SELECT to_jsonb(t) FROM ", $name, " t WHERE ", stringify!($key), " = ANY($1)");
            const LOAD_ALL: &'static str = concat!("SELECT to_jsonb(t) FROM ", $name, " t");
            const DELETE: &'static str =
                concat!("DELETE FROM ", $name, " WHERE ", stringify!($key), " = ANY($1)");
            const INSERT: &'static str = concat!(
                "INSERT INTO ", $name, " SELECT * FROM jsonb_populate_recordset(NULL::", $name, ", $1)"
            );

            fn key(&self) -> $ty {
                self.$key.clone()
            }
        }
    )+};
}
pub(crate) use tables;

/// A text in up to three languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub he: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub en: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ar: Option<String>,
    /// `HE`, `EN` or `AR`.
    pub source_lang: String,
}

/// An amount of money in the minor unit of its currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// ISO 4217.
    pub currency: String,
    pub minor_units: i64,
}

/// A document that lives elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    pub sha256: String,
    pub media_type: String,
    pub bytes: u64,
    pub title: String,
}

/// A text about people, as sealed: with the place that the ciphertext is bound to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedText {
    pub event_id: Uuid,
    /// As stored: a JSON pointer into the payload.
    pub path: String,
    /// The aggregate's id.
    pub subject_id: Uuid,
    /// `cs.<area>.<aggregate>.<uuid>`
    pub subject: String,
    pub position: u64,
    pub event_type: String,
    /// As stored.
    pub schema: i32,
    pub sealed: Sealed,
}

/// A ciphertext and its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    pub key_id: Uuid,
    /// Base64.
    pub nonce: String,
    /// Base64.
    pub ciphertext: String,
}

tables! {
    SealedText = "sealed_text" by subject_id: Uuid;
}
