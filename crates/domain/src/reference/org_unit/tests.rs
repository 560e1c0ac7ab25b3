//! The promises of organisational units. The subject has the id 0x300; the ministry 1 has the department 2.

use super::*;
use crate::{
    UnitFact, Vocabulary,
    scenario::{Scenario, day, given, unit},
    values::Language,
};
use uuid::Uuid;

fn after(history: impl IntoIterator<Item = Event>) -> Scenario<OrgUnit> {
    let known = |ministry, active| UnitFact { ministry, active };
    let world = [
        (unit(1), known(unit(1), true)),
        (unit(2), known(unit(1), true)),
        (unit(9), known(unit(9), false)),
        (unit(10), known(this(), true)),
    ];
    given(history).knowing(|facts| facts.units = world.into())
}

/// The unit that decides.
fn this() -> OrgUnitId {
    OrgUnitId::new(Uuid::from_u128(0x300)).unwrap()
}

fn name(en: &str) -> LocalizedText {
    LocalizedText { he: None, en: Some(en.to_owned()), ar: None, source_lang: Language::English }
}

fn register(kind: UnitKind, parent: Option<OrgUnitId>) -> Register {
    Register { code: "MOH".to_owned(), kind, name: name("Health"), parent, from: day("2026-01-01") }
}

fn registered() -> Event {
    let Register { code, kind, name, parent, from } = register(UnitKind::Ministry, None);
    Registered { code, kind, name, parent, from }.into()
}

fn merge(into: OrgUnitId) -> Merge {
    Merge { into, from: day("2026-06-01") }
}

fn merged() -> Event {
    Merged { into: unit(1), from: day("2026-06-01") }.into()
}

fn closed() -> Event {
    Closed { from: day("2026-06-01") }.into()
}

fn ended(state: &str) -> Rejection {
    Rejection::new(Reason::StateForbids).with("state", state).with("allowed_commands", "")
}

fn at(reason: Reason, field: &str) -> Rejection {
    Rejection::new(reason).at(field)
}

#[test]
fn a_unit_is_registered_once() {
    let ministry = || register(UnitKind::Ministry, None);
    after([])
        .when(ministry())
        .then([registered()])
        .when(ministry())
        .then_nothing()
        .when(Register { code: "MOE".to_owned(), ..ministry() })
        .then_refused(&[Reason::AlreadyExists]);
}

#[test]
fn ministries_and_bodies_of_the_center_stand_alone_and_others_have_an_active_parent() {
    let unknown = |parent: OrgUnitId| at(Reason::ReferenceUnknown, "parent_id").with("value", parent);
    for kind in [UnitKind::Ministry, UnitKind::Center] {
        after([]).when(register(kind, None)).then_accepted();
        after([]).when(register(kind, Some(unit(1)))).then_rejected(at(Reason::ValidationRange, "parent_id"));
    }
    for kind in [UnitKind::Auxiliary, UnitKind::Department] {
        after([]).when(register(kind, Some(unit(1)))).then_accepted();
        after([]).when(register(kind, None)).then_rejected(at(Reason::ValidationRequired, "parent_id"));
        for parent in [unit(9), unit(99)] {
            after([]).when(register(kind, Some(parent))).then_rejected(unknown(parent));
        }
    }
}

#[test]
fn a_unit_is_not_part_of_itself_nor_of_its_own_parts() {
    for parent in [this(), unit(10)] {
        after([])
            .when(register(UnitKind::Department, Some(parent)))
            .then_rejected(at(Reason::OrgCycle, "parent_id"));
    }
}

#[test]
fn another_name_holds_from_a_day_not_before_the_last_one() {
    let rename = |on: &str| Rename { name: name("Health and Care"), from: day(on) };
    let renamed = Renamed { name: name("Health and Care"), from: day("2026-03-01") };
    after([registered()])
        .when(rename("2026-03-01"))
        .then([renamed.into()])
        .when(rename("2026-03-01"))
        .then_nothing()
        .when(Rename { name: name("Health"), from: day("2026-02-28") })
        .then_rejected(at(Reason::OrgDateOverlap, "from").with("last", "2026-03-01"));
}

#[test]
fn a_unit_merges_into_an_active_one() {
    after([registered()]).when(merge(unit(1))).then([merged()]).when(merge(unit(1))).then_nothing();
    let unknown = at(Reason::ReferenceUnknown, "into_id").with("value", unit(99));
    after([registered()]).when(merge(unit(99))).then_rejected(unknown);
    after([registered()]).when(merge(unit(9))).then_rejected(at(Reason::OrgTargetInactive, "into_id"));
}

#[test]
fn a_unit_merges_neither_into_itself_nor_into_its_own_parts() {
    for into in [this(), unit(10)] {
        after([registered()]).when(merge(into)).then_rejected(at(Reason::OrgCycle, "into_id"));
    }
}

#[test]
fn a_closed_unit_stays_closed() {
    let close = || Close { from: day("2026-06-01") };
    after([registered()]).when(close()).then([closed()]).when(close()).then_nothing();
}

#[test]
fn what_has_ended_changes_no_more() {
    let rename = || Rename { name: name("Care"), from: day("2026-07-01") };
    let close = || Close { from: day("2026-07-01") };
    for (end, state) in [(merged(), "MERGED"), (closed(), "CLOSED")] {
        after([registered(), end]).when(rename()).then_rejected(ended(state));
    }
    after([registered(), merged()]).when(close()).then_rejected(ended("MERGED"));
    after([registered(), merged()]).when(merge(unit(2))).then_rejected(ended("MERGED"));
    after([registered(), closed()]).when(merge(unit(1))).then_rejected(ended("CLOSED"));
}

#[test]
fn all_that_is_unmet_is_told_at_once() {
    after([registered(), closed()]).when(Merge { into: unit(99), from: day("2025-01-01") }).then_refused(&[
        Reason::ReferenceUnknown,
        Reason::StateForbids,
        Reason::OrgDateOverlap,
    ]);
}

#[test]
fn what_was_not_registered_is_not_found() {
    let from = day("2026-06-01");
    after([]).when(Rename { name: name("Care"), from }).then_refused(&[Reason::NotFound]);
    after([]).when(merge(unit(1))).then_refused(&[Reason::NotFound]);
    after([]).when(Close { from }).then_refused(&[Reason::NotFound]);
}

#[test]
fn a_command_names_the_units_that_it_rests_on() {
    use crate::Command as _;
    let from = day("2026-06-01");
    let named: [(Command, Vec<OrgUnitId>); 4] = [
        (register(UnitKind::Department, Some(unit(1))).into(), vec![unit(1)]),
        (Rename { name: name("Care"), from }.into(), vec![]),
        (merge(unit(2)).into(), vec![unit(2)]),
        (Close { from }.into(), vec![]),
    ];
    for (command, units) in named {
        assert_eq!(command.references(), References { units, people: vec![] });
        assert_eq!(command.creates(), command.kind().name == "RegisterOrgUnit");
        assert_eq!(OrgUnit::default().unit(&command), None);
    }
}
