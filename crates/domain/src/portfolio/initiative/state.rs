//! An initiative as its events left it.

use super::{Command, Event};
use crate::{Aggregate, Facts, Recorded, Rejections, values::OrgUnitId};

/// An initiative as its events left it.
#[derive(Clone, Debug, Default)]
pub struct Initiative {}

impl Aggregate for Initiative {
    const AREA: &'static str = "portfolio";
    const NAME: &'static str = "initiative";
    type Event = Event;
    type Command = Command;

    fn evolve(&mut self, _event: &Event, _recorded: &Recorded) {}

    fn decide(&self, _command: &Command, _facts: &Facts) -> Result<Vec<Event>, Rejections> {
        Ok(vec![])
    }

    fn unit(&self, _command: &Command) -> Option<OrgUnitId> {
        None
    }
}
