//! What a list is narrowed by: a tree of tests on columns, rendered as SQL in which every value is a bind.
//!
//! Truth is two-valued: a test on an absent value is false, and its negation true. How callers write conditions
//! (AIP-160) is `query::filter`'s affair.

use sqlx::{Postgres, QueryBuilder};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// A condition on the rows of a list.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// Each of them; of none, true.
    All(Vec<Self>),
    /// One of them at least; of none, false.
    Any(Vec<Self>),
    Not(Box<Self>),
    /// A test of one column, given as static SQL.
    Test {
        column: &'static str,
        test: Test,
        value: Value,
    },
    /// The column has a value.
    Present {
        column: &'static str,
    },
    /// The array column has an element.
    NotEmpty {
        column: &'static str,
    },
}

/// A comparison of a column with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    Equals,
    Below,
    AtMost,
    Above,
    AtLeast,
    /// The column is an array, the value one of its elements.
    Contains,
}

/// A value of a test, in the type of its column.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Text(String),
    Id(Uuid),
    Truth(bool),
    Day(Date),
    Moment(OffsetDateTime),
    Number(i32),
}

impl Condition {
    /// The condition that everything meets.
    pub fn everything() -> Self {
        Self::All(Vec::new())
    }

    /// Whether a column of this table is tested.
    pub(crate) fn tests(&self, table: &str) -> bool {
        match self {
            Self::All(conditions) | Self::Any(conditions) => conditions.iter().any(|one| one.tests(table)),
            Self::Not(condition) => condition.tests(table),
            Self::Test { column, .. } | Self::Present { column } | Self::NotEmpty { column } => {
                column.split_once('.').is_some_and(|(of, _)| of == table)
            }
        }
    }

    pub(crate) fn push_to(&self, sql: &mut QueryBuilder<Postgres>) {
        match self {
            Self::All(conditions) => push_joined(sql, conditions, " AND ", "TRUE"),
            Self::Any(conditions) => push_joined(sql, conditions, " OR ", "FALSE"),
            // IS NOT TRUE, not NOT: what a comparison with NULL leaves open counts as false.
            Self::Not(condition) => {
                sql.push("(");
                condition.push_to(sql);
                sql.push(") IS NOT TRUE");
            }
            Self::Test { column, test, value } => {
                sql.push(column).push(test.operator());
                value.push_to(sql);
                sql.push(test.closing());
            }
            Self::Present { column } => {
                sql.push(column).push(" IS NOT NULL");
            }
            Self::NotEmpty { column } => {
                sql.push("cardinality(").push(column).push(") > 0");
            }
        }
    }
}

fn push_joined(sql: &mut QueryBuilder<Postgres>, conditions: &[Condition], word: &str, of_none: &str) {
    if conditions.is_empty() {
        sql.push(of_none);
        return;
    }
    sql.push("(");
    for (at, condition) in conditions.iter().enumerate() {
        if at > 0 {
            sql.push(word);
        }
        condition.push_to(sql);
    }
    sql.push(")");
}

impl Test {
    fn operator(self) -> &'static str {
        match self {
            Self::Equals => " = ",
            Self::Below => " < ",
            Self::AtMost => " <= ",
            Self::Above => " > ",
            Self::AtLeast => " >= ",
            // @>, not = ANY(column): only containment can use an inverted index.
            Self::Contains => " @> ARRAY[",
        }
    }

    fn closing(self) -> &'static str {
        if self == Self::Contains { "]" } else { "" }
    }
}

impl Value {
    pub(crate) fn push_to(&self, sql: &mut QueryBuilder<Postgres>) {
        match self {
            Self::Text(text) => sql.push_bind(text.clone()),
            Self::Id(id) => sql.push_bind(*id),
            Self::Truth(truth) => sql.push_bind(*truth),
            Self::Day(day) => sql.push_bind(*day),
            Self::Moment(moment) => sql.push_bind(*moment),
            Self::Number(number) => sql.push_bind(*number),
        };
    }
}
