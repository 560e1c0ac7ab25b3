//! The way through the stages: advancing, returning, implementing, judging delivery and outcome.

use super::{
    super::{
        super::framework::{EvidenceLevel, ImplementationMode, Stage, Verdict},
        command::{
            AssessConfidence, EndImplementation, RecordEvaluation, ReportSelfConfidence, ReturnStage,
            SetImplementationMode,
        },
        event::{
            ConfidenceAssessed, ConfidenceSelfReported, Evaluated, ImplementationEnded,
            ImplementationModeSet, StageAdvanced, StageReturned,
        },
        gates,
        state::Initiative,
    },
    Judgement, asked_by,
};
use crate::{
    Facts, Reason, Rejection, Role,
    rejection::{outside, unless},
    values::{Code, LocalizedText},
};

/// How long a mode of implementation may be planned for.
const IMPLEMENTATION_DAYS_MAX: i32 = 1095;
/// The length of a stated reason, in characters.
const REASON_LENGTH: (usize, usize) = (30, 2000);

impl Initiative {
    pub(super) fn advance_stage(&self, facts: &Facts) -> Judgement {
        let Some((from, to)) = self.stage.and_then(|from| Some((from, from.next()?))) else {
            return asked_by([]);
        };
        let who = asked_by([self.may_advance(to, facts)]);
        match gates::into_stage(self, to) {
            Ok(gates) => who.then(StageAdvanced { from, to, gates }),
            Err(unmet) => who.about([Some(unmet)]),
        }
    }

    fn may_advance(&self, to: Stage, facts: &Facts) -> Option<Rejection> {
        let role = facts.actor.role;
        let may = match to {
            Stage::IdentifyingProblems | Stage::GeneratingIdeas | Stage::DevelopingProposals => {
                role == Role::MinistryLead || self.is_owner(facts)
            }
            Stage::ImplementingProjects => role == Role::MinistryLead || role == Role::MinistryDg,
            Stage::EvaluatingProjects | Stage::DiffusingLessons => role == Role::MinistryLead,
        };
        unless(may, Reason::ScopeForbidden)
    }

    pub(super) fn return_stage(&self, back: &ReturnStage, facts: &Facts) -> Judgement {
        let who = asked_by([self.owner_or(&[Role::MinistryLead], facts)]);
        let Some(from) = self.stage else { return who };
        let first = Stage::IdentifyingProblems.code();
        let (to, reason) = (back.to, back.reason.clone());
        who.about([unless(to < from, outside(Reason::ValidationRange, "to", first, from.code()))])
            .then(StageReturned { from, to, reason })
    }

    pub(super) fn end_implementation(&self, end: &EndImplementation, facts: &Facts) -> Judgement {
        let ended = ImplementationEnded { early: end.early, reason: end.reason.clone() };
        let known = self.implementation.as_ref().and_then(|round| round.ended.as_ref());
        let holds =
            self.stage == Some(Stage::ImplementingProjects) && known.is_some_and(|known| known.what == ended);
        let missing = end.early && end.reason.is_none();
        asked_by([self.owner_or(&[Role::MinistryLead], facts)])
            .unless_it_holds(holds)
            .about([
                unless(!missing, Rejection::new(Reason::ValidationRequired).at("reason")),
                end.reason.as_ref().filter(|_| end.early).and_then(long_enough),
            ])
            .then(ended)
    }

    /// A roll-out rests on a pilot that was judged fit to scale, or on a director general's word.
    pub(super) fn set_implementation_mode(&self, set: &SetImplementationMode, facts: &Facts) -> Judgement {
        let SetImplementationMode { mode, from, to, override_rationale } = set.clone();
        let rests_on_pilot =
            mode != ImplementationMode::Rollout || self.pilot_verdict == Some(Verdict::Scale);
        let overrides =
            !rests_on_pilot && facts.actor.role == Role::MinistryDg && override_rationale.is_some();
        let may = if overrides { None } else { self.owner_or(&[Role::MinistryLead], facts) };
        let override_rationale = override_rationale.filter(|_| overrides);
        let is_set = ImplementationModeSet { mode, from, to, override_rationale };
        let known = self.implementation.as_ref().and_then(|round| round.mode.as_ref());
        let in_order = from < to && to.days_since(from) <= IMPLEMENTATION_DAYS_MAX;
        asked_by([may])
            .unless_it_holds(self.stage == Some(Stage::ImplementingProjects) && known == Some(&is_set))
            .about([
                unless(in_order, Rejection::new(Reason::ValidationDateOrder).at("to")),
                unless(
                    rests_on_pilot || overrides,
                    Rejection::new(Reason::RolloutWithoutEvidence).at("mode"),
                ),
            ])
            .then(is_set)
    }

    pub(super) fn report_self_confidence(&self, report: &ReportSelfConfidence, facts: &Facts) -> Judgement {
        let reported = ConfidenceSelfReported { rating: report.rating, note: report.note.clone() };
        let holds = self
            .confidence_self
            .as_ref()
            .is_some_and(|known| known.what == reported && known.recorded.effective_on == facts.effective_on);
        asked_by([self.owner_only(facts)]).unless_it_holds(holds).then(reported)
    }

    /// Two assessors who agree are two assessments.
    pub(super) fn assess_confidence(&self, assess: &AssessConfidence, facts: &Facts) -> Judgement {
        let AssessConfidence { rating, findings, source_rating } = assess.clone();
        let rated = rating.is_some() || source_rating.is_some();
        let assessed = ConfidenceAssessed { rating, findings, source_rating };
        let holds = self.confidence_assessed.as_ref().is_some_and(|known| {
            known.what == assessed
                && known.recorded.effective_on == facts.effective_on
                && known.recorded.by == facts.actor.human()
        });
        let from_outside = facts.actor.role != Role::Integration || self.is_importing(facts);
        asked_by([unless(from_outside, Reason::ImportGrantRequired), self.not_owner(facts)])
            .unless_it_holds(holds)
            .about([unless(rated, Rejection::new(Reason::ValidationRequired).at("rating"))])
            .then(assessed)
    }

    pub(super) fn record_evaluation(&self, record: &RecordEvaluation, facts: &Facts) -> Judgement {
        let RecordEvaluation { verdict, result, evidence_level, summary, document } = record.clone();
        let documented = evidence_level < EvidenceLevel::Causality || document.is_some();
        let evaluated = Evaluated { verdict, result, evidence_level, summary, document };
        let holds = self.evaluation.as_ref().is_some_and(|known| known.what == evaluated);
        asked_by([self.not_owner(facts)])
            .unless_it_holds(holds)
            .about([unless(documented, Rejection::new(Reason::EvidenceDocRequired).at("document"))])
            .then(evaluated)
    }
}

fn long_enough(reason: &LocalizedText) -> Option<Rejection> {
    let (min, max) = REASON_LENGTH;
    let short = outside(Reason::ValidationLength, "reason", min, max);
    unless(reason.chars() >= min, short.with("actual", reason.chars()))
}
