//! The fields of requests about initiatives. What several of them share is in `parts`.

use contract::portfolio::v1 as pb;
use domain::Reason::{
    FeedbackTooShort, LearningRequired, ValidationDuplicate, ValidationEnumUnspecified, ValidationFormat,
    ValidationLength, ValidationPersonalData, ValidationRange, ValidationRequired,
};

use super::{
    DAY, ID, NO_CODE, NO_DAY, OTHER_ID, Table, document, hebrew, letters,
    parts::{classification, kpi},
    shekels,
};

#[test]
fn requests_about_initiatives_refuse_what_is_wrong() {
    let mut table = Table::default();
    propose(&mut table);
    import(&mut table);
    review(&mut table);
    decide(&mut table);
    declare(&mut table);
    indicators(&mut table);
    money(&mut table);
    stages(&mut table);
    confidence(&mut table);
    end(&mut table);
    table.covers("InitiativeCommandService");
}

pub(super) fn proposal() -> pb::ProposeInitiativeRequest {
    pb::ProposeInitiativeRequest {
        title: hebrew(5),
        summary: hebrew(30),
        problem_statement: hebrew(30),
        solution_hypothesis: hebrew(30),
        origin: pb::Origin::Grassroots.into(),
        lead_org_unit_id: ID.into(),
        partner_org_unit_ids: vec![ID.into(), OTHER_ID.into()],
        co_proposer_ids: vec![ID.into()],
        classification: classification(),
        beneficiaries: vec![pb::Beneficiary { group: "ELDERLY".into(), estimated_count: Some(1000) }],
        tags: vec!["בריאות דיגיטלית".into(), "AI".into()],
        mission_id: ID.into(),
        challenge_id: ID.into(),
        ..Default::default()
    }
}

fn propose(table: &mut Table) {
    table.request(
        &proposal(),
        &[
            (|r| r.title = None, ValidationRequired, "title"),
            (|r| r.title = hebrew(4), ValidationLength, "title.he"),
            (|r| r.title = hebrew(161), ValidationLength, "title.he"),
            (|r| r.summary = hebrew(29), ValidationLength, "summary.he"),
            (|r| r.summary = hebrew(2001), ValidationLength, "summary.he"),
            (|r| r.problem_statement = hebrew(29), ValidationLength, "problem_statement.he"),
            (|r| r.problem_statement = hebrew(4001), ValidationLength, "problem_statement.he"),
            (|r| r.solution_hypothesis = hebrew(29), ValidationLength, "solution_hypothesis.he"),
            (|r| r.solution_hypothesis = hebrew(0), ValidationRequired, "solution_hypothesis"),
            (|r| r.origin = 0, ValidationEnumUnspecified, "origin"),
            (|r| r.origin = NO_CODE, ValidationEnumUnspecified, "origin"),
            (|r| r.lead_org_unit_id.clear(), ValidationRequired, "lead_org_unit_id"),
            (|r| r.partner_org_unit_ids[1] = "x".into(), ValidationFormat, "partner_org_unit_ids[1]"),
            (|r| r.partner_org_unit_ids[1] = ID.into(), ValidationDuplicate, "partner_org_unit_ids[1]"),
            (|r| r.partner_org_unit_ids = vec![ID.into(); 21], ValidationLength, "partner_org_unit_ids"),
            (|r| r.co_proposer_ids[0].clear(), ValidationRequired, "co_proposer_ids[0]"),
            (|r| r.co_proposer_ids = vec![ID.into(); 11], ValidationLength, "co_proposer_ids"),
            (
                |r| r.classification.as_mut().unwrap().facet_weights = None,
                ValidationRequired,
                "classification.facet_weights",
            ),
            (|r| r.beneficiaries[0].group.clear(), ValidationRequired, "beneficiaries[0].group"),
            (|r| r.beneficiaries = vec![Default::default(); 11], ValidationLength, "beneficiaries"),
            (|r| r.tags[1] = "a".into(), ValidationLength, "tags[1]"),
            (|r| r.tags[1] = letters(41), ValidationLength, "tags[1]"),
            (|r| r.tags[1] = format!(" {} ", r.tags[0]), ValidationDuplicate, "tags[1]"),
            (|r| r.tags[1] = "050-1234567".into(), ValidationPersonalData, "tags[1]"),
            (|r| r.tags = vec!["תג".into(); 13], ValidationLength, "tags"),
            (|r| r.mission_id = "x".into(), ValidationFormat, "mission_id"),
            (|r| r.challenge_id = "x".into(), ValidationFormat, "challenge_id"),
        ],
    );
}

fn import(table: &mut Table) {
    let valid = pb::ImportInitiativeRequest {
        title: hebrew(2),
        summary: hebrew(1),
        origin: pb::Origin::MinistryPlan.into(),
        lead_org_unit_id: ID.into(),
        stage: pb::Stage::ImplementingProjects.into(),
        source_system: "gmpp".into(),
        source_key: "DfT_0012/2014 – Crossrail".into(),
        ..Default::default()
    };
    table.request(
        &valid,
        &[
            (|r| r.title = hebrew(1), ValidationLength, "title.he"),
            (|r| r.title = hebrew(161), ValidationLength, "title.he"),
            (|r| r.summary = None, ValidationRequired, "summary"),
            (|r| r.summary = hebrew(2001), ValidationLength, "summary.he"),
            (|r| r.problem_statement = hebrew(4001), ValidationLength, "problem_statement.he"),
            (|r| r.origin = 0, ValidationEnumUnspecified, "origin"),
            (|r| r.lead_org_unit_id.clear(), ValidationRequired, "lead_org_unit_id"),
            (|r| r.stage = 0, ValidationEnumUnspecified, "stage"),
            (|r| r.tags = vec!["a".into()], ValidationLength, "tags[0]"),
            (|r| r.source_system.clear(), ValidationRequired, "source_system"),
            (|r| r.source_system = "מקור".into(), ValidationFormat, "source_system"),
            (|r| r.source_system = letters(65), ValidationFormat, "source_system"),
            (|r| r.source_key.clear(), ValidationRequired, "source_key"),
            (|r| r.source_key = letters(201), ValidationLength, "source_key"),
        ],
    );
}

fn review(table: &mut Table) {
    let changes = Some(pb::InitiativeDetails { title: hebrew(5), ..Default::default() });
    table.request(
        &pb::ReviseInitiativeDetailsRequest { changes: changes.clone(), ..Default::default() },
        &[(|r| r.changes = None, ValidationRequired, "changes")],
    );
    table.request(
        &pb::ResubmitInitiativeRequest { changes, ..Default::default() },
        &[(|r| r.changes = None, ValidationRequired, "changes")],
    );
    table.request(&pb::StartReviewRequest::default(), &[]);
    table.request(&pb::WithdrawInitiativeRequest::default(), &[]);
    let items = vec![hebrew(3).unwrap(); 20];
    table.request(
        &pb::RequestChangesRequest { items, ..Default::default() },
        &[
            (|r| r.items.clear(), ValidationRequired, "items"),
            (|r| r.items.push(Default::default()), ValidationLength, "items"),
            (|r| r.items[19].he.clear(), ValidationRequired, "items[19]"),
            (|r| r.items[19] = hebrew(1001).unwrap(), ValidationLength, "items[19].he"),
        ],
    );
    table.request(
        &pb::ReclassifyInitiativeRequest { classification: classification(), ..Default::default() },
        &[(|r| r.classification = None, ValidationRequired, "classification")],
    );
}

fn decide(table: &mut Table) {
    table.request(
        &pb::AcceptInitiativeRequest {
            initial_stage: pb::Stage::IdentifyingProblems.into(),
            owner_unit_id: ID.into(),
            ..Default::default()
        },
        &[
            (|r| r.initial_stage = 0, ValidationEnumUnspecified, "initial_stage"),
            (|r| r.owner_unit_id.clear(), ValidationRequired, "owner_unit_id"),
        ],
    );
    let valid = pb::DeclineInitiativeRequest {
        reason_code: pb::DeclineReason::Duplicate.into(),
        feedback: hebrew(50),
        similar_initiative_id: ID.into(),
        ..Default::default()
    };
    table.request(
        &valid,
        &[
            (|r| r.reason_code = 0, ValidationEnumUnspecified, "reason_code"),
            (|r| r.feedback = None, FeedbackTooShort, "feedback"),
            (|r| r.feedback = hebrew(49), FeedbackTooShort, "feedback.he"),
            (|r| r.feedback = hebrew(2001), ValidationLength, "feedback.he"),
            (|r| r.similar_initiative_id = "x".into(), ValidationFormat, "similar_initiative_id"),
        ],
    );
    table.request(
        &pb::AppealDeclineRequest { grounds: hebrew(30), ..Default::default() },
        &[
            (|r| r.grounds = None, ValidationRequired, "grounds"),
            (|r| r.grounds = hebrew(29), ValidationLength, "grounds.he"),
            (|r| r.grounds = hebrew(2001), ValidationLength, "grounds.he"),
        ],
    );
    table.request(
        &pb::AssignOwnerRequest { owner_manager_id: ID.into(), ..Default::default() },
        &[(|r| r.owner_manager_id.clear(), ValidationRequired, "owner_manager_id")],
    );
}

fn declare(table: &mut Table) {
    table.request(
        &pb::DeclareInterestRequest { text: hebrew(10), ..Default::default() },
        &[
            (|r| r.text = hebrew(9), ValidationLength, "text.he"),
            (|r| r.text = hebrew(2001), ValidationLength, "text.he"),
        ],
    );
    table.request(
        &pb::RecordPrivacyScreenRequest {
            screen: pb::PrivacyScreen::Basic.into(),
            pia_ref: "PIA-7".into(),
            ..Default::default()
        },
        &[
            (|r| r.screen = 0, ValidationEnumUnspecified, "screen"),
            (|r| r.pia_ref = letters(201), ValidationLength, "pia_ref"),
        ],
    );
    table.request(
        &pb::DeclareNoMaterialRiskRequest { reason: hebrew(50), ..Default::default() },
        &[
            (|r| r.reason = hebrew(49), ValidationLength, "reason.he"),
            (|r| r.reason = hebrew(2001), ValidationLength, "reason.he"),
        ],
    );
}

fn indicators(table: &mut Table) {
    table.request(
        &pb::DefineKpiRequest { kpi_id: ID.into(), kpi: kpi(), ..Default::default() },
        &[
            (|r| r.kpi_id.clear(), ValidationRequired, "kpi_id"),
            (|r| r.kpi = None, ValidationRequired, "kpi"),
        ],
    );
    table.request(
        &pb::ReviseKpiRequest { kpi_id: ID.into(), kpi: kpi(), reason: letters(3), ..Default::default() },
        &[
            (|r| r.kpi_id.clear(), ValidationRequired, "kpi_id"),
            (|r| r.kpi = None, ValidationRequired, "kpi"),
            (|r| r.reason = letters(1001), ValidationLength, "reason"),
        ],
    );
    table.request(
        &pb::RetireKpiRequest { kpi_id: ID.into(), reason: letters(1000), ..Default::default() },
        &[
            (|r| r.kpi_id.clear(), ValidationRequired, "kpi_id"),
            (|r| r.reason = letters(2), ValidationLength, "reason"),
        ],
    );
    let valid = pb::RecordMeasurementRequest {
        kpi_id: ID.into(),
        on: DAY.into(),
        source: letters(3),
        evidence_level: pb::EvidenceLevel::None.into(),
        document: document(),
        ..Default::default()
    };
    table.request(
        &valid,
        &[
            (|r| r.kpi_id.clear(), ValidationRequired, "kpi_id"),
            (|r| r.on.clear(), ValidationRequired, "on"),
            (|r| r.value_micros = i64::MAX, ValidationRange, "value_micros"),
            (|r| r.source = letters(201), ValidationLength, "source"),
            (|r| r.evidence_level = 0, ValidationEnumUnspecified, "evidence_level"),
            (|r| r.document.as_mut().unwrap().sha256.clear(), ValidationRequired, "document.sha256"),
        ],
    );
    table.request(
        &pb::CorrectMeasurementRequest {
            kpi_id: ID.into(),
            on: DAY.into(),
            value_micros: -9_200_000_000_000_000_000,
            reason: letters(3),
            ..Default::default()
        },
        &[
            (|r| r.kpi_id.clear(), ValidationRequired, "kpi_id"),
            (|r| r.on = NO_DAY.into(), ValidationFormat, "on"),
            (|r| r.value_micros -= 1, ValidationRange, "value_micros"),
            (|r| r.reason.clear(), ValidationRequired, "reason"),
        ],
    );
    table.request(
        &pb::VerifyMeasurementRequest { kpi_id: ID.into(), on: DAY.into(), ..Default::default() },
        &[(|r| r.kpi_id.clear(), ValidationRequired, "kpi_id"), (|r| r.on.clear(), ValidationRequired, "on")],
    );
}

fn money(table: &mut Table) {
    table.request(
        &pb::ApproveBudgetRequest {
            amount: shekels(10_000_000_000_000),
            source_line: letters(2),
            ..Default::default()
        },
        &[
            (|r| r.amount = None, ValidationRequired, "amount"),
            (|r| r.amount = shekels(10_000_000_000_001), ValidationRange, "amount.minor_units"),
            (|r| r.source_line = letters(1), ValidationLength, "source_line"),
            (|r| r.source_line = letters(201), ValidationLength, "source_line"),
        ],
    );
    table.request(
        &pb::RecordCostRequest {
            year: 2000,
            planned: shekels(0),
            forecast: shekels(0),
            whole_life: shekels(0),
            ..Default::default()
        },
        &[
            (|r| r.year = 1999, ValidationRange, "year"),
            (|r| r.year = 2100, ValidationRange, "year"),
            (|r| r.planned = shekels(-1), ValidationRange, "planned.minor_units"),
            (|r| r.forecast = shekels(-1), ValidationRange, "forecast.minor_units"),
            (|r| r.whole_life = shekels(-1), ValidationRange, "whole_life.minor_units"),
        ],
    );
}

fn stages(table: &mut Table) {
    table.request(&pb::AdvanceStageRequest::default(), &[]);
    table.request(
        &pb::ReturnStageRequest {
            to: pb::Stage::GeneratingIdeas.into(),
            reason: hebrew(30),
            ..Default::default()
        },
        &[
            (|r| r.to = 0, ValidationEnumUnspecified, "to"),
            (|r| r.reason = hebrew(29), ValidationLength, "reason.he"),
            (|r| r.reason = hebrew(2001), ValidationLength, "reason.he"),
        ],
    );
    table.request(
        &pb::EndImplementationRequest { reason: hebrew(30), ..Default::default() },
        &[
            (|r| r.reason = hebrew(29), ValidationLength, "reason.he"),
            (|r| r.reason = hebrew(2001), ValidationLength, "reason.he"),
        ],
    );
    table.request(
        &pb::SetImplementationModeRequest {
            mode: pb::ImplementationMode::Pilot.into(),
            from: DAY.into(),
            to: DAY.into(),
            override_rationale: hebrew(30),
            ..Default::default()
        },
        &[
            (|r| r.mode = 0, ValidationEnumUnspecified, "mode"),
            (|r| r.from.clear(), ValidationRequired, "from"),
            (|r| r.to.clear(), ValidationRequired, "to"),
            (|r| r.override_rationale = hebrew(29), ValidationLength, "override_rationale.he"),
            (|r| r.override_rationale = hebrew(2001), ValidationLength, "override_rationale.he"),
        ],
    );
}

fn confidence(table: &mut Table) {
    let rating = pb::Confidence::Amber.into();
    table.request(
        &pb::ReportSelfConfidenceRequest { rating, note: hebrew(1), ..Default::default() },
        &[
            (|r| r.rating = 0, ValidationEnumUnspecified, "rating"),
            (|r| r.note = hebrew(2001), ValidationLength, "note.he"),
        ],
    );
    table.request(
        &pb::AssessConfidenceRequest {
            findings: hebrew(20_000),
            source_rating: "Amber/Red".into(),
            ..Default::default()
        },
        &[
            (|r| r.rating = NO_CODE, ValidationEnumUnspecified, "rating"),
            (|r| r.findings = hebrew(20_001), ValidationLength, "findings.he"),
            (|r| r.source_rating = letters(65), ValidationLength, "source_rating"),
        ],
    );
    table.request(
        &pb::RecordEvaluationRequest {
            verdict: pb::Verdict::Scale.into(),
            result: pb::ExperimentResult::Positive.into(),
            evidence_level: pb::EvidenceLevel::LogicModel.into(),
            summary: hebrew(30),
            document: document(),
            ..Default::default()
        },
        &[
            (|r| r.verdict = 0, ValidationEnumUnspecified, "verdict"),
            (|r| r.result = 0, ValidationEnumUnspecified, "result"),
            (|r| r.evidence_level = 0, ValidationEnumUnspecified, "evidence_level"),
            (|r| r.summary = hebrew(29), ValidationLength, "summary.he"),
            (|r| r.summary = hebrew(4001), ValidationLength, "summary.he"),
            (|r| r.document.as_mut().unwrap().bytes = 0, ValidationRange, "document.bytes"),
        ],
    );
}

fn end(table: &mut Table) {
    table.request(
        &pb::ShelveInitiativeRequest {
            reason_code: pb::ShelveReason::Timing.into(),
            feedback: hebrew(2000),
            revisit_on: DAY.into(),
            ..Default::default()
        },
        &[
            (|r| r.reason_code = 0, ValidationEnumUnspecified, "reason_code"),
            (|r| r.feedback = hebrew(0), FeedbackTooShort, "feedback"),
            (|r| r.feedback = hebrew(49), FeedbackTooShort, "feedback.he"),
            (|r| r.revisit_on.clear(), ValidationRequired, "revisit_on"),
        ],
    );
    table.request(&pb::ReactivateInitiativeRequest::default(), &[]);
    table.request(
        &pb::StopInitiativeRequest {
            reason_code: pb::StopReason::HypothesisRefuted.into(),
            result: pb::ExperimentResult::Negative.into(),
            learning_summary: hebrew(100),
            ..Default::default()
        },
        &[
            (|r| r.reason_code = 0, ValidationEnumUnspecified, "reason_code"),
            (|r| r.result = 0, ValidationEnumUnspecified, "result"),
            (|r| r.learning_summary = None, LearningRequired, "learning_summary"),
            (|r| r.learning_summary = hebrew(99), LearningRequired, "learning_summary.he"),
            (|r| r.learning_summary = hebrew(4001), ValidationLength, "learning_summary.he"),
        ],
    );
    table.request(
        &pb::CompleteInitiativeRequest {
            sustaining_owner_id: ID.into(),
            budget_line: letters(2),
            sustain_from: DAY.into(),
            no_adoption_reason: hebrew(30),
            ..Default::default()
        },
        &[
            (|r| r.sustaining_owner_id.clear(), ValidationRequired, "sustaining_owner_id"),
            (|r| r.budget_line = letters(1), ValidationLength, "budget_line"),
            (|r| r.sustain_from.clear(), ValidationRequired, "sustain_from"),
            (|r| r.no_adoption_reason = hebrew(29), ValidationLength, "no_adoption_reason.he"),
        ],
    );
}
