//! Everything that hangs on an initiative, value by value.

use contract::{
    common::v1::{Money, Role},
    portfolio::v1::{
        Beneficiary, Confidence, ConfidenceCard, CostCard, EvidenceLevel, GateCard, GetInitiativeResponse,
        Kpi, KpiCard, KpiDirection, KpiUnit, MeasurementCard, OutcomeDimension, TimelineEntry,
        TrajectoryPoint,
    },
};
use read_model::rows::{self, InitiativeCard};
use serde_json::json;
use time::macros::date;

use crate::{
    card::{entry, first, he},
    lines::{card_of, id, ministry, november, person, text, titled},
    world::{World, board, lead},
};

/// A value that a float would not keep.
const PAST_2_53: i64 = 9_007_199_254_740_993;

#[tokio::test]
async fn a_card_tells_everything_that_hangs_on_an_initiative() {
    let mut world = World::new().await;
    let line = titled(1, "תור דיגיטלי");
    let card = InitiativeCard {
        problem_statement: Some(text("בעיה")),
        solution_hypothesis: Some(text("פתרון")),
        beneficiaries: vec![rows::Beneficiary { group: "patients".to_owned(), estimated_count: Some(10) }],
        requested_changes: vec![text("שינוי")],
        gates: vec![
            rows::Gate { gate: "G_PROBLEM".to_owned(), met: true },
            rows::Gate { gate: "G_BENEFICIARY".to_owned(), met: false },
        ],
        ..card_of(&line)
    };
    world.portfolio.put_with(&[line], &[card]).await;
    world
        .portfolio
        .write(async |batch, _| {
            batch.add(&[kpi()]).await.unwrap();
            batch.add(&[measurement(24), measurement(23)]).await.unwrap();
            batch.add(&[cost()]).await.unwrap();
            batch.add(&[confidence()]).await.unwrap();
            let entry = entry(1, "InitiativeAccepted", Some(person(3)), json!({ "initial_stage": "X" }));
            batch.add(&[entry]).await.unwrap();
        })
        .await;

    let found = first(&world, &lead(&[ministry(0)])).await;
    let listed = world.list(&board(), Default::default()).await.unwrap();
    let expected = GetInitiativeResponse {
        as_of: listed.as_of,
        initiative: listed.initiatives.into_iter().next(),
        ..hanging_on_it()
    };
    assert_eq!(found, expected);
}

/// The card for clients, except its line and its moment.
fn hanging_on_it() -> GetInitiativeResponse {
    let pounds = |minor_units| Some(Money { currency: "GBP".to_owned(), minor_units });
    GetInitiativeResponse {
        as_of: None,
        initiative: None,
        problem_statement: Some(he("בעיה")),
        solution_hypothesis: Some(he("פתרון")),
        beneficiaries: vec![Beneficiary { group: "patients".to_owned(), estimated_count: Some(10) }],
        kpis: vec![indicator()],
        costs: vec![CostCard {
            year: 2016,
            effective_on: "2026-11-01".to_owned(),
            planned: pounds(1),
            forecast: None,
            whole_life: pounds(3),
        }],
        confidences: vec![ConfidenceCard {
            effective_on: "2026-11-02".to_owned(),
            independent: true,
            rating: Confidence::Amber.into(),
            source_rating: "Amber/Red".to_owned(),
            findings: None,
        }],
        gates: vec![
            GateCard { gate: "G_PROBLEM".to_owned(), met: true },
            GateCard { gate: "G_BENEFICIARY".to_owned(), met: false },
        ],
        timeline: vec![TimelineEntry {
            position: 1,
            event_id: id(0xe1).to_string(),
            r#type: "InitiativeAccepted".to_owned(),
            version: 1,
            recorded_at: "2026-11-24T08:00:00.123456Z".to_owned(),
            effective_on: "2026-11-24".to_owned(),
            actor_role: Role::Employee.into(),
            actor_person_id: person(3).to_string(),
            actor_system: String::new(),
            data: r#"{"initial_stage":"X"}"#.to_owned(),
        }],
        decline_feedback: None,
        requested_changes: vec![he("שינוי")],
    }
}

fn indicator() -> KpiCard {
    let measured = |on: &str| MeasurementCard {
        on: on.to_owned(),
        value_micros: PAST_2_53,
        source: "survey".to_owned(),
        evidence_level: EvidenceLevel::Causality.into(),
        verified: true,
        corrected: false,
    };
    KpiCard {
        kpi_id: id(7).to_string(),
        kpi: Some(Kpi {
            name: Some(he("זמן המתנה")),
            outcome_dimension: OutcomeDimension::EfficiencyTime.into(),
            unit: KpiUnit::Minutes.into(),
            direction: KpiDirection::Decrease.into(),
            baseline_micros: PAST_2_53,
            baseline_on: "2026-01-01".to_owned(),
            baseline_source: "survey".to_owned(),
            target_micros: -PAST_2_53,
            target_on: "2027-01-01".to_owned(),
            tolerance_micros: None,
            weight: 100,
            frequency_days: 30,
            trajectory: vec![TrajectoryPoint { on: "2026-06-01".to_owned(), value_micros: PAST_2_53 }],
        }),
        retired: false,
        rebaselined: true,
        measurements: vec![measured("2026-11-23"), measured("2026-11-24")],
    }
}

fn kpi() -> rows::Kpi {
    rows::Kpi {
        initiative_id: id(1),
        kpi_id: id(7),
        ordinal: 1,
        name: text("זמן המתנה"),
        outcome_dimension: "EFFICIENCY_TIME".to_owned(),
        unit: "MINUTES".to_owned(),
        direction: "DECREASE".to_owned(),
        baseline: PAST_2_53,
        baseline_on: date!(2026 - 01 - 01),
        baseline_source: "survey".to_owned(),
        target: -PAST_2_53,
        target_on: date!(2027 - 01 - 01),
        tolerance: None,
        weight: 100,
        frequency_days: 30,
        trajectory: vec![rows::TrajectoryPoint { on: date!(2026 - 06 - 01), value: PAST_2_53 }],
        retired: false,
        rebaselined: true,
    }
}

fn measurement(day: u8) -> rows::Measurement {
    rows::Measurement {
        initiative_id: id(1),
        kpi_id: id(7),
        measured_on: november(day),
        value: PAST_2_53,
        source: "survey".to_owned(),
        evidence_level: "CAUSALITY".to_owned(),
        document: None,
        verified: true,
        corrected: false,
    }
}

fn cost() -> rows::Cost {
    let pounds = |minor_units| Some(rows::Money { currency: "GBP".to_owned(), minor_units });
    rows::Cost {
        event_id: id(0xd0),
        initiative_id: id(1),
        position: 2,
        effective_on: november(1),
        year: 2016,
        planned: pounds(1),
        forecast: None,
        whole_life: pounds(3),
    }
}

fn confidence() -> rows::Confidence {
    rows::Confidence {
        event_id: id(0xc0),
        initiative_id: id(1),
        position: 2,
        effective_on: november(2),
        independent: true,
        rating: Some("AMBER".to_owned()),
        source_rating: Some("Amber/Red".to_owned()),
    }
}
