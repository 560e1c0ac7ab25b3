//! What a person may do: the roles granted to them and the authority delegated to them. One stream per person.

use std::collections::BTreeMap;

use crate::{
    Aggregate, Facts, Reason, Recorded, References, Rejection, Rejections, Role,
    rejection::unless,
    values::{CivilDate, DelegationId, GrantId, OrgUnitId, PersonRef, Private},
};

/// The longest a delegation may last, in days.
pub const DELEGATION_DAYS_MAX: i32 = 90;

vocabulary! {
    /// What can happen to a person's access.
    pub enum Event {
        /// The person is known here. The name and the address stand sealed under the person's own key.
        "PersonRegistered" 1 => Registered {
            display_name: Private,
            email: Option<Private>,
            unit: OrgUnitId,
        },
        /// A role, for a unit, from a day to a day.
        "RoleGranted" 1 => RoleGranted {
            grant_id: GrantId,
            role: Role,
            org_unit: OrgUnitId,
            from: CivilDate,
            to: Option<CivilDate>,
            /// An integration may record history with effective dates in the past.
            may_import: bool,
        },
        /// The role is taken back.
        "RoleRevoked" 1 => RoleRevoked { grant_id: GrantId, reason: String },
        /// Another person exercises named commands of the delegator's role; recorded with the delegate.
        "AuthorityDelegated" 1 => AuthorityDelegated {
            delegation_id: DelegationId,
            delegator: PersonRef,
            /// The delegator's grant that is exercised.
            grant_id: GrantId,
            role: Role,
            org_unit: OrgUnitId,
            /// Names of commands.
            commands: Vec<String>,
            from: CivilDate,
            to: CivilDate,
        },
        /// The delegation ended before its day.
        "DelegationRevoked" 1 => DelegationRevoked { delegation_id: DelegationId },
    }
}

vocabulary! {
    /// What can be asked about a person's access.
    pub enum Command {
        /// Make a person known, or their name and address new.
        "RegisterPerson" 1 => Register { display_name: Private, email: Option<Private>, unit: OrgUnitId },
        /// Grant a role, for a unit, from a day to a day.
        "GrantRole" 1 => GrantRole {
            grant_id: GrantId,
            role: Role,
            org_unit: OrgUnitId,
            from: CivilDate,
            to: Option<CivilDate>,
            may_import: bool,
        },
        /// Take a role back.
        "RevokeRole" 1 => RevokeRole { grant_id: GrantId, reason: String },
        /// Let this person exercise named commands of the caller's own role.
        "DelegateAuthority" 1 => DelegateAuthority {
            delegation_id: DelegationId,
            commands: Vec<String>,
            from: CivilDate,
            to: CivilDate,
        },
        /// End a delegation before its day.
        "RevokeDelegation" 1 => RevokeDelegation { delegation_id: DelegationId },
    }
}

impl crate::Command for Command {
    fn creates(&self) -> bool {
        false
    }

    fn needs_expected_version(&self) -> bool {
        false
    }

    fn references(&self) -> References {
        let units = match self {
            Self::Register(register) => vec![register.unit],
            Self::GrantRole(grant) => vec![grant.org_unit],
            Self::RevokeRole(_) | Self::DelegateAuthority(_) | Self::RevokeDelegation(_) => vec![],
        };
        References { units, people: vec![] }
    }

    fn grants(&self) -> Option<Role> {
        if let Self::GrantRole(grant) = self { Some(grant.role) } else { None }
    }
}

/// A person's access as its events left it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonAccess {
    registered: Option<Registered>,
    grants: BTreeMap<GrantId, (RoleGranted, bool)>,
    delegations: BTreeMap<DelegationId, (AuthorityDelegated, bool)>,
}

impl Aggregate for PersonAccess {
    const AREA: &'static str = "reference";
    const NAME: &'static str = "person_access";
    type Event = Event;
    type Command = Command;

    fn evolve(&mut self, event: &Event, _recorded: &Recorded) {
        match event {
            Event::Registered(registered) => self.registered = Some(registered.clone()),
            Event::RoleGranted(grant) => {
                self.grants.insert(grant.grant_id, (grant.clone(), true));
            }
            Event::RoleRevoked(RoleRevoked { grant_id, .. }) => {
                if let Some((_, holds)) = self.grants.get_mut(grant_id) {
                    *holds = false;
                }
            }
            Event::AuthorityDelegated(delegation) => {
                self.delegations.insert(delegation.delegation_id, (delegation.clone(), true));
            }
            Event::DelegationRevoked(DelegationRevoked { delegation_id }) => {
                if let Some((_, holds)) = self.delegations.get_mut(delegation_id) {
                    *holds = false;
                }
            }
        }
    }

    fn decide(&self, command: &Command, facts: &Facts) -> Result<Vec<Event>, Rejections> {
        match command {
            Command::Register(register) => self.register(register, facts),
            Command::GrantRole(grant) => self.grant(grant, facts),
            Command::RevokeRole(revoke) => self.revoke(revoke),
            Command::DelegateAuthority(delegate) => self.delegate(delegate, facts),
            Command::RevokeDelegation(revoke) => self.revoke_delegation(revoke, facts),
        }
    }

    fn unit(&self, _command: &Command) -> Option<OrgUnitId> {
        None
    }
}

impl PersonAccess {
    fn register(&self, register: &Register, facts: &Facts) -> Result<Vec<Event>, Rejections> {
        let Register { display_name, email, unit } = register.clone();
        let registered = Registered { display_name, email, unit };
        if self.registered.as_ref() == Some(&registered) {
            return Ok(vec![]);
        }
        Rejections::unless_met([facts.active_unit(unit, "unit_id")])?;
        Ok(vec![registered.into()])
    }

    fn grant(&self, grant: &GrantRole, facts: &Facts) -> Result<Vec<Event>, Rejections> {
        let GrantRole { grant_id, role, org_unit, from, to, may_import } = grant.clone();
        let granted = RoleGranted { grant_id, role, org_unit, from, to, may_import };
        match self.grants.get(&grant_id) {
            Some((known, true)) if *known == granted => return Ok(vec![]),
            Some(_) => return Err(Reason::AlreadyExists.into()),
            None => {}
        }
        let imports = Rejection::new(Reason::ValidationRange).at("may_import");
        Rejections::unless_met([
            unless(!self.mixes_powers(&granted), Reason::SodAdminDecision),
            facts.active_unit(org_unit, "org_unit_id"),
            unless(to.is_none_or(|to| from <= to), Rejection::new(Reason::ValidationDateOrder).at("to")),
            unless(!may_import || role == Role::Integration, imports),
        ])?;
        Ok(vec![granted.into()])
    }

    /// Whether somebody would administer and decide on the same day.
    fn mixes_powers(&self, granted: &RoleGranted) -> bool {
        let powers = |one: Role, other: Role| one == Role::Admin && other.decides();
        let clashes = |other: &RoleGranted| {
            overlap(granted, other) && (powers(granted.role, other.role) || powers(other.role, granted.role))
        };
        self.grants.values().any(|(other, holds)| *holds && clashes(other))
    }

    fn revoke(&self, revoke: &RevokeRole) -> Result<Vec<Event>, Rejections> {
        let RevokeRole { grant_id, reason } = revoke.clone();
        match self.grants.get(&grant_id) {
            None => {
                Err(Rejection::new(Reason::ReferenceUnknown).at("grant_id").with("value", grant_id).into())
            }
            Some((_, false)) => Ok(vec![]),
            Some((_, true)) => Ok(vec![RoleRevoked { grant_id, reason }.into()]),
        }
    }

    fn delegate(&self, delegate: &DelegateAuthority, facts: &Facts) -> Result<Vec<Event>, Rejections> {
        let DelegateAuthority { delegation_id, commands, from, to } = delegate.clone();
        if let Some((known, holds)) = self.delegations.get(&delegation_id) {
            let same = *holds && known.commands == commands && known.from == from && known.to == to;
            return if same { Ok(vec![]) } else { Err(Reason::AlreadyExists.into()) };
        }
        let (Some(delegator), Some(grant_id), Some(org_unit)) =
            (facts.actor.human(), facts.grant, facts.actor.unit)
        else {
            return Err(Reason::RoleForbidden.into());
        };
        Rejections::unless_met([
            unless(delegator.uuid() != facts.subject_id, Reason::SodSelf),
            unless(from <= to && facts.today <= to, Rejection::new(Reason::ValidationDateOrder).at("to")),
            unless(facts.delegation.is_none(), Reason::DelegationChain),
            unless(
                to.days_since(from) <= DELEGATION_DAYS_MAX,
                Rejection::new(Reason::DelegationTooLong).at("to").with("days_max", DELEGATION_DAYS_MAX),
            ),
        ])?;
        let role = facts.actor.role;
        let delegated =
            AuthorityDelegated { delegation_id, delegator, grant_id, role, org_unit, commands, from, to };
        Ok(vec![delegated.into()])
    }

    /// The delegator takes it back, or an administrator.
    fn revoke_delegation(&self, revoke: &RevokeDelegation, facts: &Facts) -> Result<Vec<Event>, Rejections> {
        let delegation_id = revoke.delegation_id;
        let Some((delegation, holds)) = self.delegations.get(&delegation_id) else {
            let unknown = Rejection::new(Reason::ReferenceUnknown).at("delegation_id");
            return Err(unknown.with("value", delegation_id).into());
        };
        let may = facts.actor.role == Role::Admin || facts.actor.human() == Some(delegation.delegator);
        Rejections::unless_met([unless(may, Reason::ScopeForbidden)])?;
        Ok(if *holds { vec![DelegationRevoked { delegation_id }.into()] } else { vec![] })
    }
}

/// Whether two grants hold on a common day.
fn overlap(one: &RoleGranted, other: &RoleGranted) -> bool {
    other.to.is_none_or(|end| one.from <= end) && one.to.is_none_or(|end| other.from <= end)
}

#[cfg(test)]
mod tests;
