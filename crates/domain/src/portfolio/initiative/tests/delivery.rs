//! Stages and their gates, implementation, confidence, evaluation.

use super::{
    super::{command::*, event::*},
    *,
};
use crate::{
    portfolio::framework::{Confidence, Gate, ImplementationMode},
    values::EventId,
};

use Stage::{
    DevelopingProposals, DiffusingLessons, EvaluatingProjects, GeneratingIdeas, IdentifyingProblems,
    ImplementingProjects,
};

fn advanced(from: Stage, gates: impl IntoIterator<Item = (Gate, Vec<u128>)>) -> Event {
    let event_id = |n| EventId::new(Uuid::from_u128(n)).unwrap();
    let verdict = |(gate, events): (Gate, Vec<u128>)| GateVerdict {
        gate,
        rested_on: events.into_iter().map(event_id).collect(),
    };
    StageAdvanced { from, to: from.next().unwrap(), gates: gates.into_iter().map(verdict).collect() }.into()
}

/// At stage 3 with all that stage 4 asks for.
fn prepared() -> Vec<Event> {
    let declared =
        [no_interest().into(), privacy_screened().into(), no_risk().into(), budget_approved().into()];
    [owned(DevelopingProposals), vec![kpi_defined().into()], declared.to_vec()].concat()
}

fn mode(mode: ImplementationMode) -> SetImplementationMode {
    let (from, to) = (day("2026-12-01"), day("2027-12-01"));
    SetImplementationMode { mode, from, to, override_rationale: None }
}

fn mode_set(mode: ImplementationMode) -> ImplementationModeSet {
    let (from, to) = (day("2026-12-01"), day("2027-12-01"));
    ImplementationModeSet { mode, from, to, override_rationale: None }
}

fn end(early: bool, reason_chars: Option<usize>) -> EndImplementation {
    EndImplementation { early, reason: reason_chars.map(text) }
}

fn return_to(to: Stage) -> ReturnStage {
    ReturnStage { to, reason: text(30) }
}

fn evaluate(evidence_level: EvidenceLevel) -> RecordEvaluation {
    let Evaluated { verdict, result, summary, document, .. } = evaluated(Verdict::Adapt);
    RecordEvaluation { verdict, result, evidence_level, summary, document }
}

/// Back at stage 4 after a pilot was judged.
fn piloted(verdict: Verdict) -> Vec<Event> {
    let (from, to) = (ImplementingProjects, EvaluatingProjects);
    let round: [Event; 5] = [
        mode_set(ImplementationMode::Pilot).into(),
        implementation_ended().into(),
        StageAdvanced { from, to, gates: vec![] }.into(),
        evaluated(verdict).into(),
        StageReturned { from: to, to: from, reason: text(30) }.into(),
    ];
    [owned(ImplementingProjects), round.to_vec()].concat()
}

#[test]
fn a_step_forward_tells_the_events_on_which_each_gate_rested() {
    use Gate::*;
    after(active(IdentifyingProblems))
        .as_(LEAD)
        .when(AdvanceStage {})
        .then([advanced(IdentifyingProblems, [(Problem, vec![1]), (Beneficiary, vec![1])])])
        .when(AdvanceStage {})
        .then([advanced(GeneratingIdeas, [(Solution, vec![1]), (Classified, vec![1])])]);
    let into_4 = [Owner, KpiBaselineTarget, Budget, RisksDecided, PrivacyScreen, InterestDeclared];
    let events = [4, 5, 9, 8, 7, 6].map(|n| vec![n]);
    after(prepared())
        .as_(DG)
        .when(AdvanceStage {})
        .then([advanced(DevelopingProposals, into_4.into_iter().zip(events))]);
    let ended = with(measured(ImplementingProjects), implementation_ended());
    let measured_today = with(ended, measured_on("2026-11-24"));
    after(measured_today)
        .as_(LEAD)
        .when(AdvanceStage {})
        .then([advanced(ImplementingProjects, [(MeasuredAfterStart, vec![9]), (EndOrEarlyReason, vec![8])])]);
    after(with(active(EvaluatingProjects), super::evaluated(Verdict::Adapt)))
        .as_(LEAD)
        .when(AdvanceStage {})
        .then([advanced(EvaluatingProjects, [(Evaluated, vec![6]), (EvidenceLevel2, vec![6])])]);
}

#[test]
fn what_a_stage_lacks_is_told_gate_by_gate() {
    let advance = |history| after(history).as_(LEAD).when(AdvanceStage {});
    let vague = Proposed { solution_hypothesis: None, beneficiaries: vec![], classification: None, ..idea() };
    let at_stage = |initial_stage| {
        let accepted = Accepted { initial_stage, owner_unit: unit(2) };
        vec![vague.clone().into(), accepted.into()]
    };
    advance(at_stage(IdentifyingProblems)).then_rejected(gates("G_BENEFICIARY"));
    advance(at_stage(GeneratingIdeas)).then_rejected(gates("G_SOLUTION,G_CLASSIFIED"));
    advance(active(DevelopingProposals)).then_rejected(gates(
        "G_OWNER,G_KPI_BASELINE_TARGET,G_BUDGET,G_RISKS_DECIDED,G_PRIVACY_SCREEN,G_INTEREST_DECLARED",
    ));
    advance(active(ImplementingProjects))
        .then_rejected(gates("G_MEASURED_AFTER_START,G_END_OR_EARLY_REASON"));
    advance(active(EvaluatingProjects)).then_rejected(gates("G_EVALUATED,G_EVIDENCE_LEVEL_2"));
    let unproblematic = Imported { stage: IdentifyingProblems, ..taken_over() };
    advance(vec![unproblematic.into()]).then_rejected(gates("G_PROBLEM,G_BENEFICIARY"));
}

#[test]
fn a_revision_moves_the_ground_of_its_gate() {
    let changes = Details { problem_statement: Some(text(40)), ..Details::default() };
    let gates = [(Gate::Problem, vec![4]), (Gate::Beneficiary, vec![1])];
    after(with(active(IdentifyingProblems), DetailsRevised { changes }))
        .as_(LEAD)
        .when(AdvanceStage {})
        .then([advanced(IdentifyingProblems, gates)]);
}

#[test]
fn a_retired_indicator_carries_no_gate() {
    let retired = KpiRetired { kpi_id: kpi_id(1), reason: "replaced".to_owned() };
    after(with(prepared(), retired))
        .as_(DG)
        .when(AdvanceStage {})
        .then_rejected(gates("G_KPI_BASELINE_TARGET"));
}

#[test]
fn what_was_measured_before_the_start_does_not_count() {
    let ended = with(measured(ImplementingProjects), implementation_ended());
    after(ended).as_(LEAD).when(AdvanceStage {}).then_rejected(gates("G_MEASURED_AFTER_START"));
}

#[test]
fn a_failure_is_diffused_whatever_its_evidence() {
    let advance = |result| {
        let weak =
            Evaluated { result, evidence_level: EvidenceLevel::LogicModel, ..evaluated(Verdict::Stop) };
        after(with(active(EvaluatingProjects), weak)).as_(LEAD).when(AdvanceStage {})
    };
    advance(ExperimentResult::Negative).then_accepted();
    advance(ExperimentResult::Neutral).then_rejected(gates("G_EVIDENCE_LEVEL_2"));
}

#[test]
fn a_step_forward_needs_who_answers_for_it() {
    let ready = |stage| match stage {
        IdentifyingProblems | GeneratingIdeas => owned(stage),
        DevelopingProposals => prepared(),
        ImplementingProjects => {
            with(with(measured(stage), implementation_ended()), measured_on("2026-11-24"))
        }
        EvaluatingProjects | DiffusingLessons => with(owned(stage), evaluated(Verdict::Adapt)),
    };
    let may: [(Stage, &[(u128, Role)]); 5] = [
        (IdentifyingProblems, &[LEAD, OWNER]),
        (GeneratingIdeas, &[LEAD, OWNER]),
        (DevelopingProposals, &[LEAD, DG]),
        (ImplementingProjects, &[LEAD]),
        (EvaluatingProjects, &[LEAD]),
    ];
    for (stage, who) in may {
        for one in [LEAD, DG, OWNER, PROPOSER, STRANGER] {
            let outcome = after(ready(stage)).as_(one).when(AdvanceStage {});
            if who.contains(&one) {
                outcome.then_accepted();
            } else {
                outcome.then_refused(&[Reason::ScopeForbidden]);
            }
        }
    }
}

#[test]
fn a_stage_is_returned_to_by_the_owner_or_the_lead() {
    let returned = StageReturned { from: EvaluatingProjects, to: GeneratingIdeas, reason: text(30) };
    let outside =
        at(Reason::ValidationRange, "to").with("min", "IDENTIFYING_PROBLEMS").with("max", "GENERATING_IDEAS");
    for who in [OWNER, LEAD] {
        after(owned(EvaluatingProjects))
            .as_(who)
            .when(return_to(GeneratingIdeas))
            .then([returned.clone().into()])
            .when(return_to(GeneratingIdeas))
            .then_rejected(outside.clone());
    }
    after(owned(GeneratingIdeas)).as_(OWNER).when(return_to(EvaluatingProjects)).then_rejected(outside);
    after(owned(EvaluatingProjects))
        .as_(STRANGER)
        .when(return_to(GeneratingIdeas))
        .then_refused(&[Reason::ScopeForbidden]);
}

#[test]
fn an_implementation_returned_to_is_measured_ended_and_evaluated_anew() {
    let again = [piloted(Verdict::Adapt), vec![kpi_defined().into()]].concat();
    after(again.clone())
        .as_(LEAD)
        .when(AdvanceStage {})
        .then_rejected(gates("G_MEASURED_AFTER_START,G_END_OR_EARLY_REASON"));
    after(again)
        .as_(OWNER)
        .when(end(false, None))
        .then_accepted()
        .when(RecordMeasurement {
            kpi_id: kpi_id(1),
            on: day("2026-11-24"),
            value: units(9),
            source: "ward".to_owned(),
            evidence_level: EvidenceLevel::LogicModel,
            document: None,
        })
        .then_accepted()
        .as_(LEAD)
        .when(AdvanceStage {})
        .then_accepted()
        .when(AdvanceStage {})
        .then_rejected(gates("G_EVALUATED,G_EVIDENCE_LEVEL_2"));
}

#[test]
fn an_implementation_ends_once_and_early_only_with_a_reason() {
    let end_by = |who, command: EndImplementation| after(owned(ImplementingProjects)).as_(who).when(command);
    let short = at(Reason::ValidationLength, "reason").with("min", 30).with("max", 2000).with("actual", 29);
    let early = ImplementationEnded { early: true, reason: Some(text(30)) };
    end_by(OWNER, end(false, None))
        .then([implementation_ended().into()])
        .when(end(false, None))
        .then_nothing();
    end_by(OWNER, end(false, None))
        .then_accepted()
        .when(end(true, Some(30)))
        .then_refused(&[Reason::StateForbids]);
    end_by(LEAD, end(true, Some(30))).then([early.into()]);
    end_by(LEAD, end(true, None)).then_rejected(at(Reason::ValidationRequired, "reason"));
    end_by(LEAD, end(true, Some(29))).then_rejected(short);
    end_by(STRANGER, end(false, None)).then_refused(&[Reason::ScopeForbidden]);
}

#[test]
fn a_mode_is_set_for_three_years_at_most() {
    let pilot = || mode(ImplementationMode::Pilot);
    let by = |who| after(owned(ImplementingProjects)).as_(who);
    let disorder = at(Reason::ValidationDateOrder, "to");
    for who in [OWNER, LEAD] {
        by(who).when(pilot()).then([mode_set(ImplementationMode::Pilot).into()]).when(pilot()).then_nothing();
    }
    for who in [STRANGER, DG] {
        by(who).when(pilot()).then_refused(&[Reason::ScopeForbidden]);
    }
    by(OWNER).when(SetImplementationMode { to: day("2029-11-30"), ..pilot() }).then_accepted();
    for to in ["2026-12-01", "2026-11-30", "2029-12-01"] {
        by(OWNER).when(SetImplementationMode { to: day(to), ..pilot() }).then_rejected(disorder.clone());
    }
}

#[test]
fn a_roll_out_rests_on_a_pilot_fit_to_scale() {
    let roll_out = || mode(ImplementationMode::Rollout);
    let without = at(Reason::RolloutWithoutEvidence, "mode");
    after(piloted(Verdict::Scale))
        .as_(OWNER)
        .when(roll_out())
        .then([mode_set(ImplementationMode::Rollout).into()]);
    for history in [owned(ImplementingProjects), piloted(Verdict::Adapt)] {
        after(history).as_(OWNER).when(roll_out()).then_rejected(without.clone());
    }
}

#[test]
fn a_director_general_overrides_a_missing_pilot_with_a_rationale() {
    let rationale = || Some(text(30));
    let roll_out =
        || SetImplementationMode { override_rationale: rationale(), ..mode(ImplementationMode::Rollout) };
    let rolled_out =
        ImplementationModeSet { override_rationale: rationale(), ..mode_set(ImplementationMode::Rollout) };
    let by = |who| after(owned(ImplementingProjects)).as_(who);
    by(DG).when(roll_out()).then([rolled_out.into()]).when(roll_out()).then_nothing();
    by(OWNER).when(roll_out()).then_refused(&[Reason::RolloutWithoutEvidence]);
    by(DG)
        .when(mode(ImplementationMode::Rollout))
        .then_refused(&[Reason::ScopeForbidden, Reason::RolloutWithoutEvidence]);
}

#[test]
fn an_override_that_was_not_needed_is_not_recorded() {
    let asked =
        SetImplementationMode { override_rationale: Some(text(30)), ..mode(ImplementationMode::Rollout) };
    after(piloted(Verdict::Scale))
        .as_(OWNER)
        .when(asked)
        .then([mode_set(ImplementationMode::Rollout).into()]);
}

#[test]
fn the_owner_reports_confidence_once_a_day_unless_it_changes() {
    let report = |rating| ReportSelfConfidence { rating, note: None };
    let reported = |rating| ConfidenceSelfReported { rating, note: None }.into();
    after(owned(ImplementingProjects))
        .as_(OWNER)
        .when(report(Confidence::Green))
        .then([reported(Confidence::Green)])
        .when(report(Confidence::Green))
        .then_nothing()
        .when(report(Confidence::Red))
        .then([reported(Confidence::Red)])
        .knowing(|facts| {
            (facts.today, facts.effective_on) = (day("2026-11-25"), day("2026-11-25"));
        })
        .when(report(Confidence::Red))
        .then([reported(Confidence::Red)]);
    after(owned(ImplementingProjects))
        .as_(LEAD)
        .when(report(Confidence::Green))
        .then_refused(&[Reason::ScopeForbidden]);
}

#[test]
fn confidence_is_assessed_by_others_than_the_owner() {
    let assess = || AssessConfidence { rating: Some(Confidence::Amber), findings: None, source_rating: None };
    let assessed: Event =
        ConfidenceAssessed { rating: Some(Confidence::Amber), findings: None, source_rating: None }.into();
    after(owned(DevelopingProposals))
        .as_(PM)
        .when(assess())
        .then([assessed.clone()])
        .when(assess())
        .then_nothing()
        .as_(LEAD)
        .when(assess())
        .then([assessed]);
    let owner = (OWNER.0, Role::MinistryLead);
    after(owned(DevelopingProposals)).as_(owner).when(assess()).then_refused(&[Reason::SodOwnerAssessor]);
}

#[test]
fn an_assessment_has_a_rating_of_ours_or_of_its_source() {
    let source_rating = || Some("Amber/Red".to_owned());
    let assess = |source_rating| AssessConfidence { rating: None, findings: None, source_rating };
    let assessed = ConfidenceAssessed { rating: None, findings: None, source_rating: source_rating() };
    after(imported())
        .importing()
        .knowing(|facts| facts.effective_on = day("2013-09-30"))
        .when(assess(source_rating()))
        .then([assessed.into()])
        .when(assess(None))
        .then_rejected(at(Reason::ValidationRequired, "rating"));
}

#[test]
fn a_system_assesses_only_what_it_imports() {
    let assess = || AssessConfidence { rating: Some(Confidence::Red), findings: None, source_rating: None };
    let why = [Reason::ImportGrantRequired];
    after(owned(DevelopingProposals)).importing().when(assess()).then_refused(&why);
    after(imported()).as_(SYSTEM_OF_RECORD).when(assess()).then_refused(&why);
}

#[test]
fn an_outcome_is_judged_by_others_than_the_owner() {
    let level = EvidenceLevel::PositiveChange;
    after(owned(EvaluatingProjects))
        .as_(PM)
        .when(evaluate(level))
        .then([evaluated(Verdict::Adapt).into()])
        .when(evaluate(level))
        .then_nothing();
    after(owned(EvaluatingProjects))
        .as_(OWNER)
        .when(evaluate(level))
        .then_refused(&[Reason::SodOwnerAssessor]);
}

#[test]
fn causality_is_claimed_with_a_document() {
    let missing = at(Reason::EvidenceDocRequired, "document");
    let level = EvidenceLevel::Causality;
    after(owned(EvaluatingProjects)).as_(PM).when(evaluate(level)).then_rejected(missing);
    let documented = RecordEvaluation { document: Some(document()), ..evaluate(level) };
    after(owned(EvaluatingProjects)).as_(PM).when(documented).then_accepted();
}
