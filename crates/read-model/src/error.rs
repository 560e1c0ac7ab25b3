//! What can go wrong with the database, as its callers tell it apart.

/// A piece of database work that failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("migrate the read models")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error("the read models are at migration {found:?}, this version needs {needed}")]
    NotMigrated { found: Option<i64>, needed: i64 },
    /// A row that the database refuses whatever the moment: it will not fit when tried again.
    #[error("{doing}: the database refuses a value (SQLSTATE {code})")]
    Refused { doing: &'static str, code: String, source: sqlx::Error },
    /// Anything else: away, overloaded, restarting; or a defect of ours.
    #[error("{doing}")]
    Database { doing: &'static str, source: sqlx::Error },
}

impl Error {
    /// Says what was being done, and whether the values were at fault: SQLSTATE classes 22 and 23.
    pub(crate) fn while_doing(doing: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| {
            let code = source.as_database_error().and_then(|e| e.code()).map(|code| code.into_owned());
            match code {
                Some(code) if code.starts_with("22") || code.starts_with("23") => {
                    Self::Refused { doing, code, source }
                }
                Some(_) | None => Self::Database { doing, source },
            }
        }
    }
}
