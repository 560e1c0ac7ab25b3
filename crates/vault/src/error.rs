//! What can fail: the database is away, the vault is not the one expected, or the request is one it refuses. A sealed
//! field that does not open is no error but a value, `Opened`.

use uuid::Uuid;

use crate::{Class, KeyOwner};

#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// Worth trying again later, unlike all the others.
    #[error("{doing}: the vault's database is away")]
    Unavailable { doing: &'static str, source: sqlx::Error },
    #[error("{doing}")]
    Database { doing: &'static str, source: sqlx::Error },
    #[error("migrate the vault's database")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// Migrating is a step of its own, never done by a service at start.
    #[error("the vault's database is at migration {found:?}, this program needs {needed}")]
    NotMigrated { found: Option<i64>, needed: i64 },
    #[error("the vault was made with the key-encryption key {stored}, not with {given}")]
    WrongKek { stored: String, given: String },
    #[error("{owner} has no data of class {class}")]
    ClassMisfits { owner: KeyOwner, class: Class },
    #[error("a text of {bytes} bytes is too long to seal, the most is {bytes_max}")]
    TooLong { bytes: usize, bytes_max: usize },
    #[error("the data key {key_id} is corrupt")]
    CorruptKey { key_id: Uuid, source: Corruption },
    #[error("the data key of {owner} was shredded while it was being made, again and again")]
    KeyContended { owner: String },
    #[error("the vault holds no data key {0}")]
    UnknownKey(Uuid),
    #[error("a legal hold forbids shredding these data keys")]
    Held,
    #[error("the vault holds no legal hold {0}")]
    UnknownHold(Uuid),
    /// The id names a hold on something else, or one that was released.
    #[error("the legal hold {0} exists and is not this one")]
    HoldIdReused(Uuid),
}

/// Why a sealed field or a stored key is not what was once made: for the alarm, never for the reader of the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Corruption {
    #[error("the vault never held this key")]
    UnknownKey,
    #[error("it is wrapped by another key-encryption key")]
    ForeignKek,
    #[error("the wrapped key is not the one of this key id, owner and class")]
    WrappedKey,
    #[error("the key is not the one committed to")]
    Commitment,
    #[error("nonce or ciphertext is not base64")]
    Encoding,
    #[error("the ciphertext was not sealed for this place, or was changed")]
    NotAuthentic,
    #[error("the opened text is not padded as a text is")]
    Padding,
}

impl VaultError {
    pub(crate) fn of_database(doing: &'static str, source: sqlx::Error) -> Self {
        let code = source.as_database_error().and_then(|error| error.code());
        match code.as_deref() {
            Some("CSHLD") => Self::Held,
            _ if is_away(&source) => Self::Unavailable { doing, source },
            _ => Self::Database { doing, source },
        }
    }
}

fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => true,
        // Connection lost, no resources, shutting down or starting, and a standby that became read-only.
        sqlx::Error::Database(error) => error
            .code()
            .is_some_and(|code| ["08", "53", "57P", "25006"].iter().any(|class| code.starts_with(class))),
        _ => false,
    }
}
