//! The fields of the messages that several requests share.

use contract::{common::v1 as common, portfolio::v1 as pb};
use domain::Reason::{
    ValidationDuplicate, ValidationEnumUnspecified, ValidationFormat, ValidationLength, ValidationRange,
    ValidationRequired,
};

use super::{DAY, ID, NO_CODE, NO_DAY, document, hebrew, initiative::proposal, letters, part, shekels};

pub(super) fn classification() -> Option<pb::Classification> {
    Some(pb::Classification {
        facet_weights: Some(pb::FacetWeights { mission_oriented: 10_000, ..Default::default() }),
        innovation_types: vec![pb::InnovationType::Ai.into(), pb::InnovationType::Regulatory.into()],
        primary_type: pb::InnovationType::Ai.into(),
        novelty: pb::Novelty::NewToUnit.into(),
        horizon: pb::Horizon::H1Under12m.into(),
    })
}

pub(super) fn kpi() -> Option<pb::Kpi> {
    Some(pb::Kpi {
        name: hebrew(3),
        outcome_dimension: pb::OutcomeDimension::EfficiencyTime.into(),
        unit: pb::KpiUnit::Days.into(),
        direction: pb::KpiDirection::Decrease.into(),
        baseline_micros: 40_000_000,
        baseline_on: DAY.into(),
        baseline_source: letters(3),
        target_micros: 10_000_000,
        target_on: "2027-11-24".into(),
        tolerance_micros: None,
        weight: 100,
        frequency_days: 7,
        trajectory: vec![pb::TrajectoryPoint { on: "2027-05-24".into(), value_micros: 20_000_000 }],
    })
}

#[test]
fn an_indicator_refuses_what_is_wrong_in_it() {
    let valid = pb::DefineKpiRequest { kpi_id: ID.into(), kpi: kpi(), ..Default::default() };
    part(
        "Kpi",
        "kpi",
        &valid,
        &[
            (|r| of(r).name = None, ValidationRequired, "name"),
            (|r| of(r).name = hebrew(161), ValidationLength, "name.he"),
            (|r| of(r).outcome_dimension = 0, ValidationEnumUnspecified, "outcome_dimension"),
            (|r| of(r).unit = 0, ValidationEnumUnspecified, "unit"),
            (|r| of(r).direction = NO_CODE, ValidationEnumUnspecified, "direction"),
            (|r| of(r).baseline_micros = i64::MAX, ValidationRange, "baseline_micros"),
            (|r| of(r).baseline_on = NO_DAY.into(), ValidationFormat, "baseline_on"),
            (|r| of(r).baseline_source = letters(201), ValidationLength, "baseline_source"),
            (|r| of(r).target_micros = i64::MIN, ValidationRange, "target_micros"),
            (|r| of(r).target_on.clear(), ValidationRequired, "target_on"),
            (|r| of(r).tolerance_micros = Some(i64::MAX), ValidationRange, "tolerance_micros"),
            (|r| of(r).weight = 0, ValidationRange, "weight"),
            (|r| of(r).weight = 101, ValidationRange, "weight"),
            (|r| of(r).frequency_days = 6, ValidationRange, "frequency_days"),
            (|r| of(r).frequency_days = 367, ValidationRange, "frequency_days"),
            (|r| of(r).frequency_days = u32::MAX, ValidationRange, "frequency_days"),
            (|r| of(r).trajectory = vec![Default::default(); 25], ValidationLength, "trajectory"),
        ],
    );
    part(
        "TrajectoryPoint",
        "kpi.trajectory[0]",
        &valid,
        &[
            (|r| of(r).trajectory[0].on = NO_DAY.into(), ValidationFormat, "on"),
            (|r| of(r).trajectory[0].value_micros = i64::MAX, ValidationRange, "value_micros"),
        ],
    );
    fn of(request: &mut pb::DefineKpiRequest) -> &mut pb::Kpi {
        request.kpi.as_mut().unwrap()
    }
}

#[test]
fn a_classification_refuses_what_is_wrong_in_it() {
    fn of(request: &mut pb::ReclassifyInitiativeRequest) -> &mut pb::Classification {
        request.classification.as_mut().unwrap()
    }
    fn weights(request: &mut pb::ReclassifyInitiativeRequest) -> &mut pb::FacetWeights {
        of(request).facet_weights.as_mut().unwrap()
    }
    let valid = pb::ReclassifyInitiativeRequest { classification: classification(), ..Default::default() };
    part(
        "Classification",
        "classification",
        &valid,
        &[
            (|r| of(r).facet_weights = None, ValidationRequired, "facet_weights"),
            (|r| of(r).innovation_types.clear(), ValidationRequired, "innovation_types"),
            (|r| of(r).innovation_types = vec![1, 2, 3, 4, 13], ValidationLength, "innovation_types"),
            (|r| of(r).innovation_types[1] = 0, ValidationEnumUnspecified, "innovation_types[1]"),
            (|r| of(r).innovation_types[1] = 13, ValidationDuplicate, "innovation_types[1]"),
            (|r| of(r).primary_type = 0, ValidationEnumUnspecified, "primary_type"),
            (|r| of(r).novelty = 0, ValidationEnumUnspecified, "novelty"),
            (|r| of(r).horizon = 0, ValidationEnumUnspecified, "horizon"),
        ],
    );
    part(
        "FacetWeights",
        "classification.facet_weights",
        &valid,
        &[
            (|r| weights(r).enhancement_oriented = 10_001, ValidationRange, "enhancement_oriented"),
            (|r| weights(r).mission_oriented = 10_001, ValidationRange, "mission_oriented"),
            (|r| weights(r).adaptive = 10_001, ValidationRange, "adaptive"),
            (|r| weights(r).anticipatory = 10_001, ValidationRange, "anticipatory"),
        ],
    );
}

#[test]
fn details_refuse_what_is_wrong_in_them() {
    fn of(request: &mut pb::ReviseInitiativeDetailsRequest) -> &mut pb::InitiativeDetails {
        request.changes.as_mut().unwrap()
    }
    fn units(ids: &[&str]) -> Option<pb::UnitList> {
        Some(pb::UnitList { unit_ids: ids.iter().map(|id| (*id).into()).collect() })
    }
    fn groups(count: usize) -> Option<pb::BeneficiaryList> {
        let group = |at| pb::Beneficiary { group: format!("GROUP_{at}"), estimated_count: None };
        Some(pb::BeneficiaryList { values: (0..count).map(group).collect() })
    }
    let valid = pb::ReviseInitiativeDetailsRequest {
        changes: Some(pb::InitiativeDetails { beneficiaries: groups(10), ..Default::default() }),
        ..Default::default()
    };
    part(
        "InitiativeDetails",
        "changes",
        &valid,
        &[
            (|r| of(r).title = hebrew(4), ValidationLength, "title.he"),
            (|r| of(r).title = hebrew(0), ValidationRequired, "title"),
            (|r| of(r).summary = hebrew(29), ValidationLength, "summary.he"),
            (|r| of(r).problem_statement = hebrew(4001), ValidationLength, "problem_statement.he"),
            (|r| of(r).solution_hypothesis = hebrew(4001), ValidationLength, "solution_hypothesis.he"),
            (|r| of(r).beneficiaries = groups(11), ValidationLength, "beneficiaries.values"),
            (
                |r| of(r).tags = Some(pb::TagList { values: vec!["a".into()] }),
                ValidationLength,
                "tags.values[0]",
            ),
            (
                |r| of(r).partner_org_units = units(&[ID, ID]),
                ValidationDuplicate,
                "partner_org_units.unit_ids[1]",
            ),
        ],
    );
}

#[test]
fn beneficiaries_money_and_documents_refuse_what_is_wrong_in_them() {
    part(
        "Beneficiary",
        "beneficiaries[0]",
        &proposal(),
        &[
            (|r| r.beneficiaries[0].group = "קשישים".into(), ValidationFormat, "group"),
            (|r| r.beneficiaries[0].group = "A".into(), ValidationFormat, "group"),
            (|r| r.beneficiaries[0].group = letters(41), ValidationFormat, "group"),
            (|r| r.beneficiaries[0].estimated_count = Some(u64::MAX), ValidationRange, "estimated_count"),
        ],
    );
    fn amount(request: &mut pb::ApproveBudgetRequest) -> &mut common::Money {
        request.amount.as_mut().unwrap()
    }
    part(
        "Money",
        "amount",
        &pb::ApproveBudgetRequest { amount: shekels(1), source_line: letters(2), ..Default::default() },
        &[
            (|r| amount(r).currency = "ils".into(), ValidationFormat, "currency"),
            (|r| amount(r).currency = "₪".into(), ValidationFormat, "currency"),
            (|r| amount(r).minor_units = -1, ValidationRange, "minor_units"),
        ],
    );
    fn of(request: &mut pb::RecordMeasurementRequest) -> &mut common::DocRef {
        request.document.as_mut().unwrap()
    }
    part(
        "DocRef",
        "document",
        &pb::RecordMeasurementRequest {
            kpi_id: ID.into(),
            on: DAY.into(),
            source: letters(3),
            evidence_level: pb::EvidenceLevel::None.into(),
            document: document(),
            ..Default::default()
        },
        &[
            (|r| of(r).sha256 = "0A".repeat(32), ValidationFormat, "sha256"),
            (|r| of(r).sha256 = "0a".repeat(31), ValidationFormat, "sha256"),
            (|r| of(r).media_type = "pdf".into(), ValidationFormat, "media_type"),
            (|r| of(r).bytes = 1 << 53, ValidationRange, "bytes"),
            (|r| of(r).title.clear(), ValidationRequired, "title"),
            (|r| of(r).title = letters(201), ValidationLength, "title"),
        ],
    );
}
