//! Decisions on an initiative: what stands against a command, else what happens.
//!
//! `access` has answered whether the role may give the command in the ministry. Here stand the relation to the
//! initiative, the segregation of duties, the arguments in the light of history, and the state.
//! To add a command: an arm in `judge`, a function in one of the files below, its states in `fitting`.

mod closing;
mod declarations;
mod delivery;
mod fitting;
mod kpi;
mod proposal;
mod review;

use super::{command::Command, event::Event, state::Initiative};
use crate::{
    Facts, Reason, Rejection, Rejections, Role, Vocabulary,
    rejection::{outside, unless},
    values::{CivilDate, PersonRef},
};

/// What stands against a command, and what it would lead to.
#[derive(Debug, Default)]
struct Judgement {
    who: Vec<Rejection>,
    what: Vec<Rejection>,
    already_holds: bool,
    event: Option<Event>,
}

/// Begins with who asks.
fn asked_by(checks: impl IntoIterator<Item = Option<Rejection>>) -> Judgement {
    Judgement { who: checks.into_iter().flatten().collect(), ..Judgement::default() }
}

impl Judgement {
    /// What is asked, in the light of history.
    fn about(mut self, checks: impl IntoIterator<Item = Option<Rejection>>) -> Self {
        self.what.extend(checks.into_iter().flatten());
        self
    }

    /// Whoever may ask for it gets no event when it holds already.
    fn unless_it_holds(mut self, already_holds: bool) -> Self {
        self.already_holds = already_holds;
        self
    }

    /// What happens when nothing stands against it.
    fn then(mut self, event: impl Into<Event>) -> Self {
        self.event = Some(event.into());
        self
    }

    fn decide(
        self,
        day: Option<Rejection>,
        state: impl FnOnce() -> Option<Rejection>,
    ) -> Result<Vec<Event>, Rejections> {
        let mut unmet: Vec<Rejection> = day.into_iter().chain(self.who).collect();
        if self.already_holds && unmet.is_empty() {
            return Ok(vec![]);
        }
        unmet.extend(self.what);
        unmet.extend(state());
        Rejections::unless_met(unmet)?;
        Ok(self.event.into_iter().collect())
    }
}

impl Initiative {
    pub(super) fn answer(&self, command: &Command, facts: &Facts) -> Result<Vec<Event>, Rejections> {
        let creates = crate::Command::creates(command);
        if self.created.is_none() && !creates {
            return Err(Reason::NotFound.into());
        }
        let state = || if creates { None } else { self.forbids(command.kind().name) };
        self.judge(command, facts).decide(other_day(facts), state)
    }

    fn judge(&self, command: &Command, facts: &Facts) -> Judgement {
        match command {
            Command::Propose(propose) => self.propose(propose, facts),
            Command::Import(import) => self.import(import, facts),
            Command::ReviseDetails(revise) => self.revise_details(revise, facts),
            Command::DeclareInterest(declare) => self.declare_interest(declare, facts),
            Command::RecordPrivacyScreen(record) => self.record_privacy_screen(record, facts),
            Command::DeclareNoMaterialRisk(declare) => self.declare_no_material_risk(declare, facts),
            Command::StartReview(_) => self.start_review(facts),
            Command::RequestChanges(request) => self.request_changes(request, facts),
            Command::Resubmit(resubmit) => self.resubmit(resubmit, facts),
            Command::Accept(accept) => self.accept(accept, facts),
            Command::Decline(decline) => self.decline(decline, facts),
            Command::AppealDecline(appeal) => self.appeal_decline(appeal, facts),
            Command::Reclassify(reclassify) => self.reclassify(reclassify),
            Command::AssignOwner(assign) => self.assign_owner(assign, facts),
            Command::DefineKpi(define) => self.define_kpi(define, facts),
            Command::ReviseKpi(revise) => self.revise_kpi(revise, facts),
            Command::RetireKpi(retire) => self.retire_kpi(retire, facts),
            Command::RecordMeasurement(record) => self.record_measurement(record, facts),
            Command::CorrectMeasurement(correct) => self.correct_measurement(correct, facts),
            Command::VerifyMeasurement(verify) => self.verify_measurement(verify, facts),
            Command::ApproveBudget(approve) => self.approve_budget(approve),
            Command::RecordCost(record) => self.record_cost(record, facts),
            Command::AdvanceStage(_) => self.advance_stage(facts),
            Command::ReturnStage(back) => self.return_stage(back, facts),
            Command::EndImplementation(end) => self.end_implementation(end, facts),
            Command::SetImplementationMode(set) => self.set_implementation_mode(set, facts),
            Command::ReportSelfConfidence(report) => self.report_self_confidence(report, facts),
            Command::AssessConfidence(assess) => self.assess_confidence(assess, facts),
            Command::RecordEvaluation(record) => self.record_evaluation(record, facts),
            Command::Shelve(shelve) => self.shelve(shelve, facts),
            Command::Reactivate(_) => self.reactivate(),
            Command::Stop(stop) => self.stop(stop, facts),
            Command::Complete(complete) => self.complete(complete, facts),
            Command::Withdraw(_) => self.withdraw(facts),
        }
    }

    fn is_proposer(&self, facts: &Facts) -> bool {
        is_human(facts, self.proposer())
    }

    fn is_owner(&self, facts: &Facts) -> bool {
        is_human(facts, self.owner())
    }

    fn owner_only(&self, facts: &Facts) -> Option<Rejection> {
        unless(self.is_owner(facts), Reason::ScopeForbidden)
    }

    fn owner_or(&self, roles: &[Role], facts: &Facts) -> Option<Rejection> {
        unless(self.is_owner(facts) || roles.contains(&facts.actor.role), Reason::ScopeForbidden)
    }

    /// Nobody assesses what they own.
    fn not_owner(&self, facts: &Facts) -> Option<Rejection> {
        unless(!self.is_owner(facts), Reason::SodOwnerAssessor)
    }

    /// An integration takes over the history of an initiative that it imported.
    fn is_importing(&self, facts: &Facts) -> bool {
        self.is_imported() && may_import(facts)
    }
}

/// Two accounts of one person are one person; nobody is nobody's equal.
fn is_human(facts: &Facts, person: Option<PersonRef>) -> bool {
    person.is_some() && facts.actor.human() == person
}

fn may_import(facts: &Facts) -> bool {
    facts.actor.role == Role::Integration && facts.may_import
}

/// Only who may import records what held on an earlier day; nobody what will hold on a later one.
fn other_day(facts: &Facts) -> Option<Rejection> {
    const FIELD: &str = "header.effective_on";
    if facts.effective_on > facts.today {
        return Some(outside(Reason::ValidationRange, FIELD, CivilDate::FIRST, facts.today));
    }
    let today = facts.effective_on == facts.today;
    unless(today || may_import(facts), Rejection::new(Reason::ImportGrantRequired).at(FIELD))
}
