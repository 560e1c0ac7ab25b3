//! Proposing, importing, revising, resubmitting, reclassifying, withdrawing.

use super::{
    super::{command::*, event::*},
    *,
};
use crate::values::OrgUnitId;

fn retitled(chars: usize) -> Details {
    Details { title: Some(text(chars)), ..Details::default() }
}

fn partners(units: impl Into<Vec<OrgUnitId>>) -> Details {
    Details { partner_org_units: Some(units.into()), ..Details::default() }
}

fn changes_requested() -> Vec<Event> {
    with(under_review(), ChangesRequested { items: vec![text(3)], round: 1 })
}

#[test]
fn an_idea_is_proposed_by_the_person_who_asks() {
    after([]).as_(PROPOSER).when(propose()).then([idea().into()]);
}

#[test]
fn a_system_proposes_on_behalf_of_a_person_and_never_by_itself() {
    let by_system = || after([]).as_(SYSTEM_OF_RECORD).knowing(|facts| facts.actor.person = None);
    by_system()
        .knowing(|facts| facts.actor.on_behalf_of = Some(id(PROPOSER)))
        .when(propose())
        .then([idea().into()]);
    by_system().when(propose()).then_refused(&[Reason::ScopeForbidden]);
}

#[test]
fn proposing_the_same_again_adds_nothing() {
    after(proposed()).as_(PROPOSER).when(propose()).then_nothing();
    after(active(Stage::GeneratingIdeas)).as_(PROPOSER).when(propose()).then_nothing();
    after(proposed()).as_(PROPOSER).knowing(|facts| facts.units.clear()).when(propose()).then_nothing();
}

#[test]
fn an_id_in_use_is_not_proposed_again_with_other_content_or_by_another_person() {
    let other = || Propose { title: text(6), ..propose() };
    after(proposed()).as_(PROPOSER).when(other()).then_refused(&[Reason::AlreadyExists]);
    after(proposed()).as_(STRANGER).when(propose()).then_refused(&[Reason::AlreadyExists]);
    after(imported()).as_(PROPOSER).when(propose()).then_refused(&[Reason::AlreadyExists]);
}

#[test]
fn an_idea_names_active_units_and_known_people() {
    let unknown = |field, value: String| at(Reason::ReferenceUnknown, field).with("value", value);
    let refused = |asked: Propose, why| after([]).as_(PROPOSER).when(asked).then_rejected(why);
    for lead in [unit(9), unit(99)] {
        let asked = Propose { lead_org_unit: lead, ..propose() };
        refused(asked, unknown("lead_org_unit_id", lead.to_string()));
    }
    refused(
        Propose { partner_org_units: vec![unit(3), unit(9)], ..propose() },
        unknown("partner_org_unit_ids", unit(9).to_string()),
    );
    refused(
        Propose { co_proposers: vec![person(11), person(99)], ..propose() },
        unknown("co_proposer_ids", person(99).to_string()),
    );
}

#[test]
fn a_partner_is_named_once_and_is_not_the_lead() {
    for partner_org_units in [vec![unit(3), unit(3)], vec![unit(1)]] {
        after([])
            .as_(PROPOSER)
            .when(Propose { partner_org_units, ..propose() })
            .then_rejected(at(Reason::ValidationDuplicate, "partner_org_unit_ids"));
    }
}

/// Each wrong classification with why.
fn wrong_classifications() -> Vec<(Classification, Vec<Rejection>)> {
    use InnovationType::{Ai, ProcessRedesign, Regulatory, ServiceDesign};
    let mut heavy = classification();
    heavy.facet_weights.anticipatory = 1;
    let types = "classification.innovation_types";
    let of = |innovation_types| Classification { innovation_types, ..classification() };
    let count =
        |n: usize| at(Reason::ValidationLength, types).with("min", 1).with("max", 4).with("actual", n);
    let not_among = || at(Reason::ValidationRange, "classification.primary_type");
    let five = vec![ProcessRedesign, Ai, Regulatory, ServiceDesign, InnovationType::DataAndEvidence];
    let sum = at(Reason::FacetWeightsSum, "classification.facet_weights").with("actual", 10001);
    vec![
        (heavy, vec![sum]),
        (of(vec![]), vec![count(0), not_among()]),
        (of(five), vec![count(5)]),
        (of(vec![ProcessRedesign, ProcessRedesign]), vec![at(Reason::ValidationDuplicate, types)]),
        (of(vec![Ai]), vec![not_among()]),
    ]
}

#[test]
fn a_classification_is_sound_wherever_it_is_given() {
    for (classification, why) in wrong_classifications() {
        let reasons: Vec<_> = why.iter().map(|one| one.reason).collect();
        let asked = Propose { classification: Some(classification.clone()), ..propose() };
        after([]).as_(PROPOSER).when(asked).then_refused(&reasons);
        let reclassified =
            || after(proposed()).as_(LEAD).when(Reclassify { classification: classification.clone() });
        reclassified().then_refused(&reasons);
        if let [only] = &why[..] {
            reclassified().then_rejected(only.clone());
        }
    }
}

#[test]
fn a_reclassification_tells_the_framework_and_both_places() {
    let classification = Classification { horizon: Horizon::H3Over36m, ..super::classification() };
    let reclassified =
        |before| Reclassified { framework_version: 1, before, after: classification.clone() }.into();
    let asked = || Reclassify { classification: classification.clone() };
    let unclassified = Proposed { classification: None, ..idea() };
    after(proposed()).as_(LEAD).when(asked()).then([reclassified(Some(super::classification()))]);
    after([unclassified.into()])
        .as_(LEAD)
        .when(asked())
        .then([reclassified(None)])
        .when(asked())
        .then_nothing();
}

#[test]
fn an_import_takes_over_an_initiative_as_active_at_its_stage() {
    let initiative = super::every_command::fold(&imported());
    after([])
        .importing()
        .knowing(|facts| facts.effective_on = day("2013-05-01"))
        .when(import())
        .then([taken_over().into()])
        .when(import())
        .then_nothing();
    assert_eq!(initiative.stage(), Some(Stage::ImplementingProjects));
    assert_eq!(initiative.status().map(crate::values::Code::code), Some("ACTIVE"));
}

#[test]
fn only_an_integration_that_may_import_imports() {
    let why = [Reason::ImportGrantRequired];
    after([]).as_(SYSTEM_OF_RECORD).when(import()).then_refused(&why);
    after([]).as_(LEAD).knowing(|facts| facts.may_import = true).when(import()).then_refused(&why);
}

#[test]
fn an_import_names_an_active_unit_and_an_unused_id() {
    let unknown = at(Reason::ReferenceUnknown, "lead_org_unit_id").with("value", unit(9));
    let of_closed = Import { lead_org_unit: unit(9), ..import() };
    after([]).importing().when(of_closed).then_rejected(unknown);
    let other = Import { source_key: "DH-2".to_owned(), ..import() };
    after(imported()).importing().when(other).then_refused(&[Reason::AlreadyExists]);
    after(proposed()).importing().when(import()).then_refused(&[Reason::AlreadyExists]);
}

#[test]
fn only_what_changed_is_revised_and_a_revision_changes_something() {
    let asked = || ReviseDetails { changes: Details { summary: Some(text(30)), ..retitled(9) } };
    after(proposed())
        .as_(PROPOSER)
        .when(asked())
        .then([DetailsRevised { changes: retitled(9) }.into()])
        .when(asked())
        .then_refused(&[Reason::NothingChanged]);
}

#[test]
fn the_proposer_revises_until_acceptance_and_the_owner_and_the_lead_after() {
    let revise = || ReviseDetails { changes: retitled(9) };
    let forbidden = [Reason::ScopeForbidden];
    for who in [OWNER, LEAD, STRANGER] {
        after(under_review()).as_(who).when(revise()).then_refused(&forbidden);
    }
    for who in [OWNER, LEAD] {
        after(owned(Stage::GeneratingIdeas)).as_(who).when(revise()).then_accepted();
    }
    for who in [PROPOSER, STRANGER] {
        after(owned(Stage::GeneratingIdeas)).as_(who).when(revise()).then_refused(&forbidden);
    }
}

#[test]
fn revised_partners_are_active_and_named_once() {
    let revise = |changes| after(proposed()).as_(PROPOSER).when(ReviseDetails { changes });
    let field = "changes.partner_org_units";
    let unknown = at(Reason::ReferenceUnknown, field).with("value", unit(9));
    revise(partners([unit(9)])).then_rejected(unknown);
    revise(partners([unit(3), unit(3)])).then_rejected(at(Reason::ValidationDuplicate, field));
    revise(partners([unit(1)])).then_rejected(at(Reason::ValidationDuplicate, field));
    revise(partners([unit(2)])).then_accepted();
}

#[test]
fn from_stage_2_on_somebody_benefits() {
    let none = || ReviseDetails { changes: Details { beneficiaries: Some(vec![]), ..Details::default() } };
    let needed = at(Reason::ValidationRequired, "changes.beneficiaries");
    after(active(Stage::GeneratingIdeas)).as_(LEAD).when(none()).then_rejected(needed);
    after(active(Stage::IdentifyingProblems)).as_(LEAD).when(none()).then_accepted();
}

#[test]
fn the_proposer_answers_requested_changes_with_changes() {
    let resubmit = |changes| Resubmit { changes };
    after(changes_requested())
        .as_(PROPOSER)
        .when(resubmit(retitled(9)))
        .then([Resubmitted { changes: retitled(9) }.into()])
        .when(resubmit(retitled(9)))
        .then_refused(&[Reason::StateForbids, Reason::NothingChanged]);
    after(changes_requested())
        .as_(PROPOSER)
        .when(resubmit(retitled(5)))
        .then_refused(&[Reason::NothingChanged]);
    after(changes_requested())
        .as_(STRANGER)
        .when(resubmit(retitled(9)))
        .then_refused(&[Reason::ScopeForbidden]);
    after(changes_requested())
        .as_(PROPOSER)
        .when(resubmit(partners([unit(9)])))
        .then_rejected(at(Reason::ReferenceUnknown, "changes.partner_org_units").with("value", unit(9)));
}

#[test]
fn what_was_revised_since_the_request_answers_it_too() {
    after(changes_requested())
        .as_(PROPOSER)
        .when(ReviseDetails { changes: retitled(9) })
        .then_accepted()
        .when(Resubmit { changes: Details::default() })
        .then([Resubmitted { changes: Details::default() }.into()]);
}

#[test]
fn only_the_proposer_withdraws() {
    for history in [proposed(), under_review(), changes_requested()] {
        after(history.clone()).as_(LEAD).when(Withdraw {}).then_refused(&[Reason::ScopeForbidden]);
        after(history)
            .as_(PROPOSER)
            .when(Withdraw {})
            .then([Withdrawn {}.into()])
            .when(Withdraw {})
            .then_nothing();
    }
    after(imported())
        .importing()
        .when(Withdraw {})
        .then_refused(&[Reason::ScopeForbidden, Reason::StateForbids]);
}
