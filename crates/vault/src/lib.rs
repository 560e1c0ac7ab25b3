//! Sealing personal data, so that the log never holds it in clear and erasing it leaves every hash and proof intact.
//!
//! A data key per owner and class lives in a Postgres database of its own, wrapped by a key-encryption key that the
//! database never sees. What is sealed under it is bound to its one place on the log. Destroying the key is the erasure.
//!
//! ```text
//! key file ─▶ Kek ──wraps──▶ data key (owner × class) ──derives──▶ field key ──seals──▶ Sealed
//!               └─blinds──▶ person reference              └──────▶ MAC key ──compares equal texts
//! ```
//!
//! Deliberately elsewhere: which field has which class (declared in the event types), who may ask for a text or its
//! erasure (`access`), and the events of an erasure (on the log). Nothing is decided on sealed text.

mod cache;
mod crypto;
mod data_key;
mod erasure;
mod error;
mod field;
mod kek;
mod owner;
mod padding;
mod store;
mod vault;

pub use erasure::{KeyRecord, KeyState};
pub use error::{Corruption, VaultError};
pub use field::{FieldAddress, Opened, Sealed};
pub use kek::{Kek, KekError};
pub use owner::{Class, KeyOwner};
pub use padding::TEXT_BYTES_MAX;
pub use vault::Vault;

use sqlx::Connection;

/// The vault's database is its own, so these migrations share their table with nobody's.
static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// Brings the vault's database to the newest migration. Run by an operator's step, never by a service at start.
pub async fn migrate(url: &str) -> Result<(), VaultError> {
    let connect = sqlx::PgConnection::connect(url);
    let mut connection = store::within("connect to the vault's database", connect).await?;
    Ok(MIGRATOR.run(&mut connection).await?)
}
