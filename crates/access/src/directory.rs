//! Who exists and who may: a pure fold of the reference events and the genesis.
//!
//! Checking what is folded is [`crate::authority`]'s affair, judging by it [`crate::decide`]'s. A closed or
//! merged unit counts as such from the moment it is recorded: authority is judged at record time.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use codec::{DomainEvent, genesis::RootPrincipal};
use domain::{
    GrantFact, Role, UnitFact,
    reference::{
        org_unit::{self, UnitKind},
        person_access::{self, AuthorityDelegated, RoleGranted},
        policy_set,
    },
    values::{CivilDate, DelegationId, GrantId, LocalizedText, OrgUnitId, PersonRef},
};
use uuid::Uuid;

#[cfg(test)]
mod tests;

/// How many parents and mergers lead from a unit to its ministry at most: a circle ends here.
const STEPS_MAX: usize = 64;

/// Units, roles and delegations as the log had them at a position. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    position: u64,
    roots: Arc<[RootPrincipal]>,
    units: BTreeMap<OrgUnitId, Arc<Unit>>,
    codes: HashMap<String, OrgUnitId>,
    people: HashMap<PersonRef, Arc<Person>>,
    policy_set: Option<String>,
}

/// An organisational unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Such as `MOH`.
    pub code: String,
    pub kind: UnitKind,
    pub name: LocalizedText,
    pub parent: Option<OrgUnitId>,
    /// Neither closed nor merged.
    pub active: bool,
    pub merged_into: Option<OrgUnitId>,
}

/// A role that somebody may exercise on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The grant exercised; under a delegation it is the delegator's.
    pub grant: GrantId,
    pub role: Role,
    pub unit: OrgUnitId,
    /// The last day; none until revoked.
    pub to: Option<CivilDate>,
    pub may_import: bool,
    /// Set when the role is exercised for somebody else.
    pub delegation: Option<Delegated>,
}

/// What a delegation covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delegated {
    pub id: DelegationId,
    pub commands: Vec<String>,
    pub delegator: PersonRef,
}

#[derive(Clone, Debug, Default)]
struct Person {
    grants: BTreeMap<GrantId, RoleGranted>,
    delegations: BTreeMap<DelegationId, AuthorityDelegated>,
}

impl Directory {
    /// The position of the last commit folded.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Who may issue the first administrators' grants.
    pub fn roots(&self) -> &[RootPrincipal] {
        &self.roots
    }

    /// Whether a login is among the roots.
    pub fn is_root(&self, issuer: &str, subject: &str) -> bool {
        self.roots.iter().any(|root| root.issuer == issuer && root.subject == subject)
    }

    /// The digest of the policies activated last.
    pub fn active_policy_set(&self) -> Option<&str> {
        self.policy_set.as_deref()
    }

    /// The unit, closed or not.
    pub fn unit(&self, id: OrgUnitId) -> Option<&Unit> {
        self.units.get(&id).map(Arc::as_ref)
    }

    /// The unit that first had the code.
    pub fn unit_by_code(&self, code: &str) -> Option<(OrgUnitId, &Unit)> {
        let id = *self.codes.get(code)?;
        self.unit(id).map(|unit| (id, unit))
    }

    /// Every unit by id, the closed ones too.
    pub fn units(&self) -> impl Iterator<Item = (OrgUnitId, &Unit)> {
        self.units.iter().map(|(id, unit)| (*id, unit.as_ref()))
    }

    /// What the unit became: itself, or the unit into which it was merged in the end.
    pub fn successor_of(&self, id: OrgUnitId) -> Option<OrgUnitId> {
        self.walk(id, |unit| unit.merged_into)
    }

    /// The ministry, or the body of the Center, to which the unit belongs today.
    pub fn ministry_of(&self, id: OrgUnitId) -> Option<OrgUnitId> {
        self.walk(id, |unit| unit.merged_into.or(unit.parent))
    }

    /// The unit and all that were merged into it: what was recorded under their ids is now the unit's.
    pub fn heir_of(&self, id: OrgUnitId) -> Vec<OrgUnitId> {
        self.units.keys().copied().filter(|unit| self.successor_of(*unit) == Some(id)).collect()
    }

    /// Whether the unit belongs to the Center of Government.
    pub fn is_center(&self, id: OrgUnitId) -> bool {
        let top = self.ministry_of(id).and_then(|top| self.unit(top));
        top.is_some_and(|top| top.kind == UnitKind::Center)
    }

    /// What a decision may know of the unit.
    pub fn unit_fact(&self, id: OrgUnitId) -> Option<UnitFact> {
        let active = self.unit(id)?.active;
        self.ministry_of(id).map(|ministry| UnitFact { ministry, active })
    }

    /// What a decision may know of the person: their own roles in force on a day; `None` for a stranger.
    pub fn person_fact(&self, person: PersonRef, day: CivilDate) -> Option<Vec<GrantFact>> {
        let person = self.people.get(&person)?;
        let fact =
            |grant: &RoleGranted| GrantFact { grant: grant.grant_id, role: grant.role, unit: grant.org_unit };
        Some(person.grants.values().filter(|grant| in_force(grant, day)).map(fact).collect())
    }

    /// The roles that a person may exercise on a day: the own ones, and those delegated to them as long as
    /// the delegator still holds them. Narrowest role first, own before delegated.
    pub fn held(&self, person: PersonRef, day: CivilDate) -> Vec<Held> {
        let Some(person) = self.people.get(&person) else { return vec![] };
        let own = person.grants.values().filter(|grant| in_force(grant, day)).map(|grant| Held {
            grant: grant.grant_id,
            role: grant.role,
            unit: grant.org_unit,
            to: grant.to,
            may_import: grant.may_import,
            delegation: None,
        });
        let delegated = person.delegations.values().filter_map(|delegation| self.exercised(delegation, day));
        let mut held: Vec<Held> = own.chain(delegated).collect();
        held.sort_by_key(|held| (held.role, held.delegation.as_ref().map(|d| d.id), held.unit, held.grant));
        held
    }

    fn exercised(&self, delegation: &AuthorityDelegated, day: CivilDate) -> Option<Held> {
        let AuthorityDelegated { delegation_id, delegator, grant_id, commands, from, to, .. } = delegation;
        let grant = self.people.get(delegator)?.grants.get(grant_id)?;
        let holds = *from <= day && day <= *to && in_force(grant, day);
        holds.then(|| Held {
            grant: grant.grant_id,
            role: grant.role,
            unit: grant.org_unit,
            to: Some(grant.to.map_or(*to, |end| end.min(*to))),
            may_import: false,
            delegation: Some(Delegated {
                id: *delegation_id,
                commands: commands.clone(),
                delegator: *delegator,
            }),
        })
    }

    fn walk(&self, id: OrgUnitId, next: impl Fn(&Unit) -> Option<OrgUnitId>) -> Option<OrgUnitId> {
        let mut here = id;
        for _ in 0..STEPS_MAX {
            match next(self.unit(here)?) {
                Some(further) => here = further,
                None => return Some(here),
            }
        }
        None
    }

    /// Folds one event of the aggregate `id`. Total: history is never refused.
    pub fn fold(&mut self, position: u64, id: Uuid, event: &DomainEvent) {
        self.position = position;
        match event {
            DomainEvent::LogOpened(opened) => self.roots = opened.root_principals.clone().into(),
            DomainEvent::OrgUnit(event) => {
                if let Some(id) = OrgUnitId::new(id) {
                    self.fold_unit(id, event);
                }
            }
            DomainEvent::PersonAccess(event) => {
                if let Some(person) = PersonRef::new(id) {
                    Arc::make_mut(self.people.entry(person).or_default()).fold(event);
                }
            }
            DomainEvent::PolicySet(policy_set::Event::Activated(activated)) => {
                self.policy_set = Some(activated.sha256.clone());
            }
            DomainEvent::WriterKey(_) | DomainEvent::Initiative(_) => {}
        }
    }

    fn fold_unit(&mut self, id: OrgUnitId, event: &org_unit::Event) {
        if let org_unit::Event::Registered(org_unit::Registered { code, kind, name, parent, .. }) = event {
            let (code, kind, name, parent) = (code.clone(), *kind, name.clone(), *parent);
            self.codes.entry(code.clone()).or_insert(id);
            let unit = Unit { code, kind, name, parent, active: true, merged_into: None };
            self.units.insert(id, Arc::new(unit));
            return;
        }
        let Some(unit) = self.units.get_mut(&id).map(Arc::make_mut) else { return };
        match event {
            org_unit::Event::Registered(_) => {}
            org_unit::Event::Renamed(renamed) => unit.name = renamed.name.clone(),
            org_unit::Event::Merged(merged) => {
                unit.active = false;
                unit.merged_into = Some(merged.into);
            }
            org_unit::Event::Closed(_) => unit.active = false,
        }
    }
}

impl Person {
    fn fold(&mut self, event: &person_access::Event) {
        match event {
            person_access::Event::Registered(_) => {}
            person_access::Event::RoleGranted(grant) => {
                self.grants.insert(grant.grant_id, grant.clone());
            }
            person_access::Event::RoleRevoked(revoked) => {
                self.grants.remove(&revoked.grant_id);
            }
            person_access::Event::AuthorityDelegated(delegation) => {
                self.delegations.insert(delegation.delegation_id, delegation.clone());
            }
            person_access::Event::DelegationRevoked(revoked) => {
                self.delegations.remove(&revoked.delegation_id);
            }
        }
    }
}

fn in_force(grant: &RoleGranted, day: CivilDate) -> bool {
    grant.from <= day && grant.to.is_none_or(|to| day <= to)
}
