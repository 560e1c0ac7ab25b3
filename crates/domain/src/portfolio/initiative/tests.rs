//! The promises of initiatives. Here are the cast and the histories; the promises stand in the files below, one for
//! each file of decisions.
//!
//! The ministry 1 leads, its department 2 owns, the ministry 3 is a partner, the unit 9 is no more.

mod closing;
mod declarations;
mod delivery;
mod every_command;
mod kpi;
mod properties;
mod proposal;
mod review;

use uuid::Uuid;

use super::{
    Event, Initiative,
    command::{Import, Propose},
    event::{
        Accepted, Beneficiary, BudgetApproved, Evaluated, ImplementationEnded, Imported, InterestDeclared,
        Kpi, KpiDefined, KpiMeasured, NoMaterialRiskDeclared, OwnerAssigned, PrivacyScreenRecorded, Proposed,
        ReviewStarted, StageAdvanced,
    },
};
use crate::{
    Facts, GrantFact, Reason, Rejection, Role, UnitFact,
    portfolio::framework::{
        Classification, EvidenceLevel, ExperimentResult, FacetWeights, Horizon, InnovationType, KpiDirection,
        KpiUnit, Novelty, Origin, OutcomeDimension, PrivacyScreen, Stage, Verdict,
    },
    scenario::{Scenario, day, given, person, unit},
    values::{Code, DocRef, GrantId, KpiId, KpiValue, Language, LocalizedText, Money, PersonRef, Private},
};

const PROPOSER: (u128, Role) = (2, Role::Employee);
const REVIEWER: (u128, Role) = (3, Role::MinistryLead);
const DG: (u128, Role) = (4, Role::MinistryDg);
const OWNER: (u128, Role) = (5, Role::Manager);
const PM: (u128, Role) = (6, Role::CogPm);
const STRANGER: (u128, Role) = (7, Role::Employee);
const LEAD: (u128, Role) = (8, Role::MinistryLead);
const SYSTEM_OF_RECORD: (u128, Role) = (9, Role::Integration);

/// An initiative with this history, in this world.
fn after(history: impl IntoIterator<Item = Event>) -> Scenario<Initiative> {
    given(history).knowing(world)
}

trait Cast {
    /// Acted by one of the cast.
    fn as_(self, who: (u128, Role)) -> Self;
    /// Acted by the system of record, which may import.
    fn importing(self) -> Self;
}

impl Cast for Scenario<Initiative> {
    fn as_(self, (who, role): (u128, Role)) -> Self {
        self.by(person(who), role)
    }

    fn importing(self) -> Self {
        self.as_(SYSTEM_OF_RECORD).knowing(|facts| {
            facts.actor.person = None;
            facts.may_import = true;
        })
    }
}

fn world(facts: &mut Facts) {
    let known = |ministry, active| UnitFact { ministry: unit(ministry), active };
    facts.units = [
        (unit(1), known(1, true)),
        (unit(2), known(1, true)),
        (unit(3), known(3, true)),
        (unit(9), known(1, false)),
    ]
    .into();
    let grant = |n, role, unit| GrantFact { grant: GrantId::new(Uuid::from_u128(n)).unwrap(), role, unit };
    facts.people = [
        (person(OWNER.0), vec![grant(1, Role::Employee, unit(1)), grant(2, Role::Manager, unit(2))]),
        (person(11), vec![grant(3, Role::Manager, unit(3)), grant(4, Role::Manager, unit(1))]),
        (person(12), vec![grant(5, Role::Manager, unit(4)), grant(6, Role::Employee, unit(1))]),
    ]
    .into();
}

fn with(mut history: Vec<Event>, event: impl Into<Event>) -> Vec<Event> {
    history.push(event.into());
    history
}

fn text(chars: usize) -> LocalizedText {
    LocalizedText { he: None, en: Some("ש".repeat(chars)), ar: None, source_lang: Language::English }
}

fn private(text: &str) -> Private {
    Private { private_mac: text.to_owned() }
}

fn ils(minor_units: i64) -> Money {
    Money { currency: "ILS".to_owned(), minor_units }
}

fn document() -> DocRef {
    let sha256 = "0".repeat(64);
    DocRef { sha256, media_type: "application/pdf".to_owned(), bytes: 1, title: "report".to_owned() }
}

fn at(reason: Reason, field: &str) -> Rejection {
    Rejection::new(reason).at(field)
}

fn gates(unmet: &str) -> Rejection {
    Rejection::new(Reason::GateNotMet).with("gates", unmet)
}

fn classification() -> Classification {
    let facet_weights =
        FacetWeights { enhancement_oriented: 7000, mission_oriented: 0, adaptive: 3000, anticipatory: 0 };
    Classification {
        facet_weights,
        innovation_types: vec![InnovationType::ProcessRedesign, InnovationType::DigitalTechnology],
        primary_type: InnovationType::ProcessRedesign,
        novelty: Novelty::NewToMinistry,
        horizon: Horizon::H1Under12m,
    }
}

fn propose() -> Propose {
    Propose {
        title: text(5),
        summary: text(30),
        problem_statement: text(31),
        solution_hypothesis: Some(text(32)),
        origin: Origin::Grassroots,
        lead_org_unit: unit(1),
        partner_org_units: vec![unit(3)],
        co_proposers: vec![],
        anonymous_to_line: false,
        classification: Some(classification()),
        beneficiaries: vec![Beneficiary { group: "nurses".to_owned(), estimated_count: None }],
        tags: vec!["dose".to_owned()],
        mission_id: None,
        challenge_id: None,
    }
}

/// What comes of [`propose`], by the proposer.
fn idea() -> Proposed {
    Proposed {
        title: text(5),
        summary: text(30),
        problem_statement: text(31),
        solution_hypothesis: Some(text(32)),
        origin: Origin::Grassroots,
        lead_org_unit: unit(1),
        ministry: unit(1),
        partner_org_units: vec![unit(3)],
        proposer: person(PROPOSER.0),
        co_proposers: vec![],
        anonymous_to_line: false,
        classification: Some(classification()),
        beneficiaries: vec![Beneficiary { group: "nurses".to_owned(), estimated_count: None }],
        tags: vec!["dose".to_owned()],
        mission_id: None,
        challenge_id: None,
    }
}

fn import() -> Import {
    Import {
        title: text(5),
        summary: text(30),
        problem_statement: None,
        origin: Origin::MinistryPlan,
        lead_org_unit: unit(2),
        stage: Stage::ImplementingProjects,
        tags: vec![],
        source_system: "gmpp".to_owned(),
        source_key: "DH-1".to_owned(),
    }
}

/// What comes of [`import`].
fn taken_over() -> Imported {
    Imported {
        title: text(5),
        summary: text(30),
        problem_statement: None,
        origin: Origin::MinistryPlan,
        lead_org_unit: unit(2),
        ministry: unit(1),
        stage: Stage::ImplementingProjects,
        tags: vec![],
        source_system: "gmpp".to_owned(),
        source_key: "DH-1".to_owned(),
    }
}

fn proposed() -> Vec<Event> {
    vec![idea().into()]
}

fn under_review() -> Vec<Event> {
    with(proposed(), ReviewStarted { reviewer: person(REVIEWER.0) })
}

fn imported() -> Vec<Event> {
    vec![taken_over().into()]
}

/// Accepted at a stage, or led to it after stage 3, without an owner or anything that gates ask for.
fn active(stage: Stage) -> Vec<Event> {
    let initial_stage = stage.min(Stage::DevelopingProposals);
    let mut history = with(under_review(), Accepted { initial_stage, owner_unit: unit(2) });
    let mut from = initial_stage;
    while from < stage {
        let to = from.next().unwrap();
        history = with(history, StageAdvanced { from, to, gates: vec![] });
        from = to;
    }
    history
}

/// The same with an owner, the last event.
fn owned(stage: Stage) -> Vec<Event> {
    with(active(stage), OwnerAssigned { owner_manager: person(OWNER.0), owner_unit: unit(2) })
}

fn kpi_id(n: u128) -> KpiId {
    KpiId::new(Uuid::from_u128(0x400 + n)).unwrap()
}

fn units(whole: i64) -> KpiValue {
    KpiValue::from_micros(whole * 1_000_000).unwrap()
}

/// From 40 errors down to 10 in a year.
fn errors() -> Kpi {
    Kpi {
        name: text(3),
        outcome_dimension: OutcomeDimension::SafetyResilience,
        unit: KpiUnit::Count,
        direction: KpiDirection::Decrease,
        baseline: units(40),
        baseline_on: day("2026-11-01"),
        baseline_source: "ward".to_owned(),
        target: units(10),
        target_on: day("2027-11-01"),
        tolerance: None,
        weight: 100,
        frequency_days: 30,
        trajectory: vec![],
    }
}

fn kpi_defined() -> KpiDefined {
    KpiDefined { kpi_id: kpi_id(1), kpi: errors() }
}

fn measured_on(on: &str) -> KpiMeasured {
    let (source, evidence_level) = ("ward".to_owned(), EvidenceLevel::LogicModel);
    KpiMeasured { kpi_id: kpi_id(1), on: day(on), value: units(22), source, evidence_level, document: None }
}

/// With an indicator and a measurement of the 10th.
fn measured(stage: Stage) -> Vec<Event> {
    with(with(owned(stage), kpi_defined()), measured_on("2026-11-10"))
}

fn evaluated(verdict: Verdict) -> Evaluated {
    let (result, evidence_level) = (ExperimentResult::Positive, EvidenceLevel::PositiveChange);
    Evaluated { verdict, result, evidence_level, summary: text(30), document: None }
}

fn no_interest() -> InterestDeclared {
    InterestDeclared { none: true, text: None }
}

fn privacy_screened() -> PrivacyScreenRecorded {
    PrivacyScreenRecorded { screen: PrivacyScreen::Basic, pia_ref: None }
}

fn no_risk() -> NoMaterialRiskDeclared {
    NoMaterialRiskDeclared { reason: text(50) }
}

fn budget_approved() -> BudgetApproved {
    BudgetApproved { amount: ils(120_000_000), source_line: "20-01".to_owned(), effort_only: false }
}

fn implementation_ended() -> ImplementationEnded {
    ImplementationEnded { early: false, reason: None }
}

fn id(who: (u128, Role)) -> PersonRef {
    person(who.0)
}
