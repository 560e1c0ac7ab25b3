//! How each event changes an initiative. Total: history is never refused.

use super::{
    super::framework::{ImplementationMode, Stage},
    event::{Accepted, Details, Evaluated, Event, Imported, Proposed},
    indicator::Indicator,
    state::{Created, Implementation, Initiative, Situation, Told},
};
use crate::{
    Recorded,
    values::{EventId, KpiId},
};

impl Initiative {
    pub(super) fn fold(&mut self, event: &Event, recorded: &Recorded) {
        let id = recorded.event_id;
        match event {
            Event::Proposed(proposed) => self.was_proposed(proposed, recorded),
            Event::Imported(imported) => self.was_imported(imported, recorded),
            Event::DetailsRevised(revised) => self.was_revised(&revised.changes, id),
            Event::InterestDeclared(declared) => self.interest = Some(Told::new(declared, recorded)),
            Event::PrivacyScreenRecorded(screened) => self.privacy = Some(Told::new(screened, recorded)),
            Event::NoMaterialRiskDeclared(declared) => {
                self.no_material_risk = Some(Told::new(declared, recorded));
            }
            Event::ReviewStarted(started) => {
                self.situation = Situation::UnderReview { reviewer: Some(started.reviewer) };
            }
            Event::ChangesRequested(requested) => {
                self.rounds = requested.round;
                self.situation = Situation::ChangesRequested { reviewer: self.reviewer(), revised: false };
            }
            Event::Resubmitted(resubmitted) => {
                self.was_revised(&resubmitted.changes, id);
                self.situation = Situation::UnderReview { reviewer: self.reviewer() };
            }
            Event::Accepted(accepted) => self.was_accepted(accepted, recorded),
            Event::Declined(declined) => {
                let (declined, reviewer) = (Told::new(declined, recorded), self.reviewer());
                self.situation = Situation::Declined { declined, reviewer };
            }
            Event::DeclineAppealed(_) => self.was_appealed(),
            Event::Reclassified(new) => self.classification = Some(Told::new(&new.after, recorded)),
            Event::OwnerAssigned(assigned) => self.owner = Some(Told::new(assigned, recorded)),
            Event::KpiDefined(defined) => {
                self.kpis.insert(defined.kpi_id, Indicator::new(&defined.kpi, id));
            }
            Event::KpiRevised(it) => self.with_kpi(it.kpi_id, |known| known.revise(&it.kpi, id)),
            Event::KpiRetired(it) => self.with_kpi(it.kpi_id, |known| known.retired = true),
            Event::KpiMeasured(it) => self.with_kpi(it.kpi_id, |known| known.measure(it.on, it.value, id)),
            Event::KpiMeasurementCorrected(it) => {
                self.with_kpi(it.kpi_id, |known| known.measure(it.on, it.value, id));
            }
            Event::KpiMeasurementVerified(it) => self.with_kpi(it.kpi_id, |known| known.verify(it.on)),
            Event::BudgetApproved(approved) => self.budget = Some(Told::new(approved, recorded)),
            Event::CostRecorded(cost) => {
                self.costs.insert(cost.year, cost.clone());
            }
            Event::StageAdvanced(advanced) => self.entered(advanced.to, recorded),
            Event::StageReturned(returned) => self.entered(returned.to, recorded),
            Event::ImplementationEnded(ended) => {
                self.with_implementation(|round| round.ended = Some(Told::new(ended, recorded)));
            }
            Event::ImplementationModeSet(set) => {
                self.with_implementation(|round| round.mode = Some(set.clone()));
            }
            Event::ConfidenceSelfReported(it) => self.confidence_self = Some(Told::new(it, recorded)),
            Event::ConfidenceAssessed(it) => self.confidence_assessed = Some(Told::new(it, recorded)),
            Event::Evaluated(evaluated) => self.was_evaluated(evaluated, recorded),
            Event::Shelved(shelved) => {
                self.situation = Situation::Shelved { shelved: shelved.clone(), reviewer: self.reviewer() };
            }
            Event::Reactivated(_) => self.was_reactivated(),
            Event::Stopped(stopped) => self.situation = Situation::Stopped(stopped.clone()),
            Event::Completed(completed) => self.situation = Situation::Completed(completed.clone()),
            Event::Withdrawn(_) => self.situation = Situation::Withdrawn,
        }
    }

    fn was_proposed(&mut self, proposed: &Proposed, recorded: &Recorded) {
        let told = proposed.clone();
        self.created = Some(Created::Proposed(told.clone()));
        self.situation = Situation::Proposed;
        self.classification = told.classification.map(|classified| Told::new(&classified, recorded));
        let details = Details {
            title: Some(told.title),
            summary: Some(told.summary),
            problem_statement: Some(told.problem_statement),
            solution_hypothesis: told.solution_hypothesis,
            beneficiaries: Some(told.beneficiaries),
            tags: Some(told.tags),
            partner_org_units: Some(told.partner_org_units),
        };
        self.was_revised(&details, recorded.event_id);
    }

    fn was_imported(&mut self, imported: &Imported, recorded: &Recorded) {
        let told = imported.clone();
        self.created = Some(Created::Imported(told.clone()));
        self.situation = Situation::Active;
        let details = Details {
            title: Some(told.title),
            summary: Some(told.summary),
            problem_statement: told.problem_statement,
            solution_hypothesis: None,
            beneficiaries: Some(vec![]),
            tags: Some(told.tags),
            partner_org_units: Some(vec![]),
        };
        self.was_revised(&details, recorded.event_id);
        self.entered(told.stage, recorded);
    }

    fn was_revised(&mut self, changes: &Details, id: EventId) {
        let Details { title, summary, problem_statement, solution_hypothesis, .. } = changes.clone();
        let Details { beneficiaries, tags, partner_org_units, .. } = changes.clone();
        if problem_statement.is_some() {
            self.problem = Some(id);
        }
        if solution_hypothesis.is_some() {
            self.solution = Some(id);
        }
        if let Some(groups) = &beneficiaries {
            self.beneficiaries = (!groups.is_empty()).then_some(id);
        }
        let known = std::mem::take(&mut self.details);
        self.details = Details {
            title: title.or(known.title),
            summary: summary.or(known.summary),
            problem_statement: problem_statement.or(known.problem_statement),
            solution_hypothesis: solution_hypothesis.or(known.solution_hypothesis),
            beneficiaries: beneficiaries.or(known.beneficiaries),
            tags: tags.or(known.tags),
            partner_org_units: partner_org_units.or(known.partner_org_units),
        };
        if let Situation::ChangesRequested { revised, .. } = &mut self.situation {
            *revised = true;
        }
    }

    fn was_accepted(&mut self, accepted: &Accepted, recorded: &Recorded) {
        self.accepted = Some(accepted.clone());
        self.situation = Situation::Active;
        self.entered(accepted.initial_stage, recorded);
    }

    fn was_appealed(&mut self) {
        if let Situation::Declined { declined, reviewer } = &self.situation {
            self.ruled_out.extend(reviewer.iter().chain(&declined.recorded.by));
        }
        self.appealed = true;
        self.situation = Situation::UnderReview { reviewer: None };
    }

    fn was_evaluated(&mut self, evaluated: &Evaluated, recorded: &Recorded) {
        self.evaluation = Some(Told::new(evaluated, recorded));
        if self.mode() == Some(ImplementationMode::Pilot) {
            self.pilot_verdict = Some(evaluated.verdict);
        }
    }

    fn was_reactivated(&mut self) {
        self.situation = match self.stage {
            Some(_) => Situation::Active,
            None => Situation::UnderReview { reviewer: self.reviewer() },
        };
    }

    /// Entering stage 4, again or for the first time, begins a round that is measured, ended and evaluated
    /// by itself.
    fn entered(&mut self, stage: Stage, recorded: &Recorded) {
        self.stage = Some(stage);
        if stage == Stage::ImplementingProjects {
            self.implementation =
                Some(Implementation { since: recorded.effective_on, mode: None, ended: None });
            self.evaluation = None;
        }
    }

    fn with_kpi(&mut self, kpi_id: KpiId, change: impl FnOnce(&mut Indicator)) {
        if let Some(known) = self.kpis.get_mut(&kpi_id) {
            change(known);
        }
    }

    fn with_implementation(&mut self, change: impl FnOnce(&mut Implementation)) {
        if let Some(round) = &mut self.implementation {
            change(round);
        }
    }
}
