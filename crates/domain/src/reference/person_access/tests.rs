//! The promises of a person's access. The subject is the person 0x300; the person 4 is a director general.

use super::*;
use crate::{
    UnitFact,
    scenario::{Scenario, day, given, person, unit},
};
use uuid::Uuid;

fn after(history: impl IntoIterator<Item = Event>) -> Scenario<PersonAccess> {
    let known = |active| UnitFact { ministry: unit(1), active };
    given(history).by(person(4), Role::MinistryDg).knowing(|facts| {
        facts.units = [(unit(1), known(true)), (unit(9), known(false))].into();
        facts.grant = Some(grant_id(40));
    })
}

fn grant_id(n: u128) -> GrantId {
    GrantId::new(Uuid::from_u128(n)).unwrap()
}

fn delegation_id() -> DelegationId {
    DelegationId::new(Uuid::from_u128(7)).unwrap()
}

fn private(text: &str) -> Private {
    Private { private_mac: text.to_owned() }
}

fn register(name: &str) -> Register {
    Register { display_name: private(name), email: None, unit: unit(1) }
}

/// The n-th grant, in 2026.
fn grant(n: u128, role: Role) -> GrantRole {
    GrantRole {
        grant_id: grant_id(n),
        role,
        org_unit: unit(1),
        from: day("2026-01-01"),
        to: Some(day("2026-12-31")),
        may_import: false,
    }
}

fn granted(n: u128, role: Role) -> Event {
    let GrantRole { grant_id, role, org_unit, from, to, may_import } = grant(n, role);
    RoleGranted { grant_id, role, org_unit, from, to, may_import }.into()
}

fn revoke() -> RevokeRole {
    RevokeRole { grant_id: grant_id(1), reason: "moved".to_owned() }
}

fn revoked() -> Event {
    RoleRevoked { grant_id: grant_id(1), reason: "moved".to_owned() }.into()
}

fn delegate(from: &str, to: &str) -> DelegateAuthority {
    let commands = vec!["AcceptInitiative".to_owned()];
    DelegateAuthority { delegation_id: delegation_id(), commands, from: day(from), to: day(to) }
}

fn delegated(from: &str, to: &str) -> Event {
    let DelegateAuthority { delegation_id, commands, from, to } = delegate(from, to);
    AuthorityDelegated {
        delegation_id,
        delegator: person(4),
        grant_id: grant_id(40),
        role: Role::MinistryDg,
        org_unit: unit(1),
        commands,
        from,
        to,
    }
    .into()
}

fn over() -> Event {
    DelegationRevoked { delegation_id: delegation_id() }.into()
}

fn at(reason: Reason, field: &str) -> Rejection {
    Rejection::new(reason).at(field)
}

#[test]
fn a_person_is_registered_and_may_change_name() {
    let registered = |name| Registered { display_name: private(name), email: None, unit: unit(1) }.into();
    after([])
        .when(register("a"))
        .then([registered("a")])
        .when(register("a"))
        .then_nothing()
        .when(register("b"))
        .then([registered("b")]);
}

#[test]
fn people_and_roles_belong_to_active_units() {
    let unknown = |field| at(Reason::ReferenceUnknown, field).with("value", unit(9));
    after([]).when(Register { unit: unit(9), ..register("a") }).then_rejected(unknown("unit_id"));
    after([])
        .when(GrantRole { org_unit: unit(9), ..grant(1, Role::Manager) })
        .then_rejected(unknown("org_unit_id"));
}

#[test]
fn a_role_is_granted_once() {
    let exists = [Reason::AlreadyExists];
    after([])
        .when(grant(1, Role::Manager))
        .then([granted(1, Role::Manager)])
        .when(grant(1, Role::Manager))
        .then_nothing()
        .when(grant(1, Role::Employee))
        .then_refused(&exists);
    after([granted(1, Role::Manager), revoked()]).when(grant(1, Role::Manager)).then_refused(&exists);
}

#[test]
fn a_grant_ends_on_the_day_that_it_begins_or_later() {
    let until = |to: &str| GrantRole { to: Some(day(to)), ..grant(1, Role::Manager) };
    after([]).when(until("2026-01-01")).then_accepted();
    after([]).when(until("2025-12-31")).then_rejected(at(Reason::ValidationDateOrder, "to"));
}

#[test]
fn only_an_integration_imports() {
    let importing = |role| GrantRole { may_import: true, ..grant(1, role) };
    after([]).when(importing(Role::Integration)).then_accepted();
    after([]).when(importing(Role::MinistryLead)).then_rejected(at(Reason::ValidationRange, "may_import"));
}

#[test]
fn nobody_administers_and_decides_on_one_day() {
    let clash = [Reason::SodAdminDecision];
    for (held, asked) in [(Role::Admin, Role::MinistryDg), (Role::CogPm, Role::Admin)] {
        after([granted(1, held)]).when(grant(2, asked)).then_refused(&clash);
        let open = |event: RoleGranted| RoleGranted { to: None, ..event }.into();
        let Event::RoleGranted(forever) = granted(1, held) else { panic!("a grant") };
        after([open(forever)]).when(grant(2, asked)).then_refused(&clash);
        after([granted(1, held)]).when(GrantRole { to: None, ..grant(2, asked) }).then_refused(&clash);
        let on_last_day = GrantRole { from: day("2026-12-31"), to: None, ..grant(2, asked) };
        after([granted(1, held)]).when(on_last_day).then_refused(&clash);
        let until_first_day =
            GrantRole { from: day("2025-12-31"), to: Some(day("2026-01-01")), ..grant(2, asked) };
        after([granted(1, held)]).when(until_first_day).then_refused(&clash);
    }
}

#[test]
fn who_administers_may_decide_afterwards_and_do_what_is_no_decision() {
    let next_year = GrantRole { from: day("2027-01-01"), to: None, ..grant(2, Role::MinistryDg) };
    let last_year =
        GrantRole { from: day("2025-01-01"), to: Some(day("2025-12-31")), ..grant(2, Role::MinistryDg) };
    after([granted(1, Role::Admin)]).when(next_year).then_accepted();
    after([granted(1, Role::Admin)]).when(last_year).then_accepted();
    after([granted(1, Role::Admin)]).when(grant(2, Role::Employee)).then_accepted();
    after([granted(1, Role::Admin), revoked()]).when(grant(2, Role::MinistryDg)).then_accepted();
}

#[test]
fn a_role_is_taken_back_once() {
    let unknown = at(Reason::ReferenceUnknown, "grant_id").with("value", grant_id(1));
    after([granted(1, Role::Manager)]).when(revoke()).then([revoked()]).when(revoke()).then_nothing();
    after([]).when(revoke()).then_rejected(unknown);
}

#[test]
fn authority_is_delegated_with_the_grant_that_the_delegator_exercises() {
    let (from, to) = ("2026-11-24", "2026-12-24");
    after([])
        .when(delegate(from, to))
        .then([delegated(from, to)])
        .when(delegate(from, to))
        .then_nothing()
        .when(delegate(from, "2026-12-25"))
        .then_refused(&[Reason::AlreadyExists]);
    after([delegated(from, to), over()]).when(delegate(from, to)).then_refused(&[Reason::AlreadyExists]);
}

#[test]
fn a_delegation_lasts_ninety_days_at_most() {
    let long = at(Reason::DelegationTooLong, "to").with("days_max", 90);
    after([]).when(delegate("2026-11-24", "2027-02-22")).then_accepted();
    after([]).when(delegate("2026-11-24", "2027-02-23")).then_rejected(long);
}

#[test]
fn a_delegation_is_neither_over_before_it_begins_nor_before_today() {
    let disorder = at(Reason::ValidationDateOrder, "to");
    after([]).when(delegate("2026-11-01", "2026-11-24")).then_accepted();
    after([]).when(delegate("2026-11-24", "2026-11-24")).then_accepted();
    after([]).when(delegate("2026-11-01", "2026-11-23")).then_rejected(disorder.clone());
    after([]).when(delegate("2026-12-02", "2026-12-01")).then_rejected(disorder);
}

#[test]
fn delegated_authority_is_not_delegated_again() {
    after([])
        .knowing(|facts| facts.delegation = Some(delegation_id()))
        .when(delegate("2026-11-24", "2026-12-24"))
        .then_refused(&[Reason::DelegationChain]);
}

#[test]
fn nobody_delegates_to_themselves_nor_without_a_role_of_their_own() {
    let asked = || delegate("2026-11-24", "2026-12-24");
    let this = PersonRef::new(Uuid::from_u128(0x300)).unwrap();
    after([]).by(this, Role::MinistryDg).when(asked()).then_refused(&[Reason::SodSelf]);
    after([]).knowing(|facts| facts.grant = None).when(asked()).then_refused(&[Reason::RoleForbidden]);
}

#[test]
fn the_delegator_and_administrators_end_a_delegation() {
    let history = || [delegated("2026-11-24", "2026-12-24")];
    let end = || RevokeDelegation { delegation_id: delegation_id() };
    after(history()).when(end()).then([over()]).when(end()).then_nothing();
    after(history()).by(person(5), Role::Admin).when(end()).then([over()]);
    after(history()).by(person(5), Role::MinistryDg).when(end()).then_refused(&[Reason::ScopeForbidden]);
    after([])
        .when(end())
        .then_rejected(at(Reason::ReferenceUnknown, "delegation_id").with("value", delegation_id()));
}

#[test]
fn a_command_names_the_unit_that_it_rests_on() {
    use crate::Command as _;
    let named: [(Command, Vec<OrgUnitId>); 5] = [
        (register("a").into(), vec![unit(1)]),
        (grant(1, Role::Manager).into(), vec![unit(1)]),
        (revoke().into(), vec![]),
        (delegate("2026-11-24", "2026-12-24").into(), vec![]),
        (RevokeDelegation { delegation_id: delegation_id() }.into(), vec![]),
    ];
    for (command, units) in named {
        assert_eq!(command.references(), References { units, people: vec![] });
        assert!(!command.creates(), "a grant may come before the name");
        assert_eq!(PersonAccess::default().unit(&command), None);
    }
}
