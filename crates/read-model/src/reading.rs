//! Reading a view: one snapshot of its live build, for one reader.

use sqlx::{PgConnection, PgPool, Postgres, Row, Transaction};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Error, Shape, build::unsigned, error::doing};

/// For whom is read. Row-level security shows what is theirs; the default is nobody, who sees nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Everything.
    pub government: bool,
    /// Ministries whose rows are visible.
    pub ministries: Vec<Uuid>,
    /// Units whose rows are visible.
    pub units: Vec<Uuid>,
    /// The person whose own rows are visible.
    pub person: Option<Uuid>,
}

/// As of when an answer is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsOf {
    pub log_id: Uuid,
    /// The last position applied.
    pub position: u64,
    /// The log's clock there; none before the first commit.
    pub stored_at: Option<OffsetDateTime>,
}

/// A transaction in which the view's tables are found by their names, at one position.
pub struct Reading {
    tx: Transaction<'static, Postgres>,
    as_of: AsOf,
}

impl Reading {
    /// Begins one; none before the first build of the view is complete.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn begin(pool: &PgPool, shape: Shape, scope: &Scope) -> Result<Option<Self>, Error> {
        let enter = "SELECT b.log_id, b.position, b.stored_at,
                set_config('search_path', quote_ident(b.schema_name) || ', public', true),
                set_config('app.government', $3, true), set_config('app.ministries', $4, true),
                set_config('app.units', $5, true), set_config('app.person', $6, true)
           FROM public.view v JOIN public.build b ON b.schema_name = v.live
          WHERE v.name = $1 AND v.version = $2";
        doing("begin to read a view", async {
            let mut tx = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
            let enter = sqlx::query(enter)
                .bind(shape.name)
                .bind(shape.version)
                .bind(if scope.government { "on" } else { "off" })
                .bind(joined(&scope.ministries))
                .bind(joined(&scope.units))
                .bind(scope.person.map(|person| person.to_string()).unwrap_or_default());
            let Some(row) = enter.fetch_optional(&mut *tx).await? else { return Ok(None) };
            let position = unsigned(&row, "position")?;
            let as_of =
                AsOf { log_id: row.try_get("log_id")?, position, stored_at: row.try_get("stored_at")? };
            Ok(Some(Self { tx, as_of }))
        })
        .await
    }

    /// As of when its answers are true.
    pub fn as_of(&self) -> AsOf {
        self.as_of
    }

    /// The connection to ask.
    pub fn connection(&mut self) -> &mut PgConnection {
        &mut self.tx
    }
}

fn joined(ids: &[Uuid]) -> String {
    ids.iter().map(Uuid::to_string).collect::<Vec<_>>().join(",")
}
