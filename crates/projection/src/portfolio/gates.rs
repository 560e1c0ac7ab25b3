//! The gates of the next stage as the rows show them. Which gates guard a stage is the domain's; a test holds the
//! verdicts against the domain's own.

use domain::{
    portfolio::{
        framework::{EvidenceLevel, ExperimentResult, Gate as Guard, Stage},
        initiative::gates_of,
    },
    values::Code,
};
use read_model::rows::Gate;

use super::case::{Case, Rows};
use crate::values::code;

/// None before it has a stage, nor in the last.
pub(super) fn of_next_stage(case: &Case) -> Vec<Gate> {
    let Some(rows) = &case.rows else { return vec![] };
    let next = rows.line.stage.as_deref().and_then(Stage::from_code).and_then(Stage::next);
    let gates = next.map(gates_of).unwrap_or_default();
    gates.iter().map(|gate| Gate { gate: code(*gate), met: met(*gate, rows, case) }).collect()
}

fn met(gate: Guard, rows: &Rows, case: &Case) -> bool {
    let Rows { line, card } = rows;
    match gate {
        Guard::Problem => card.problem_statement.is_some(),
        Guard::Beneficiary => !card.beneficiaries.is_empty(),
        Guard::Solution => card.solution_hypothesis.is_some(),
        Guard::Classified => line.classified,
        Guard::Owner => line.owner_manager_id.is_some(),
        Guard::KpiBaselineTarget => case.kpis.values().any(|kpi| !kpi.retired),
        Guard::Budget => line.approved_budget.is_some(),
        Guard::RisksDecided => card.no_material_risk,
        Guard::PrivacyScreen => card.privacy_screen.is_some(),
        Guard::InterestDeclared => card.interest_declared,
        Guard::MeasuredAfterStart => measured_after_start(rows, case),
        Guard::EndOrEarlyReason => card.implementation_ended,
        Guard::Evaluated => card.verdict.is_some(),
        Guard::EvidenceLevel2 => can_be_diffused(rows),
    }
}

fn measured_after_start(rows: &Rows, case: &Case) -> bool {
    let Some(since) = rows.card.implementation_since else { return false };
    let followed = |kpi_id| case.kpis.get(kpi_id).is_some_and(|kpi| !kpi.retired);
    case.measurements.keys().any(|(kpi_id, on)| *on >= since && followed(kpi_id))
}

fn can_be_diffused(rows: &Rows) -> bool {
    let level = rows.card.evidence_level.as_deref().and_then(EvidenceLevel::from_code);
    level.is_some_and(|level| level >= EvidenceLevel::PositiveChange)
        || rows.card.result.as_deref() == Some(ExperimentResult::Negative.code())
}
