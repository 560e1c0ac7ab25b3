//! Requests that are right as they are; a test changes what it is about.

use contract::{
    common::v1::{CommandHeader, LocalizedText},
    portfolio::v1::{
        AcceptInitiativeRequest, Classification, FacetWeights, Horizon, InitiativeDetails, InnovationType,
        Novelty, Origin, ProposeInitiativeRequest, ReviseInitiativeDetailsRequest, Stage, StartReviewRequest,
    },
};
use uuid::Uuid;

/// A new request id and nothing else.
pub fn header() -> Option<CommandHeader> {
    Some(CommandHeader { request_id: Uuid::now_v7().to_string(), ..CommandHeader::default() })
}

/// A human decision names the version seen.
pub fn seen(version: u64) -> Option<CommandHeader> {
    header().map(|header| CommandHeader { expected_version: Some(version), ..header })
}

pub fn hebrew(text: &str) -> Option<LocalizedText> {
    Some(LocalizedText { he: text.to_owned(), ..LocalizedText::default() })
}

pub fn proposal(id: Uuid, unit: &str) -> ProposeInitiativeRequest {
    ProposeInitiativeRequest {
        header: header(),
        initiative_id: id.to_string(),
        title: hebrew("תור לרופא בלי טלפון"),
        summary: hebrew("קביעת תור במרפאה מתוך הודעה שהמטופל מקבל, בלי המתנה במוקד."),
        problem_statement: hebrew("מטופלים ממתינים במוקד שעה ומוותרים על תורים שהם צריכים."),
        origin: Origin::Grassroots.into(),
        lead_org_unit_id: unit.to_owned(),
        classification: Some(classification()),
        tags: vec!["שירות".to_owned()],
        ..ProposeInitiativeRequest::default()
    }
}

pub fn classification() -> Classification {
    let weights = FacetWeights { enhancement_oriented: 7000, adaptive: 3000, ..FacetWeights::default() };
    Classification {
        facet_weights: Some(weights),
        innovation_types: vec![InnovationType::ServiceDesign.into()],
        primary_type: InnovationType::ServiceDesign.into(),
        novelty: Novelty::NewToMinistry.into(),
        horizon: Horizon::H1Under12m.into(),
    }
}

pub fn new_title(id: Uuid, title: &str) -> ReviseInitiativeDetailsRequest {
    let changes = InitiativeDetails { title: hebrew(title), ..InitiativeDetails::default() };
    ReviseInitiativeDetailsRequest { header: header(), initiative_id: id.to_string(), changes: Some(changes) }
}

pub fn review(id: Uuid) -> StartReviewRequest {
    StartReviewRequest { header: header(), initiative_id: id.to_string() }
}

pub fn acceptance(id: Uuid, unit: &str, version_seen: u64) -> AcceptInitiativeRequest {
    AcceptInitiativeRequest {
        header: seen(version_seen),
        initiative_id: id.to_string(),
        initial_stage: Stage::IdentifyingProblems.into(),
        owner_unit_id: unit.to_owned(),
    }
}
