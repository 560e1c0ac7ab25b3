//! What holds for every command: where it fits, what it needs besides its content, and on which day.

use super::{
    super::{command::*, event::Details},
    *,
};
use crate::{
    Aggregate, Command as _, Recorded, References, Rejections, Vocabulary,
    portfolio::framework::{
        Confidence, DeclineReason, ImplementationMode, ShelveReason, Status as Is, StopReason,
    },
    scenario::facts,
    values::EventId,
};

/// A command, and the statuses in which it fits.
type Fits = (Command, &'static [Is]);

const OPEN: &[Is] = &[Is::Proposed, Is::UnderReview, Is::ChangesRequested, Is::Active, Is::Shelved];
const SINCE_ACCEPTED: &[Is] = &[Is::Active, Is::Shelved, Is::Stopped, Is::Completed];

/// One of each; what fits at a later stage than the fourth fits nowhere here.
fn each() -> Vec<Fits> {
    [of_the_proposal(), of_the_portfolio(), of_indicators(), of_delivery(), of_the_end()].concat()
}

fn of_the_proposal() -> Vec<Fits> {
    let changes = Details { title: Some(text(9)), ..Details::default() };
    let (reason_code, feedback) = (DeclineReason::OutOfScope, private("feedback"));
    let decline = Decline { reason_code, feedback, similar_initiative: None };
    vec![
        (propose().into(), &[]),
        (import().into(), &[]),
        (ReviseDetails { changes: changes.clone() }.into(), OPEN),
        (StartReview {}.into(), &[Is::Proposed]),
        (RequestChanges { items: vec![text(3)] }.into(), &[Is::UnderReview]),
        (Resubmit { changes }.into(), &[Is::ChangesRequested]),
        (Accept { initial_stage: Stage::GeneratingIdeas, owner_unit: unit(1) }.into(), &[Is::UnderReview]),
        (decline.into(), &[Is::UnderReview]),
        (AppealDecline { grounds: private("grounds") }.into(), &[Is::Declined]),
        (Withdraw {}.into(), &[Is::Proposed, Is::UnderReview, Is::ChangesRequested]),
    ]
}

fn of_the_portfolio() -> Vec<Fits> {
    let classification = Classification { horizon: Horizon::H3Over36m, ..classification() };
    let budget = ApproveBudget { amount: ils(1), source_line: "20-01".to_owned(), effort_only: false };
    let cost = RecordCost { year: 2027, planned: Some(ils(1)), forecast: None, whole_life: None };
    vec![
        (Reclassify { classification }.into(), OPEN),
        (AssignOwner { owner_manager: person(11) }.into(), &[Is::Active, Is::Shelved]),
        (DeclareInterest { none: true, text: None }.into(), &[Is::Active]),
        (RecordPrivacyScreen { screen: PrivacyScreen::Basic, pia_ref: None }.into(), &[Is::Active]),
        (DeclareNoMaterialRisk { reason: text(50) }.into(), &[Is::Active]),
        (budget.into(), &[Is::Active]),
        (cost.into(), SINCE_ACCEPTED),
    ]
}

fn of_indicators() -> Vec<Fits> {
    let (kpi_id, on, value, kpi) = (kpi_id(1), day("2026-11-10"), units(1), errors());
    let (reason, source, evidence_level) =
        ("it was miscounted".to_owned(), "ward".to_owned(), EvidenceLevel::LogicModel);
    let measure = RecordMeasurement { kpi_id, on, value, source, evidence_level, document: None };
    vec![
        (DefineKpi { kpi_id, kpi: kpi.clone() }.into(), &[Is::Active]),
        (ReviseKpi { kpi_id, kpi, reason: reason.clone() }.into(), &[Is::Active]),
        (RetireKpi { kpi_id, reason: reason.clone() }.into(), &[Is::Active]),
        (measure.into(), SINCE_ACCEPTED),
        (CorrectMeasurement { kpi_id, on, value, reason }.into(), SINCE_ACCEPTED),
        (VerifyMeasurement { kpi_id, on }.into(), SINCE_ACCEPTED),
    ]
}

fn of_delivery() -> Vec<Fits> {
    let (from, to) = (day("2026-12-01"), day("2027-12-01"));
    let pilot = SetImplementationMode { mode: ImplementationMode::Pilot, from, to, override_rationale: None };
    let assess = AssessConfidence { rating: Some(Confidence::Red), findings: None, source_rating: None };
    let Evaluated { verdict, result, evidence_level, summary, document } = evaluated(Verdict::Scale);
    vec![
        (AdvanceStage {}.into(), &[Is::Active]),
        (ReturnStage { to: Stage::IdentifyingProblems, reason: text(30) }.into(), &[Is::Active]),
        (EndImplementation { early: false, reason: None }.into(), &[Is::Active]),
        (pilot.into(), &[Is::Active]),
        (ReportSelfConfidence { rating: Confidence::Green, note: None }.into(), &[Is::Active]),
        (assess.into(), &[Is::Active]),
        (RecordEvaluation { verdict, result, evidence_level, summary, document }.into(), &[]),
    ]
}

fn of_the_end() -> Vec<Fits> {
    let (reason_code, feedback) = (ShelveReason::Timing, private("feedback"));
    let shelve = Shelve { reason_code, feedback, revisit_on: day("2027-01-24") };
    let (reason_code, result) = (StopReason::SponsorWithdrawn, ExperimentResult::Negative);
    vec![
        (shelve.into(), &[Is::UnderReview, Is::Active]),
        (Reactivate {}.into(), &[Is::Shelved]),
        (Stop { reason_code, result, learning_summary: text(100) }.into(), &[Is::Active, Is::Shelved]),
        (complete().into(), &[]),
    ]
}

fn complete() -> Complete {
    Complete {
        sustaining_owner: id(OWNER),
        budget_line: "20-01".to_owned(),
        sustain_from: day("2027-01-01"),
        no_adoption_reason: Some(text(30)),
    }
}

pub(super) fn fold(history: &[Event]) -> Initiative {
    let mut initiative = Initiative::default();
    for (event, n) in history.iter().zip(1..) {
        let event_id = EventId::new(Uuid::from_u128(n)).unwrap();
        let Facts { effective_on, now: recorded_at, .. } = facts();
        initiative.evolve(event, &Recorded { event_id, effective_on, recorded_at, by: Some(person(1)) });
    }
    initiative
}

/// A history of each status; the active one is at stage 4.
fn histories() -> Vec<(Is, Vec<Event>)> {
    use super::super::event::*;
    let requested = ChangesRequested { items: vec![text(3)], round: 1 };
    let declined = Declined {
        reason_code: DeclineReason::LowExpectedValue,
        feedback: private("no"),
        similar_initiative: None,
    };
    let shelved = Shelved {
        reason_code: ShelveReason::Budget,
        feedback: private("not now"),
        revisit_on: day("2027-03-01"),
    };
    let stopped = Stopped {
        reason_code: StopReason::LearningComplete,
        result: ExperimentResult::Neutral,
        learning_summary: text(100),
    };
    let completed = Completed {
        sustaining_owner: id(OWNER),
        budget_line: "20-02".to_owned(),
        sustain_from: day("2027-03-01"),
        no_adoption_reason: None,
    };
    let running = || measured(Stage::ImplementingProjects);
    vec![
        (Is::Proposed, proposed()),
        (Is::UnderReview, under_review()),
        (Is::ChangesRequested, with(under_review(), requested)),
        (Is::Active, running()),
        (Is::Shelved, with(running(), shelved)),
        (Is::Declined, with(under_review(), declined)),
        (Is::Withdrawn, with(proposed(), Withdrawn {})),
        (Is::Stopped, with(running(), stopped)),
        (Is::Completed, with(measured(Stage::DiffusingLessons), completed)),
    ]
}

fn stranger() -> Facts {
    let mut facts = facts();
    world(&mut facts);
    facts
}

fn forbids(result: &Result<Vec<Event>, Rejections>) -> bool {
    let refused = result.as_ref().err();
    refused.is_some_and(|refused| refused.all().iter().any(|one| one.reason == Reason::StateForbids))
}

#[test]
fn each_command_is_looked_at_here() {
    let mut names: Vec<_> = each().iter().map(|(command, _)| command.kind()).collect();
    let mut declared = Command::TYPES.to_vec();
    names.sort_by_key(|kind| kind.name);
    declared.sort_by_key(|kind| kind.name);
    assert_eq!(names, declared);
}

#[test]
fn every_command_fits_exactly_its_statuses() {
    for (status, history) in histories() {
        let initiative = fold(&history);
        assert_eq!(initiative.status(), Some(status));
        for (command, fitting) in each().into_iter().filter(|(command, _)| !command.creates()) {
            let is_forbidden = forbids(&initiative.decide(&command, &stranger()));
            assert_eq!(is_forbidden, !fitting.contains(&status), "{} when {status:?}", command.kind().name);
        }
    }
}

#[test]
fn what_depends_on_the_stage_fits_exactly_its_stages() {
    let stages = [
        ("AdvanceStage", &Stage::ALL[..5]),
        ("SetImplementationMode", &Stage::ALL[3..4]),
        ("EndImplementation", &Stage::ALL[3..4]),
        ("ReportSelfConfidence", &Stage::ALL[3..]),
        ("RecordEvaluation", &Stage::ALL[4..5]),
        ("CompleteInitiative", &Stage::ALL[5..]),
    ];
    for stage in Stage::ALL {
        let initiative = fold(&active(*stage));
        assert_eq!(initiative.stage(), Some(*stage));
        for (name, fitting) in stages {
            let (command, _) = each().into_iter().find(|(command, _)| command.kind().name == name).unwrap();
            let is_forbidden = forbids(&initiative.decide(&command, &stranger()));
            assert_eq!(is_forbidden, !fitting.contains(stage), "{name} at {stage:?}");
        }
    }
}

#[test]
fn an_ended_implementation_neither_ends_again_nor_changes_its_mode() {
    let ended = with(active(Stage::ImplementingProjects), implementation_ended());
    for name in ["EndImplementation", "SetImplementationMode"] {
        assert!(fold(&active(Stage::ImplementingProjects)).allowed().contains(&name));
        assert!(!fold(&ended).allowed().contains(&name));
    }
}

#[test]
fn a_forbidding_state_names_itself_and_what_it_allows() {
    let declined = histories().remove(5).1;
    let forbidden = Rejection::new(Reason::StateForbids)
        .with("state", "DECLINED")
        .with("allowed_commands", "AppealDecline");
    after(declined).as_(REVIEWER).when(Reactivate {}).then_rejected(forbidden);
}

#[test]
fn what_states_allow_are_commands_and_every_command_is_allowed_somewhere() {
    let states = Stage::ALL.iter().map(|stage| active(*stage)).chain(histories().into_iter().map(|(_, h)| h));
    let mut allowed: Vec<_> =
        states.chain([vec![]]).flat_map(|history: Vec<Event>| fold(&history).allowed()).collect();
    let mut commands: Vec<_> = Command::TYPES.iter().map(|kind| kind.name).collect();
    allowed.sort_unstable();
    allowed.dedup();
    commands.sort_unstable();
    assert_eq!(allowed, commands);
}

#[test]
fn what_does_not_exist_is_not_found() {
    for (command, _) in each().into_iter().filter(|(command, _)| !command.creates()) {
        assert_eq!(Initiative::default().decide(&command, &stranger()), Err(Reason::NotFound.into()));
    }
}

#[test]
fn all_that_is_unmet_is_told_at_once() {
    after(proposed())
        .knowing(|facts| facts.effective_on = day("2026-11-01"))
        .when(Complete { sustaining_owner: person(99), no_adoption_reason: None, ..complete() })
        .then_refused(&[
            Reason::ImportGrantRequired,
            Reason::ReferenceUnknown,
            Reason::StateForbids,
            Reason::AdoptionStatementRequired,
        ]);
}

#[test]
fn only_who_may_import_records_an_earlier_day_and_nobody_a_later_one() {
    let cost = || RecordCost { year: 2026, planned: Some(ils(1)), forecast: None, whole_life: None };
    let on = |text: &'static str| move |facts: &mut Facts| facts.effective_on = day(text);
    let earlier = at(Reason::ImportGrantRequired, "header.effective_on");
    let later = at(Reason::ValidationRange, "header.effective_on")
        .with("min", "2000-01-01")
        .with("max", "2026-11-24");
    after(imported()).importing().knowing(on("2020-03-31")).when(cost()).then_accepted();
    after(imported()).as_(LEAD).knowing(on("2026-11-23")).when(cost()).then_rejected(earlier);
    after(imported()).importing().knowing(on("2026-11-25")).when(cost()).then_rejected(later);
}

#[test]
fn a_command_concerns_the_ministry_of_the_lead_unit() {
    assert_eq!(Initiative::default().unit(&propose().into()), Some(unit(1)));
    assert_eq!(Initiative::default().unit(&import().into()), Some(unit(2)));
    assert_eq!(fold(&imported()).unit(&Withdraw {}.into()), Some(unit(2)));
    assert_eq!(fold(&imported()).ministry(), Some(unit(1)));
    assert_eq!(Initiative::default().unit(&Withdraw {}.into()), None);
}

#[test]
fn human_decisions_name_the_version_that_was_seen() {
    let human = |(command, _): &(Command, _)| command.needs_expected_version();
    let names: Vec<_> = each().iter().filter(|one| human(one)).map(|(one, _)| one.kind().name).collect();
    let expected =
        ["AcceptInitiative", "DeclineInitiative", "ShelveInitiative", "StopInitiative", "CompleteInitiative"];
    assert_eq!(names, expected);
}

#[test]
fn a_command_names_the_units_and_people_that_it_rests_on() {
    let co_proposed = Propose { co_proposers: vec![person(11)], ..propose() };
    let revised = Details { partner_org_units: Some(vec![unit(3)]), ..Details::default() };
    let named = [
        (co_proposed.into(), vec![unit(1), unit(3)], vec![person(11)]),
        (import().into(), vec![unit(2)], vec![]),
        (Resubmit { changes: revised }.into(), vec![unit(3)], vec![]),
        (Accept { initial_stage: Stage::GeneratingIdeas, owner_unit: unit(2) }.into(), vec![unit(2)], vec![]),
        (AssignOwner { owner_manager: id(OWNER) }.into(), vec![], vec![id(OWNER)]),
        (Withdraw {}.into(), vec![], vec![]),
    ];
    for (command, units, people) in named {
        assert_eq!(Command::references(&command), References { units, people });
    }
}
