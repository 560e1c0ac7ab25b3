//! What can go wrong with the database, as its callers tell it apart.

/// A piece of database work that failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("migrate the read models")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error("the read models are at migration {found:?}, this version needs {needed}")]
    NotMigrated { found: Option<i64>, needed: i64 },
    /// Somebody else keeps the view now. Nothing was changed.
    #[error("the view `{0}` is kept by somebody else now")]
    Fenced(&'static str),
    /// A row that the database refuses whatever the moment: it will not fit when tried again.
    #[error("{doing}: the database refuses a value (SQLSTATE {code})")]
    Refused { doing: &'static str, code: String, source: sqlx::Error },
    /// A row that does not have the shape this version knows.
    #[error("read a row of `{table}`")]
    Row { table: &'static str, source: serde_json::Error },
    /// Anything else: away, overloaded, restarting; or a defect of ours.
    #[error("{doing}")]
    Database { doing: &'static str, source: sqlx::Error },
}

impl Error {
    /// Says what was being done, and whether the values were at fault: SQLSTATE classes 22 and 23.
    pub(crate) fn while_doing(doing: &'static str, source: sqlx::Error) -> Self {
        let code = source.as_database_error().and_then(|error| error.code()).map(|code| code.into_owned());
        match code {
            Some(code) if code.starts_with("22") || code.starts_with("23") => {
                Self::Refused { doing, code, source }
            }
            Some(_) | None => Self::Database { doing, source },
        }
    }

    /// A statement took longer than it may.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Database { source, .. } if has_code(source, &["57014"]))
    }

    /// The database is away, overloaded or restarting: worth trying again, unlike a defect of ours.
    pub fn is_away(&self) -> bool {
        // Connection lost, no resources, shutting down or starting, a standby that had to cancel.
        const CLASSES: &[&str] = &["08", "53", "57P", "40001"];
        match self {
            Self::Database { source, .. } => match source {
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::BeginFailed => true,
                source => has_code(source, CLASSES),
            },
            Self::Migrate(_)
            | Self::NotMigrated { .. }
            | Self::Fenced(_)
            | Self::Refused { .. }
            | Self::Row { .. } => false,
        }
    }
}

fn has_code(error: &sqlx::Error, classes: &[&str]) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| classes.iter().any(|class| code.starts_with(class)))
}

/// Names a piece of database work in its error.
pub(crate) async fn doing<T>(
    what: &'static str,
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, Error> {
    work.await.map_err(|source| Error::while_doing(what, source))
}
