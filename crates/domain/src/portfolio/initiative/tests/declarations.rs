//! Owner, interests, privacy, risks, money.

use super::{
    super::{command::*, event::*},
    *,
};

const STAGE: Stage = Stage::DevelopingProposals;

fn assigned(owner: u128, owner_unit: u128) -> Event {
    OwnerAssigned { owner_manager: person(owner), owner_unit: unit(owner_unit) }.into()
}

fn assign(owner: u128) -> AssignOwner {
    AssignOwner { owner_manager: person(owner) }
}

fn approve() -> ApproveBudget {
    let BudgetApproved { amount, source_line, effort_only } = budget_approved();
    ApproveBudget { amount, source_line, effort_only }
}

fn cost() -> RecordCost {
    RecordCost { year: 2026, planned: Some(ils(5)), forecast: None, whole_life: None }
}

#[test]
fn a_manager_of_the_owning_the_lead_or_a_partner_unit_becomes_the_owner() {
    after(active(STAGE))
        .as_(DG)
        .when(assign(OWNER.0))
        .then([assigned(OWNER.0, 2)])
        .when(assign(OWNER.0))
        .then_nothing()
        .when(assign(11))
        .then([assigned(11, 1)]);
    let of_partner =
        GrantFact { grant: GrantId::new(Uuid::from_u128(9)).unwrap(), role: Role::Manager, unit: unit(3) };
    after(active(STAGE))
        .as_(DG)
        .knowing(|facts| drop(facts.people.insert(person(11), vec![of_partner])))
        .when(assign(11))
        .then([assigned(11, 3)]);
}

#[test]
fn an_owner_is_known_and_manages_there() {
    let unknown = at(Reason::ReferenceUnknown, "owner_manager_id").with("value", person(99));
    after(active(STAGE)).as_(DG).when(assign(99)).then_rejected(unknown);
    after(active(STAGE))
        .as_(DG)
        .when(assign(12))
        .then_rejected(at(Reason::ScopeForbidden, "owner_manager_id"));
}

#[test]
fn only_the_owner_declares() {
    let interest = || DeclareInterest { none: true, text: None };
    let privacy = || RecordPrivacyScreen { screen: PrivacyScreen::Basic, pia_ref: None };
    let risk = || DeclareNoMaterialRisk { reason: text(50) };
    let by = |who| after(owned(STAGE)).as_(who);
    by(OWNER).when(interest()).then([no_interest().into()]).when(interest()).then_nothing();
    by(OWNER).when(privacy()).then([privacy_screened().into()]).when(privacy()).then_nothing();
    by(OWNER).when(risk()).then([no_risk().into()]).when(risk()).then_nothing();
    for who in [LEAD, DG, PROPOSER] {
        by(who).when(interest()).then_refused(&[Reason::ScopeForbidden]);
        by(who).when(privacy()).then_refused(&[Reason::ScopeForbidden]);
        by(who).when(risk()).then_refused(&[Reason::ScopeForbidden]);
    }
}

#[test]
fn an_interest_is_told_exactly_when_there_is_one() {
    let declare = |none, text| after(owned(STAGE)).as_(OWNER).when(DeclareInterest { none, text });
    let interest = || Some(private("my brother sells kiosks"));
    declare(false, interest()).then([InterestDeclared { none: false, text: interest() }.into()]);
    declare(false, None).then_rejected(at(Reason::ValidationRequired, "text"));
    declare(true, interest()).then_rejected(at(Reason::ValidationRange, "text"));
}

#[test]
fn highly_sensitive_data_needs_an_impact_assessment() {
    let screen = PrivacyScreen::HighlySensitive;
    let record = |pia_ref| after(owned(STAGE)).as_(OWNER).when(RecordPrivacyScreen { screen, pia_ref });
    let pia_ref = || Some("PIA-7".to_owned());
    record(None).then_rejected(at(Reason::PiaRequired, "pia_ref"));
    record(pia_ref()).then([PrivacyScreenRecorded { screen, pia_ref: pia_ref() }.into()]);
}

#[test]
fn an_approved_budget_is_positive_unless_it_is_effort_alone() {
    let nothing = || ApproveBudget { amount: ils(0), ..approve() };
    let too_little =
        at(Reason::ValidationRange, "amount.minor_units").with("min", 1).with("max", 10_000_000_000_000_i64);
    let effort = BudgetApproved { amount: ils(0), effort_only: true, ..budget_approved() };
    after(active(STAGE))
        .as_(DG)
        .when(approve())
        .then([budget_approved().into()])
        .when(approve())
        .then_nothing()
        .when(ApproveBudget { effort_only: true, ..nothing() })
        .then([effort.into()])
        .when(nothing())
        .then_rejected(too_little);
}

#[test]
fn a_years_cost_is_recorded_by_the_owner_the_lead_and_the_importing_system() {
    let recorded: Event =
        CostRecorded { year: 2026, planned: Some(ils(5)), forecast: None, whole_life: None }.into();
    for who in [OWNER, LEAD] {
        after(owned(STAGE)).as_(who).when(cost()).then([recorded.clone()]).when(cost()).then_nothing();
    }
    after(imported()).importing().when(cost()).then([recorded]);
    after(proposed()).importing().when(cost()).then_refused(&[Reason::ScopeForbidden, Reason::StateForbids]);
    after(owned(STAGE)).importing().when(cost()).then_refused(&[Reason::ScopeForbidden]);
    after(imported()).as_(SYSTEM_OF_RECORD).when(cost()).then_refused(&[Reason::ScopeForbidden]);
    after(owned(STAGE)).as_(STRANGER).when(cost()).then_refused(&[Reason::ScopeForbidden]);
}

#[test]
fn a_cost_tells_at_least_one_amount_and_the_last_one_holds() {
    let forecast = || RecordCost { forecast: Some(ils(6)), ..cost() };
    after(owned(STAGE))
        .as_(OWNER)
        .when(RecordCost { planned: None, ..cost() })
        .then_rejected(at(Reason::ValidationRequired, "planned"));
    for only in [
        RecordCost { planned: None, ..forecast() },
        RecordCost { planned: None, whole_life: Some(ils(7)), ..cost() },
    ] {
        after(owned(STAGE)).as_(OWNER).when(only).then_accepted();
    }
    after(owned(STAGE))
        .as_(OWNER)
        .when(cost())
        .then_accepted()
        .when(forecast())
        .then_accepted()
        .when(RecordCost { year: 2027, ..forecast() })
        .then_accepted()
        .when(forecast())
        .then_nothing();
}
