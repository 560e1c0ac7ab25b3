//! What can be asked of an initiative.

use super::super::framework::{
    Classification, Confidence, DeclineReason, EvidenceLevel, ExperimentResult, ImplementationMode, Origin,
    PrivacyScreen, ShelveReason, Stage, StopReason, Verdict,
};
use super::event::{Beneficiary, Details, Kpi};
use crate::{
    References,
    values::{
        ChallengeId, CivilDate, DocRef, InitiativeId, KpiId, KpiValue, LocalizedText, MissionId, Money,
        OrgUnitId, PersonRef, Private,
    },
};

vocabulary! {
    /// What can be asked of an initiative.
    pub enum Command {
        /// Put an idea on the table.
        "ProposeInitiative" 1 => Propose {
            title: LocalizedText,
            summary: LocalizedText,
            problem_statement: LocalizedText,
            solution_hypothesis: Option<LocalizedText>,
            origin: Origin,
            lead_org_unit: OrgUnitId,
            partner_org_units: Vec<OrgUnitId>,
            co_proposers: Vec<PersonRef>,
            anonymous_to_line: bool,
            classification: Option<Classification>,
            beneficiaries: Vec<Beneficiary>,
            tags: Vec<String>,
            mission_id: Option<MissionId>,
            challenge_id: Option<ChallengeId>,
        },
        /// Take over an initiative that was running before it was recorded here.
        "ImportInitiative" 1 => Import {
            title: LocalizedText,
            summary: LocalizedText,
            problem_statement: Option<LocalizedText>,
            origin: Origin,
            lead_org_unit: OrgUnitId,
            stage: Stage,
            tags: Vec<String>,
            source_system: String,
            source_key: String,
        },
        /// Give details new values.
        "ReviseInitiativeDetails" 1 => ReviseDetails { changes: Details },
        /// Declare an interest, or that there is none.
        "DeclareInterest" 1 => DeclareInterest { none: bool, text: Option<Private> },
        /// Answer the privacy question.
        "RecordPrivacyScreen" 1 => RecordPrivacyScreen { screen: PrivacyScreen, pia_ref: Option<String> },
        /// Declare that no material risk is known.
        "DeclareNoMaterialRisk" 1 => DeclareNoMaterialRisk { reason: LocalizedText },
        /// Take a proposal up for review.
        "StartReview" 1 => StartReview {},
        /// Ask the proposer for changes.
        "RequestChanges" 1 => RequestChanges { items: Vec<LocalizedText> },
        /// Answer with changes.
        "ResubmitInitiative" 1 => Resubmit { changes: Details },
        /// Make the proposal part of the portfolio, at one of the first three stages.
        "AcceptInitiative" 1 => Accept { initial_stage: Stage, owner_unit: OrgUnitId },
        /// Decline the proposal, with feedback.
        "DeclineInitiative" 1 => Decline {
            reason_code: DeclineReason,
            feedback: Private,
            similar_initiative: Option<InitiativeId>,
        },
        /// Ask that somebody else decides, once.
        "AppealDecline" 1 => AppealDecline { grounds: Private },
        /// Change the place in the framework.
        "ReclassifyInitiative" 1 => Reclassify { classification: Classification },
        /// Make a manager the owner.
        "AssignOwner" 1 => AssignOwner { owner_manager: PersonRef },
        /// Add an indicator.
        "DefineKpi" 1 => DefineKpi { kpi_id: KpiId, kpi: Kpi },
        /// Give an indicator new values: all of them are named.
        "ReviseKpi" 1 => ReviseKpi { kpi_id: KpiId, kpi: Kpi, reason: String },
        /// Stop following an indicator.
        "RetireKpi" 1 => RetireKpi { kpi_id: KpiId, reason: String },
        /// Record what was measured on a day.
        "RecordMeasurement" 1 => RecordMeasurement {
            kpi_id: KpiId,
            on: CivilDate,
            value: KpiValue,
            source: String,
            evidence_level: EvidenceLevel,
            document: Option<DocRef>,
        },
        /// Replace what was measured on a day.
        "CorrectMeasurement" 1 => CorrectMeasurement {
            kpi_id: KpiId,
            on: CivilDate,
            value: KpiValue,
            reason: String,
        },
        /// Vouch for what the owner measured.
        "VerifyMeasurement" 1 => VerifyMeasurement { kpi_id: KpiId, on: CivilDate },
        /// Approve money, or effort alone.
        "ApproveBudget" 1 => ApproveBudget { amount: Money, source_line: String, effort_only: bool },
        /// Record what a year costs; what is absent is not known.
        "RecordCost" 1 => RecordCost {
            year: u16,
            planned: Option<Money>,
            forecast: Option<Money>,
            whole_life: Option<Money>,
        },
        /// Take one step forward, through the gates.
        "AdvanceStage" 1 => AdvanceStage {},
        /// Go back, to iterate.
        "ReturnStage" 1 => ReturnStage { to: Stage, reason: LocalizedText },
        /// End the pilot or roll-out.
        "EndImplementation" 1 => EndImplementation { early: bool, reason: Option<LocalizedText> },
        /// Say how stage 4 is carried out, and from when to when.
        "SetImplementationMode" 1 => SetImplementationMode {
            mode: ImplementationMode,
            from: CivilDate,
            to: CivilDate,
            override_rationale: Option<LocalizedText>,
        },
        /// Report the owner's own confidence in delivery.
        "ReportSelfConfidence" 1 => ReportSelfConfidence { rating: Confidence, note: Option<Private> },
        /// Assess confidence in delivery from outside.
        "AssessConfidence" 1 => AssessConfidence {
            rating: Option<Confidence>,
            findings: Option<Private>,
            source_rating: Option<String>,
        },
        /// Judge the outcome.
        "RecordEvaluation" 1 => RecordEvaluation {
            verdict: Verdict,
            result: ExperimentResult,
            evidence_level: EvidenceLevel,
            summary: LocalizedText,
            document: Option<DocRef>,
        },
        /// Not now: look at it again on a day 30 to 730 days ahead.
        "ShelveInitiative" 1 => Shelve { reason_code: ShelveReason, feedback: Private, revisit_on: CivilDate },
        /// Take it off the shelf.
        "ReactivateInitiative" 1 => Reactivate {},
        /// End it before its aim, with what was learnt.
        "StopInitiative" 1 => Stop {
            reason_code: StopReason,
            result: ExperimentResult,
            learning_summary: LocalizedText,
        },
        /// Hand it over as the way things are done.
        "CompleteInitiative" 1 => Complete {
            sustaining_owner: PersonRef,
            budget_line: String,
            sustain_from: CivilDate,
            no_adoption_reason: Option<LocalizedText>,
        },
        /// Take the proposal back.
        "WithdrawInitiative" 1 => Withdraw {},
    }
}

impl crate::Command for Command {
    fn creates(&self) -> bool {
        matches!(self, Self::Propose(_) | Self::Import(_))
    }

    fn needs_expected_version(&self) -> bool {
        matches!(
            self,
            Self::Accept(_) | Self::Decline(_) | Self::Shelve(_) | Self::Stop(_) | Self::Complete(_)
        )
    }

    fn references(&self) -> References {
        let mut named = References::default();
        if let Self::Propose(propose) = self {
            named.units.push(propose.lead_org_unit);
            named.units.extend(&propose.partner_org_units);
            named.people.extend(&propose.co_proposers);
        } else if let Self::Import(import) = self {
            named.units.push(import.lead_org_unit);
        } else if let Self::ReviseDetails(ReviseDetails { changes }) | Self::Resubmit(Resubmit { changes }) =
            self
        {
            named.units.extend(changes.partner_org_units.iter().flatten());
        } else if let Self::Accept(accept) = self {
            named.units.push(accept.owner_unit);
        } else if let Self::AssignOwner(assign) = self {
            named.people.push(assign.owner_manager);
        } else if let Self::Complete(complete) = self {
            named.people.push(complete.sustaining_owner);
        }
        named
    }
}
