//! A small government for the tests of the directory and of decisions.

use codec::{
    DomainEvent,
    genesis::{LogOpened, RootPrincipal},
};
use domain::{
    Role,
    reference::{
        org_unit::{self, UnitKind},
        person_access::{AuthorityDelegated, Event, RoleGranted},
    },
    values::{CivilDate, DelegationId, GrantId, Language, LocalizedText, OrgUnitId, PersonRef},
};
use uuid::Uuid;

use crate::directory::Directory;

pub(crate) fn id(name: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
}

pub(crate) fn unit(code: &str) -> OrgUnitId {
    OrgUnitId::new(id(code)).unwrap()
}

pub(crate) fn person(name: &str) -> PersonRef {
    PersonRef::new(id(name)).unwrap()
}

pub(crate) fn grant_id(name: &str) -> GrantId {
    GrantId::new(id(name)).unwrap()
}

pub(crate) fn delegation_id(name: &str) -> DelegationId {
    DelegationId::new(id(name)).unwrap()
}

pub(crate) fn day(text: &str) -> CivilDate {
    text.parse().unwrap()
}

pub(crate) fn text(english: &str) -> LocalizedText {
    LocalizedText { he: None, en: Some(english.to_owned()), ar: None, source_lang: Language::English }
}

/// A directory growing by events.
#[derive(Default)]
pub(crate) struct Government {
    pub(crate) directory: Directory,
}

impl Government {
    /// The genesis, two ministries with a department each, and the Prime Minister's Office as the Center.
    pub(crate) fn with_ministries() -> Self {
        let mut government = Self::default();
        let root = RootPrincipal { issuer: "https://login.example".into(), subject: "root".into() };
        government.happened(
            "log",
            &DomainEvent::LogOpened(LogOpened {
                log_id: id("log"),
                created_at: "2026-01-01T00:00:00.000000Z".parse().unwrap(),
                writer_key: String::new(),
                root_principals: vec![root],
                configuration_sha256: String::new(),
            }),
        );
        government.unit("MOH", UnitKind::Ministry, None);
        government.unit("HOSP", UnitKind::Department, Some("MOH"));
        government.unit("MOE", UnitKind::Ministry, None);
        government.unit("SCHOOL", UnitKind::Department, Some("MOE"));
        government.unit("PMO", UnitKind::Center, None);
        government
    }

    pub(crate) fn happened(&mut self, aggregate: &str, event: &DomainEvent) {
        self.directory.fold(self.directory.position() + 1, id(aggregate), event);
    }

    pub(crate) fn unit(&mut self, code: &str, kind: UnitKind, parent: Option<&str>) {
        let registered = org_unit::Registered {
            code: code.to_owned(),
            kind,
            name: text(code),
            parent: parent.map(unit),
            from: day("2026-01-01"),
        };
        self.happened(code, &DomainEvent::OrgUnit(registered.into()));
    }

    pub(crate) fn merges(&mut self, code: &str, into: &str) {
        let merged = org_unit::Merged { into: unit(into), from: day("2026-06-01") };
        self.happened(code, &DomainEvent::OrgUnit(merged.into()));
    }

    pub(crate) fn access(&mut self, person: &str, event: impl Into<Event>) {
        self.happened(person, &DomainEvent::PersonAccess(event.into()));
    }

    /// Grants a role for 2026; the grant goes by the person's name and the role's code.
    pub(crate) fn grants(&mut self, person: &str, role: Role, unit_code: &str) {
        self.access(person, granted(person, role, unit_code));
    }

    /// The general director delegates until the end of June.
    pub(crate) fn delegates(&mut self, delegator: &str, delegate: &str, commands: &[&str]) {
        self.access(
            delegate,
            AuthorityDelegated {
                delegation_id: delegation_id(delegate),
                delegator: person(delegator),
                grant_id: grant_id(delegator),
                role: Role::MinistryDg,
                org_unit: unit("MOH"),
                commands: commands.iter().map(|command| (*command).to_owned()).collect(),
                from: day("2026-06-01"),
                to: day("2026-06-30"),
            },
        );
    }
}

/// A grant for 2026 that goes by the person's name.
pub(crate) fn granted(person: &str, role: Role, unit_code: &str) -> RoleGranted {
    RoleGranted {
        grant_id: grant_id(person),
        role,
        org_unit: unit(unit_code),
        from: day("2026-01-01"),
        to: Some(day("2026-12-31")),
        may_import: false,
    }
}
