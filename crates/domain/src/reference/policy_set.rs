//! The authorisation policies in force: their text is on the log, so that every recorded digest can be checked.

use crate::{Aggregate, Facts, Recorded, References, Rejections, values::OrgUnitId};

vocabulary! {
    /// What can happen to the policies.
    pub enum Event {
        /// This set decides from now on.
        "PolicySetActivated" 1 => Activated {
            /// Lower-case hex SHA-256 of the schema and the policies, as `access` computes it.
            sha256: String,
            /// The Cedar schema's text.
            schema: String,
            /// The Cedar policies' text.
            policies: String,
        },
    }
}

vocabulary! {
    /// What can be asked of the policies.
    pub enum Command {
        /// Let this set decide from now on.
        "ActivatePolicySet" 1 => Activate { sha256: String, schema: String, policies: String },
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
        References::default()
    }
}

/// The policies in force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicySet {
    active: Option<String>,
}

impl Aggregate for PolicySet {
    const AREA: &'static str = "reference";
    const NAME: &'static str = "policy_set";
    type Event = Event;
    type Command = Command;

    fn evolve(&mut self, event: &Event, _recorded: &Recorded) {
        let Event::Activated(activated) = event;
        self.active = Some(activated.sha256.clone());
    }

    fn decide(&self, command: &Command, _facts: &Facts) -> Result<Vec<Event>, Rejections> {
        let Command::Activate(Activate { sha256, schema, policies }) = command.clone();
        if self.active.as_ref() == Some(&sha256) {
            return Ok(vec![]);
        }
        Ok(vec![Activated { sha256, schema, policies }.into()])
    }

    fn unit(&self, _command: &Command) -> Option<OrgUnitId> {
        None
    }
}

#[cfg(test)]
mod tests;
