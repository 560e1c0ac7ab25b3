//! Rows with every column filled, and a live build to put them into.

use std::time::Duration;

use read_model::{
    Batch, Build, Checkpoint, Lease, PORTFOLIO, Pool,
    rows::{
        Beneficiary, FacetWeights, Gate, Initiative, InitiativeCard, Kpi, Measurement, Money, Text,
        TimelineEntry, TrajectoryPoint,
    },
};
use serde_json::json;
use time::{
    OffsetDateTime,
    macros::{date, datetime},
};
use uuid::Uuid;

pub(crate) const RECORDED_AT: OffsetDateTime = datetime!(2026-11-24 08:00:00.123456 UTC);

pub(crate) fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

pub(crate) fn text(he: &str) -> Text {
    Text {
        he: Some(he.to_owned()),
        en: Some(format!("{he} in English")),
        ar: None,
        source_lang: "HE".to_owned(),
    }
}

/// The initiative `n` of ministry 1, unit 2, proposed by person 3, owned by person 4.
pub(crate) fn initiative(n: u128) -> Initiative {
    Initiative {
        initiative_id: id(n),
        number: format!("INI-2026-{n:05}"),
        number_order: 2_026_000_000_000 + i64::try_from(n).unwrap(),
        version: 3,
        position: 5,
        updated_at: RECORDED_AT,
        title: text("תור דיגיטלי"),
        title_he: "תור דיגיטלי".to_owned(),
        title_en: "תור דיגיטלי in English".to_owned(),
        status: "ACTIVE".to_owned(),
        stage: Some("IMPLEMENTING_PROJECTS".to_owned()),
        stage_order: 4,
        stage_since: Some(date!(2026 - 11 - 24)),
        origin: "GRASSROOTS".to_owned(),
        lead_org_unit_id: id(2),
        ministry_id: id(1),
        ministry: Some("MOH".to_owned()),
        partner_org_unit_ids: vec![id(21), id(22)],
        proposer_id: Some(id(3)),
        proposer_hidden: true,
        co_proposer_ids: vec![id(31)],
        reviewer_id: Some(id(32)),
        owner_manager_id: Some(id(4)),
        owner_unit_id: Some(id(2)),
        classified: true,
        framework_version: Some(1),
        primary_facet: Some("ADAPTIVE".to_owned()),
        facet_weights: Some(FacetWeights {
            enhancement_oriented: 1000,
            mission_oriented: 2000,
            adaptive: 4000,
            anticipatory: 3000,
        }),
        innovation_types: vec!["AI".to_owned(), "SERVICE_DESIGN".to_owned()],
        primary_type: Some("AI".to_owned()),
        novelty: Some("NEW_TO_GOVERNMENT".to_owned()),
        horizon: Some("H1_UNDER_12M".to_owned()),
        confidence_self: Some("GREEN".to_owned()),
        confidence_self_on: Some(date!(2026 - 11 - 24)),
        confidence_independent: Some("AMBER".to_owned()),
        confidence_source_rating: Some("Amber/Red".to_owned()),
        confidence_on: Some(date!(2026 - 11 - 23)),
        approved_budget: Some(9_007_199_254_740_993),
        approved_budget_currency: Some("ILS".to_owned()),
        effort_only: false,
        whole_life_cost: Some(Money { currency: "GBP".to_owned(), minor_units: 9_007_199_254_740_993 }),
        whole_life_cost_on: Some(date!(2025 - 03 - 31)),
        reported_years: vec![2025, 2026],
        tags: vec!["ai".to_owned(), "תורים".to_owned()],
        mission_id: Some(id(5)),
        challenge_id: Some(id(6)),
        proposed_on: date!(2026 - 01 - 02),
        accepted_on: Some(date!(2026 - 02 - 03)),
        revisit_on: Some(date!(2027 - 02 - 03)),
        reason_code: Some("TIMING".to_owned()),
        source_system: Some("gmpp".to_owned()),
        source_key: Some("DH_0001".to_owned()),
    }
}

pub(crate) fn card(n: u128) -> InitiativeCard {
    InitiativeCard {
        initiative_id: id(n),
        summary: text("תקציר"),
        problem_statement: Some(text("בעיה")),
        solution_hypothesis: Some(text("פתרון")),
        beneficiaries: vec![Beneficiary { group: "patients".to_owned(), estimated_count: Some(10) }],
        requested_changes: vec![text("שינוי")],
        review_rounds: 1,
        interest_declared: true,
        privacy_screen: Some("BASIC".to_owned()),
        no_material_risk: true,
        implementation_since: Some(date!(2026 - 11 - 24)),
        implementation_mode: Some("PILOT".to_owned()),
        implementation_from: Some(date!(2026 - 12 - 01)),
        implementation_to: Some(date!(2027 - 05 - 01)),
        implementation_ended: true,
        verdict: Some("SCALE".to_owned()),
        result: Some("POSITIVE".to_owned()),
        evidence_level: Some("CAUSALITY".to_owned()),
        gates: vec![Gate { gate: "G_EVALUATED".to_owned(), met: true }],
    }
}

pub(crate) fn kpi(n: u128) -> Kpi {
    Kpi {
        initiative_id: id(n),
        kpi_id: id(7),
        ordinal: 1,
        name: text("זמן המתנה"),
        outcome_dimension: "EFFICIENCY_TIME".to_owned(),
        unit: "MINUTES".to_owned(),
        direction: "DECREASE".to_owned(),
        baseline: 9_007_199_254_740_993,
        baseline_on: date!(2026 - 01 - 01),
        baseline_source: "survey".to_owned(),
        target: -9_007_199_254_740_993,
        target_on: date!(2027 - 01 - 01),
        tolerance: Some(1),
        weight: 100,
        frequency_days: 30,
        trajectory: vec![TrajectoryPoint { on: date!(2026 - 06 - 01), value: 9_007_199_254_740_993 }],
        retired: false,
        rebaselined: true,
    }
}

pub(crate) fn measurement(n: u128) -> Measurement {
    Measurement {
        initiative_id: id(n),
        kpi_id: id(7),
        measured_on: date!(2026 - 11 - 24),
        value: 9_007_199_254_740_993,
        source: "queue system".to_owned(),
        evidence_level: "POSITIVE_CHANGE".to_owned(),
        document: None,
        verified: true,
        corrected: true,
    }
}

pub(crate) fn entry(n: u128) -> TimelineEntry {
    TimelineEntry {
        event_id: id(8),
        initiative_id: id(n),
        position: 5,
        version: 3,
        r#type: "InitiativeAccepted".to_owned(),
        schema: 1,
        recorded_at: RECORDED_AT,
        effective_on: date!(2026 - 11 - 24),
        actor_role: "MINISTRY_LEAD".to_owned(),
        actor_person_id: Some(id(9)),
        actor_system: Some("hr".to_owned()),
        actor_unit_id: Some(id(1)),
        on_behalf_of_id: Some(id(10)),
        data: json!({ "initial_stage": "GENERATING_IDEAS" }),
    }
}

pub(crate) async fn lease(pool: &Pool) -> Lease {
    let lease = Lease::acquire(pool, PORTFOLIO, id(100), Duration::from_secs(60)).await.unwrap();
    lease.expect("nobody holds it")
}

pub(crate) fn checkpoint(position: u64) -> Checkpoint {
    Checkpoint {
        position,
        body_sha256: "ab".repeat(32),
        stored_at: RECORDED_AT,
        commits: position,
        digest: "cd".repeat(32),
        quarantined: 0,
    }
}

/// A live build of the portfolio at position 5, with what `fill` adds.
pub(crate) async fn live_build(pool: &Pool, fill: impl AsyncFnOnce(&mut Batch)) -> (Lease, Build) {
    let lease = lease(pool).await;
    let mut build = Build::create(pool, &lease, id(200)).await.unwrap();
    build.swap_in(pool, &lease, None).await.unwrap();
    let mut batch = Batch::begin(pool, &build).await.unwrap();
    fill(&mut batch).await;
    batch.commit(&mut build, &lease, checkpoint(5)).await.unwrap();
    (lease, build)
}
