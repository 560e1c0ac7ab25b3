//! Shelving, coming back, stopping, completing.

use super::{
    super::{
        command::{Complete, Shelve, Stop},
        event::{Completed, Reactivated, Shelved, Stopped},
        state::{Initiative, Situation},
    },
    Judgement, asked_by,
};
use crate::{
    Facts, Reason, Rejection, Role,
    rejection::{outside, unless},
};

/// When a shelved initiative is looked at again, in days from today.
const REVISIT_DAYS: (u16, u16) = (30, 730);
/// How much must be said of what was learnt, in characters.
const LEARNING_MIN: usize = 100;

impl Initiative {
    pub(super) fn shelve(&self, shelve: &Shelve, facts: &Facts) -> Judgement {
        let Shelve { reason_code, feedback, revisit_on } = shelve.clone();
        let is_shelved = Shelved { reason_code, feedback, revisit_on };
        let holds = matches!(&self.situation, Situation::Shelved { shelved, .. } if *shelved == is_shelved);
        let (first, last) = (facts.today.plus_days(REVISIT_DAYS.0), facts.today.plus_days(REVISIT_DAYS.1));
        asked_by([])
            .unless_it_holds(holds)
            .about([unless(
                first <= revisit_on && revisit_on <= last,
                outside(Reason::ValidationRange, "revisit_on", first, last),
            )])
            .then(is_shelved)
    }

    pub(super) fn reactivate(&self) -> Judgement {
        asked_by([]).then(Reactivated {})
    }

    /// The Center stops nothing of a ministry without an umbrella, and there are no umbrellas yet.
    pub(super) fn stop(&self, stop: &Stop, facts: &Facts) -> Judgement {
        let Stop { reason_code, result, learning_summary } = stop.clone();
        let learnt = learning_summary.chars();
        let stopped = Stopped { reason_code, result, learning_summary };
        let holds = matches!(&self.situation, Situation::Stopped(known) if *known == stopped);
        let short = Rejection::new(Reason::LearningRequired).at("learning_summary").with("min", LEARNING_MIN);
        asked_by([unless(facts.actor.role != Role::CogPm, Reason::UmbrellaRequired)])
            .unless_it_holds(holds)
            .about([unless(learnt >= LEARNING_MIN, short)])
            .then(stopped)
    }

    /// Adoptions are not counted yet, so the reason for none is always asked for.
    pub(super) fn complete(&self, complete: &Complete, facts: &Facts) -> Judgement {
        let Complete { sustaining_owner, budget_line, sustain_from, no_adoption_reason } = complete.clone();
        let stated = no_adoption_reason.is_some();
        let completed = Completed { sustaining_owner, budget_line, sustain_from, no_adoption_reason };
        let holds = matches!(&self.situation, Situation::Completed(known) if *known == completed);
        asked_by([])
            .unless_it_holds(holds)
            .about([
                facts.known_person(sustaining_owner, "sustaining_owner_id"),
                unless(stated, Rejection::new(Reason::AdoptionStatementRequired).at("no_adoption_reason")),
            ])
            .then(completed)
    }
}
