//! A line of the list, for clients.

use contract::{
    Enumeration as _,
    common::v1::{Language, LocalizedText, Money},
    portfolio::v1::{
        Classification, Confidence, Facet, FacetWeights, Horizon, InitiativeRow, InnovationType, Novelty,
        Origin, Stage, Status,
    },
};
use read_model::{
    reads::Line,
    rows::{self, Initiative},
};
use uuid::Uuid;

use crate::moment::{day, moment};

pub(super) fn row(line: Line) -> InitiativeRow {
    let Line { initiative: i, summary, .. } = line;
    InitiativeRow {
        classification: classification(&i),
        initiative_id: i.initiative_id.to_string(),
        number: i.number,
        title: Some(text(i.title)),
        summary: Some(text(summary)),
        status: Status::wire(&i.status),
        stage: i.stage.as_deref().map_or(0, Stage::wire),
        origin: Origin::wire(&i.origin),
        lead_org_unit_id: i.lead_org_unit_id.to_string(),
        ministry_id: i.ministry_id.to_string(),
        ministry: i.ministry.unwrap_or_default(),
        primary_facet: i.primary_facet.as_deref().map_or(0, Facet::wire),
        proposer_id: optional(i.proposer_id),
        owner_manager_id: optional(i.owner_manager_id),
        confidence_self: i.confidence_self.as_deref().map_or(0, Confidence::wire),
        confidence_independent: i.confidence_independent.as_deref().map_or(0, Confidence::wire),
        confidence_source_rating: i.confidence_source_rating.unwrap_or_default(),
        confidence_on: i.confidence_on.map(day).unwrap_or_default(),
        approved_budget: i.approved_budget.map(|minor_units| Money {
            currency: i.approved_budget_currency.unwrap_or_default(),
            minor_units,
        }),
        whole_life_cost: i.whole_life_cost.map(money),
        tags: i.tags,
        proposed_on: day(i.proposed_on),
        stage_since: i.stage_since.map(day).unwrap_or_default(),
        updated_at: moment(i.updated_at),
        version: i.version,
        source_system: i.source_system.unwrap_or_default(),
        source_key: i.source_key.unwrap_or_default(),
        reported_years: i.reported_years.into_iter().filter_map(|year| year.try_into().ok()).collect(),
    }
}

fn classification(i: &Initiative) -> Option<Classification> {
    let weights = i.facet_weights.as_ref().filter(|_| i.classified)?;
    Some(Classification {
        facet_weights: Some(FacetWeights {
            enhancement_oriented: weights.enhancement_oriented.into(),
            mission_oriented: weights.mission_oriented.into(),
            adaptive: weights.adaptive.into(),
            anticipatory: weights.anticipatory.into(),
        }),
        innovation_types: i.innovation_types.iter().map(|code| InnovationType::wire(code)).collect(),
        primary_type: i.primary_type.as_deref().map_or(0, InnovationType::wire),
        novelty: i.novelty.as_deref().map_or(0, Novelty::wire),
        horizon: i.horizon.as_deref().map_or(0, Horizon::wire),
    })
}

pub(crate) fn text(text: rows::Text) -> LocalizedText {
    let rows::Text { he, en, ar, source_lang } = text;
    LocalizedText {
        he: he.unwrap_or_default(),
        en: en.unwrap_or_default(),
        ar: ar.unwrap_or_default(),
        source_lang: Language::wire(&source_lang),
    }
}

pub(super) fn money(money: rows::Money) -> Money {
    Money { currency: money.currency, minor_units: money.minor_units }
}

pub(super) fn optional(id: Option<Uuid>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}
