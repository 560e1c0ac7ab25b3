//! What a decision may know besides the command and the history, set once by the shell and recorded.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use uuid::Uuid;

use crate::{
    Reason, Rejection,
    rejection::unless,
    values::{CivilDate, DelegationId, EventId, GrantId, OrgUnitId, PersonRef, Timestamp},
};

codes! {
    /// In which capacity somebody acts.
    pub enum Role {
        Employee = "EMPLOYEE",
        Manager = "MANAGER",
        MinistryLead = "MINISTRY_LEAD",
        MinistryDg = "MINISTRY_DG",
        CogPm = "COG_PM",
        CogBoard = "COG_BOARD",
        BarrierResolver = "BARRIER_RESOLVER",
        AccelManager = "ACCEL_MANAGER",
        Mentor = "MENTOR",
        SpaceManager = "SPACE_MANAGER",
        Facilitator = "FACILITATOR",
        Auditor = "AUDITOR",
        Admin = "ADMIN",
        System = "SYSTEM",
        Integration = "INTEGRATION",
    }
}

impl Role {
    /// Whether the role decides matters of the business, which an administrator never may.
    pub fn decides(self) -> bool {
        match self {
            Self::Manager | Self::MinistryLead | Self::MinistryDg | Self::CogPm | Self::CogBoard => true,
            Self::BarrierResolver | Self::AccelManager | Self::SpaceManager | Self::Facilitator => true,
            Self::Employee | Self::Mentor | Self::Auditor | Self::Admin => false,
            Self::System | Self::Integration => false,
        }
    }
}

/// Who decides: references, never names.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Actor {
    /// The person, when a person calls.
    pub person: Option<PersonRef>,
    /// The system's registered name, when a system calls.
    pub system: Option<String>,
    /// The capacity exercised.
    pub role: Role,
    /// The unit for which the role is held; none for the whole government.
    pub unit: Option<OrgUnitId>,
    /// The person for whom a system acts.
    pub on_behalf_of: Option<PersonRef>,
}

impl Actor {
    /// The natural person behind the act: the segregation of duties looks at people, not accounts.
    pub fn human(&self) -> Option<PersonRef> {
        self.on_behalf_of.or(self.person)
    }
}

/// What is known of a unit at the moment of deciding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnitFact {
    /// The ministry it belongs to; itself for a ministry.
    pub ministry: OrgUnitId,
    /// Registered, and neither closed nor merged.
    pub active: bool,
}

/// One role that a person holds today.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GrantFact {
    /// The grant.
    pub grant: GrantId,
    /// The role granted.
    pub role: Role,
    /// For which unit.
    pub unit: OrgUnitId,
}

/// Everything a decision may use besides command and history. Recorded in the commit, so that the decision
/// can be repeated exactly.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Facts {
    /// The id of the aggregate that decides.
    pub subject_id: Uuid,
    /// The command service's clock, read once for the command.
    pub now: Timestamp,
    /// The civil date in Asia/Jerusalem at `now`.
    pub today: CivilDate,
    /// The day for which the facts hold: today, or an earlier day when history is imported.
    pub effective_on: CivilDate,
    /// Who decides.
    pub actor: Actor,
    /// The grant exercised; none for root principals and processes.
    pub grant: Option<GrantId>,
    /// The delegation under which another person's grant is exercised.
    pub delegation: Option<DelegationId>,
    /// The grant lets an integration record history with effective days in the past.
    pub may_import: bool,
    /// The units that the command names; an unknown one is absent.
    pub units: BTreeMap<OrgUnitId, UnitFact>,
    /// The people that the command names, with the roles they hold today; an unknown one is absent.
    pub people: BTreeMap<PersonRef, Vec<GrantFact>>,
}

impl Facts {
    /// A check: `REFERENCE_UNKNOWN` unless the unit is registered and neither closed nor merged.
    pub(crate) fn active_unit(&self, unit: OrgUnitId, field: &str) -> Option<Rejection> {
        let active = self.units.get(&unit).is_some_and(|known| known.active);
        unless(active, Rejection::new(Reason::ReferenceUnknown).at(field).with("value", unit))
    }

    /// A check: `REFERENCE_UNKNOWN` unless the person is known.
    pub(crate) fn known_person(&self, person: PersonRef, field: &str) -> Option<Rejection> {
        let known = self.people.contains_key(&person);
        unless(known, Rejection::new(Reason::ReferenceUnknown).at(field).with("value", person))
    }
}

/// What `evolve` may know of an event besides its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The event's id.
    pub event_id: EventId,
    /// The day for which it holds.
    pub effective_on: CivilDate,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The natural person behind the decision, as [`Actor::human`] tells.
    pub by: Option<PersonRef>,
}
