//! The portfolio list: which lines match, in which order, and how they changed.
//!
//! A page is found by its ids alone and its lines are then fetched by id, so that sorting handles narrow rows and
//! what holds on an earlier day is worked out only for the lines shown.

use std::collections::HashMap;

use sqlx::{Postgres, QueryBuilder, types::Json};
use time::Date;
use uuid::Uuid;

use super::{
    Condition, Key, Snapshot, SortKey,
    order::{push_after, push_order_by},
    scope::VISIBLE_PROPOSER,
};
use crate::{
    Error,
    batch::signed,
    error::doing,
    rows::{Initiative, Text},
};

/// The columns that callers may test, as static SQL on `initiative i`; `past.` is `i` as it was on the effective day.
pub mod column {
    pub const NUMBER: &str = "i.number";
    pub const STATUS: &str = "i.status";
    pub const STAGE: &str = "i.stage";
    pub const PRIMARY_FACET: &str = "i.primary_facet";
    pub const INNOVATION_TYPES: &str = "i.innovation_types";
    pub const PRIMARY_TYPE: &str = "i.primary_type";
    pub const NOVELTY: &str = "i.novelty";
    pub const HORIZON: &str = "i.horizon";
    pub const ORIGIN: &str = "i.origin";
    pub const MINISTRY: &str = "i.ministry";
    pub const LEAD_ORG_UNIT_ID: &str = "i.lead_org_unit_id";
    pub const OWNER_MANAGER_ID: &str = "i.owner_manager_id";
    pub const PROPOSER_ID: &str = super::VISIBLE_PROPOSER;
    pub const CONFIDENCE_SELF: &str = "i.confidence_self";
    pub const CONFIDENCE_SELF_THEN: &str = "past.confidence_self";
    pub const CONFIDENCE_INDEPENDENT: &str = "i.confidence_independent";
    pub const CONFIDENCE_INDEPENDENT_THEN: &str = "past.confidence_independent";
    pub const REPORTED_YEARS: &str = "i.reported_years";
    pub const REPORTED_YEARS_THEN: &str = "past.reported_years";
    pub const CLASSIFIED: &str = "i.classified";
    pub const TAGS: &str = "i.tags";
    pub const SOURCE_SYSTEM: &str = "i.source_system";
    pub const PROPOSED_ON: &str = "i.proposed_on";
    pub const UPDATED_AT: &str = "i.updated_at";
}

/// Which initiatives.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    pub condition: Condition,
    /// Words that all occur, in any of their spellings; a part of a number or of a source's key.
    pub text: Option<String>,
    /// As it was on that day: initiatives proposed later are left out, confidence and cost are those told up to
    /// then.
    pub effective_on: Option<Date>,
}

/// What a list is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    UpdatedAt,
    ProposedOn,
    Number,
    TitleHe,
    TitleEn,
    Stage,
    ApprovedBudget,
    /// How well the words fit; only with a text.
    Relevance,
}

/// A sort and whether it descends.
pub type Order = [(Sort, bool)];

/// A line of the list, without what is hidden from its reader.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub initiative: Initiative,
    pub summary: Text,
    relevance: i64,
}

/// A line that changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Change {
    #[sqlx(try_from = "i64")]
    pub position: u64,
    pub initiative_id: Uuid,
    pub matches: bool,
}

impl Sort {
    fn key(self, descending: bool) -> SortKey {
        let (expression, nullable) = match self {
            Self::UpdatedAt => ("i.updated_at", false),
            Self::ProposedOn => ("i.proposed_on", false),
            Self::Number => ("i.number_order", false),
            Self::TitleHe => ("i.title_he", false),
            Self::TitleEn => ("i.title_en", false),
            Self::Stage => ("i.stage_order", false),
            Self::ApprovedBudget => ("i.approved_budget", true),
            Self::Relevance => ("found.relevance", false),
        };
        SortKey { expression, nullable, descending }
    }

    fn of(self, line: &Line) -> Key {
        let initiative = &line.initiative;
        match self {
            Self::UpdatedAt => Key::Moment(initiative.updated_at),
            Self::ProposedOn => Key::Day(initiative.proposed_on),
            Self::Number => Key::Number(initiative.number_order),
            Self::TitleHe => Key::Text(initiative.title_he.clone()),
            Self::TitleEn => Key::Text(initiative.title_en.clone()),
            Self::Stage => Key::Number(initiative.stage_order.into()),
            Self::ApprovedBudget => Key::of(initiative.approved_budget, Key::Number),
            Self::Relevance => Key::Number(line.relevance),
        }
    }
}

impl Line {
    /// The place of this line in an order: the next page begins after it.
    pub fn place(&self, order: &Order) -> Vec<Key> {
        let keys = order.iter().map(|(sort, _)| sort.of(self));
        keys.chain([Key::Id(self.initiative.initiative_id)]).collect()
    }
}

/// The first lines after a place, in an order; ties stand in the order of ids.
///
/// # Errors
/// The database does not answer in time.
pub async fn page(
    snapshot: &mut Snapshot,
    selection: &Selection,
    order: &Order,
    after: Option<&[Key]>,
    limit: usize,
) -> Result<Vec<Line>, Error> {
    let mut keys: Vec<SortKey> = order.iter().map(|(sort, descending)| sort.key(*descending)).collect();
    keys.push(SortKey { expression: "i.initiative_id", nullable: false, descending: false });
    let relevance = if selection.text.is_some() { "found.relevance" } else { "0::bigint AS relevance" };
    let mut sql = QueryBuilder::new("SELECT i.initiative_id, ");
    sql.push(relevance);
    selection.push_to(&mut sql, snapshot);
    if let Some(after) = after {
        sql.push(" AND ");
        push_after(&mut sql, &keys, after);
    }
    push_order_by(&mut sql, &keys);
    sql.push(" LIMIT ").push_bind(i64::try_from(limit).unwrap_or(i64::MAX));
    // Not kept as a prepared statement: callers' filters make too many different ones.
    let found = sql.build_query_as().persistent(false).fetch_all(snapshot.connection());
    let found: Vec<(Uuid, i64)> = doing("list initiatives", found).await?;
    let ids: Vec<Uuid> = found.iter().map(|(id, _)| *id).collect();
    let mut lines = lines(snapshot, &ids, selection.effective_on).await?;
    let ordered = found.into_iter().filter_map(|(id, relevance)| {
        let line = lines.remove(&id)?;
        Some(Line { relevance, ..line })
    });
    Ok(ordered.collect())
}

/// How many initiatives there are in all pages.
///
/// # Errors
/// The database does not answer in time.
pub async fn count(snapshot: &mut Snapshot, selection: &Selection) -> Result<u64, Error> {
    let mut sql = QueryBuilder::new("SELECT count(*)");
    selection.push_to(&mut sql, snapshot);
    let counted = sql.build_query_scalar().persistent(false).fetch_one(snapshot.connection());
    let counted: i64 = doing("count initiatives", counted).await?;
    Ok(counted.unsigned_abs())
}

/// The first lines in scope that changed after a place, in the order of their changes, and whether they match now.
/// A line that changed twice is met once, where it changed last.
///
/// # Errors
/// The database does not answer in time.
pub async fn changes(
    snapshot: &mut Snapshot,
    condition: &Condition,
    after: (u64, Uuid),
    limit: usize,
) -> Result<Vec<Change>, Error> {
    let mut sql = QueryBuilder::new("SELECT i.position, i.initiative_id, (");
    condition.push_to(&mut sql);
    sql.push(") IS TRUE AS matches FROM initiative i WHERE ");
    snapshot.audience.push_to(&mut sql);
    sql.push(" AND (i.position, i.initiative_id) > (").push_bind(signed(after.0));
    sql.push(", ").push_bind(after.1).push(") ORDER BY i.position, i.initiative_id LIMIT ");
    sql.push_bind(i64::try_from(limit).unwrap_or(i64::MAX));
    let found = sql.build_query_as().persistent(false).fetch_all(snapshot.connection());
    doing("list changes of initiatives", found).await
}

/// The lines of these ids; those out of scope are absent.
///
/// # Errors
/// The database does not answer in time.
pub async fn lines(
    snapshot: &mut Snapshot,
    ids: &[Uuid],
    effective_on: Option<Date>,
) -> Result<HashMap<Uuid, Line>, Error> {
    let mut sql = QueryBuilder::new("SELECT to_jsonb(i)");
    sql.push(if effective_on.is_some() { " || to_jsonb(past)" } else { "" });
    sql.push(", c.summary FROM initiative i JOIN initiative_card c ON c.initiative_id = i.initiative_id");
    if let Some(day) = effective_on {
        push_past(&mut sql, day);
    }
    sql.push(" WHERE i.initiative_id = ANY(").push_bind(ids).push(")");
    let found = sql.build_query_as().fetch_all(snapshot.connection());
    let found: Vec<(Json<Initiative>, Json<Text>)> = doing("read lines of initiatives", found).await?;
    let line = |(Json(mut initiative), Json(summary)): (Json<Initiative>, Json<Text>)| {
        snapshot.audience.conceal(&mut initiative);
        (initiative.initiative_id, Line { initiative, summary, relevance: 0 })
    };
    Ok(found.into_iter().map(line).collect())
}

impl Selection {
    /// `FROM … WHERE …`: the scope, the condition, the words, the day.
    fn push_to(&self, sql: &mut QueryBuilder<Postgres>, snapshot: &Snapshot) {
        sql.push(" FROM initiative i");
        if let Some(text) = &self.text {
            sql.push(" JOIN find_initiatives(").push_bind(text.clone());
            sql.push(") found ON found.initiative_id = i.initiative_id");
        }
        // Only a filter needs to know of every line what was told by then; for those shown, `lines` does.
        if let Some(day) = self.effective_on.filter(|_| self.condition.tests("past")) {
            push_past(sql, day);
        }
        sql.push(" WHERE ");
        snapshot.audience.push_to(sql);
        sql.push(" AND ");
        self.condition.push_to(sql);
        if let Some(day) = self.effective_on {
            sql.push(" AND i.proposed_on <= ").push_bind(day);
        }
    }
}

/// What had been told of `i` up to a day, as `past`, in columns of the names that `initiative` has.
fn push_past(sql: &mut QueryBuilder<Postgres>, day: Date) {
    sql.push(" CROSS JOIN LATERAL (SELECT self.*, independent.*, whole_life.*, reported.* FROM (SELECT ");
    sql.push_bind(day).push(PAST);
}

const PAST: &str = "::date AS day) day
    LEFT JOIN LATERAL (
        SELECT c.rating AS confidence_self, c.effective_on AS confidence_self_on
          FROM confidence c
         WHERE c.initiative_id = i.initiative_id AND NOT c.independent AND c.effective_on <= day.day
         ORDER BY c.effective_on DESC, c.position DESC LIMIT 1
    ) self ON TRUE
    LEFT JOIN LATERAL (
        SELECT c.rating AS confidence_independent, c.source_rating AS confidence_source_rating,
               c.effective_on AS confidence_on
          FROM confidence c
         WHERE c.initiative_id = i.initiative_id AND c.independent AND c.effective_on <= day.day
         ORDER BY c.effective_on DESC, c.position DESC LIMIT 1
    ) independent ON TRUE
    LEFT JOIN LATERAL (
        SELECT c.whole_life AS whole_life_cost, c.effective_on AS whole_life_cost_on
          FROM cost c
         WHERE c.initiative_id = i.initiative_id AND c.whole_life IS NOT NULL AND c.effective_on <= day.day
         ORDER BY c.effective_on DESC, c.position DESC LIMIT 1
    ) whole_life ON TRUE
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(DISTINCT told.year ORDER BY told.year), '{}') AS reported_years
          FROM (SELECT extract(year FROM c.effective_on)::integer AS year FROM cost c
                 WHERE c.initiative_id = i.initiative_id AND c.effective_on <= day.day
                 UNION ALL
                SELECT extract(year FROM c.effective_on)::integer FROM confidence c
                 WHERE c.initiative_id = i.initiative_id AND c.effective_on <= day.day) told
    ) reported
) past";
