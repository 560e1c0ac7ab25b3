//! Taking up, asking for changes, accepting, declining, appealing.

use super::{
    super::{command::*, event::*},
    *,
};
use crate::{
    portfolio::framework::DeclineReason,
    values::{CivilDate, InitiativeId},
};

fn review_started(who: (u128, Role)) -> Event {
    ReviewStarted { reviewer: id(who) }.into()
}

fn request() -> RequestChanges {
    RequestChanges { items: vec![text(3)] }
}

fn changes_requested(round: u8) -> Event {
    ChangesRequested { items: vec![text(3)], round }.into()
}

fn accept() -> Accept {
    Accept { initial_stage: Stage::GeneratingIdeas, owner_unit: unit(2) }
}

fn decline() -> Decline {
    Decline {
        reason_code: DeclineReason::OutOfScope,
        feedback: private("feedback"),
        similar_initiative: None,
    }
}

fn appeal() -> AppealDecline {
    AppealDecline { grounds: private("grounds") }
}

fn appealed() -> Event {
    DeclineAppealed { grounds: private("grounds") }.into()
}

/// Taken up by the reviewer, declined by the director general today.
fn declined() -> Scenario<Initiative> {
    after(under_review()).as_(DG).when(decline()).then_accepted()
}

/// So many days later.
fn in_days(days: u16) -> impl FnOnce(&mut Facts) {
    move |facts| {
        let later: CivilDate = facts.today.plus_days(days);
        (facts.today, facts.effective_on) = (later, later);
    }
}

#[test]
fn a_proposal_is_taken_up_by_a_reviewer_once() {
    after(proposed())
        .as_(REVIEWER)
        .when(StartReview {})
        .then([review_started(REVIEWER)])
        .when(StartReview {})
        .then_nothing()
        .as_(DG)
        .when(StartReview {})
        .then_refused(&[Reason::StateForbids]);
}

#[test]
fn the_center_takes_up_only_what_comes_from_its_missions() {
    let of_mission = Proposed { origin: Origin::CogMission, ..idea() };
    after([of_mission.into()]).as_(PM).when(StartReview {}).then([review_started(PM)]);
    after(proposed()).as_(PM).when(StartReview {}).then_refused(&[Reason::ScopeForbidden]);
}

#[test]
fn nobody_reviews_or_decides_their_own_proposal() {
    let (proposer, sod) = ((PROPOSER.0, Role::MinistryLead), [Reason::SodProposerReviewer]);
    let own_review = vec![idea().into(), review_started(PROPOSER)];
    after(proposed()).as_(proposer).when(StartReview {}).then_refused(&sod);
    after(own_review).as_(proposer).when(request()).then_refused(&sod);
    after(under_review()).as_(proposer).when(accept()).then_refused(&sod);
    after(under_review()).as_(proposer).when(decline()).then_refused(&sod);
}

#[test]
fn a_person_behind_a_system_is_that_person() {
    let behind = |facts: &mut Facts| facts.actor.on_behalf_of = Some(id(PROPOSER));
    after(under_review())
        .as_(LEAD)
        .knowing(behind)
        .when(accept())
        .then_refused(&[Reason::SodProposerReviewer]);
}

#[test]
fn a_review_needs_a_person() {
    let nobody = |facts: &mut Facts| facts.actor.person = None;
    after(proposed()).as_(LEAD).knowing(nobody).when(StartReview {}).then_refused(&[Reason::ScopeForbidden]);
}

#[test]
fn only_the_reviewer_asks_for_changes() {
    after(under_review()).as_(REVIEWER).when(request()).then([changes_requested(1)]);
    for who in [LEAD, DG] {
        after(under_review()).as_(who).when(request()).then_refused(&[Reason::ScopeForbidden]);
    }
}

#[test]
fn changes_are_asked_for_three_times_at_most() {
    let round =
        |history, n| with(with(history, changes_requested(n)), Resubmitted { changes: Details::default() });
    let twice = round(round(under_review(), 1), 2);
    after(twice.clone()).as_(REVIEWER).when(request()).then([changes_requested(3)]);
    after(round(twice, 3))
        .as_(REVIEWER)
        .when(request())
        .then_rejected(Rejection::new(Reason::ReviewRoundsExceeded).with("max", 3));
}

#[test]
fn an_accepted_proposal_is_active_at_its_stage() {
    let accepted = Accepted { initial_stage: Stage::GeneratingIdeas, owner_unit: unit(2) };
    after(under_review())
        .as_(LEAD)
        .when(accept())
        .then([accepted.into()])
        .when(accept())
        .then_nothing()
        .when(Accept { owner_unit: unit(1), ..accept() })
        .then_refused(&[Reason::StateForbids]);
}

#[test]
fn a_proposal_begins_at_one_of_the_first_three_stages() {
    let field = "initial_stage";
    let outside = at(Reason::ValidationRange, field)
        .with("min", "IDENTIFYING_PROBLEMS")
        .with("max", "DEVELOPING_PROPOSALS");
    let at_stage = |initial_stage| after(under_review()).as_(DG).when(Accept { initial_stage, ..accept() });
    for stage in &Stage::ALL[..3] {
        at_stage(*stage).then_accepted();
    }
    for stage in &Stage::ALL[3..] {
        at_stage(*stage).then_rejected(outside.clone());
    }
}

#[test]
fn an_owning_unit_is_active() {
    let unknown = at(Reason::ReferenceUnknown, "owner_unit_id").with("value", unit(9));
    after(under_review()).as_(DG).when(Accept { owner_unit: unit(9), ..accept() }).then_rejected(unknown);
}

#[test]
fn what_is_accepted_is_classified() {
    let unclassified = Proposed { classification: None, ..idea() };
    after([unclassified.into(), review_started(REVIEWER)])
        .as_(DG)
        .when(accept())
        .then_refused(&[Reason::ClassificationIncomplete]);
}

#[test]
fn what_begins_at_a_later_stage_passes_the_gates_that_it_skips() {
    let vague = Proposed { solution_hypothesis: None, beneficiaries: vec![], ..idea() };
    let accept_at = |initial_stage| {
        after([vague.clone().into(), review_started(REVIEWER)])
            .as_(DG)
            .when(Accept { initial_stage, ..accept() })
    };
    accept_at(Stage::IdentifyingProblems).then_accepted();
    accept_at(Stage::GeneratingIdeas).then_rejected(gates("G_BENEFICIARY"));
    accept_at(Stage::DevelopingProposals).then_rejected(gates("G_BENEFICIARY,G_SOLUTION"));
}

#[test]
fn a_decline_keeps_its_reason_and_feedback() {
    let Decline { reason_code, feedback, similar_initiative } = decline();
    let declined = Declined { reason_code, feedback, similar_initiative };
    after(under_review())
        .as_(DG)
        .when(decline())
        .then([declined.into()])
        .when(decline())
        .then_nothing()
        .when(Decline { feedback: private("other"), ..decline() })
        .then_refused(&[Reason::StateForbids]);
}

#[test]
fn a_duplicate_names_what_it_duplicates() {
    let duplicate = || Decline { reason_code: DeclineReason::Duplicate, ..decline() };
    let similar_initiative = InitiativeId::new(Uuid::from_u128(1));
    let missing = at(Reason::SimilarRequired, "similar_initiative_id");
    after(under_review()).as_(DG).when(duplicate()).then_rejected(missing);
    after(under_review()).as_(DG).when(Decline { similar_initiative, ..duplicate() }).then_accepted();
}

#[test]
fn the_proposer_appeals_within_thirty_days() {
    let late = Rejection::new(Reason::AppealWindowClosed).with("days", 31).with("max", 30);
    declined().as_(PROPOSER).knowing(in_days(30)).when(appeal()).then([appealed()]);
    declined().as_(PROPOSER).knowing(in_days(31)).when(appeal()).then_rejected(late);
    declined().as_(STRANGER).when(appeal()).then_refused(&[Reason::ScopeForbidden]);
}

#[test]
fn the_proposer_appeals_once() {
    declined()
        .as_(PROPOSER)
        .when(appeal())
        .then_accepted()
        .when(appeal())
        .then_refused(&[Reason::StateForbids, Reason::AppealAlreadyUsed]);
    declined()
        .as_(PROPOSER)
        .when(appeal())
        .then_accepted()
        .as_(LEAD)
        .when(decline())
        .then_accepted()
        .when(decline())
        .then_nothing()
        .as_(PROPOSER)
        .when(appeal())
        .then_refused(&[Reason::AppealAlreadyUsed]);
}

#[test]
fn an_appeal_goes_to_somebody_who_neither_declined_nor_reviewed_before() {
    let appealed = || declined().as_(PROPOSER).when(appeal()).then_accepted();
    let sod = [Reason::SodProposerReviewer];
    for who in [REVIEWER, DG] {
        appealed().as_(who).when(StartReview {}).then_refused(&sod);
        appealed().as_(who).when(accept()).then_refused(&sod);
        appealed().as_(who).when(decline()).then_refused(&sod);
    }
    appealed().as_(LEAD).when(StartReview {}).then([review_started(LEAD)]);
}
