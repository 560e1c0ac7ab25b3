//! Requests about initiatives, and the parts that several of them share.

use contract::portfolio::v1 as pb;
use domain::{
    Reason,
    portfolio::{
        framework::{Classification, FacetWeights, InnovationType},
        initiative::{
            Initiative, command,
            event::{Beneficiary, Details, Kpi, TrajectoryPoint},
        },
    },
    values::OrgUnitId,
};

use super::fields::{Fields, Form};

const NAME: Form = Form {
    expected: "1 to 64 ASCII letters, digits or one of `_-.`",
    fits: |text| text.len() <= 64 && text.bytes().all(is_of_name),
};

const GROUP: Form = Form {
    expected: "2 to 40 ASCII letters, digits or one of `_-.`",
    fits: |text| (2..=40).contains(&text.len()) && text.bytes().all(is_of_name),
};

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.".contains(&byte)
}

/// A number of people that a JSON number carries exactly.
const PEOPLE_MAX: u64 = 10_000_000_000;

commands! { Initiative, command:
    ProposeInitiativeRequest => Propose {
        title: text(title, 5..=160),
        summary: text(summary, 30..=2000),
        problem_statement: text(problem_statement, 30..=4000),
        solution_hypothesis: optional_text(solution_hypothesis, 30..=4000),
        origin: code(origin),
        lead_org_unit: id(lead_org_unit_id),
        partner_org_units: ids(partner_org_unit_ids, 20),
        co_proposers: ids(co_proposer_ids, 10),
        anonymous_to_line: given(anonymous_to_line),
        classification: optional_classification(classification),
        beneficiaries: beneficiaries(beneficiaries),
        tags: plains(tags, 12, 2..=40),
        mission_id: optional_id(mission_id),
        challenge_id: optional_id(challenge_id),
    }
    ImportInitiativeRequest => Import {
        title: text(title, 2..=160),
        summary: text(summary, 1..=2000),
        problem_statement: optional_text(problem_statement, 1..=4000),
        origin: code(origin),
        lead_org_unit: id(lead_org_unit_id),
        stage: code(stage),
        tags: plains(tags, 12, 2..=40),
        source_system: form(source_system, NAME),
        source_key: plain(source_key, 1..=200),
    }
    ReviseInitiativeDetailsRequest => ReviseDetails { changes: details(changes) }
    DeclareInterestRequest => DeclareInterest {
        none: given(none),
        text: optional_private(text, 10..=2000),
    }
    RecordPrivacyScreenRequest => RecordPrivacyScreen {
        screen: code(screen),
        pia_ref: optional_plain(pia_ref, 1..=200),
    }
    DeclareNoMaterialRiskRequest => DeclareNoMaterialRisk { reason: text(reason, 50..=2000) }
    StartReviewRequest => StartReview {}
    RequestChangesRequest => RequestChanges { items: texts(items, 1..=20, 3..=1000) }
    ResubmitInitiativeRequest => Resubmit { changes: details(changes) }
    AcceptInitiativeRequest => Accept { initial_stage: code(initial_stage), owner_unit: id(owner_unit_id) }
    DeclineInitiativeRequest => Decline {
        reason_code: code(reason_code),
        feedback: private(feedback, 50..=2000, Reason::FeedbackTooShort),
        similar_initiative: optional_id(similar_initiative_id),
    }
    AppealDeclineRequest => AppealDecline {
        grounds: private(grounds, 30..=2000, Reason::ValidationLength),
    }
    ReclassifyInitiativeRequest => Reclassify { classification: classification(classification) }
    AssignOwnerRequest => AssignOwner { owner_manager: id(owner_manager_id) }
    DefineKpiRequest => DefineKpi { kpi_id: id(kpi_id), kpi: kpi(kpi) }
    ReviseKpiRequest => ReviseKpi { kpi_id: id(kpi_id), kpi: kpi(kpi), reason: plain(reason, 3..=1000) }
    RetireKpiRequest => RetireKpi { kpi_id: id(kpi_id), reason: plain(reason, 3..=1000) }
    RecordMeasurementRequest => RecordMeasurement {
        kpi_id: id(kpi_id),
        on: date(on),
        value: kpi_value(value_micros),
        source: plain(source, 3..=200),
        evidence_level: code(evidence_level),
        document: optional_doc_ref(document),
    }
    CorrectMeasurementRequest => CorrectMeasurement {
        kpi_id: id(kpi_id),
        on: date(on),
        value: kpi_value(value_micros),
        reason: plain(reason, 3..=1000),
    }
    VerifyMeasurementRequest => VerifyMeasurement { kpi_id: id(kpi_id), on: date(on) }
    ApproveBudgetRequest => ApproveBudget {
        amount: money(amount),
        source_line: plain(source_line, 2..=200),
        effort_only: given(effort_only),
    }
    RecordCostRequest => RecordCost {
        year: number(year, 2000..=2099),
        planned: optional_money(planned),
        forecast: optional_money(forecast),
        whole_life: optional_money(whole_life),
    }
    AdvanceStageRequest => AdvanceStage {}
    ReturnStageRequest => ReturnStage { to: code(to), reason: text(reason, 30..=2000) }
    EndImplementationRequest => EndImplementation {
        early: given(early),
        reason: optional_text(reason, 30..=2000),
    }
    SetImplementationModeRequest => SetImplementationMode {
        mode: code(mode),
        from: date(from),
        to: date(to),
        override_rationale: optional_text(override_rationale, 30..=2000),
    }
    ReportSelfConfidenceRequest => ReportSelfConfidence {
        rating: code(rating),
        note: optional_private(note, 1..=2000),
    }
    AssessConfidenceRequest => AssessConfidence {
        rating: optional_code(rating),
        findings: optional_private(findings, 1..=20_000),
        source_rating: optional_plain(source_rating, 1..=64),
    }
    RecordEvaluationRequest => RecordEvaluation {
        verdict: code(verdict),
        result: code(result),
        evidence_level: code(evidence_level),
        summary: text(summary, 30..=4000),
        document: optional_doc_ref(document),
    }
    ShelveInitiativeRequest => Shelve {
        reason_code: code(reason_code),
        feedback: private(feedback, 50..=2000, Reason::FeedbackTooShort),
        revisit_on: date(revisit_on),
    }
    ReactivateInitiativeRequest => Reactivate {}
    StopInitiativeRequest => Stop {
        reason_code: code(reason_code),
        result: code(result),
        learning_summary: text_or(learning_summary, 100..=4000, Reason::LearningRequired),
    }
    CompleteInitiativeRequest => Complete {
        sustaining_owner: id(sustaining_owner_id),
        budget_line: plain(budget_line, 2..=200),
        sustain_from: date(sustain_from),
        no_adoption_reason: optional_text(no_adoption_reason, 30..=2000),
    }
    WithdrawInitiativeRequest => Withdraw {}
}

impl Fields {
    /// New values of details. A list that is there replaces the old one.
    fn details(&mut self, path: &str, details: &Option<pb::InitiativeDetails>) -> Option<Details> {
        self.message(path, details.as_ref(), |fields, details| {
            record!(fields, details => Details {
                title: optional_text(title, 5..=160),
                summary: optional_text(summary, 30..=2000),
                problem_statement: optional_text(problem_statement, 30..=4000),
                solution_hypothesis: optional_text(solution_hypothesis, 30..=4000),
                beneficiaries: beneficiary_list(beneficiaries),
                tags: tag_list(tags),
                partner_org_units: unit_list(partner_org_units),
            })
        })
    }

    fn beneficiary_list(
        &mut self,
        path: &str,
        list: &Option<pb::BeneficiaryList>,
    ) -> Option<Option<Vec<Beneficiary>>> {
        self.optional_message(path, list.as_ref(), |fields, list| {
            fields.beneficiaries("values", &list.values)
        })
    }

    fn tag_list(&mut self, path: &str, list: &Option<pb::TagList>) -> Option<Option<Vec<String>>> {
        self.optional_message(path, list.as_ref(), |fields, list| {
            fields.plains("values", &list.values, 12, 2..=40)
        })
    }

    fn unit_list(&mut self, path: &str, list: &Option<pb::UnitList>) -> Option<Option<Vec<OrgUnitId>>> {
        self.optional_message(path, list.as_ref(), |fields, list| fields.ids("unit_ids", &list.unit_ids, 20))
    }

    /// At most 10 groups, each once.
    fn beneficiaries(&mut self, path: &str, groups: &[pb::Beneficiary]) -> Option<Vec<Beneficiary>> {
        let groups = self.list(path, groups, 0..=10, |fields, path, group| {
            fields.inside(path, |fields| {
                record!(fields, group => Beneficiary {
                    group: form(group, GROUP),
                    estimated_count: optional_number(estimated_count, 0..=PEOPLE_MAX),
                })
            })
        })?;
        self.distinct(path, groups)
    }

    fn optional_classification(
        &mut self,
        path: &str,
        classification: &Option<pb::Classification>,
    ) -> Option<Option<Classification>> {
        if classification.is_none() {
            return Some(None);
        }
        self.classification(path, classification).map(Some)
    }

    /// Whether the parts agree with each other is the domain's to judge.
    fn classification(
        &mut self,
        path: &str,
        classification: &Option<pb::Classification>,
    ) -> Option<Classification> {
        self.message(path, classification.as_ref(), |fields, classification| {
            record!(fields, classification => Classification {
                facet_weights: facet_weights(facet_weights),
                innovation_types: innovation_types(innovation_types),
                primary_type: code(primary_type),
                novelty: code(novelty),
                horizon: code(horizon),
            })
        })
    }

    fn facet_weights(&mut self, path: &str, weights: &Option<pb::FacetWeights>) -> Option<FacetWeights> {
        self.message(path, weights.as_ref(), |fields, weights| {
            record!(fields, weights => FacetWeights {
                enhancement_oriented: number(enhancement_oriented, 0..=10_000),
                mission_oriented: number(mission_oriented, 0..=10_000),
                adaptive: number(adaptive, 0..=10_000),
                anticipatory: number(anticipatory, 0..=10_000),
            })
        })
    }

    fn innovation_types(&mut self, path: &str, types: &[i32]) -> Option<Vec<InnovationType>> {
        let types = self.list(path, types, 1..=4, |fields, path, number| fields.code(path, number))?;
        self.distinct(path, types)
    }

    /// Whether the parts agree with each other is the domain's to judge.
    fn kpi(&mut self, path: &str, kpi: &Option<pb::Kpi>) -> Option<Kpi> {
        self.message(path, kpi.as_ref(), |fields, kpi| {
            record!(fields, kpi => Kpi {
                name: text(name, 3..=160),
                outcome_dimension: code(outcome_dimension),
                unit: code(unit),
                direction: code(direction),
                baseline: kpi_value(baseline_micros),
                baseline_on: date(baseline_on),
                baseline_source: plain(baseline_source, 3..=200),
                target: kpi_value(target_micros),
                target_on: date(target_on),
                tolerance: optional_kpi_value(tolerance_micros),
                weight: number(weight, 1..=100),
                frequency_days: number(frequency_days, 7..=366),
                trajectory: trajectory(trajectory),
            })
        })
    }

    fn trajectory(&mut self, path: &str, points: &[pb::TrajectoryPoint]) -> Option<Vec<TrajectoryPoint>> {
        self.list(path, points, 0..=24, |fields, path, point| {
            fields.inside(path, |fields| {
                record!(fields, point => TrajectoryPoint { on: date(on), value: kpi_value(value_micros) })
            })
        })
    }
}
