//! The order of a list, and where in it a page begins.
//!
//! Absent values stand last in both directions. A page is found by the keys of the last row before it, never by
//! counting rows: a row that does not move is met exactly once, whatever happens to others meanwhile.

use serde::{Deserialize, Serialize};
use sqlx::{Postgres, QueryBuilder};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// One column of an order. The last one of an order must be unique and never absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortKey {
    /// Static SQL, with its collation where that matters.
    pub expression: &'static str,
    pub nullable: bool,
    pub descending: bool,
}

/// A row's value of a sort key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Key {
    Absent,
    Text(String),
    Day(Date),
    Moment(OffsetDateTime),
    Number(i64),
    Id(Uuid),
}

pub(crate) fn push_order_by(sql: &mut QueryBuilder<Postgres>, order: &[SortKey]) {
    for (at, key) in order.iter().enumerate() {
        sql.push(if at == 0 { " ORDER BY " } else { ", " }).push(key.expression);
        sql.push(if key.descending { " DESC" } else { "" });
        // Ascending, it is what Postgres does anyway; said only where it changes something, so that an index in
        // plain order serves both directions of a column that is never absent.
        sql.push(if key.nullable && key.descending { " NULLS LAST" } else { "" });
    }
}

/// The rows after the one with these keys: `a > 1 OR (a = 1 AND (b < 2 OR (b = 2 AND id > 3)))`, with each
/// comparison in the direction of its key.
pub(crate) fn push_after(sql: &mut QueryBuilder<Postgres>, order: &[SortKey], keys: &[Key]) {
    if let ([first, ..], [key, ..]) = (order, keys)
        && !first.nullable
    {
        // Implied by what follows; alone it tells an index where to begin.
        sql.push(first.expression).push(if first.descending { " <= " } else { " >= " });
        key.push_to(sql);
        sql.push(" AND ");
    }
    let mut open = 0;
    for (at, (sort, key)) in order.iter().zip(keys).enumerate() {
        sql.push("(");
        sort.push_beyond(sql, key);
        open += 1;
        if at + 1 < order.len() {
            sql.push(" OR (");
            sort.push_equal(sql, key);
            sql.push(" AND ");
            open += 1;
        }
    }
    sql.push(")".repeat(open));
}

impl SortKey {
    fn push_beyond(&self, sql: &mut QueryBuilder<Postgres>, key: &Key) {
        if *key == Key::Absent {
            sql.push("FALSE");
            return;
        }
        sql.push("(").push(self.expression).push(if self.descending { " < " } else { " > " });
        key.push_to(sql);
        if self.nullable {
            sql.push(" OR ").push(self.expression).push(" IS NULL");
        }
        sql.push(")");
    }

    fn push_equal(&self, sql: &mut QueryBuilder<Postgres>, key: &Key) {
        sql.push(self.expression);
        if *key == Key::Absent {
            sql.push(" IS NULL");
        } else {
            sql.push(" = ");
            key.push_to(sql);
        }
    }
}

impl Key {
    /// The key of a value that may be absent.
    pub fn of<T>(value: Option<T>, key: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Absent, key)
    }

    fn push_to(&self, sql: &mut QueryBuilder<Postgres>) {
        match self {
            Self::Absent => sql.push("NULL"),
            Self::Text(text) => sql.push_bind(text.clone()),
            Self::Day(day) => sql.push_bind(*day),
            Self::Moment(moment) => sql.push_bind(*moment),
            Self::Number(number) => sql.push_bind(*number),
            Self::Id(id) => sql.push_bind(*id),
        };
    }
}
