//! What is declared about an accepted initiative: its owner, interests, privacy, risks, money.

use super::{
    super::{
        super::framework::PrivacyScreen,
        command::{
            ApproveBudget, AssignOwner, DeclareInterest, DeclareNoMaterialRisk, RecordCost,
            RecordPrivacyScreen,
        },
        event::{
            BudgetApproved, CostRecorded, InterestDeclared, NoMaterialRiskDeclared, OwnerAssigned,
            PrivacyScreenRecorded,
        },
        state::{Initiative, Told},
    },
    Judgement, asked_by,
};
use crate::{
    Facts, GrantFact, Reason, Rejection, Role,
    rejection::{outside, unless},
    values::{Money, OrgUnitId},
};

impl Initiative {
    /// A manager of the owning, the lead or a partner unit becomes the owner.
    pub(super) fn assign_owner(&self, assign: &AssignOwner, facts: &Facts) -> Judgement {
        const FIELD: &str = "owner_manager_id";
        let owner_manager = assign.owner_manager;
        let judgement = asked_by([]).unless_it_holds(self.owner() == Some(owner_manager));
        let Some(grants) = facts.people.get(&owner_manager) else {
            return judgement.about([facts.known_person(owner_manager, FIELD)]);
        };
        match self.owning_units().find(|unit| manages(grants, *unit)) {
            Some(owner_unit) => judgement.then(OwnerAssigned { owner_manager, owner_unit }),
            None => judgement.about([Some(Rejection::new(Reason::ScopeForbidden).at(FIELD))]),
        }
    }

    pub(super) fn declare_interest(&self, declare: &DeclareInterest, facts: &Facts) -> Judgement {
        let DeclareInterest { none, text } = declare.clone();
        let (missing, contradicts) = (!none && text.is_none(), none && text.is_some());
        let declared = InterestDeclared { none, text };
        asked_by([self.owner_only(facts)])
            .unless_it_holds(holds(self.interest.as_ref(), &declared))
            .about([
                unless(!missing, Rejection::new(Reason::ValidationRequired).at("text")),
                unless(!contradicts, Rejection::new(Reason::ValidationRange).at("text")),
            ])
            .then(declared)
    }

    pub(super) fn record_privacy_screen(&self, record: &RecordPrivacyScreen, facts: &Facts) -> Judgement {
        let RecordPrivacyScreen { screen, pia_ref } = record.clone();
        let missing = screen == PrivacyScreen::HighlySensitive && pia_ref.is_none();
        let recorded = PrivacyScreenRecorded { screen, pia_ref };
        asked_by([self.owner_only(facts)])
            .unless_it_holds(holds(self.privacy.as_ref(), &recorded))
            .about([unless(!missing, Rejection::new(Reason::PiaRequired).at("pia_ref"))])
            .then(recorded)
    }

    pub(super) fn declare_no_material_risk(
        &self,
        declare: &DeclareNoMaterialRisk,
        facts: &Facts,
    ) -> Judgement {
        let declared = NoMaterialRiskDeclared { reason: declare.reason.clone() };
        asked_by([self.owner_only(facts)])
            .unless_it_holds(holds(self.no_material_risk.as_ref(), &declared))
            .then(declared)
    }

    pub(super) fn approve_budget(&self, approve: &ApproveBudget) -> Judgement {
        let ApproveBudget { amount, source_line, effort_only } = approve.clone();
        let enough = amount.minor_units > 0 || effort_only;
        let approved = BudgetApproved { amount, source_line, effort_only };
        asked_by([])
            .unless_it_holds(holds(self.budget.as_ref(), &approved))
            .about([unless(
                enough,
                outside(Reason::ValidationRange, "amount.minor_units", 1, Money::MINOR_UNITS_MAX),
            )])
            .then(approved)
    }

    pub(super) fn record_cost(&self, record: &RecordCost, facts: &Facts) -> Judgement {
        let RecordCost { year, planned, forecast, whole_life } = record.clone();
        let told = planned.is_some() || forecast.is_some() || whole_life.is_some();
        let recorded = CostRecorded { year, planned, forecast, whole_life };
        let may = if self.is_importing(facts) { None } else { self.owner_or(&[Role::MinistryLead], facts) };
        asked_by([may])
            .unless_it_holds(self.costs.get(&year) == Some(&recorded))
            .about([unless(told, Rejection::new(Reason::ValidationRequired).at("planned"))])
            .then(recorded)
    }

    /// The units whose managers may own it, the likeliest first.
    fn owning_units(&self) -> impl Iterator<Item = OrgUnitId> {
        let partners = self.details.partner_org_units.iter().flatten().copied();
        self.owner_unit().into_iter().chain(self.lead_org_unit()).chain(partners)
    }
}

fn manages(grants: &[GrantFact], unit: OrgUnitId) -> bool {
    grants.iter().any(|grant| grant.role == Role::Manager && grant.unit == unit)
}

/// Whether the same was told last.
fn holds<T: PartialEq>(known: Option<&Told<T>>, told: &T) -> bool {
    known.is_some_and(|known| known.what == *told)
}
