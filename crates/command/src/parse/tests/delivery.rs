//! The fields of requests about an accepted initiative: declarations, indicators, money, stages, its end.

use contract::portfolio::v1 as pb;
use domain::Reason::{
    FeedbackTooShort, LearningRequired, ValidationEnumUnspecified, ValidationFormat, ValidationLength,
    ValidationRange, ValidationRequired,
};

use super::{DAY, ID, NO_CODE, NO_DAY, Table, document, hebrew, letters, parts::kpi, shekels};

pub(super) fn declare(table: &mut Table) {
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

pub(super) fn indicators(table: &mut Table) {
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

pub(super) fn money(table: &mut Table) {
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

pub(super) fn stages(table: &mut Table) {
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

pub(super) fn confidence(table: &mut Table) {
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

pub(super) fn end(table: &mut Table) {
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
