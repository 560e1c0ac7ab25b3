//! Nobody finds, counts or infers what is not theirs: every field of the filter, for every kind of caller, against
//! a model.

use std::collections::BTreeSet;

use query::Caller;
use read_model::{Scope, rows::Initiative};
use time::{Date, OffsetDateTime, macros::date, macros::datetime};
use uuid::Uuid;

use crate::{
    lines::{ministry, person, population, unit},
    world::{World, board, caller, filtered, ids, lead, portfolio_manager, violation, violations},
};

/// A filter and what it means.
type Case = (&'static str, fn(&Initiative) -> bool);

const MIDDLE: OffsetDateTime = datetime!(2026-11-24 08:00:00.123506 UTC);
const DAY: Date = date!(2026 - 01 - 10);

const CASES: &[Case] = &[
    ("", |_| true),
    ("number = INI-2026-00007", |i| i.number == "INI-2026-00007"),
    ("number != INI-2026-00007", |i| i.number != "INI-2026-00007"),
    ("status = ACTIVE", |i| i.status == "ACTIVE"),
    ("status != ACTIVE", |i| i.status != "ACTIVE"),
    ("stage = GENERATING_IDEAS", |i| i.stage_order == 2),
    ("stage != GENERATING_IDEAS", |i| i.stage_order != 2),
    ("stage > GENERATING_IDEAS", |i| i.stage_order > 2),
    ("stage <= GENERATING_IDEAS", |i| (1..=2).contains(&i.stage_order)),
    ("stage:*", |i| i.stage.is_some()),
    ("primary_facet = ADAPTIVE", |i| i.primary_facet.as_deref() == Some("ADAPTIVE")),
    ("primary_facet != ADAPTIVE", |i| i.primary_facet.as_deref() != Some("ADAPTIVE")),
    ("innovation_types : AI", |i| i.innovation_types.iter().any(|code| code == "AI")),
    ("NOT innovation_types : AI", |i| !i.innovation_types.iter().any(|code| code == "AI")),
    ("innovation_types:*", |i| !i.innovation_types.is_empty()),
    ("primary_type = REGULATORY", |i| i.primary_type.as_deref() == Some("REGULATORY")),
    ("novelty = NEW_TO_WORLD", |i| i.novelty.as_deref() == Some("NEW_TO_WORLD")),
    ("-novelty:*", |i| i.novelty.is_none()),
    ("horizon != H1_UNDER_12M", |i| i.horizon.as_deref() != Some("H1_UNDER_12M")),
    ("origin = COG_MISSION", |i| i.origin == "COG_MISSION"),
    ("ministry = MOT", |i| i.ministry.as_deref() == Some("MOT")),
    ("ministry != MOT", |i| i.ministry.as_deref() != Some("MOT")),
    ("lead_org_unit_id = 00000000-0000-0000-0000-000000002001", |i| i.lead_org_unit_id == unit(0, 1)),
    ("owner_manager_id = 00000000-0000-0000-0000-000000003004", |i| i.owner_manager_id == Some(person(4))),
    ("-owner_manager_id:*", |i| i.owner_manager_id.is_none()),
    ("proposer_id = 00000000-0000-0000-0000-000000003004", |i| i.proposer_id == Some(person(4))),
    ("proposer_id != 00000000-0000-0000-0000-000000003004", |i| i.proposer_id != Some(person(4))),
    ("proposer_id:*", |i| i.proposer_id.is_some()),
    ("confidence_self = RED", |i| i.confidence_self.as_deref() == Some("RED")),
    ("confidence_independent != RED", |i| i.confidence_independent.as_deref() != Some("RED")),
    ("classified = true", |i| i.classified),
    ("classified != true", |i| !i.classified),
    ("tags : ai", |i| i.tags == ["ai"]),
    ("tags : \"תורים\"", |i| i.tags == ["תורים"]),
    ("tags : \"ג'ז\"", |i| i.tags == ["ג'ז"]),
    ("tags:*", |i| !i.tags.is_empty()),
    ("source_system = \"gov.uk\"", |i| i.source_system.as_deref() == Some("gov.uk")),
    ("source_system:*", |i| i.source_system.is_some()),
    ("reported_years : 2016", |i| i.reported_years.contains(&2016)),
    ("proposed_on = 2026-01-10", |i| i.proposed_on == DAY),
    ("proposed_on < 2026-01-10", |i| i.proposed_on < DAY),
    ("proposed_on >= 2026-01-10", |i| i.proposed_on >= DAY),
    ("updated_at > \"2026-11-24T08:00:00.123506Z\"", |i| i.updated_at > MIDDLE),
    ("updated_at <= \"2026-11-24T10:00:00.123506+02:00\"", |i| i.updated_at <= MIDDLE),
    ("status = ACTIVE AND ministry = MOH OR ministry = MOT AND classified = true", |i| {
        let ministry = i.ministry.as_deref();
        i.status == "ACTIVE" && (ministry == Some("MOH") || ministry == Some("MOT")) && i.classified
    }),
    ("NOT (novelty = NEW_TO_WORLD OR horizon = H1_UNDER_12M)", |i| {
        i.novelty.as_deref() != Some("NEW_TO_WORLD") && i.horizon.as_deref() != Some("H1_UNDER_12M")
    }),
    ("NOT (NOT novelty = NEW_TO_WORLD)", |i| i.novelty.as_deref() == Some("NEW_TO_WORLD")),
];

fn callers() -> Vec<Caller> {
    let both = Scope { units: vec![unit(1, 0), unit(2, 1)], person: Some(person(4)), ..Scope::default() };
    let own = |n| caller(Scope { person: Some(person(n)), ..Scope::default() });
    vec![
        board(),
        portfolio_manager(),
        lead(&[ministry(0)]),
        lead(&[ministry(1), ministry(3)]),
        caller(both),
        own(4),
        own(7),
        // Somebody else's, and nobody's.
        lead(&[Uuid::from_u128(0x999)]),
        own(99),
        caller(Scope::default()),
    ]
}

fn sees(caller: &Caller, line: &Initiative) -> bool {
    let Scope { government, ministries, units, person } = &caller.audience.scope;
    *government
        || ministries.contains(&line.ministry_id)
        || units.contains(&line.lead_org_unit_id)
        || person.is_some() && (line.proposer_id == *person || line.owner_manager_id == *person)
}

/// The line as the caller may know it.
fn known(caller: &Caller, line: &Initiative) -> Initiative {
    let own = line.proposer_id.is_some() && line.proposer_id == caller.audience.scope.person;
    let mut known = line.clone();
    if line.proposer_hidden && !caller.audience.hidden_proposers && !own {
        known.proposer_id = None;
    }
    known
}

#[tokio::test]
async fn every_filter_finds_what_it_means_in_everybodys_scope_and_nothing_else() {
    let lines = population(300);
    let world = World::with(&lines).await;
    for caller in callers() {
        for (filter, meaning) in CASES {
            let visible = lines.iter().filter(|line| sees(&caller, line));
            let expected: BTreeSet<Uuid> = visible
                .filter(|line| meaning(&known(&caller, line)))
                .map(|line| line.initiative_id)
                .collect();
            let total = expected.len() as u64;
            assert_eq!(world.find(&caller, filter).await, (expected, total), "`{filter}` of {caller:?}");
        }
    }
}

#[tokio::test]
async fn every_field_has_a_case_and_every_case_tells_lines_apart() {
    let lines = population(300);
    for (filter, meaning) in &CASES[1..] {
        let found = lines.iter().filter(|line| meaning(line)).count();
        assert!((1..300).contains(&found), "`{filter}` finds {found}");
    }
    let world = World::new().await;
    let refused = world.list(&board(), filtered("nothing = 1")).await.unwrap_err();
    let told = crate::world::told(refused).en;
    let fields = told.split("there are ").nth(1).unwrap().split(", ");
    for field in fields {
        assert!(CASES.iter().any(|(filter, _)| filter.contains(field)), "{field}");
    }
}

#[tokio::test]
async fn a_hidden_proposer_is_absent_from_lines_except_for_the_portfolio_manager_and_themselves() {
    let lines = population(300);
    let world = World::with(&lines).await;
    for caller in callers() {
        let request = contract::portfolio::v1::ListInitiativesRequest { page_size: 1000, ..filtered("") };
        let found = world.list(&caller, request).await.unwrap();
        for (id, row) in ids(&found).into_iter().zip(&found.initiatives) {
            let line = lines.iter().find(|line| line.initiative_id == id).unwrap();
            let expected = known(&caller, line).proposer_id.map(|id| id.to_string()).unwrap_or_default();
            assert_eq!(row.proposer_id, expected, "{caller:?}");
        }
    }
}

#[tokio::test]
async fn all_that_is_wrong_with_a_request_is_told_at_once() {
    let world = World::new().await;
    let wrong = contract::portfolio::v1::ListInitiativesRequest {
        page_size: -1,
        page_token: "made up".to_owned(),
        filter: "colour = RED AND classified = yes".to_owned(),
        text: "א".repeat(201),
        order_by: "colour".to_owned(),
        effective_on: "yesterday".to_owned(),
        read: None,
    };
    let refused = violations(world.list(&board(), wrong).await.unwrap_err());
    let expected = [
        ("VALIDATION_LENGTH", "text"),
        ("VALIDATION_RANGE", "page_size"),
        ("VALIDATION_FORMAT", "effective_on"),
        ("FILTER_INVALID", "filter"),
        ("FILTER_INVALID", "filter"),
        ("ORDER_INVALID", "order_by"),
        ("PAGE_TOKEN_INVALID", "page_token"),
    ];
    assert_eq!(refused, expected.map(|(reason, field)| violation(reason, field)));
}

#[tokio::test]
async fn a_wrong_filter_says_in_both_languages_what_is_allowed() {
    let world = World::new().await;
    let refused = world.list(&board(), filtered("classified = yes")).await.unwrap_err();
    let told = crate::world::told(refused);
    assert_eq!(told.reason, "FILTER_INVALID");
    assert_eq!(told.en, "filter: the filter is not valid: `classified` takes true or false, not `yes`");
    assert_eq!(told.he, "filter: המסנן אינו תקין: `classified` takes true or false, not `yes`");
}
