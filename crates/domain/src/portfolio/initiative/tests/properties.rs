//! What holds for any history and any command, drawn from a small world so that they often meet.

use proptest::prelude::{Just, Strategy, any, prop, prop_oneof, proptest};

use super::{
    super::{Command, command, event},
    every_command::fold,
    *,
};
use crate::{
    Aggregate, Command as _, Recorded, Vocabulary,
    portfolio::framework::{Confidence, DeclineReason, ImplementationMode, ShelveReason, Status, StopReason},
    scenario::facts,
    values::{CivilDate, EventId},
};

/// The material of one event or command.
#[derive(Clone, Debug)]
struct Pick {
    who: u128,
    /// Also the round, the indicator, the level, the rating.
    stage: Stage,
    day: CivilDate,
    value: i64,
    chars: usize,
    flag: bool,
}

fn pick() -> impl Strategy<Value = Pick> {
    let days = prop::sample::select(vec!["2026-10-31", "2026-11-10", "2026-11-24", "2027-01-01"]);
    (
        1..=8u128,
        prop::sample::select(Stage::ALL),
        days,
        -1..=45i64,
        prop::sample::select(vec![1, 30, 100]),
        any::<bool>(),
    )
        .prop_map(|(who, stage, on, value, chars, flag)| Pick {
            who,
            stage,
            day: day(on),
            value,
            chars,
            flag,
        })
}

impl Pick {
    fn kpi_id(&self) -> KpiId {
        kpi_id(self.who % 2)
    }

    fn kpi(&self) -> Kpi {
        Kpi { baseline: units(self.value), baseline_on: self.day, ..errors() }
    }

    fn maybe<T>(&self, value: T) -> Option<T> {
        self.flag.then_some(value)
    }

    fn level(&self) -> EvidenceLevel {
        if self.flag { EvidenceLevel::Causality } else { EvidenceLevel::LogicModel }
    }

    fn result(&self) -> ExperimentResult {
        if self.flag { ExperimentResult::Negative } else { ExperimentResult::Positive }
    }

    fn verdict(&self) -> Verdict {
        if self.flag { Verdict::Scale } else { Verdict::Stop }
    }

    fn mode(&self) -> ImplementationMode {
        if self.flag { ImplementationMode::Pilot } else { ImplementationMode::Rollout }
    }

    fn details(&self) -> event::Details {
        event::Details {
            title: self.maybe(text(self.chars)),
            beneficiaries: (self.value > 20).then(Vec::new),
            partner_org_units: (self.value > 40).then(|| vec![unit(self.who)]),
            ..event::Details::default()
        }
    }

    fn reason(&self) -> String {
        "r".repeat(self.chars)
    }
}

/// The n-th of its vocabulary, in the order of declaration.
fn happened(n: usize, pick: &Pick) -> Event {
    use event::*;
    let Pick { who, stage, day: on, value, chars, flag } = pick.clone();
    let (kpi_id, kpi, value) = (pick.kpi_id(), pick.kpi(), units(value));
    let (from, to, summary, feedback) = (stage, pick.stage, text(chars), private("text"));
    let (verdict, result, evidence_level) = (pick.verdict(), pick.result(), pick.level());
    match n {
        0 => {
            Proposed { proposer: person(who), classification: pick.maybe(classification()), ..idea() }.into()
        }
        1 => Imported { stage, ..taken_over() }.into(),
        2 => DetailsRevised { changes: pick.details() }.into(),
        3 => InterestDeclared { none: flag, text: pick.maybe(feedback) }.into(),
        4 => privacy_screened().into(),
        5 => no_risk().into(),
        6 => ReviewStarted { reviewer: person(who) }.into(),
        7 => ChangesRequested { items: vec![], round: if flag { u8::MAX } else { 1 } }.into(),
        8 => Resubmitted { changes: pick.details() }.into(),
        9 => Accepted { initial_stage: stage, owner_unit: unit(who) }.into(),
        10 => {
            let reason_code = DeclineReason::NotLawful;
            Declined { reason_code, feedback, similar_initiative: None }.into()
        }
        11 => DeclineAppealed { grounds: feedback }.into(),
        12 => Reclassified { framework_version: 1, before: None, after: classification() }.into(),
        13 => OwnerAssigned { owner_manager: person(who), owner_unit: unit(2) }.into(),
        14 => KpiDefined { kpi_id, kpi }.into(),
        15 => KpiRevised { kpi_id, kpi, reason: pick.reason(), rebaselined: flag }.into(),
        16 => KpiRetired { kpi_id, reason: pick.reason() }.into(),
        17 => KpiMeasured { kpi_id, on, value, ..measured_on("2026-11-10") }.into(),
        18 => {
            let reason = pick.reason();
            KpiMeasurementCorrected { kpi_id, on, original: value, value, reason }.into()
        }
        19 => KpiMeasurementVerified { kpi_id, on }.into(),
        20 => budget_approved().into(),
        21 => CostRecorded { year: 2026, planned: None, forecast: None, whole_life: None }.into(),
        22 => StageAdvanced { from, to, gates: vec![] }.into(),
        23 => StageReturned { from, to, reason: summary }.into(),
        24 => ImplementationEnded { early: flag, reason: None }.into(),
        25 => ImplementationModeSet { mode: pick.mode(), from: on, to: on, override_rationale: None }.into(),
        26 => ConfidenceSelfReported { rating: Confidence::Red, note: None }.into(),
        27 => ConfidenceAssessed { rating: None, findings: None, source_rating: None }.into(),
        28 => Evaluated { verdict, result, evidence_level, summary, document: None }.into(),
        29 => Shelved { reason_code: ShelveReason::Timing, feedback, revisit_on: on }.into(),
        30 => Reactivated {}.into(),
        31 => {
            let reason_code = StopReason::Superseded;
            Stopped { reason_code, result, learning_summary: summary }.into()
        }
        32 => {
            let budget_line = "20-01".to_owned();
            let sustaining_owner = person(who);
            Completed { sustaining_owner, budget_line, sustain_from: on, no_adoption_reason: None }.into()
        }
        _ => Withdrawn {}.into(),
    }
}

/// The n-th of its vocabulary, in the order of declaration.
fn asked(n: usize, pick: &Pick) -> Command {
    use command::*;
    let Pick { who, stage, day: on, value, chars, flag } = pick.clone();
    let (kpi_id, kpi, value) = (pick.kpi_id(), pick.kpi(), units(value));
    let (reason, summary, feedback) = (pick.reason(), text(chars), private("text"));
    let (verdict, result, evidence_level) = (pick.verdict(), pick.result(), pick.level());
    match n {
        0 => Propose { classification: pick.maybe(classification()), ..propose() }.into(),
        1 => Import { stage, ..import() }.into(),
        2 => ReviseDetails { changes: pick.details() }.into(),
        3 => DeclareInterest { none: flag, text: pick.maybe(feedback) }.into(),
        4 => {
            RecordPrivacyScreen { screen: PrivacyScreen::HighlySensitive, pia_ref: pick.maybe(reason) }.into()
        }
        5 => DeclareNoMaterialRisk { reason: summary }.into(),
        6 => StartReview {}.into(),
        7 => RequestChanges { items: vec![summary] }.into(),
        8 => Resubmit { changes: pick.details() }.into(),
        9 => Accept { initial_stage: stage, owner_unit: unit(who) }.into(),
        10 => {
            let reason_code = if flag { DeclineReason::Duplicate } else { DeclineReason::NotLawful };
            Decline { reason_code, feedback, similar_initiative: None }.into()
        }
        11 => AppealDecline { grounds: feedback }.into(),
        12 => {
            let horizon = if flag { Horizon::H1Under12m } else { Horizon::H3Over36m };
            Reclassify { classification: Classification { horizon, ..classification() } }.into()
        }
        13 => AssignOwner { owner_manager: if flag { id(OWNER) } else { person(11) } }.into(),
        14 => DefineKpi { kpi_id, kpi }.into(),
        15 => ReviseKpi { kpi_id, kpi, reason }.into(),
        16 => RetireKpi { kpi_id, reason }.into(),
        17 => {
            let source = reason;
            RecordMeasurement { kpi_id, on, value, source, evidence_level, document: None }.into()
        }
        18 => CorrectMeasurement { kpi_id, on, value, reason }.into(),
        19 => VerifyMeasurement { kpi_id, on }.into(),
        20 => ApproveBudget { amount: ils(value.micros().max(0)), source_line: reason, effort_only: flag }
            .into(),
        21 => RecordCost { year: 2026, planned: pick.maybe(ils(1)), forecast: None, whole_life: None }.into(),
        22 => AdvanceStage {}.into(),
        23 => ReturnStage { to: stage, reason: summary }.into(),
        24 => EndImplementation { early: flag, reason: Some(summary) }.into(),
        25 => {
            let (mode, from, to) = (pick.mode(), on, day("2027-06-01"));
            SetImplementationMode { mode, from, to, override_rationale: Some(summary) }.into()
        }
        26 => ReportSelfConfidence { rating: Confidence::Red, note: pick.maybe(feedback) }.into(),
        27 => {
            let rating = pick.maybe(Confidence::Green);
            AssessConfidence { rating, findings: None, source_rating: Some(reason) }.into()
        }
        28 => {
            RecordEvaluation { verdict, result, evidence_level, summary, document: Some(document()) }.into()
        }
        29 => Shelve { reason_code: ShelveReason::Timing, feedback, revisit_on: on }.into(),
        30 => Reactivate {}.into(),
        31 => {
            let reason_code = StopReason::Superseded;
            Stop { reason_code, result, learning_summary: summary }.into()
        }
        32 => {
            let (budget_line, no_adoption_reason) = (reason, pick.maybe(summary));
            Complete { sustaining_owner: id(OWNER), budget_line, sustain_from: on, no_adoption_reason }.into()
        }
        _ => Withdraw {}.into(),
    }
}

fn history() -> impl Strategy<Value = Vec<Event>> {
    let event = (0..Event::TYPES.len(), pick()).prop_map(|(n, pick)| happened(n, &pick));
    prop_oneof![Just(vec![]), prop::collection::vec(event, 0..30)]
}

/// The histories of undisturbed initiatives, of every stage.
fn lived() -> impl Strategy<Value = Vec<Event>> {
    let running = prop::sample::select(Stage::ALL).prop_map(measured);
    prop_oneof![Just(vec![]), Just(proposed()), Just(under_review()), running]
}

/// Those, and histories of no sense at all.
fn any_or_lived() -> impl Strategy<Value = Vec<Event>> {
    (lived(), history()).prop_map(|(before, after)| [before, after].concat())
}

fn order() -> impl Strategy<Value = Command> {
    (0..Command::TYPES.len(), pick()).prop_map(|(n, pick)| asked(n, &pick))
}

/// Anybody of the cast, sometimes a system that imports, sometimes nobody.
fn moment() -> impl Strategy<Value = Facts> {
    let cast = vec![PROPOSER, REVIEWER, DG, OWNER, PM, STRANGER, LEAD, SYSTEM_OF_RECORD];
    (prop::sample::select(cast), any::<bool>(), 0..8u8).prop_map(|((who, role), may_import, chance)| {
        let mut facts = facts();
        world(&mut facts);
        facts.actor.person = (chance > 0).then(|| person(who));
        facts.actor.role = role;
        facts.may_import = may_import;
        if chance == 1 {
            facts.effective_on = day("2026-11-09");
        }
        facts
    })
}

fn evolve(initiative: &mut Initiative, events: &[Event], facts: &Facts, from: u128) {
    for (event, n) in events.iter().zip(from..) {
        let event_id = EventId::new(Uuid::from_u128(n)).unwrap();
        let (effective_on, recorded_at) = (facts.effective_on, facts.now);
        let by = facts.actor.human();
        initiative.evolve(event, &Recorded { event_id, effective_on, recorded_at, by });
    }
}

proptest! {
    /// The vocabularies and the two lists above run in parallel.
    #[test]
    fn the_material_makes_each_event_and_each_command(pick in pick()) {
        for (n, kind) in Event::TYPES.iter().enumerate() {
            assert_eq!(happened(n, &pick).kind(), *kind);
        }
        for (n, kind) in Command::TYPES.iter().enumerate() {
            assert_eq!(asked(n, &pick).kind(), *kind);
        }
    }

    #[test]
    fn any_history_is_folded_and_any_command_answered(
        history in any_or_lived(), order in order(), moment in moment(),
    ) {
        let initiative = fold(&history);
        match initiative.decide(&order, &moment) {
            Ok(events) => assert!(events.len() <= 1),
            Err(refused) => {
                let reasons: Vec<_> = refused.all().iter().map(|one| one.reason).collect();
                assert!(!reasons.is_empty() && reasons.is_sorted(), "{reasons:?}");
            }
        }
    }

    /// Only a step forward may be followed by another one, and that one is not the same.
    #[test]
    fn what_was_accepted_is_not_added_twice(history in any_or_lived(), life in life()) {
        let mut initiative = fold(&history);
        for ((order, moment), n) in life.iter().zip(100..) {
            let Ok(events) = initiative.decide(order, moment) else { continue };
            evolve(&mut initiative, &events, moment, n);
            match initiative.decide(order, moment) {
                Ok(again) if matches!(order, Command::AdvanceStage(_)) => {
                    assert!(again.iter().all(|event| !events.contains(event)));
                }
                Ok(again) => assert_eq!(again, []),
                Err(_) => {}
            }
        }
    }

    #[test]
    fn a_life_of_accepted_commands_keeps_its_shape(history in lived(), life in life()) {
        let mut initiative = fold(&history);
        for ((order, moment), n) in life.iter().zip(100..) {
            let before = initiative.clone();
            let Ok(events) = initiative.decide(order, moment) else { continue };
            evolve(&mut initiative, &events, moment, n);
            assert!(!order.creates() || history.is_empty() || events.is_empty());
            assert!(initiative.followed().count() <= 12);
            let runs = matches!(initiative.status(), Some(Status::Active | Status::Completed));
            assert!(!runs || initiative.stage().is_some());
            let is_late = initiative.stage() >= Some(Stage::ImplementingProjects);
            assert!(!is_late || initiative.is_imported() || initiative.owner().is_some());
            assert!(!has_ended(&before) || before.status() == initiative.status());
        }
    }
}

fn life() -> impl Strategy<Value = Vec<(Command, Facts)>> {
    prop::collection::vec((order(), moment()), 0..200)
}

fn has_ended(initiative: &Initiative) -> bool {
    matches!(initiative.status(), Some(Status::Withdrawn | Status::Stopped | Status::Completed))
}
