//! The review of a proposal: taking it up, asking for changes, accepting, declining, appealing.

use super::{
    super::{
        super::framework::{DeclineReason, Origin, Stage},
        command::{Accept, AppealDecline, Decline, RequestChanges},
        event::{Accepted, ChangesRequested, DeclineAppealed, Declined, ReviewStarted},
        gates,
        state::{Initiative, Situation},
    },
    Judgement, asked_by, is_human,
};
use crate::{
    Facts, Reason, Rejection, Role,
    rejection::{outside, unless},
    values::Code,
};

/// How often a reviewer may ask for changes.
const ROUNDS_MAX: u8 = 3;
/// How long after a decline its proposer may appeal.
const APPEAL_DAYS_MAX: i32 = 30;

impl Initiative {
    pub(super) fn start_review(&self, facts: &Facts) -> Judgement {
        let of_center = facts.actor.role == Role::CogPm;
        let judgement = asked_by([
            unless(
                facts.actor.human().is_some() && (!of_center || self.origin() == Some(Origin::CogMission)),
                Reason::ScopeForbidden,
            ),
            self.impartial(facts),
        ]);
        let Some(reviewer) = facts.actor.human() else { return judgement };
        judgement
            .unless_it_holds(self.situation == Situation::UnderReview { reviewer: Some(reviewer) })
            .then(ReviewStarted { reviewer })
    }

    pub(super) fn request_changes(&self, request: &RequestChanges, facts: &Facts) -> Judgement {
        asked_by([unless(is_human(facts, self.reviewer()), Reason::ScopeForbidden), self.impartial(facts)])
            .about([unless(
                self.rounds < ROUNDS_MAX,
                Rejection::new(Reason::ReviewRoundsExceeded).with("max", ROUNDS_MAX),
            )])
            .then(ChangesRequested { items: request.items.clone(), round: self.rounds.saturating_add(1) })
    }

    pub(super) fn accept(&self, accept: &Accept, facts: &Facts) -> Judgement {
        let accepted = Accepted { initial_stage: accept.initial_stage, owner_unit: accept.owner_unit };
        let holds = self.situation == Situation::Active && self.accepted.as_ref() == Some(&accepted);
        let last = Stage::DevelopingProposals;
        asked_by([self.impartial(facts)])
            .unless_it_holds(holds)
            .about([
                unless(
                    accept.initial_stage <= last,
                    outside(
                        Reason::ValidationRange,
                        "initial_stage",
                        Stage::IdentifyingProblems.code(),
                        last.code(),
                    ),
                ),
                facts.active_unit(accept.owner_unit, "owner_unit_id"),
                unless(self.classification.is_some(), Reason::ClassificationIncomplete),
                gates::up_to_stage(self, accept.initial_stage.min(last)).err(),
            ])
            .then(accepted)
    }

    pub(super) fn decline(&self, decline: &Decline, facts: &Facts) -> Judgement {
        let Decline { reason_code, feedback, similar_initiative } = decline.clone();
        let named = reason_code != DeclineReason::Duplicate || similar_initiative.is_some();
        let declined = Declined { reason_code, feedback, similar_initiative };
        let holds =
            matches!(&self.situation, Situation::Declined { declined: known, .. } if known.what == declined);
        asked_by([self.impartial(facts)])
            .unless_it_holds(holds)
            .about([unless(named, Rejection::new(Reason::SimilarRequired).at("similar_initiative_id"))])
            .then(declined)
    }

    pub(super) fn appeal_decline(&self, appeal: &AppealDecline, facts: &Facts) -> Judgement {
        let days = self.days_since_decline(facts).unwrap_or(0);
        asked_by([unless(self.is_proposer(facts), Reason::ScopeForbidden)])
            .about([
                unless(!self.appealed, Reason::AppealAlreadyUsed),
                unless(
                    days <= APPEAL_DAYS_MAX,
                    Rejection::new(Reason::AppealWindowClosed)
                        .with("days", days)
                        .with("max", APPEAL_DAYS_MAX),
                ),
            ])
            .then(DeclineAppealed { grounds: appeal.grounds.clone() })
    }

    fn days_since_decline(&self, facts: &Facts) -> Option<i32> {
        let Situation::Declined { declined, .. } = &self.situation else { return None };
        Some(facts.today.days_since(declined.recorded.effective_on))
    }

    /// A proposer does not decide, and nobody decides upon an appeal against themselves.
    fn impartial(&self, facts: &Facts) -> Option<Rejection> {
        let ruled_out = facts.actor.human().is_some_and(|human| self.ruled_out.contains(&human));
        unless(!self.is_proposer(facts) && !ruled_out, Reason::SodProposerReviewer)
    }
}
