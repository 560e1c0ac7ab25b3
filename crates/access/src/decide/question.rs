//! One question to the policies: a capacity, an action, a matter, the circumstances.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use cedar_policy::{
    Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request, RestrictedExpression,
};
use domain::{
    Role,
    values::{CivilDate, Code as _, OrgUnitId, PersonRef},
};

use super::{Capacity, Denied, Principal};
use crate::{directory::Directory, policy::PolicySet};

/// Denials by policies of these ids are about the place.
const SCOPE_PREFIX: &str = "scope-";

pub(super) struct Question<'a> {
    pub(super) directory: &'a Directory,
    pub(super) principal: &'a Principal,
    pub(super) capacity: &'a Capacity,
    pub(super) action: &'a str,
    pub(super) unit: Option<OrgUnitId>,
    pub(super) on_behalf_of: Option<PersonRef>,
    pub(super) granted_role: Option<Role>,
    pub(super) today: CivilDate,
}

impl Question<'_> {
    /// The policies that allow it.
    pub(super) fn put(&self, policies: &PolicySet) -> Result<Vec<String>, Denied> {
        let system = self.principal.identity.system.is_some();
        let principal = uid(if system { &SYSTEM } else { &PERSON }, &self.principal.reference.to_string());
        let matter = uid(&MATTER, self.action);
        let action = uid(&ACTION, self.action);
        // An action that the schema does not know is nobody's.
        let request =
            Request::new(principal.clone(), action, matter.clone(), self.context(), Some(policies.schema()));
        let Ok(request) = request else { return Err(Denied::Role) };
        let entities = self.entities(policies, principal, matter);
        let answer = policies.ask(&request, &entities);
        if answer.allowed {
            return Ok(answer.policy_ids);
        }
        let about_place = answer.policy_ids.iter().all(|id| id.starts_with(SCOPE_PREFIX));
        let misplaced = about_place && policies.role_permits(&request, &entities);
        Err(if misplaced { Denied::Scope } else { Denied::Role })
    }

    fn entities(&self, policies: &PolicySet, principal: EntityUid, matter: EntityUid) -> Entities {
        let own = match self.capacity {
            Capacity::Held(held) => self.directory.ministry_of(held.unit),
            Capacity::Root => None,
        };
        let government = self.capacity.is_government_wide(self.directory);
        let government = ("government".to_owned(), RestrictedExpression::new_bool(government));
        let capacity: HashMap<_, _> = ministry(own).into_iter().chain([government]).collect();
        let about: HashMap<_, _> =
            ministry(self.unit.and_then(|unit| self.directory.ministry_of(unit))).into_iter().collect();
        let role = uid(&ROLE, self.capacity.code());
        let principal = Entity::new(principal, capacity, HashSet::from([role])).expect("no extension values");
        let matter = Entity::new(matter, about, HashSet::new()).expect("no extension values");
        let actions = policies.action_entities().clone();
        actions.add_entities([principal, matter], Some(policies.schema())).expect("made for the schema")
    }

    fn context(&self) -> Context {
        let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
        let held = match self.capacity {
            Capacity::Held(held) => Some(held),
            Capacity::Root => None,
        };
        let may_import = RestrictedExpression::new_bool(held.is_some_and(|held| held.may_import));
        let mut pairs = vec![("command", text(self.action)), ("mayImport", may_import)];
        if let Some(delegated) = held.and_then(|held| held.delegation.as_ref()) {
            let commands = delegated.commands.iter().map(|command| text(command));
            pairs.push(("delegated", RestrictedExpression::new_set(commands)));
        }
        if let Some(person) = self.on_behalf_of {
            pairs.push(("onBehalfOf", self.scope_of(person)));
        }
        if let Some(role) = self.granted_role {
            pairs.push(("grantedRole", text(role.code())));
        }
        Context::from_pairs(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)))
            .expect("the keys are distinct")
    }

    /// Where a person has business of their own. Administrators and auditors have none.
    fn scope_of(&self, person: PersonRef) -> RestrictedExpression {
        let (mut ministries, mut government) = (Vec::new(), false);
        for grant in self.directory.person_fact(person, self.today).unwrap_or_default() {
            match grant.role {
                Role::CogPm | Role::CogBoard => government = true,
                Role::Auditor | Role::Admin | Role::System | Role::Integration => {}
                Role::Employee | Role::Manager | Role::MinistryLead | Role::MinistryDg => {
                    ministries.extend(self.directory.ministry_of(grant.unit));
                }
                Role::BarrierResolver | Role::AccelManager | Role::Mentor => {
                    ministries.extend(self.directory.ministry_of(grant.unit));
                }
                Role::SpaceManager | Role::Facilitator => {
                    ministries.extend(self.directory.ministry_of(grant.unit));
                }
            }
        }
        let ministries =
            ministries.into_iter().map(|id| RestrictedExpression::new_entity_uid(ministry_uid(id)));
        RestrictedExpression::new_record([
            ("ministries".to_owned(), RestrictedExpression::new_set(ministries)),
            ("government".to_owned(), RestrictedExpression::new_bool(government)),
        ])
        .expect("the keys are distinct")
    }
}

fn ministry(id: Option<OrgUnitId>) -> Option<(String, RestrictedExpression)> {
    id.map(|id| ("ministry".to_owned(), RestrictedExpression::new_entity_uid(ministry_uid(id))))
}

fn ministry_uid(id: OrgUnitId) -> EntityUid {
    uid(&MINISTRY, &id.to_string())
}

fn uid(kind: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
}

macro_rules! entity_types {
    ($($name:ident = $text:literal),+ $(,)?) => {
        $(static $name: LazyLock<EntityTypeName> =
            LazyLock::new(|| $text.parse().expect("the constant is a name"));)+
    };
}

entity_types! {
    ACTION = "Action",
    MATTER = "Matter",
    MINISTRY = "Ministry",
    PERSON = "Person",
    ROLE = "Role",
    SYSTEM = "System",
}
