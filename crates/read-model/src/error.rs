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
}

/// Names a piece of database work in its error.
pub(crate) async fn doing<T>(
    what: &'static str,
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, Error> {
    work.await.map_err(|source| Error::while_doing(what, source))
}
