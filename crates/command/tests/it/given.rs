//! Requests that are right as they are; a test changes what it is about.

use contract::{
    common::v1::{CommandHeader, LocalizedText, Money},
    portfolio::v1::{
        AcceptInitiativeRequest, Beneficiary, Classification, DeclineInitiativeRequest, DeclineReason,
        FacetWeights, Horizon, InitiativeDetails, InnovationType, Kpi, KpiDirection, KpiUnit, Novelty,
        Origin, OutcomeDimension, ProposeInitiativeRequest, ReviseInitiativeDetailsRequest, Stage,
        StartReviewRequest,
    },
};
use uuid::Uuid;

use crate::world::{TODAY, id};

/// A new request id and nothing else.
pub(crate) fn header() -> Option<CommandHeader> {
    named(Uuid::now_v7())
}

pub(crate) fn named(request_id: Uuid) -> Option<CommandHeader> {
    Some(CommandHeader { request_id: request_id.to_string(), ..CommandHeader::default() })
}

/// A decision on the version that was seen.
pub(crate) fn seen(version: u64) -> Option<CommandHeader> {
    header().map(|header| CommandHeader { expected_version: Some(version), ..header })
}

/// The same, only tried.
pub(crate) fn tried(header: Option<CommandHeader>) -> Option<CommandHeader> {
    header.map(|header| CommandHeader { validate_only: true, ..header })
}

pub(crate) fn hebrew(text: &str) -> Option<LocalizedText> {
    Some(LocalizedText { he: text.to_owned(), ..LocalizedText::default() })
}

/// A text of at least so many characters.
pub(crate) fn long(text: &str, chars: usize) -> Option<LocalizedText> {
    let times = chars.div_ceil(text.chars().count() + 1) + 1;
    hebrew(&vec![text; times].join(" "))
}

pub(crate) fn shekels(agorot: i64) -> Option<Money> {
    Some(Money { currency: "ILS".to_owned(), minor_units: agorot })
}

/// A nurse's idea for the hospital, with all that later stages ask for.
pub(crate) fn proposal(name: &str) -> ProposeInitiativeRequest {
    ProposeInitiativeRequest {
        header: header(),
        initiative_id: id(name).to_string(),
        title: hebrew("תור לרופא בלי טלפון"),
        summary: hebrew("קביעת תור במרפאה מתוך הודעה שהמטופל מקבל, בלי המתנה במוקד."),
        problem_statement: hebrew("מטופלים ממתינים במוקד שעה ומוותרים על תורים שהם צריכים."),
        solution_hypothesis: hebrew("הודעה עם קישור אישי תחליף את רוב השיחות אל המוקד."),
        origin: Origin::Grassroots.into(),
        lead_org_unit_id: id("HOSP").to_string(),
        classification: Some(classification(7000)),
        beneficiaries: vec![Beneficiary { group: "PATIENTS".to_owned(), estimated_count: Some(12_000) }],
        tags: vec!["שירות".to_owned()],
        ..ProposeInitiativeRequest::default()
    }
}

/// One whose weights sum up.
pub(crate) fn classification(enhancement_oriented: u32) -> Classification {
    let adaptive = 10_000 - enhancement_oriented;
    let weights = FacetWeights { enhancement_oriented, adaptive, ..FacetWeights::default() };
    Classification {
        facet_weights: Some(weights),
        innovation_types: vec![InnovationType::ServiceDesign.into()],
        primary_type: InnovationType::ServiceDesign.into(),
        novelty: Novelty::NewToMinistry.into(),
        horizon: Horizon::H1Under12m.into(),
    }
}

pub(crate) fn new_title(name: &str, title: &str) -> ReviseInitiativeDetailsRequest {
    let changes = InitiativeDetails { title: hebrew(title), ..InitiativeDetails::default() };
    let initiative_id = id(name).to_string();
    ReviseInitiativeDetailsRequest { header: header(), initiative_id, changes: Some(changes) }
}

pub(crate) fn review(name: &str) -> StartReviewRequest {
    StartReviewRequest { header: header(), initiative_id: id(name).to_string() }
}

pub(crate) fn acceptance(name: &str, version_seen: u64) -> AcceptInitiativeRequest {
    AcceptInitiativeRequest {
        header: seen(version_seen),
        initiative_id: id(name).to_string(),
        initial_stage: Stage::GeneratingIdeas.into(),
        owner_unit_id: id("HOSP").to_string(),
    }
}

/// What a reviewer says to a proposer, and nobody else may read.
pub(crate) const FEEDBACK: &str =
    "דיברנו עם המוקד: מצוקת כוח האדם במחלקה של האחות אינה נפתרת בהודעות, ויש לטפל בה קודם.";

pub(crate) fn decline(name: &str, version_seen: u64) -> DeclineInitiativeRequest {
    DeclineInitiativeRequest {
        header: seen(version_seen),
        initiative_id: id(name).to_string(),
        reason_code: DeclineReason::LowExpectedValue.into(),
        feedback: hebrew(FEEDBACK),
        similar_initiative_id: String::new(),
    }
}

/// From forty minutes of waiting down to so many.
pub(crate) fn waiting(target: i64) -> Option<Kpi> {
    Some(Kpi {
        name: hebrew("דקות המתנה"),
        outcome_dimension: OutcomeDimension::EfficiencyTime.into(),
        unit: KpiUnit::Minutes.into(),
        direction: KpiDirection::Decrease.into(),
        baseline_micros: 40_000_000,
        baseline_on: "2026-11-01".to_owned(),
        baseline_source: "מוקד".to_owned(),
        target_micros: target * 1_000_000,
        target_on: "2027-11-01".to_owned(),
        tolerance_micros: None,
        weight: 100,
        frequency_days: 30,
        trajectory: vec![],
    })
}

/// Today, for fields that are days.
pub(crate) fn today() -> String {
    TODAY.to_owned()
}
