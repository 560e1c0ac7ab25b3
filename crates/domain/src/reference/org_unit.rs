//! An organisational unit: a ministry, an auxiliary body, a department. Ministries merge, split and rename.

use crate::{
    Aggregate, Facts, Reason, Recorded, References, Rejection, Rejections,
    rejection::unless,
    values::{CivilDate, LocalizedText, OrgUnitId},
};

codes! {
    /// What kind of body a unit is.
    pub enum UnitKind {
        /// Its own ministry; has no parent.
        Ministry = "MINISTRY",
        /// A body under a ministry, such as an authority or an agency.
        Auxiliary = "AUXILIARY",
        /// A part of a ministry or an auxiliary body.
        Department = "DEPARTMENT",
        /// A body of the Center of Government; has no parent.
        Center = "CENTER",
    }
}

vocabulary! {
    /// What can happen to a unit.
    pub enum Event {
        /// It exists.
        "OrgUnitRegistered" 1 => Registered {
            /// Such as `MOH`; upper-case letters and digits, 2 to 12.
            code: String,
            kind: UnitKind,
            name: LocalizedText,
            parent: Option<OrgUnitId>,
            from: CivilDate,
        },
        /// It has another name.
        "OrgUnitRenamed" 1 => Renamed { name: LocalizedText, from: CivilDate },
        /// It became part of another.
        "OrgUnitMerged" 1 => Merged { into: OrgUnitId, from: CivilDate },
        /// It is no more.
        "OrgUnitClosed" 1 => Closed { from: CivilDate },
    }
}

vocabulary! {
    /// What can be asked of a unit.
    pub enum Command {
        /// Register a unit.
        "RegisterOrgUnit" 1 => Register {
            code: String,
            kind: UnitKind,
            name: LocalizedText,
            parent: Option<OrgUnitId>,
            from: CivilDate,
        },
        /// Give it another name from a day on.
        "RenameOrgUnit" 1 => Rename { name: LocalizedText, from: CivilDate },
        /// Make it part of another.
        "MergeOrgUnits" 1 => Merge { into: OrgUnitId, from: CivilDate },
        /// End it.
        "CloseOrgUnit" 1 => Close { from: CivilDate },
    }
}

impl crate::Command for Command {
    fn creates(&self) -> bool {
        matches!(self, Self::Register(_))
    }

    fn needs_expected_version(&self) -> bool {
        false
    }

    fn references(&self) -> References {
        let units = match self {
            Self::Register(register) => register.parent.into_iter().collect(),
            Self::Merge(merge) => vec![merge.into],
            Self::Rename(_) | Self::Close(_) => vec![],
        };
        References { units, people: vec![] }
    }
}

/// A unit as its events left it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrgUnit {
    registered: Option<Event>,
    name: Option<LocalizedText>,
    /// The latest day from which something holds: what follows may not begin before it.
    last_from: Option<CivilDate>,
    ended: Option<Ended>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Merged(OrgUnitId),
    Closed,
}

impl Aggregate for OrgUnit {
    const AREA: &'static str = "reference";
    const NAME: &'static str = "org_unit";
    type Event = Event;
    type Command = Command;

    fn evolve(&mut self, event: &Event, _recorded: &Recorded) {
        match event {
            Event::Registered(Registered { name, from, .. }) => {
                self.registered = Some(event.clone());
                self.name = Some(name.clone());
                self.last_from = Some(*from);
            }
            Event::Renamed(Renamed { name, from }) => {
                self.name = Some(name.clone());
                self.last_from = Some(*from);
            }
            Event::Merged(Merged { into, from }) => {
                self.ended = Some(Ended::Merged(*into));
                self.last_from = Some(*from);
            }
            Event::Closed(Closed { from }) => {
                self.ended = Some(Ended::Closed);
                self.last_from = Some(*from);
            }
        }
    }

    fn decide(&self, command: &Command, facts: &Facts) -> Result<Vec<Event>, Rejections> {
        match command {
            Command::Register(register) => self.register(register, facts),
            Command::Rename(rename) => self.rename(rename),
            Command::Merge(merge) => self.merge(merge, facts),
            Command::Close(close) => self.close(close),
        }
    }

    fn unit(&self, _command: &Command) -> Option<OrgUnitId> {
        None
    }
}

impl OrgUnit {
    fn register(&self, register: &Register, facts: &Facts) -> Result<Vec<Event>, Rejections> {
        let Register { code, kind, name, parent, from } = register.clone();
        let event = Event::from(Registered { code, kind, name, parent, from });
        match &self.registered {
            Some(known) if *known == event => return Ok(vec![]),
            Some(_) => return Err(Reason::AlreadyExists.into()),
            None => {}
        }
        Rejections::unless_met([sound_parent(kind, parent, facts)])?;
        Ok(vec![event])
    }

    fn rename(&self, rename: &Rename) -> Result<Vec<Event>, Rejections> {
        let Rename { name, from } = rename.clone();
        if self.name.as_ref() == Some(&name) {
            return Ok(vec![]);
        }
        Rejections::unless_met(self.changes_on(from)?)?;
        Ok(vec![Renamed { name, from }.into()])
    }

    /// A merged unit is not active, so a way back to this one through others always meets a target that is
    /// not; what remains is merging into itself or into a part of itself.
    fn merge(&self, merge: &Merge, facts: &Facts) -> Result<Vec<Event>, Rejections> {
        let Merge { into, from } = merge.clone();
        if self.ended == Some(Ended::Merged(into)) {
            return Ok(vec![]);
        }
        let is_active = facts.units.get(&into).is_none_or(|target| target.active);
        let target = if is_within(into, facts) {
            Some(Rejection::new(Reason::OrgCycle).at("into_id"))
        } else if !is_active {
            Some(Rejection::new(Reason::OrgTargetInactive).at("into_id"))
        } else {
            facts.active_unit(into, "into_id")
        };
        Rejections::unless_met([target].into_iter().chain(self.changes_on(from)?))?;
        Ok(vec![Merged { into, from }.into()])
    }

    fn close(&self, close: &Close) -> Result<Vec<Event>, Rejections> {
        if self.ended == Some(Ended::Closed) {
            return Ok(vec![]);
        }
        Rejections::unless_met(self.changes_on(close.from)?)?;
        Ok(vec![Closed { from: close.from }.into()])
    }

    /// What stands against a change from a day on.
    fn changes_on(&self, from: CivilDate) -> Result<[Option<Rejection>; 2], Rejections> {
        let Some(last) = self.last_from else { return Err(Reason::NotFound.into()) };
        let ended = self.ended.map(|ended| {
            let state = match ended {
                Ended::Merged(_) => "MERGED",
                Ended::Closed => "CLOSED",
            };
            Rejection::new(Reason::StateForbids).with("state", state).with("allowed_commands", "")
        });
        let overlap = Rejection::new(Reason::OrgDateOverlap).at("from").with("last", last);
        Ok([ended, unless(from >= last, overlap)])
    }
}

/// A ministry and a body of the center stand alone; every other unit is part of an active one, never of itself.
fn sound_parent(kind: UnitKind, parent: Option<OrgUnitId>, facts: &Facts) -> Option<Rejection> {
    let stands_alone = matches!(kind, UnitKind::Ministry | UnitKind::Center);
    match parent {
        Some(_) if stands_alone => Some(Rejection::new(Reason::ValidationRange).at("parent_id")),
        None => unless(stands_alone, Rejection::new(Reason::ValidationRequired).at("parent_id")),
        Some(parent) if is_within(parent, facts) => Some(Rejection::new(Reason::OrgCycle).at("parent_id")),
        Some(parent) => facts.active_unit(parent, "parent_id"),
    }
}

/// Whether a unit is this one, or belongs to it.
fn is_within(unit: OrgUnitId, facts: &Facts) -> bool {
    let ministry = facts.units.get(&unit).map(|known| known.ministry);
    [Some(unit), ministry].into_iter().flatten().any(|known| known.uuid() == facts.subject_id)
}

#[cfg(test)]
mod tests;
