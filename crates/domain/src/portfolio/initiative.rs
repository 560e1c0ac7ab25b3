//! An initiative, from an idea to its diffused lessons: events, state, `evolve`, decisions, refusals.
//!
//! What happened is in [`event`], what can be asked in [`command`]; the state, its folding, the decisions and
//! the stage gates follow. Benefits, tranches, dependencies and merging are not here yet.

pub mod command;
mod decide;
pub mod event;
mod evolve;
mod gates;
mod indicator;
mod state;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use event::Event;
pub use gates::gates_of;
pub use state::Initiative;

use crate::{
    Aggregate, Facts, Recorded, Rejections,
    values::{OrgUnitId, PersonRef},
};

impl Aggregate for Initiative {
    const AREA: &'static str = "portfolio";
    const NAME: &'static str = "initiative";
    type Event = Event;
    type Command = Command;

    fn evolve(&mut self, event: &Event, recorded: &Recorded) {
        self.fold(event, recorded);
    }

    fn decide(&self, command: &Command, facts: &Facts) -> Result<Vec<Event>, Rejections> {
        self.answer(command, facts)
    }

    fn unit(&self, command: &Command) -> Option<OrgUnitId> {
        if let Command::Propose(propose) = command {
            return Some(propose.lead_org_unit);
        }
        if let Command::Import(import) = command {
            return Some(import.lead_org_unit);
        }
        self.lead_org_unit()
    }

    fn concerns(&self, person: PersonRef) -> bool {
        self.proposer() == Some(person) || self.owner() == Some(person)
    }
}
