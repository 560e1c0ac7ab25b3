//! Rows of `views/portfolio.sql`, which says what each column holds.

use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::{Document, Money, Text, tables};

/// A line of the portfolio list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Initiative {
    pub initiative_id: Uuid,
    pub number: String,
    pub number_order: i64,
    pub version: u64,
    pub position: u64,
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
    pub title: Text,
    pub title_he: String,
    pub title_en: String,
    pub status: String,
    pub stage: Option<String>,
    pub stage_order: i16,
    pub stage_since: Option<Date>,
    pub origin: String,
    pub lead_org_unit_id: Uuid,
    pub ministry_id: Uuid,
    pub ministry: Option<String>,
    pub partner_org_unit_ids: Vec<Uuid>,
    pub proposer_id: Option<Uuid>,
    pub proposer_hidden: bool,
    pub co_proposer_ids: Vec<Uuid>,
    pub reviewer_id: Option<Uuid>,
    pub owner_manager_id: Option<Uuid>,
    pub owner_unit_id: Option<Uuid>,
    pub classified: bool,
    pub framework_version: Option<i32>,
    pub primary_facet: Option<String>,
    pub facet_weights: Option<FacetWeights>,
    pub innovation_types: Vec<String>,
    pub primary_type: Option<String>,
    pub novelty: Option<String>,
    pub horizon: Option<String>,
    pub confidence_self: Option<String>,
    pub confidence_self_on: Option<Date>,
    pub confidence_independent: Option<String>,
    pub confidence_source_rating: Option<String>,
    pub confidence_on: Option<Date>,
    pub approved_budget: Option<i64>,
    pub approved_budget_currency: Option<String>,
    pub effort_only: bool,
    pub whole_life_cost: Option<Money>,
    pub whole_life_cost_on: Option<Date>,
    pub reported_years: Vec<i32>,
    pub tags: Vec<String>,
    pub mission_id: Option<Uuid>,
    pub challenge_id: Option<Uuid>,
    pub proposed_on: Date,
    pub accepted_on: Option<Date>,
    pub revisit_on: Option<Date>,
    pub reason_code: Option<String>,
    pub source_system: Option<String>,
    pub source_key: Option<String>,
}

/// Shares of the four facets in basis points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacetWeights {
    pub enhancement_oriented: u16,
    pub mission_oriented: u16,
    pub adaptive: u16,
    pub anticipatory: u16,
}

/// What a list does not filter by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InitiativeCard {
    pub initiative_id: Uuid,
    pub summary: Text,
    pub problem_statement: Option<Text>,
    pub solution_hypothesis: Option<Text>,
    pub beneficiaries: Vec<Beneficiary>,
    pub requested_changes: Vec<Text>,
    pub review_rounds: i16,
    pub interest_declared: bool,
    pub privacy_screen: Option<String>,
    pub no_material_risk: bool,
    pub implementation_since: Option<Date>,
    pub implementation_mode: Option<String>,
    pub implementation_from: Option<Date>,
    pub implementation_to: Option<Date>,
    pub implementation_ended: bool,
    pub verdict: Option<String>,
    pub result: Option<String>,
    pub evidence_level: Option<String>,
    pub gates: Vec<Gate>,
}

/// A group that benefits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beneficiary {
    pub group: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimated_count: Option<u64>,
}

/// A gate of the next stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    pub gate: String,
    pub met: bool,
}

/// A statement of confidence in delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confidence {
    pub event_id: Uuid,
    pub initiative_id: Uuid,
    pub position: u64,
    pub effective_on: Date,
    pub independent: bool,
    pub rating: Option<String>,
    pub source_rating: Option<String>,
}

/// What a year cost, as told at some time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    pub event_id: Uuid,
    pub initiative_id: Uuid,
    pub position: u64,
    pub effective_on: Date,
    pub year: i32,
    pub planned: Option<Money>,
    pub forecast: Option<Money>,
    pub whole_life: Option<Money>,
}

/// An indicator; values are in millionths of its unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kpi {
    pub initiative_id: Uuid,
    pub kpi_id: Uuid,
    pub ordinal: i32,
    pub name: Text,
    pub outcome_dimension: String,
    pub unit: String,
    pub direction: String,
    pub baseline: i64,
    pub baseline_on: Date,
    pub baseline_source: String,
    pub target: i64,
    pub target_on: Date,
    pub tolerance: Option<i64>,
    pub weight: i16,
    pub frequency_days: i32,
    pub trajectory: Vec<TrajectoryPoint>,
    pub retired: bool,
    pub rebaselined: bool,
}

/// One planned point of an indicator's way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrajectoryPoint {
    pub on: Date,
    /// Millionths of the unit.
    pub value: i64,
}

/// A measured value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measurement {
    pub initiative_id: Uuid,
    pub kpi_id: Uuid,
    pub measured_on: Date,
    pub value: i64,
    pub source: String,
    pub evidence_level: String,
    pub document: Option<Document>,
    pub verified: bool,
    pub corrected: bool,
}

/// One event of the story.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimelineEntry {
    pub event_id: Uuid,
    pub initiative_id: Uuid,
    pub position: u64,
    pub version: u64,
    pub r#type: String,
    pub schema: i32,
    #[serde(with = "time::serde::rfc3339")]
    pub recorded_at: OffsetDateTime,
    pub effective_on: Date,
    pub actor_role: String,
    pub actor_person_id: Option<Uuid>,
    pub actor_system: Option<String>,
    pub actor_unit_id: Option<Uuid>,
    pub on_behalf_of_id: Option<Uuid>,
    /// The payload without its sealed texts.
    pub data: serde_json::Value,
}

/// The code of a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitCode {
    pub org_unit_id: Uuid,
    pub code: String,
}

/// How many initiatives a civil year in Jerusalem has seen created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InitiativeCount {
    pub year: i32,
    pub total: i64,
}

tables! {
    Initiative = "initiative" by initiative_id: Uuid;
    InitiativeCard = "initiative_card" by initiative_id: Uuid;
    Confidence = "confidence" by initiative_id: Uuid;
    Cost = "cost" by initiative_id: Uuid;
    Kpi = "kpi" by initiative_id: Uuid;
    Measurement = "measurement" by initiative_id: Uuid;
    TimelineEntry = "timeline" by initiative_id: Uuid;
    UnitCode = "unit_code" by org_unit_id: Uuid;
    InitiativeCount = "initiative_count" by year: i32;
}
