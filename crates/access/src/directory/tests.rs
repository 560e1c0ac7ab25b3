//! What the directory answers.

use domain::reference::{
    org_unit::Closed,
    person_access::{DelegationRevoked, RoleRevoked},
};
use proptest::prelude::*;

use super::*;
use crate::fixture::{Government, day, delegation_id, grant_id, granted, person, unit};

#[test]
fn a_unit_belongs_to_the_ministry_above_it_and_to_the_one_that_took_it_over() {
    let mut government = Government::with_ministries();
    let ministry = |government: &Government, code| government.directory.ministry_of(unit(code));
    assert_eq!(ministry(&government, "HOSP"), Some(unit("MOH")));
    assert_eq!(ministry(&government, "MOH"), Some(unit("MOH")));

    government.merges("HOSP", "SCHOOL");
    assert_eq!(ministry(&government, "HOSP"), Some(unit("MOE")));
    government.merges("MOE", "PMO");
    assert_eq!(ministry(&government, "HOSP"), Some(unit("PMO")));
    assert!(government.directory.is_center(unit("HOSP")));
    assert_eq!(ministry(&government, "nowhere"), None);
}

#[test]
fn what_was_merged_lives_on_in_its_heir() {
    let mut government = Government::with_ministries();
    government.merges("HOSP", "SCHOOL");
    let fact = government.directory.unit_fact(unit("HOSP"));
    assert_eq!(fact, Some(UnitFact { ministry: unit("MOE"), active: false }));
    assert_eq!(government.directory.successor_of(unit("HOSP")), Some(unit("SCHOOL")));
    let mut expected = vec![unit("HOSP"), unit("SCHOOL")];
    expected.sort();
    assert_eq!(government.directory.heir_of(unit("SCHOOL")), expected);
}

#[test]
fn a_circle_of_mergers_has_no_ministry() {
    let mut government = Government::with_ministries();
    government.merges("MOH", "MOE");
    government.merges("MOE", "MOH");
    assert_eq!(government.directory.ministry_of(unit("HOSP")), None);
    assert_eq!(government.directory.unit_fact(unit("MOH")), None);
}

#[test]
fn a_closed_unit_is_known_and_not_active() {
    let mut government = Government::with_ministries();
    government.happened("HOSP", &DomainEvent::OrgUnit(Closed { from: day("2026-06-01") }.into()));
    let fact = government.directory.unit_fact(unit("HOSP"));
    assert_eq!(fact, Some(UnitFact { ministry: unit("MOH"), active: false }));
}

#[test]
fn a_code_names_the_unit_that_had_it_first() {
    let mut government = Government::with_ministries();
    government.unit("HOSP", UnitKind::Department, Some("MOE"));
    let known = government.directory.unit_by_code("HOSP").map(|(id, _)| id);
    assert_eq!(known, Some(unit("HOSP")));
    assert_eq!(government.directory.unit_by_code("NONE"), None);
}

#[test]
fn a_role_is_held_from_its_first_day_to_its_last_unless_it_is_taken_back() {
    let mut government = Government::with_ministries();
    government.grants("nurse", Role::Employee, "HOSP");
    let held = |government: &Government, on| government.directory.held(person("nurse"), day(on));
    let expected = Held {
        grant: grant_id("nurse"),
        role: Role::Employee,
        unit: unit("HOSP"),
        to: Some(day("2026-12-31")),
        may_import: false,
        delegation: None,
    };
    assert_eq!(held(&government, "2025-12-31"), []);
    assert_eq!(held(&government, "2026-01-01"), std::slice::from_ref(&expected));
    assert_eq!(held(&government, "2026-12-31"), [expected]);
    assert_eq!(held(&government, "2027-01-01"), []);
    let fact = GrantFact { grant: grant_id("nurse"), role: Role::Employee, unit: unit("HOSP") };
    assert_eq!(government.directory.person_fact(person("nurse"), day("2026-05-01")), Some(vec![fact]));
    assert_eq!(government.directory.person_fact(person("stranger"), day("2026-05-01")), None);

    government.access("nurse", RoleRevoked { grant_id: grant_id("nurse"), reason: "left".into() });
    assert_eq!(held(&government, "2026-05-01"), []);
}

#[test]
fn a_delegation_holds_within_its_days_and_as_long_as_the_delegator_holds_the_role() {
    let given = || {
        let mut government = Government::with_ministries();
        government.grants("dg", Role::MinistryDg, "MOH");
        government.delegates("dg", "deputy", &["AcceptInitiative"]);
        government
    };
    let held = |government: &Government, on| government.directory.held(person("deputy"), day(on));
    let expected = Held {
        grant: grant_id("dg"),
        role: Role::MinistryDg,
        unit: unit("MOH"),
        to: Some(day("2026-06-30")),
        may_import: false,
        delegation: Some(Delegated {
            id: delegation_id("deputy"),
            commands: vec!["AcceptInitiative".into()],
            delegator: person("dg"),
        }),
    };
    let government = given();
    assert_eq!(held(&government, "2026-05-31"), []);
    assert_eq!(held(&government, "2026-06-01"), std::slice::from_ref(&expected));
    assert_eq!(held(&government, "2026-06-30"), [expected]);
    assert_eq!(held(&government, "2026-07-01"), []);

    let mut government = given();
    government.access("dg", RoleRevoked { grant_id: grant_id("dg"), reason: "resigned".into() });
    assert_eq!(held(&government, "2026-06-15"), []);

    let mut government = given();
    government
        .access("dg", RoleGranted { to: Some(day("2026-06-10")), ..granted("dg", Role::MinistryDg, "MOH") });
    assert_eq!(held(&government, "2026-06-10").len(), 1);
    assert_eq!(held(&government, "2026-06-11"), []);

    let mut government = given();
    government.access("deputy", DelegationRevoked { delegation_id: delegation_id("deputy") });
    assert_eq!(held(&government, "2026-06-15"), []);
}

#[test]
fn the_narrowest_role_comes_first() {
    let mut government = Government::with_ministries();
    for role in [Role::MinistryDg, Role::Employee, Role::Manager] {
        let grant = RoleGranted { grant_id: grant_id(&format!("{role:?}")), ..granted("many", role, "MOH") };
        government.access("many", grant);
    }
    let held = government.directory.held(person("many"), day("2026-05-01"));
    let roles: Vec<Role> = held.iter().map(|held| held.role).collect();
    assert_eq!(roles, [Role::Employee, Role::Manager, Role::MinistryDg]);
}

proptest! {
    /// However units are merged, the walk ends, and ends where there is nothing above.
    #[test]
    fn a_ministry_is_its_own_ministry(mergers in proptest::collection::vec((0_usize..5, 0_usize..5), 0..12)) {
        const CODES: [&str; 5] = ["MOH", "HOSP", "MOE", "SCHOOL", "PMO"];
        let mut government = Government::with_ministries();
        for (from, into) in mergers {
            government.merges(CODES[from], CODES[into]);
        }
        for code in CODES {
            if let Some(ministry) = government.directory.ministry_of(unit(code)) {
                prop_assert_eq!(government.directory.ministry_of(ministry), Some(ministry));
            }
        }
    }
}
