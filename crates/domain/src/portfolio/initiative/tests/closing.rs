//! Shelving, coming back, stopping, completing.

use super::{
    super::{command::*, event::*},
    *,
};
use crate::portfolio::framework::{ShelveReason, Status, StopReason};

fn shelve(revisit_on: &str) -> Shelve {
    let (reason_code, feedback) = (ShelveReason::Timing, private("feedback"));
    Shelve { reason_code, feedback, revisit_on: day(revisit_on) }
}

fn shelved() -> Event {
    let Shelve { reason_code, feedback, revisit_on } = shelve("2027-01-24");
    Shelved { reason_code, feedback, revisit_on }.into()
}

fn stop(chars: usize) -> Stop {
    let (reason_code, result) = (StopReason::HypothesisRefuted, ExperimentResult::Negative);
    Stop { reason_code, result, learning_summary: text(chars) }
}

fn stopped() -> Event {
    let Stop { reason_code, result, learning_summary } = stop(100);
    Stopped { reason_code, result, learning_summary }.into()
}

fn complete() -> Complete {
    Complete {
        sustaining_owner: id(OWNER),
        budget_line: "20-01".to_owned(),
        sustain_from: day("2027-01-01"),
        no_adoption_reason: Some(text(30)),
    }
}

#[test]
fn what_is_shelved_is_looked_at_again_after_a_month_and_within_two_years() {
    let outside =
        at(Reason::ValidationRange, "revisit_on").with("min", "2026-12-24").with("max", "2028-11-23");
    let running = || after(active(Stage::GeneratingIdeas)).as_(LEAD);
    for on in ["2026-12-24", "2028-11-23"] {
        running().when(shelve(on)).then_accepted();
    }
    for on in ["2026-12-23", "2028-11-24"] {
        running().when(shelve(on)).then_rejected(outside.clone());
    }
    running().when(shelve("2027-01-24")).then([shelved()]).when(shelve("2027-01-24")).then_nothing();
}

#[test]
fn what_comes_off_the_shelf_is_where_it_was() {
    let back = |history| {
        let comes_back = after(with(history, shelved())).as_(LEAD).when(Reactivate {});
        comes_back.then([Reactivated {}.into()]).as_(REVIEWER)
    };
    back(active(Stage::GeneratingIdeas)).when(Reactivate {}).then_refused(&[Reason::StateForbids]);
    back(active(Stage::GeneratingIdeas)).when(AdvanceStage {}).then_accepted();
    back(under_review()).when(RequestChanges { items: vec![text(3)] }).then_accepted();
}

#[test]
fn what_is_stopped_tells_what_was_learnt() {
    let short = at(Reason::LearningRequired, "learning_summary").with("min", 100);
    for history in [active(Stage::GeneratingIdeas), with(active(Stage::GeneratingIdeas), shelved())] {
        after(history.clone()).as_(DG).when(stop(100)).then([stopped()]).when(stop(100)).then_nothing();
        after(history).as_(LEAD).when(stop(99)).then_rejected(short.clone());
    }
}

#[test]
fn the_center_stops_nothing_without_an_umbrella() {
    after(active(Stage::GeneratingIdeas)).as_(PM).when(stop(100)).then_refused(&[Reason::UmbrellaRequired]);
}

#[test]
fn what_is_completed_has_somebody_to_sustain_it_and_a_statement_on_adoption() {
    let Complete { sustaining_owner, budget_line, sustain_from, no_adoption_reason } = complete();
    let completed = Completed { sustaining_owner, budget_line, sustain_from, no_adoption_reason };
    let diffusing = || after(active(Stage::DiffusingLessons)).as_(DG);
    diffusing().when(complete()).then([completed.into()]).when(complete()).then_nothing();
    diffusing()
        .when(Complete { sustaining_owner: person(99), ..complete() })
        .then_rejected(at(Reason::ReferenceUnknown, "sustaining_owner_id").with("value", person(99)));
    diffusing()
        .when(Complete { no_adoption_reason: None, ..complete() })
        .then_rejected(at(Reason::AdoptionStatementRequired, "no_adoption_reason"));
}

#[test]
fn an_end_is_an_end() {
    let ended = super::every_command::fold(&with(active(Stage::GeneratingIdeas), stopped()));
    assert_eq!((ended.status(), ended.stage()), (Some(Status::Stopped), Some(Stage::GeneratingIdeas)));
    after(with(active(Stage::GeneratingIdeas), stopped()))
        .as_(DG)
        .when(Stop { result: ExperimentResult::Neutral, ..stop(100) })
        .then_refused(&[Reason::StateForbids]);
}
