//! An initiative as its events left it. How they did is in `evolve`, what may be asked next in `decide`.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    super::framework::{Classification, ImplementationMode, Origin, Stage, Status, Verdict},
    event::{
        Accepted, BudgetApproved, Completed, ConfidenceAssessed, ConfidenceSelfReported, CostRecorded,
        Declined, Details, Evaluated, ImplementationEnded, ImplementationModeSet, Imported, InterestDeclared,
        NoMaterialRiskDeclared, OwnerAssigned, PrivacyScreenRecorded, Proposed, Shelved, Stopped,
    },
    indicator::Indicator,
};
use crate::{
    Recorded,
    values::{CivilDate, EventId, KpiId, OrgUnitId, PersonRef},
};

/// Something that an event told, and when and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told<T> {
    pub(super) what: T,
    pub(super) recorded: Recorded,
}

impl<T: Clone> Told<T> {
    pub(super) fn new(what: &T, recorded: &Recorded) -> Self {
        Self { what: what.clone(), recorded: *recorded }
    }
}

/// What was decided about it, with what only that situation knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Situation {
    #[default]
    Absent,
    Proposed,
    /// Nobody reviews it yet after an appeal.
    UnderReview {
        reviewer: Option<PersonRef>,
    },
    /// `revised`: details have changed since the request.
    ChangesRequested {
        reviewer: Option<PersonRef>,
        revised: bool,
    },
    Active,
    /// It goes back to its review when it was never accepted.
    Shelved {
        shelved: Shelved,
        reviewer: Option<PersonRef>,
    },
    /// `reviewer`: who had reviewed it until then.
    Declined {
        declined: Told<Declined>,
        reviewer: Option<PersonRef>,
    },
    Withdrawn,
    Stopped(Stopped),
    Completed(Completed),
}

/// How it was created: the two payloads are kept to recognise a repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Created {
    Proposed(Proposed),
    Imported(Imported),
}

/// The current round of stage 4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Implementation {
    pub(super) since: CivilDate,
    pub(super) mode: Option<ImplementationModeSet>,
    pub(super) ended: Option<Told<ImplementationEnded>>,
}

/// An initiative, from its proposal or import on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Initiative {
    pub(super) situation: Situation,
    pub(super) created: Option<Created>,
    /// Current values; absent is what was never told.
    pub(super) details: Details,
    pub(super) problem: Option<EventId>,
    pub(super) beneficiaries: Option<EventId>,
    pub(super) solution: Option<EventId>,
    pub(super) classification: Option<Told<Classification>>,
    /// How often changes were requested.
    pub(super) rounds: u8,
    pub(super) appealed: bool,
    /// Those against whom was appealed, as decliner or reviewer: it goes to somebody else.
    pub(super) ruled_out: BTreeSet<PersonRef>,
    pub(super) accepted: Option<Accepted>,
    /// None until accepted or imported.
    pub(super) stage: Option<Stage>,
    pub(super) owner: Option<Told<OwnerAssigned>>,
    pub(super) interest: Option<Told<InterestDeclared>>,
    pub(super) privacy: Option<Told<PrivacyScreenRecorded>>,
    pub(super) no_material_risk: Option<Told<NoMaterialRiskDeclared>>,
    pub(super) budget: Option<Told<BudgetApproved>>,
    pub(super) costs: BTreeMap<u16, CostRecorded>,
    pub(super) kpis: BTreeMap<KpiId, Indicator>,
    pub(super) implementation: Option<Implementation>,
    /// Of the implementation that is or was last in progress.
    pub(super) evaluation: Option<Told<Evaluated>>,
    /// The last verdict on a pilot: it outlives the return to stage 4 that it asks for.
    pub(super) pilot_verdict: Option<Verdict>,
    pub(super) confidence_self: Option<Told<ConfidenceSelfReported>>,
    pub(super) confidence_assessed: Option<Told<ConfidenceAssessed>>,
}

impl Initiative {
    /// What was decided about it; none while it does not exist.
    pub fn status(&self) -> Option<Status> {
        match self.situation {
            Situation::Absent => None,
            Situation::Proposed => Some(Status::Proposed),
            Situation::UnderReview { .. } => Some(Status::UnderReview),
            Situation::ChangesRequested { .. } => Some(Status::ChangesRequested),
            Situation::Active => Some(Status::Active),
            Situation::Shelved { .. } => Some(Status::Shelved),
            Situation::Declined { .. } => Some(Status::Declined),
            Situation::Withdrawn => Some(Status::Withdrawn),
            Situation::Stopped(_) => Some(Status::Stopped),
            Situation::Completed(_) => Some(Status::Completed),
        }
    }

    /// Where it stands in the lifecycle, or stood when it ended; none before it was accepted or imported.
    pub fn stage(&self) -> Option<Stage> {
        self.stage
    }

    /// The unit that leads it.
    pub fn lead_org_unit(&self) -> Option<OrgUnitId> {
        self.created.as_ref().map(|created| match created {
            Created::Proposed(proposed) => proposed.lead_org_unit,
            Created::Imported(imported) => imported.lead_org_unit,
        })
    }

    /// The ministry of the lead unit on the day of creation.
    pub fn ministry(&self) -> Option<OrgUnitId> {
        self.created.as_ref().map(|created| match created {
            Created::Proposed(proposed) => proposed.ministry,
            Created::Imported(imported) => imported.ministry,
        })
    }

    /// The manager who owns it.
    pub fn owner(&self) -> Option<PersonRef> {
        self.owner.as_ref().map(|owner| owner.what.owner_manager)
    }

    /// The person who proposed it; none when it was imported.
    pub fn proposer(&self) -> Option<PersonRef> {
        match &self.created {
            Some(Created::Proposed(proposed)) => Some(proposed.proposer),
            Some(Created::Imported(_)) | None => None,
        }
    }

    pub(super) fn origin(&self) -> Option<Origin> {
        self.created.as_ref().map(|created| match created {
            Created::Proposed(proposed) => proposed.origin,
            Created::Imported(imported) => imported.origin,
        })
    }

    pub(super) fn is_imported(&self) -> bool {
        matches!(self.created, Some(Created::Imported(_)))
    }

    /// The unit that owns it: of the owner, else as accepted.
    pub(super) fn owner_unit(&self) -> Option<OrgUnitId> {
        let assigned = self.owner.as_ref().map(|owner| owner.what.owner_unit);
        assigned.or(self.accepted.as_ref().map(|accepted| accepted.owner_unit))
    }

    /// How the current or last round of stage 4 is or was carried out.
    pub(super) fn mode(&self) -> Option<ImplementationMode> {
        self.implementation.as_ref()?.mode.as_ref().map(|set| set.mode)
    }

    /// Who reviews it, had reviewed it when it was declined, or will again when it comes off the shelf.
    pub(super) fn reviewer(&self) -> Option<PersonRef> {
        match self.situation {
            Situation::UnderReview { reviewer }
            | Situation::ChangesRequested { reviewer, .. }
            | Situation::Shelved { reviewer, .. }
            | Situation::Declined { reviewer, .. } => reviewer,
            Situation::Absent | Situation::Proposed | Situation::Active => None,
            Situation::Withdrawn | Situation::Stopped(_) | Situation::Completed(_) => None,
        }
    }

    /// Those indicators that are not retired.
    pub(super) fn followed(&self) -> impl Iterator<Item = &Indicator> {
        self.kpis.values().filter(|indicator| !indicator.retired)
    }
}
