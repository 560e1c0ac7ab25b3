//! Events of a small government.

use domain::{
    portfolio::{
        framework::{
            Classification, EvidenceLevel, FacetWeights, Horizon, InnovationType, KpiDirection, KpiUnit,
            Novelty, Origin, OutcomeDimension,
        },
        initiative::event::{Beneficiary, Kpi, KpiDefined, KpiMeasured, Proposed, TrajectoryPoint},
    },
    reference::org_unit::{Registered, UnitKind},
    scenario::{day, person, unit},
    values::{KpiId, KpiValue, Language, LocalizedText, Money, OrgUnitId},
};
use uuid::Uuid;

pub(crate) fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

pub(crate) fn text(he: &str) -> LocalizedText {
    LocalizedText { he: Some(he.to_owned()), en: None, ar: None, source_lang: Language::Hebrew }
}

pub(crate) fn registered(code: &str, kind: UnitKind, parent: Option<OrgUnitId>) -> Registered {
    Registered { code: code.to_owned(), kind, name: text(code), parent, from: day("2026-01-01") }
}

pub(crate) fn classification() -> Classification {
    Classification {
        facet_weights: FacetWeights {
            enhancement_oriented: 1000,
            mission_oriented: 2000,
            adaptive: 4000,
            anticipatory: 3000,
        },
        innovation_types: vec![InnovationType::Ai, InnovationType::ServiceDesign],
        primary_type: InnovationType::Ai,
        novelty: Novelty::NewToGovernment,
        horizon: Horizon::H1Under12m,
    }
}

/// Proposed by person 1 in unit 2 of ministry 1.
pub(crate) fn proposed() -> Proposed {
    Proposed {
        title: text("תור דיגיטלי למרפאות"),
        summary: text("תקציר של היוזמה"),
        problem_statement: text("אנשים ממתינים שעות"),
        solution_hypothesis: None,
        origin: Origin::Grassroots,
        lead_org_unit: unit(2),
        ministry: unit(1),
        partner_org_units: vec![unit(3)],
        proposer: person(1),
        co_proposers: vec![person(2)],
        anonymous_to_line: true,
        classification: None,
        beneficiaries: vec![],
        tags: vec!["ai".to_owned()],
        mission_id: None,
        challenge_id: None,
    }
}

pub(crate) fn beneficiary() -> Beneficiary {
    Beneficiary { group: "patients".to_owned(), estimated_count: Some(20_000) }
}

pub(crate) fn money(minor_units: i64) -> Money {
    Money { currency: "ILS".to_owned(), minor_units }
}

pub(crate) fn kpi_id() -> KpiId {
    KpiId::new(id(0x700)).unwrap()
}

pub(crate) fn value(micros: i64) -> KpiValue {
    KpiValue::from_micros(micros).unwrap()
}

pub(crate) fn kpi() -> Kpi {
    Kpi {
        name: text("זמן המתנה"),
        outcome_dimension: OutcomeDimension::EfficiencyTime,
        unit: KpiUnit::Minutes,
        direction: KpiDirection::Decrease,
        baseline: value(90_000_000),
        baseline_on: day("2026-01-01"),
        baseline_source: "survey".to_owned(),
        target: value(30_000_000),
        target_on: day("2027-01-01"),
        tolerance: None,
        weight: 100,
        frequency_days: 30,
        trajectory: vec![TrajectoryPoint { on: day("2026-06-01"), value: value(60_000_000) }],
    }
}

pub(crate) fn kpi_defined() -> KpiDefined {
    KpiDefined { kpi_id: kpi_id(), kpi: kpi() }
}

pub(crate) fn measured(on: &str, micros: i64) -> KpiMeasured {
    KpiMeasured {
        kpi_id: kpi_id(),
        on: day(on),
        value: value(micros),
        source: "queue system".to_owned(),
        evidence_level: EvidenceLevel::LogicModel,
        document: None,
    }
}
