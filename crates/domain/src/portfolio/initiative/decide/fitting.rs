//! Which commands fit a situation: the one table of states, and what `STATE_FORBIDS` names as allowed.

use super::super::{
    super::framework::Stage,
    state::{Initiative, Situation},
};
use crate::{Reason, Rejection, values::Code};

/// What an accepted initiative may be told, whatever became of it: outcomes and costs go on.
const SINCE_ACCEPTED: &[&str] =
    &["RecordMeasurement", "CorrectMeasurement", "VerifyMeasurement", "RecordCost"];

const SHELVED: &[&str] = &[
    "ReviseInitiativeDetails",
    "ReclassifyInitiative",
    "AssignOwner",
    "ReactivateInitiative",
    "StopInitiative",
];

const ACTIVE: &[&str] = &[
    "ReviseInitiativeDetails",
    "DeclareInterest",
    "RecordPrivacyScreen",
    "DeclareNoMaterialRisk",
    "ReclassifyInitiative",
    "AssignOwner",
    "DefineKpi",
    "ReviseKpi",
    "RetireKpi",
    "ApproveBudget",
    "ReturnStage",
    "AssessConfidence",
    "ShelveInitiative",
    "StopInitiative",
];

const PROPOSAL: &[&str] = &["ReviseInitiativeDetails", "ReclassifyInitiative", "WithdrawInitiative"];

const UNDER_REVIEW: &[&str] =
    &["RequestChanges", "AcceptInitiative", "DeclineInitiative", "ShelveInitiative"];

impl Initiative {
    /// `STATE_FORBIDS` unless the command fits.
    pub(super) fn forbids(&self, command: &str) -> Option<Rejection> {
        let allowed = self.allowed();
        if allowed.contains(&command) {
            return None;
        }
        let state = self.status().map_or("ABSENT", Code::code);
        let refused = Rejection::new(Reason::StateForbids).with("state", state);
        Some(refused.with("allowed_commands", allowed.join(",")))
    }

    /// The commands that fit the situation, whoever gives them.
    pub(in super::super) fn allowed(&self) -> Vec<&'static str> {
        let groups: &[&[&'static str]] = match &self.situation {
            Situation::Absent => &[&["ProposeInitiative", "ImportInitiative"]],
            Situation::Proposed => &[&["StartReview"], PROPOSAL],
            Situation::UnderReview { reviewer: None } => &[&["StartReview"], UNDER_REVIEW, PROPOSAL],
            Situation::UnderReview { reviewer: Some(_) } => &[UNDER_REVIEW, PROPOSAL],
            Situation::ChangesRequested { .. } => &[&["ResubmitInitiative"], PROPOSAL],
            Situation::Active => &[ACTIVE, self.at_stage(), SINCE_ACCEPTED],
            Situation::Shelved { .. } if self.stage.is_some() => &[SHELVED, SINCE_ACCEPTED],
            Situation::Shelved { .. } => &[SHELVED],
            Situation::Declined { .. } => &[&["AppealDecline"]],
            Situation::Stopped(_) | Situation::Completed(_) => &[SINCE_ACCEPTED],
            Situation::Withdrawn => &[],
        };
        groups.concat()
    }

    fn at_stage(&self) -> &'static [&'static str] {
        match self.stage {
            Some(Stage::ImplementingProjects) if self.is_implementing() => {
                &["AdvanceStage", "SetImplementationMode", "EndImplementation", "ReportSelfConfidence"]
            }
            Some(Stage::ImplementingProjects) => &["AdvanceStage", "ReportSelfConfidence"],
            Some(Stage::EvaluatingProjects) => &["AdvanceStage", "RecordEvaluation", "ReportSelfConfidence"],
            Some(Stage::DiffusingLessons) => &["ReportSelfConfidence", "CompleteInitiative"],
            Some(Stage::IdentifyingProblems | Stage::GeneratingIdeas | Stage::DevelopingProposals) => {
                &["AdvanceStage"]
            }
            None => &[],
        }
    }

    fn is_implementing(&self) -> bool {
        self.implementation.as_ref().is_some_and(|round| round.ended.is_none())
    }
}
