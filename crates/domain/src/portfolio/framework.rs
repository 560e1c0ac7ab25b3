//! The shared conceptual framework, version 1: closed lists of codes.
//!
//! Sources: OECD OPSI facets and innovation lifecycle; Nesta Standards of Evidence; the delivery confidence
//! of the UK Government Major Projects Portfolio. The merged list of types is ours.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::values::Code;

codes! {
    /// The purpose of an innovation (OECD OPSI facets).
    pub enum Facet {
        EnhancementOriented = "ENHANCEMENT_ORIENTED",
        MissionOriented = "MISSION_ORIENTED",
        Adaptive = "ADAPTIVE",
        Anticipatory = "ANTICIPATORY",
    }
}

codes! {
    /// What is being innovated; it goes beyond digitization.
    pub enum InnovationType {
        ServiceDesign = "SERVICE_DESIGN",
        ProcessRedesign = "PROCESS_REDESIGN",
        OrganisationalDesign = "ORGANISATIONAL_DESIGN",
        PolicyInstrument = "POLICY_INSTRUMENT",
        Regulatory = "REGULATORY",
        FinancialBudgetary = "FINANCIAL_BUDGETARY",
        ProcurementModel = "PROCUREMENT_MODEL",
        HumanCapitalModel = "HUMAN_CAPITAL_MODEL",
        PartnershipCrossSector = "PARTNERSHIP_CROSS_SECTOR",
        MethodBehavioural = "METHOD_BEHAVIOURAL",
        DataAndEvidence = "DATA_AND_EVIDENCE",
        DigitalTechnology = "DIGITAL_TECHNOLOGY",
        Ai = "AI",
        PhysicalInfrastructure = "PHYSICAL_INFRASTRUCTURE",
        CommunicationEngagement = "COMMUNICATION_ENGAGEMENT",
    }
}

codes! {
    /// New to whom ("novel to the context", OECD).
    pub enum Novelty {
        NewToUnit = "NEW_TO_UNIT",
        NewToMinistry = "NEW_TO_MINISTRY",
        NewToGovernment = "NEW_TO_GOVERNMENT",
        NewToWorld = "NEW_TO_WORLD",
    }
}

codes! {
    /// When effects are expected.
    pub enum Horizon { H1Under12m = "H1_UNDER_12M", H2From12To36m = "H2_12_36M", H3Over36m = "H3_OVER_36M" }
}

codes! {
    /// Where an initiative comes from.
    pub enum Origin {
        Grassroots = "GRASSROOTS",
        MinistryPlan = "MINISTRY_PLAN",
        CogMission = "COG_MISSION",
        ChallengeEntry = "CHALLENGE_ENTRY",
        Adoption = "ADOPTION",
        ExternalOffer = "EXTERNAL_OFFER",
    }
}

codes! {
    /// The innovation lifecycle (OECD OPSI, six stages), in order.
    pub enum Stage {
        IdentifyingProblems = "IDENTIFYING_PROBLEMS",
        GeneratingIdeas = "GENERATING_IDEAS",
        DevelopingProposals = "DEVELOPING_PROPOSALS",
        ImplementingProjects = "IMPLEMENTING_PROJECTS",
        EvaluatingProjects = "EVALUATING_PROJECTS",
        DiffusingLessons = "DIFFUSING_LESSONS",
    }
}

impl Stage {
    /// The next stage; none after the last.
    pub fn next(self) -> Option<Self> {
        Self::ALL.iter().copied().find(|stage| *stage > self)
    }
}

codes! {
    /// The disposition of an initiative: what was decided about it. Stage and blocked are other matters.
    pub enum Status {
        Proposed = "PROPOSED",
        UnderReview = "UNDER_REVIEW",
        ChangesRequested = "CHANGES_REQUESTED",
        Active = "ACTIVE",
        Shelved = "SHELVED",
        Declined = "DECLINED",
        Withdrawn = "WITHDRAWN",
        Stopped = "STOPPED",
        Completed = "COMPLETED",
    }
}

codes! {
    /// How stage 4 is carried out.
    pub enum ImplementationMode { Sandbox = "SANDBOX", Pilot = "PILOT", Rollout = "ROLLOUT" }
}

codes! {
    /// Outcome dimension of a KPI.
    pub enum OutcomeDimension {
        Effectiveness = "EFFECTIVENESS",
        EfficiencyCost = "EFFICIENCY_COST",
        EfficiencyTime = "EFFICIENCY_TIME",
        ServiceQuality = "SERVICE_QUALITY",
        AccessEquity = "ACCESS_EQUITY",
        UserSatisfaction = "USER_SATISFACTION",
        PublicTrust = "PUBLIC_TRUST",
        Transparency = "TRANSPARENCY",
        StaffCapacity = "STAFF_CAPACITY",
        SafetyResilience = "SAFETY_RESILIENCE",
        Sustainability = "SUSTAINABILITY",
        KnowledgeGained = "KNOWLEDGE_GAINED",
    }
}

codes! {
    /// Unit of a KPI.
    pub enum KpiUnit {
        Count = "COUNT",
        BasisPoints = "BASIS_POINTS",
        Agorot = "AGOROT",
        Minutes = "MINUTES",
        Days = "DAYS",
        Score0To100 = "SCORE_0_100",
        Index = "INDEX",
    }
}

codes! {
    /// Which way a KPI should move.
    pub enum KpiDirection { Increase = "INCREASE", Decrease = "DECREASE", Maintain = "MAINTAIN" }
}

codes! {
    /// Nesta Standards of Evidence; `NONE` is nothing recorded.
    pub enum EvidenceLevel {
        None = "NONE",
        LogicModel = "LOGIC_MODEL",
        PositiveChange = "POSITIVE_CHANGE",
        Causality = "CAUSALITY",
        Replicated = "REPLICATED",
        Systematised = "SYSTEMATISED",
    }
}

codes! {
    /// Delivery confidence (UK GMPP traffic light).
    pub enum Confidence { Green = "GREEN", Amber = "AMBER", Red = "RED" }
}

codes! {
    /// Privacy screening of an initiative.
    pub enum PrivacyScreen { None = "NONE", Basic = "BASIC", HighlySensitive = "HIGHLY_SENSITIVE" }
}

codes! {
    /// Why a proposal is declined.
    pub enum DeclineReason {
        OutOfScope = "OUT_OF_SCOPE",
        NotNovelAlreadyExists = "NOT_NOVEL_ALREADY_EXISTS",
        InsufficientEvidenceOfNeed = "INSUFFICIENT_EVIDENCE_OF_NEED",
        LowExpectedValue = "LOW_EXPECTED_VALUE",
        NotLawful = "NOT_LAWFUL",
        NoOwnerFound = "NO_OWNER_FOUND",
        Duplicate = "DUPLICATE",
        HandledAsBusinessAsUsual = "HANDLED_AS_BUSINESS_AS_USUAL",
    }
}

codes! {
    /// Why an initiative is put on the shelf.
    pub enum ShelveReason {
        Timing = "TIMING",
        TechnologyNotReady = "TECHNOLOGY_NOT_READY",
        Budget = "BUDGET",
        Dependency = "DEPENDENCY",
        PriorityChange = "PRIORITY_CHANGE",
        Emergency = "EMERGENCY",
    }
}

codes! {
    /// Why an initiative is stopped.
    pub enum StopReason {
        HypothesisRefuted = "HYPOTHESIS_REFUTED",
        CostExceedsValue = "COST_EXCEEDS_VALUE",
        RiskUnacceptable = "RISK_UNACCEPTABLE",
        BarrierUnresolvable = "BARRIER_UNRESOLVABLE",
        SponsorWithdrawn = "SPONSOR_WITHDRAWN",
        Superseded = "SUPERSEDED",
        LearningComplete = "LEARNING_COMPLETE",
    }
}

codes! {
    /// The result of an experiment; all four are published.
    pub enum ExperimentResult {
        Positive = "POSITIVE",
        Negative = "NEGATIVE",
        Neutral = "NEUTRAL",
        Inconclusive = "INCONCLUSIVE",
    }
}

codes! {
    /// The verdict of an evaluation.
    pub enum Verdict { Scale = "SCALE", Adapt = "ADAPT", Stop = "STOP", Inconclusive = "INCONCLUSIVE" }
}

codes! {
    /// What must hold before a stage is entered.
    pub enum Gate {
        Problem = "G_PROBLEM",
        Beneficiary = "G_BENEFICIARY",
        Solution = "G_SOLUTION",
        Classified = "G_CLASSIFIED",
        Owner = "G_OWNER",
        KpiBaselineTarget = "G_KPI_BASELINE_TARGET",
        Budget = "G_BUDGET",
        RisksDecided = "G_RISKS_DECIDED",
        PrivacyScreen = "G_PRIVACY_SCREEN",
        InterestDeclared = "G_INTEREST_DECLARED",
        MeasuredAfterStart = "G_MEASURED_AFTER_START",
        EndOrEarlyReason = "G_END_OR_EARLY_REASON",
        Evaluated = "G_EVALUATED",
        EvidenceLevel2 = "G_EVIDENCE_LEVEL_2",
    }
}

/// Shares of the four facets in basis points; they sum to 10,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FacetWeights {
    /// Of `ENHANCEMENT_ORIENTED`.
    pub enhancement_oriented: u16,
    /// Of `MISSION_ORIENTED`.
    pub mission_oriented: u16,
    /// Of `ADAPTIVE`.
    pub adaptive: u16,
    /// Of `ANTICIPATORY`.
    pub anticipatory: u16,
}

impl FacetWeights {
    /// In the order of [`Facet::ALL`].
    pub fn shares(self) -> [u16; 4] {
        [self.enhancement_oriented, self.mission_oriented, self.adaptive, self.anticipatory]
    }

    /// The sum in basis points.
    pub fn sum(self) -> u32 {
        self.shares().into_iter().map(u32::from).sum()
    }

    /// The largest share; ties go to the first in the framework's order.
    pub fn primary(self) -> Facet {
        let mut best = (Facet::EnhancementOriented, 0);
        for (facet, share) in Facet::ALL.iter().copied().zip(self.shares()) {
            if share > best.1 {
                best = (facet, share);
            }
        }
        best.0
    }
}

/// Where an initiative stands in the framework.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Classification {
    /// How much of each facet.
    pub facet_weights: FacetWeights,
    /// 1 to 4, without duplicates.
    pub innovation_types: Vec<InnovationType>,
    /// One of the types.
    pub primary_type: InnovationType,
    /// New to whom.
    pub novelty: Novelty,
    /// When effects are expected.
    pub horizon: Horizon,
}
