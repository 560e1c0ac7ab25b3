//! One moment of a view, for one audience.

use std::time::Duration;

use sqlx::PgConnection;

use super::Audience;
use crate::{AsOf, Error, Pool, Reading, Shape, error::doing};

/// A read-only transaction that sees one moment of one view, and of it only what is the audience's.
pub struct Snapshot {
    reading: Reading,
    pub(crate) audience: Audience,
}

impl Snapshot {
    /// Opens a snapshot whose statements may take `limit` each; `None` while the view has no live build.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn open(
        pool: &Pool,
        shape: Shape,
        audience: &Audience,
        limit: Duration,
    ) -> Result<Option<Self>, Error> {
        let Some(mut reading) = Reading::begin(pool, shape, &audience.scope).await? else { return Ok(None) };
        // The role too, whatever the pool was opened as: nobody reads past row-level security from here. All of it
        // ends with the transaction.
        let settings = "SELECT set_config('role', 'cornerstone_reader', true),
                               set_config('statement_timeout', $1, true),
                               set_config('app.hidden_proposers', $2, true)";
        let settings = sqlx::query(settings)
            // 0 would mean no limit.
            .bind(limit.as_millis().max(1).to_string())
            .bind(if audience.hidden_proposers { "on" } else { "off" })
            .execute(reading.connection());
        doing("begin to read a view", settings).await?;
        Ok(Some(Self { reading, audience: audience.clone() }))
    }

    /// As of which moment everything read from here is true.
    pub fn as_of(&self) -> AsOf {
        self.reading.as_of()
    }

    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        self.reading.connection()
    }
}
