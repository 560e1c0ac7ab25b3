//! What must hold before a stage is entered, as values: each gate with the events that it rests on.
//!
//! Gates that rest on barriers, risks and lessons are not here yet; until then the declaration that no material
//! risk is known stands for decided risks. To add one: a code in `framework`, an arm in `grounds`, its stage
//! in `gates_of`.

use super::{
    super::framework::{EvidenceLevel, ExperimentResult, Gate, Stage},
    event::{Evaluated, GateVerdict},
    state::{Initiative, Told},
};
use crate::{
    Reason, Rejection,
    values::{Code, EventId},
};

/// The gates that guard the entrance to a stage.
pub fn gates_of(stage: Stage) -> &'static [Gate] {
    match stage {
        Stage::IdentifyingProblems => &[],
        Stage::GeneratingIdeas => &[Gate::Problem, Gate::Beneficiary],
        Stage::DevelopingProposals => &[Gate::Solution, Gate::Classified],
        Stage::ImplementingProjects => &[
            Gate::Owner,
            Gate::KpiBaselineTarget,
            Gate::Budget,
            Gate::RisksDecided,
            Gate::PrivacyScreen,
            Gate::InterestDeclared,
        ],
        Stage::EvaluatingProjects => &[Gate::MeasuredAfterStart, Gate::EndOrEarlyReason],
        Stage::DiffusingLessons => &[Gate::Evaluated, Gate::EvidenceLevel2],
    }
}

impl Initiative {
    /// The gates of the next stage, and whether each is met now; none before it has a stage, nor in the last.
    pub fn next_gates(&self) -> Vec<(Gate, bool)> {
        let next = self.stage.and_then(Stage::next);
        let gates = next.map(gates_of).unwrap_or_default();
        gates.iter().map(|gate| (*gate, !grounds(self, *gate).is_empty())).collect()
    }
}

/// The verdicts with which a stage may be entered.
///
/// # Errors
/// `GATE_NOT_MET`, naming every gate that is not met.
pub(super) fn into_stage(initiative: &Initiative, stage: Stage) -> Result<Vec<GateVerdict>, Rejection> {
    verdicts(initiative, gates_of(stage))
}

/// Whether an initiative may begin at a stage: the gates of that stage and of those that it skips.
pub(super) fn up_to_stage(initiative: &Initiative, stage: Stage) -> Result<Vec<GateVerdict>, Rejection> {
    let skipped: Vec<Gate> = Stage::ALL
        .iter()
        .filter(|passed| **passed <= stage)
        .flat_map(|passed| gates_of(*passed))
        .copied()
        .collect();
    verdicts(initiative, &skipped)
}

fn verdicts(initiative: &Initiative, gates: &[Gate]) -> Result<Vec<GateVerdict>, Rejection> {
    let standing: Vec<GateVerdict> =
        gates.iter().map(|gate| GateVerdict { gate: *gate, rested_on: grounds(initiative, *gate) }).collect();
    let unmet: Vec<&str> = standing
        .iter()
        .filter(|verdict| verdict.rested_on.is_empty())
        .map(|verdict| verdict.gate.code())
        .collect();
    if unmet.is_empty() {
        return Ok(standing);
    }
    Err(Rejection::new(Reason::GateNotMet).with("gates", unmet.join(",")))
}

/// The events that a gate rests on; none when it is not met.
fn grounds(initiative: &Initiative, gate: Gate) -> Vec<EventId> {
    match gate {
        Gate::Problem => initiative.problem.into_iter().collect(),
        Gate::Beneficiary => initiative.beneficiaries.into_iter().collect(),
        Gate::Solution => initiative.solution.into_iter().collect(),
        Gate::Classified => told(initiative.classification.as_ref()),
        Gate::Owner => told(initiative.owner.as_ref()),
        Gate::KpiBaselineTarget => initiative.followed().map(|indicator| indicator.told).collect(),
        Gate::Budget => told(initiative.budget.as_ref()),
        Gate::RisksDecided => told(initiative.no_material_risk.as_ref()),
        Gate::PrivacyScreen => told(initiative.privacy.as_ref()),
        Gate::InterestDeclared => told(initiative.interest.as_ref()),
        Gate::MeasuredAfterStart => measured_after_start(initiative),
        Gate::EndOrEarlyReason => {
            told(initiative.implementation.as_ref().and_then(|round| round.ended.as_ref()))
        }
        Gate::Evaluated => told(initiative.evaluation.as_ref()),
        Gate::EvidenceLevel2 => {
            told(initiative.evaluation.as_ref().filter(|evaluation| can_be_diffused(&evaluation.what)))
        }
    }
}

fn told<T>(fact: Option<&Told<T>>) -> Vec<EventId> {
    fact.map(|told| told.recorded.event_id).into_iter().collect()
}

/// Measurements of the day on which stage 4 began, or later.
fn measured_after_start(initiative: &Initiative) -> Vec<EventId> {
    let Some(round) = &initiative.implementation else { return vec![] };
    let measurements =
        initiative.followed().flat_map(|indicator| indicator.measurements.range(round.since..));
    measurements.map(|(_, measurement)| measurement.told).collect()
}

/// Failures diffuse too, whatever their evidence.
fn can_be_diffused(evaluated: &Evaluated) -> bool {
    evaluated.evidence_level >= EvidenceLevel::PositiveChange
        || evaluated.result == ExperimentResult::Negative
}
