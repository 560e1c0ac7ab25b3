//! Units and people. A unit's ministry rests on other units, so the view stops at what it cannot apply.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use codec::DomainEvent;
use domain::reference::{
    org_unit::{Event as UnitEvent, Registered},
    person_access::Event as PersonEvent,
};
use read_model::{
    Batch, Shape,
    rows::{OrgUnit, Person, SealedText, Table},
};
use uuid::Uuid;

use crate::{
    Decoded, Poison, View,
    values::{code, date, sealed, text},
};

/// Units and people.
pub struct Reference;

/// More steps than any chain of parents and mergers has: what is longer is a circle.
const STEPS_MAX: usize = 64;

#[async_trait]
impl View for Reference {
    fn shape(&self) -> Shape {
        read_model::REFERENCE
    }

    fn mixes_keys(&self) -> bool {
        true
    }

    async fn apply(&self, batch: &mut Batch, commits: &[Decoded]) -> Result<Vec<Poison>, read_model::Error> {
        let mut units = Units::default();
        let mut people = People::default();
        let concerned = |commit: &Decoded| commit.events.iter().any(|e| matches!(e, DomainEvent::OrgUnit(_)));
        if commits.iter().any(concerned) {
            let known: Vec<OrgUnit> = batch.load_all().await?;
            units.before = known.into_iter().map(|unit| (unit.org_unit_id, unit)).collect();
            units.now.clone_from(&units.before);
        }
        people.load(batch, commits).await?;
        for commit in commits {
            if let Err(reason) = apply(&mut units, &mut people, commit) {
                return Ok(vec![Poison { position: commit.record.position, reason }]);
            }
        }
        units.store(batch).await?;
        people.store(batch).await?;
        Ok(vec![])
    }
}

fn apply(units: &mut Units, people: &mut People, commit: &Decoded) -> Result<(), String> {
    for (index, event) in commit.events.iter().enumerate() {
        match event {
            DomainEvent::OrgUnit(event) => units.apply(event, commit)?,
            DomainEvent::PersonAccess(event) => people.apply(event, commit, index),
            DomainEvent::LogOpened(_)
            | DomainEvent::PolicySet(_)
            | DomainEvent::WriterKey(_)
            | DomainEvent::Initiative(_) => {}
        }
    }
    Ok(())
}

/// All units: there are some hundreds, and a merger moves whole branches.
#[derive(Default)]
struct Units {
    before: BTreeMap<Uuid, OrgUnit>,
    now: BTreeMap<Uuid, OrgUnit>,
}

impl Units {
    fn apply(&mut self, event: &UnitEvent, commit: &Decoded) -> Result<(), String> {
        let id = commit.record.subject.id();
        if let UnitEvent::Registered(registered) = event {
            return self.register(id, registered, commit);
        }
        let unit = self.now.get_mut(&id).ok_or("the unit was never registered")?;
        match event {
            UnitEvent::Registered(_) => {}
            UnitEvent::Renamed(renamed) => unit.name = text(&renamed.name),
            UnitEvent::Merged(merged) => {
                unit.ended = Some("MERGED".to_owned());
                unit.ended_from = Some(date(merged.from));
                unit.merged_into_id = Some(merged.into.uuid());
            }
            UnitEvent::Closed(closed) => {
                unit.ended = Some("CLOSED".to_owned());
                unit.ended_from = Some(date(closed.from));
            }
        }
        (unit.version, unit.position) = (commit.commit.last_version(), commit.record.position);
        Ok(())
    }

    fn register(&mut self, id: Uuid, told: &Registered, commit: &Decoded) -> Result<(), String> {
        let unit = OrgUnit {
            org_unit_id: id,
            version: commit.commit.last_version(),
            position: commit.record.position,
            code: told.code.clone(),
            kind: code(told.kind),
            name: text(&told.name),
            parent_id: told.parent.map(|parent| parent.uuid()),
            ministry_id: id,
            registered_from: date(told.from),
            ended: None,
            ended_from: None,
            merged_into_id: None,
        };
        if self.now.insert(id, unit).is_some() {
            return Err("the unit was registered before".to_owned());
        }
        Ok(())
    }

    /// Where a unit belongs today: up through parents and mergers to one that has neither.
    fn ministry(&self, id: Uuid) -> Uuid {
        let mut at = id;
        for _ in 0..STEPS_MAX {
            let up = self.now.get(&at).and_then(|unit| unit.merged_into_id.or(unit.parent_id));
            match up {
                Some(up) => at = up,
                None => return at,
            }
        }
        id
    }

    async fn store(mut self, batch: &mut Batch) -> Result<(), read_model::Error> {
        let ministries: Vec<(Uuid, Uuid)> = self.now.keys().map(|id| (*id, self.ministry(*id))).collect();
        for (id, ministry) in ministries {
            if let Some(unit) = self.now.get_mut(&id) {
                unit.ministry_id = ministry;
            }
        }
        let changed = self.now.into_iter().filter(|(id, unit)| self.before.get(id) != Some(unit));
        batch.replace(&changed.map(|(_, unit)| unit).collect::<Vec<_>>()).await
    }
}

/// The people of some commits.
#[derive(Default)]
struct People {
    by_id: HashMap<Uuid, Person>,
    sealed: Vec<SealedText>,
}

impl People {
    async fn load(&mut self, batch: &mut Batch, commits: &[Decoded]) -> Result<(), read_model::Error> {
        let concerned =
            commits.iter().filter(|c| c.events.iter().any(|e| matches!(e, DomainEvent::PersonAccess(_))));
        let ids: Vec<Uuid> = concerned.map(|commit| commit.record.subject.id()).collect();
        let known: Vec<Person> = batch.load(&ids).await?;
        self.by_id = known.into_iter().map(|person| (person.key(), person)).collect();
        Ok(())
    }

    /// Roles are followed by `access`; here they only count. A person may hold roles before being registered.
    fn apply(&mut self, event: &PersonEvent, commit: &Decoded, index: usize) {
        let id = commit.record.subject.id();
        let (version, position) = (commit.commit.last_version(), commit.record.position);
        match event {
            PersonEvent::Registered(registered) => {
                let event_id = commit.commit.events[index].id.uuid();
                let org_unit_id = registered.unit.uuid();
                self.by_id.insert(id, Person { person_id: id, version, position, org_unit_id, event_id });
                self.sealed.extend(sealed(&commit.record, &commit.commit.events[index]));
            }
            PersonEvent::RoleGranted(_)
            | PersonEvent::RoleRevoked(_)
            | PersonEvent::AuthorityDelegated(_)
            | PersonEvent::DelegationRevoked(_) => {
                if let Some(person) = self.by_id.get_mut(&id) {
                    (person.version, person.position) = (version, position);
                }
            }
        }
    }

    async fn store(self, batch: &mut Batch) -> Result<(), read_model::Error> {
        batch.replace(&self.by_id.into_values().collect::<Vec<_>>()).await?;
        batch.add(&self.sealed).await
    }
}
