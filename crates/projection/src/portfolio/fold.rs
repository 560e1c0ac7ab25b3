//! What each event does to the rows of its initiative. The domain's `evolve` decides what is so; a test holds the
//! two against each other.

use domain::portfolio::{
    framework::{Stage, Status},
    initiative::event::{
        Accepted, BudgetApproved, ChangesRequested, ConfidenceAssessed, ConfidenceSelfReported, CostRecorded,
        Evaluated, Event, ImplementationModeSet, OwnerAssigned, Shelved,
    },
};
use read_model::rows::{Confidence, Cost, Initiative, InitiativeCard};

use super::{
    Known,
    case::{At, Case, Rows},
    creation::{classify, imported, order, proposed, revise},
    indicators,
};
use crate::values::{code, date, money, text};

/// Applies one event.
pub(super) fn apply(case: &mut Case, event: &Event, at: &At<'_>, known: &Known) -> Result<(), String> {
    match event {
        Event::Proposed(it) => proposed(case, it, at, known)?,
        Event::Imported(it) => imported(case, it, at, known)?,
        Event::DetailsRevised(it) => {
            case.reworded = true;
            revise(case.rows()?, &it.changes);
        }
        Event::Resubmitted(it) => {
            case.reworded = true;
            revise(case.rows()?, &it.changes);
            case.rows()?.line.status = code(Status::UnderReview);
        }
        Event::Reclassified(it) => classify(&mut case.rows()?.line, &it.after, it.framework_version)?,
        Event::InterestDeclared(_) => case.rows()?.card.interest_declared = true,
        Event::PrivacyScreenRecorded(it) => case.rows()?.card.privacy_screen = Some(code(it.screen)),
        Event::NoMaterialRiskDeclared(_) => case.rows()?.card.no_material_risk = true,
        Event::ReviewStarted(it) => {
            settle(case.rows()?, Status::UnderReview).reviewer_id = Some(it.reviewer.uuid());
        }
        Event::ChangesRequested(it) => changes_requested(case.rows()?, it),
        Event::Accepted(it) => accepted(case.rows()?, it, at),
        Event::Declined(it) => {
            settle(case.rows()?, Status::Declined).reason_code = Some(code(it.reason_code));
        }
        Event::DeclineAppealed(_) => {
            settle(case.rows()?, Status::UnderReview);
        }
        Event::Shelved(it) => shelved(&mut case.rows()?.line, it),
        Event::Reactivated(_) => reactivated(&mut case.rows()?.line),
        Event::Stopped(it) => {
            settle(case.rows()?, Status::Stopped).reason_code = Some(code(it.reason_code));
        }
        Event::Completed(_) => {
            settle(case.rows()?, Status::Completed);
        }
        Event::Withdrawn(_) => {
            settle(case.rows()?, Status::Withdrawn);
        }
        Event::OwnerAssigned(it) => owner_assigned(&mut case.rows()?.line, it),
        Event::KpiDefined(it) => indicators::defined(case, it, at)?,
        Event::KpiRevised(it) => indicators::revised(case, it)?,
        Event::KpiRetired(it) => indicators::retired(case, it)?,
        Event::KpiMeasured(it) => indicators::measured(case, it, at)?,
        Event::KpiMeasurementCorrected(it) => indicators::corrected(case, it)?,
        Event::KpiMeasurementVerified(it) => indicators::verified(case, it)?,
        Event::BudgetApproved(it) => budget_approved(case.rows()?, it),
        Event::CostRecorded(it) => cost_recorded(case, it, at)?,
        Event::StageAdvanced(it) => enter(case.rows()?, it.to, at),
        Event::StageReturned(it) => enter(case.rows()?, it.to, at),
        Event::ImplementationEnded(_) => {
            let card = &mut case.rows()?.card;
            card.implementation_ended = card.implementation_since.is_some();
        }
        Event::ImplementationModeSet(it) => mode_set(&mut case.rows()?.card, it),
        Event::ConfidenceSelfReported(it) => self_reported(case, it, at)?,
        Event::ConfidenceAssessed(it) => assessed(case, it, at)?,
        Event::Evaluated(it) => evaluated(&mut case.rows()?.card, it),
    }
    Ok(())
}

/// Entering stage 4 begins a round that is measured, ended and evaluated by itself.
pub(super) fn enter(rows: &mut Rows, stage: Stage, at: &At<'_>) {
    let Rows { line, card } = rows;
    line.stage = Some(code(stage));
    line.stage_order = order(stage);
    line.stage_since = Some(date(at.effective_on()));
    if stage == Stage::ImplementingProjects {
        card.implementation_since = Some(date(at.effective_on()));
        (card.implementation_mode, card.implementation_from, card.implementation_to) = (None, None, None);
        card.implementation_ended = false;
        (card.verdict, card.result, card.evidence_level) = (None, None, None);
    }
}

/// Another situation: what only the one before knew is gone.
fn settle(rows: &mut Rows, status: Status) -> &mut Initiative {
    let line = &mut rows.line;
    line.status = code(status);
    (line.reviewer_id, line.reason_code, line.revisit_on) = (None, None, None);
    line
}

fn changes_requested(rows: &mut Rows, told: &ChangesRequested) {
    rows.line.status = code(Status::ChangesRequested);
    rows.card.requested_changes = told.items.iter().map(text).collect();
    rows.card.review_rounds = told.round.into();
}

fn accepted(rows: &mut Rows, told: &Accepted, at: &At<'_>) {
    let line = settle(rows, Status::Active);
    line.accepted_on = Some(date(at.effective_on()));
    line.proposer_hidden = false;
    if line.owner_manager_id.is_none() {
        line.owner_unit_id = Some(told.owner_unit.uuid());
    }
    enter(rows, told.initial_stage, at);
}

/// The reviewer stays: it may go back to the review.
fn shelved(line: &mut Initiative, told: &Shelved) {
    line.status = code(Status::Shelved);
    line.reason_code = Some(code(told.reason_code));
    line.revisit_on = Some(date(told.revisit_on));
}

fn reactivated(line: &mut Initiative) {
    line.status = code(if line.stage.is_some() { Status::Active } else { Status::UnderReview });
    (line.reason_code, line.revisit_on) = (None, None);
}

fn owner_assigned(line: &mut Initiative, told: &OwnerAssigned) {
    line.owner_manager_id = Some(told.owner_manager.uuid());
    line.owner_unit_id = Some(told.owner_unit.uuid());
}

fn mode_set(card: &mut InitiativeCard, told: &ImplementationModeSet) {
    if card.implementation_since.is_some() {
        card.implementation_mode = Some(code(told.mode));
        card.implementation_from = Some(date(told.from));
        card.implementation_to = Some(date(told.to));
    }
}

fn evaluated(card: &mut InitiativeCard, told: &Evaluated) {
    card.verdict = Some(code(told.verdict));
    card.result = Some(code(told.result));
    card.evidence_level = Some(code(told.evidence_level));
}

fn budget_approved(rows: &mut Rows, told: &BudgetApproved) {
    rows.line.approved_budget = Some(told.amount.minor_units);
    rows.line.approved_budget_currency = Some(told.amount.currency.clone());
    rows.line.effort_only = told.effort_only;
}

fn cost_recorded(case: &mut Case, told: &CostRecorded, at: &At<'_>) -> Result<(), String> {
    let line = &mut case.rows()?.line;
    let effective_on = date(at.effective_on());
    if let Some(whole_life) = &told.whole_life
        && line.whole_life_cost_on <= Some(effective_on)
    {
        line.whole_life_cost = Some(money(whole_life));
        line.whole_life_cost_on = Some(effective_on);
    }
    report(line, at.effective_on().year().into());
    case.costs.push(Cost {
        event_id: at.event_id(),
        initiative_id: at.initiative_id(),
        position: at.position(),
        effective_on,
        year: told.year.into(),
        planned: told.planned.as_ref().map(money),
        forecast: told.forecast.as_ref().map(money),
        whole_life: told.whole_life.as_ref().map(money),
    });
    Ok(())
}

fn self_reported(case: &mut Case, told: &ConfidenceSelfReported, at: &At<'_>) -> Result<(), String> {
    let line = &mut case.rows()?.line;
    let effective_on = date(at.effective_on());
    if line.confidence_self_on <= Some(effective_on) {
        line.confidence_self = Some(code(told.rating));
        line.confidence_self_on = Some(effective_on);
    }
    confidence(case, at, false, Some(code(told.rating)), None)
}

fn assessed(case: &mut Case, told: &ConfidenceAssessed, at: &At<'_>) -> Result<(), String> {
    let line = &mut case.rows()?.line;
    let effective_on = date(at.effective_on());
    let rating = told.rating.map(code);
    if line.confidence_on <= Some(effective_on) {
        line.confidence_independent.clone_from(&rating);
        line.confidence_source_rating.clone_from(&told.source_rating);
        line.confidence_on = Some(effective_on);
    }
    confidence(case, at, true, rating, told.source_rating.clone())
}

fn confidence(
    case: &mut Case,
    at: &At<'_>,
    independent: bool,
    rating: Option<String>,
    source_rating: Option<String>,
) -> Result<(), String> {
    report(&mut case.rows()?.line, at.effective_on().year().into());
    case.confidences.push(Confidence {
        event_id: at.event_id(),
        initiative_id: at.initiative_id(),
        position: at.position(),
        effective_on: date(at.effective_on()),
        independent,
        rating,
        source_rating,
    });
    Ok(())
}

fn report(line: &mut Initiative, year: i32) {
    if let Err(at) = line.reported_years.binary_search(&year) {
        line.reported_years.insert(at, year);
    }
}
