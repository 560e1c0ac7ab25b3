//! Whether a principal may do something somewhere, and in which capacity.
//!
//! The capacities come from the [`Directory`], the rules from the policies. Whether the directory is recent
//! enough is [`crate::authority`]'s affair.

use std::collections::BTreeSet;

use domain::{
    Actor, Role,
    values::{CivilDate, Code as _, DelegationId, GrantId, OrgUnitId, PersonRef},
};

use crate::{
    directory::{Directory, Held},
    policy::PolicySet,
    token::Identity,
};

mod question;
#[cfg(test)]
mod tests;

use question::Question;

/// Who calls, as far as the log knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    pub identity: Identity,
    /// Systems have one too: grants are recorded under it.
    pub reference: PersonRef,
    /// Among the root principals of the genesis.
    pub root: bool,
}

/// How the caller wants to act, and what in the command decides who may.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// Absent: the narrowest role that is allowed.
    pub role: Option<Role>,
    /// The unit for which the role is held.
    pub unit: Option<OrgUnitId>,
    /// Absent: in a role of one's own. A delegation is exercised only when it is named.
    pub delegation: Option<DelegationId>,
    /// The person for whom a system acts.
    pub on_behalf_of: Option<PersonRef>,
    /// The role that the command would grant.
    pub granted_role: Option<Role>,
}

/// In which capacity a command is allowed, and why: what a commit records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorised {
    pub actor: Actor,
    pub grant: Option<GrantId>,
    pub delegation: Option<DelegationId>,
    pub may_import: bool,
    /// `GRANT`, `DELEGATION` or `GENESIS`.
    pub basis: &'static str,
    /// The policies that allowed it, in order.
    pub policy_ids: Vec<String>,
    pub policy_set_sha256: String,
    /// Position up to which grants were known.
    pub position: u64,
}

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    #[error("no role held today allows it")]
    Role,
    #[error("the role allows it, but not there")]
    Scope,
}

/// What somebody may read: the whole government, or some ministries and units; always their own items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadScope {
    pub government: bool,
    /// Ministries read as a whole, with those merged into them, in the order of ids.
    pub ministries: Vec<OrgUnitId>,
    /// Units read as a whole, with those merged into them, in the order of ids.
    pub units: Vec<OrgUnitId>,
    /// Whose own items are read.
    pub person: PersonRef,
    /// The roles that allow the reading, narrowest first.
    pub roles: Vec<Role>,
}

impl ReadScope {
    /// Whether the reading is allowed by this role among others, such as `COG_PM`.
    pub fn allowed_by(&self, role: &str) -> bool {
        self.roles.iter().any(|held| held.code() == role)
    }
}

/// The judge: policies, and how they are asked.
pub struct Access {
    policies: PolicySet,
}

/// Something in which a principal can act.
enum Capacity {
    Held(Held),
    /// A root principal, before and beside all grants.
    Root,
}

impl Denied {
    /// The reason as clients see it.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Role => "ROLE_FORBIDDEN",
            Self::Scope => "SCOPE_FORBIDDEN",
        }
    }
}

impl Access {
    /// Judges by these policies.
    pub fn new(policies: PolicySet) -> Self {
        Self { policies }
    }

    /// The policies in use.
    pub fn policies(&self) -> &PolicySet {
        &self.policies
    }

    /// Whether a principal may call `command` on something of `unit` (none: of the whole government). The
    /// capacities held today are tried from the narrowest role on; the first that is allowed is exercised.
    ///
    /// # Errors
    /// [`Denied::Role`] when no role allows it anywhere, [`Denied::Scope`] when one does, but not there.
    pub fn authorise(
        &self,
        directory: &Directory,
        principal: &Principal,
        command: &str,
        unit: Option<OrgUnitId>,
        wish: &Wish,
        today: CivilDate,
    ) -> Result<Authorised, Denied> {
        let mut denied = Denied::Role;
        for capacity in capacities(directory, principal, wish, today) {
            let question = Question {
                directory,
                principal,
                capacity: &capacity,
                action: command,
                unit,
                on_behalf_of: wish.on_behalf_of,
                granted_role: wish.granted_role,
                today,
            };
            match question.put(&self.policies) {
                Ok(policy_ids) => {
                    return Ok(self.authorised(directory, principal, capacity, wish, policy_ids));
                }
                Err(Denied::Scope) => denied = Denied::Scope,
                Err(Denied::Role) => {}
            }
        }
        Err(denied)
    }

    /// What a principal may read through `action`, in all capacities held today together.
    ///
    /// # Errors
    /// [`Denied::Role`] when none allows it.
    pub fn read_scope(
        &self,
        directory: &Directory,
        principal: &Principal,
        action: &str,
        today: CivilDate,
    ) -> Result<ReadScope, Denied> {
        let held = directory.held(principal.reference, today).into_iter().map(Capacity::Held);
        let (mut roles, mut ministries, mut units) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for capacity in held.chain(principal.root.then_some(Capacity::Root)) {
            let question = Question {
                directory,
                principal,
                capacity: &capacity,
                action,
                unit: None,
                on_behalf_of: None,
                granted_role: None,
                today,
            };
            if question.put(&self.policies).is_err() {
                continue;
            }
            let role = capacity.role();
            roles.insert(role);
            let Capacity::Held(held) = &capacity else { continue };
            match role {
                Role::MinistryLead | Role::MinistryDg => ministries.extend(directory.ministry_of(held.unit)),
                Role::Manager => units.extend(directory.successor_of(held.unit)),
                _ => {}
            }
        }
        if roles.is_empty() {
            return Err(Denied::Role);
        }
        let with_merged = |ids: BTreeSet<OrgUnitId>| -> Vec<OrgUnitId> {
            let all: BTreeSet<OrgUnitId> = ids.into_iter().flat_map(|id| directory.heir_of(id)).collect();
            all.into_iter().collect()
        };
        Ok(ReadScope {
            government: roles.iter().any(|role| reads_government(*role)),
            ministries: with_merged(ministries),
            units: with_merged(units),
            person: principal.reference,
            roles: roles.into_iter().collect(),
        })
    }

    fn authorised(
        &self,
        directory: &Directory,
        principal: &Principal,
        capacity: Capacity,
        wish: &Wish,
        policy_ids: Vec<String>,
    ) -> Authorised {
        let system = principal.identity.system.clone();
        let role = capacity.role();
        let held = match capacity {
            Capacity::Held(held) => Some(held),
            Capacity::Root => None,
        };
        let delegation =
            held.as_ref().and_then(|held| held.delegation.as_ref()).map(|delegated| delegated.id);
        let basis = match (&held, delegation) {
            (None, _) => "GENESIS",
            (Some(_), None) => "GRANT",
            (Some(_), Some(_)) => "DELEGATION",
        };
        Authorised {
            actor: Actor {
                person: system.is_none().then_some(principal.reference),
                system,
                role,
                unit: held.as_ref().map(|held| held.unit),
                on_behalf_of: wish.on_behalf_of,
            },
            grant: held.as_ref().map(|held| held.grant),
            delegation,
            may_import: held.is_some_and(|held| held.may_import),
            basis,
            policy_ids,
            policy_set_sha256: self.policies.sha256().to_owned(),
            position: directory.position(),
        }
    }
}

fn capacities(
    directory: &Directory,
    principal: &Principal,
    wish: &Wish,
    today: CivilDate,
) -> impl Iterator<Item = Capacity> {
    let Wish { role, unit, delegation, .. } = *wish;
    let wished = move |held: &Held| {
        role.is_none_or(|role| role == held.role)
            && unit.is_none_or(|unit| unit == held.unit)
            && delegation == held.delegation.as_ref().map(|delegated| delegated.id)
    };
    let as_root = principal.root
        && role.is_none_or(|role| role == Role::Admin)
        && unit.is_none()
        && delegation.is_none();
    let held = directory.held(principal.reference, today).into_iter().filter(wished).map(Capacity::Held);
    held.chain(as_root.then_some(Capacity::Root))
}

fn reads_government(role: Role) -> bool {
    matches!(role, Role::CogPm | Role::CogBoard | Role::Auditor)
}

impl Capacity {
    /// The role recorded: a root principal acts as an administrator.
    fn role(&self) -> Role {
        match self {
            Self::Held(held) => held.role,
            Self::Root => Role::Admin,
        }
    }

    /// The role as the policies know it.
    fn code(&self) -> &'static str {
        match self {
            Self::Held(held) => held.role.code(),
            Self::Root => "ROOT",
        }
    }

    /// Whether it holds everywhere, whatever the unit of its grant.
    fn is_government_wide(&self, directory: &Directory) -> bool {
        let Self::Held(held) = self else { return true };
        match held.role {
            Role::CogPm | Role::CogBoard | Role::Auditor | Role::Admin => true,
            Role::Integration => directory.is_center(held.unit),
            Role::Employee | Role::Manager | Role::MinistryLead | Role::MinistryDg => false,
            Role::BarrierResolver | Role::AccelManager | Role::Mentor => false,
            Role::SpaceManager | Role::Facilitator | Role::System => false,
        }
    }
}
