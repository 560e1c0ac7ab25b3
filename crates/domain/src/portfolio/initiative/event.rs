//! What can happen to an initiative.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::framework::{
    Classification, Confidence, DeclineReason, EvidenceLevel, ExperimentResult, Facet, Gate,
    ImplementationMode, KpiDirection, KpiUnit, Origin, OutcomeDimension, PrivacyScreen, ShelveReason, Stage,
    StopReason, Verdict,
};
use crate::values::{
    ChallengeId, CivilDate, DocRef, EventId, InitiativeId, KpiId, KpiValue, LocalizedText, MissionId, Money,
    OrgUnitId, PersonRef, Private,
};

/// A group that benefits.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Beneficiary {
    /// The group's code, 2 to 40 characters.
    pub group: String,
    /// How many people, when it can be told.
    pub estimated_count: Option<u64>,
}

/// New values of the details that changed; what is absent stays as it was.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Details {
    /// 5 to 160 characters.
    pub title: Option<LocalizedText>,
    /// 30 to 2000 characters.
    pub summary: Option<LocalizedText>,
    /// 30 to 4000 characters.
    pub problem_statement: Option<LocalizedText>,
    /// 30 to 4000 characters.
    pub solution_hypothesis: Option<LocalizedText>,
    /// At most 10.
    pub beneficiaries: Option<Vec<Beneficiary>>,
    /// At most 12, of 2 to 40 characters.
    pub tags: Option<Vec<String>>,
    /// At most 20, never the lead unit.
    pub partner_org_units: Option<Vec<OrgUnitId>>,
}

/// One planned point of a KPI's way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrajectoryPoint {
    /// The day.
    pub on: CivilDate,
    /// The value planned for it.
    pub value: KpiValue,
}

/// An indicator with its baseline and target.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Kpi {
    /// 3 to 160 characters.
    pub name: LocalizedText,
    /// What kind of outcome.
    pub outcome_dimension: OutcomeDimension,
    /// Unit of its values.
    pub unit: KpiUnit,
    /// Which way it should move.
    pub direction: KpiDirection,
    /// Where it started.
    pub baseline: KpiValue,
    /// When the baseline was taken.
    pub baseline_on: CivilDate,
    /// Where the baseline comes from, 3 to 200 characters.
    pub baseline_source: String,
    /// Where it should be.
    pub target: KpiValue,
    /// By when; after `baseline_on`.
    pub target_on: CivilDate,
    /// The allowed deviation of a `MAINTAIN` indicator, positive.
    pub tolerance: Option<KpiValue>,
    /// 1 to 100.
    pub weight: u8,
    /// Days between measurements, 7 to 366.
    pub frequency_days: u16,
    /// At most 24 points.
    pub trajectory: Vec<TrajectoryPoint>,
}

/// One gate as it stood when the stage was left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GateVerdict {
    /// Which.
    pub gate: Gate,
    /// The events that the verdict rests on.
    pub rested_on: Vec<EventId>,
}

vocabulary! {
    /// What can happen to an initiative.
    pub enum Event {
        /// An idea was put on the table.
        "InitiativeProposed" 1 => Proposed {
            title: LocalizedText,
            summary: LocalizedText,
            problem_statement: LocalizedText,
            solution_hypothesis: Option<LocalizedText>,
            origin: Origin,
            lead_org_unit: OrgUnitId,
            /// The ministry of the lead unit on that day.
            ministry: OrgUnitId,
            partner_org_units: Vec<OrgUnitId>,
            proposer: PersonRef,
            co_proposers: Vec<PersonRef>,
            /// The proposer stays hidden from the own line until accepted.
            anonymous_to_line: bool,
            classification: Option<Classification>,
            beneficiaries: Vec<Beneficiary>,
            tags: Vec<String>,
            mission_id: Option<MissionId>,
            challenge_id: Option<ChallengeId>,
        },
        /// An initiative that had been running before it was recorded here was taken over from another
        /// system of record, as that system describes it.
        "InitiativeImported" 1 => Imported {
            title: LocalizedText,
            summary: LocalizedText,
            problem_statement: Option<LocalizedText>,
            origin: Origin,
            lead_org_unit: OrgUnitId,
            ministry: OrgUnitId,
            stage: Stage,
            tags: Vec<String>,
            /// The name of the source, such as `gmpp`.
            source_system: String,
            /// The key of the initiative in the source.
            source_key: String,
        },
        /// Details got new values.
        "InitiativeDetailsRevised" 1 => DetailsRevised { changes: Details },
        /// The owner declared an interest, or that there is none.
        "InterestDeclared" 1 => InterestDeclared { none: bool, text: Option<Private> },
        /// The privacy question was answered.
        "PrivacyScreenRecorded" 1 => PrivacyScreenRecorded { screen: PrivacyScreen, pia_ref: Option<String> },
        /// The owner declared that no material risk is known.
        "NoMaterialRiskDeclared" 1 => NoMaterialRiskDeclared { reason: LocalizedText },
        /// A reviewer took the proposal up.
        "InitiativeReviewStarted" 1 => ReviewStarted { reviewer: PersonRef },
        /// The reviewer asked for changes.
        "InitiativeChangesRequested" 1 => ChangesRequested { items: Vec<LocalizedText>, round: u8 },
        /// The proposer answered with changes.
        "InitiativeResubmitted" 1 => Resubmitted { changes: Details },
        /// The proposal became part of the portfolio.
        "InitiativeAccepted" 1 => Accepted { initial_stage: Stage, owner_unit: OrgUnitId },
        /// The proposal was declined, with feedback.
        "InitiativeDeclined" 1 => Declined {
            reason_code: DeclineReason,
            feedback: Private,
            similar_initiative: Option<InitiativeId>,
        },
        /// The proposer appealed, once; another reviewer takes it up.
        "InitiativeDeclineAppealed" 1 => DeclineAppealed { grounds: Private },
        /// The place in the framework changed.
        "InitiativeReclassified" 1 => Reclassified {
            framework_version: u32,
            before: Option<Classification>,
            after: Classification,
        },
        /// A manager owns it from now on.
        "InitiativeOwnerAssigned" 1 => OwnerAssigned { owner_manager: PersonRef, owner_unit: OrgUnitId },
        /// An indicator was added.
        "KpiDefined" 1 => KpiDefined { kpi_id: KpiId, kpi: Kpi },
        /// An indicator got new values; `rebaselined` when its target moved after measuring began.
        "KpiRevised" 1 => KpiRevised { kpi_id: KpiId, kpi: Kpi, reason: String, rebaselined: bool },
        /// An indicator is no longer followed.
        "KpiRetired" 1 => KpiRetired { kpi_id: KpiId, reason: String },
        /// A value was measured.
        "KpiMeasured" 1 => KpiMeasured {
            kpi_id: KpiId,
            on: CivilDate,
            value: KpiValue,
            source: String,
            evidence_level: EvidenceLevel,
            document: Option<DocRef>,
        },
        /// A measured value was wrong.
        "KpiMeasurementCorrected" 1 => KpiMeasurementCorrected {
            kpi_id: KpiId,
            on: CivilDate,
            original: KpiValue,
            value: KpiValue,
            reason: String,
        },
        /// Somebody other than the owner verified a measurement.
        "KpiMeasurementVerified" 1 => KpiMeasurementVerified { kpi_id: KpiId, on: CivilDate },
        /// Money, or effort alone, was approved.
        "InitiativeBudgetApproved" 1 => BudgetApproved {
            amount: Money,
            source_line: String,
            /// The initiative runs on working time only.
            effort_only: bool,
        },
        /// What a year cost, planned and forecast, and the whole life as seen then.
        "InitiativeCostRecorded" 1 => CostRecorded {
            /// The calendar year in which the budget year ends.
            year: u16,
            planned: Option<Money>,
            forecast: Option<Money>,
            whole_life: Option<Money>,
        },
        /// One step forward, through the gates.
        "InitiativeStageAdvanced" 1 => StageAdvanced { from: Stage, to: Stage, gates: Vec<GateVerdict> },
        /// Back, to iterate.
        "InitiativeStageReturned" 1 => StageReturned { from: Stage, to: Stage, reason: LocalizedText },
        /// The pilot or roll-out ended.
        "ImplementationEnded" 1 => ImplementationEnded { early: bool, reason: Option<LocalizedText> },
        /// How stage 4 is carried out, and from when to when.
        "ImplementationModeSet" 1 => ImplementationModeSet {
            mode: ImplementationMode,
            from: CivilDate,
            to: CivilDate,
            /// Why a roll-out may do without a pilot's verdict.
            override_rationale: Option<LocalizedText>,
        },
        /// The owner's own confidence in delivery.
        "DeliveryConfidenceSelfReported" 1 => ConfidenceSelfReported {
            rating: Confidence,
            note: Option<Private>,
        },
        /// An outsider's confidence in delivery.
        "DeliveryConfidenceAssessed" 1 => ConfidenceAssessed {
            rating: Option<Confidence>,
            findings: Option<Private>,
            /// The rating in the source's own scale, when it came from elsewhere: `Amber/Red`, `Reset`.
            source_rating: Option<String>,
        },
        /// The outcome was judged by somebody other than the owner.
        "InitiativeEvaluated" 1 => Evaluated {
            verdict: Verdict,
            result: ExperimentResult,
            evidence_level: EvidenceLevel,
            summary: LocalizedText,
            document: Option<DocRef>,
        },
        /// Not now.
        "InitiativeShelved" 1 => Shelved {
            reason_code: ShelveReason,
            feedback: Private,
            revisit_on: CivilDate,
        },
        /// Back from the shelf.
        "InitiativeReactivated" 1 => Reactivated {},
        /// It ended before its aim, with what was learnt.
        "InitiativeStopped" 1 => Stopped {
            reason_code: StopReason,
            result: ExperimentResult,
            learning_summary: LocalizedText,
        },
        /// It became the way things are done.
        "InitiativeCompleted" 1 => Completed {
            sustaining_owner: PersonRef,
            budget_line: String,
            sustain_from: CivilDate,
            no_adoption_reason: Option<LocalizedText>,
        },
        /// The proposer took it back.
        "InitiativeWithdrawn" 1 => Withdrawn {},
    }
}

impl Proposed {
    /// The largest facet, when classified.
    pub fn primary_facet(&self) -> Option<Facet> {
        self.classification.as_ref().map(|c| c.facet_weights.primary())
    }
}
