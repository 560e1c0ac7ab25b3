//! What a caller may see, said again in each query: row-level security shows no other rows, and does not know of
//! fields.

use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use crate::{
    Scope,
    rows::{Initiative, TimelineEntry},
};

/// For whom is read: which rows, and how much of them. The default is nobody, who sees nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audience {
    pub scope: Scope,
    /// May see the proposers who are hidden from their own line management.
    pub hidden_proposers: bool,
}

/// The proposer as the caller may know them: a filter must not find out who is hidden.
pub(crate) const VISIBLE_PROPOSER: &str = "CASE WHEN i.proposer_hidden \
     AND current_setting('app.hidden_proposers', true) IS DISTINCT FROM 'on' \
     AND i.proposer_id IS DISTINCT FROM public.reader_person() THEN NULL ELSE i.proposer_id END";

impl Audience {
    /// The scope as a condition on `initiative i`. Only what it has is named, so that an index can answer it.
    pub(crate) fn push_to(&self, sql: &mut QueryBuilder<Postgres>) {
        let Scope { government, ministries, units, person } = &self.scope;
        if *government {
            sql.push("TRUE");
            return;
        }
        sql.push("(FALSE");
        if !ministries.is_empty() {
            sql.push(" OR i.ministry_id = ANY(").push_bind(ministries.clone()).push(")");
        }
        if !units.is_empty() {
            sql.push(" OR i.lead_org_unit_id = ANY(").push_bind(units.clone()).push(")");
        }
        if let Some(person) = person {
            sql.push(" OR i.proposer_id = ").push_bind(*person);
            sql.push(" OR i.owner_manager_id = ").push_bind(*person);
        }
        sql.push(")");
    }

    fn hides_proposer(&self, line: &Initiative) -> bool {
        let own = line.proposer_id.is_some() && line.proposer_id == self.scope.person;
        line.proposer_hidden && !self.hidden_proposers && !own
    }

    /// Takes away from a line who proposed it, if that is hidden from the caller.
    pub(crate) fn conceal(&self, line: &mut Initiative) {
        if self.hides_proposer(line) {
            line.proposer_id = None;
            line.co_proposer_ids.clear();
        }
    }

    /// Takes away from the story who proposed it: as actor, and wherever the payloads name them. `line` is as
    /// stored.
    pub(crate) fn conceal_story(&self, line: &Initiative, story: &mut [TimelineEntry]) {
        if !self.hides_proposer(line) {
            return;
        }
        let hidden: Vec<Uuid> = line.proposer_id.into_iter().chain(line.co_proposer_ids.clone()).collect();
        let is_hidden = |id: &Option<Uuid>| id.is_some_and(|id| hidden.contains(&id));
        let names: Vec<String> = hidden.iter().map(Uuid::to_string).collect();
        for entry in story {
            if is_hidden(&entry.actor_person_id) || is_hidden(&entry.on_behalf_of_id) {
                entry.actor_person_id = None;
                entry.on_behalf_of_id = None;
                entry.actor_unit_id = None;
            }
            take_away(&mut entry.data, &names);
        }
    }
}

/// Removes every field and every element that is one of these texts.
fn take_away(value: &mut serde_json::Value, texts: &[String]) {
    let found =
        |value: &serde_json::Value| value.as_str().is_some_and(|v| texts.iter().any(|text| text == v));
    match value {
        serde_json::Value::Object(fields) => {
            fields.retain(|_, field| !found(field));
            fields.values_mut().for_each(|field| take_away(field, texts));
        }
        serde_json::Value::Array(elements) => {
            elements.retain(|element| !found(element));
            elements.iter_mut().for_each(|element| take_away(element, texts));
        }
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_) => {}
    }
}
