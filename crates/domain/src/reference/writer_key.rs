//! A key with which a command service signs its commits. The first one stands in the genesis.

use crate::{Aggregate, Facts, Reason, Recorded, References, Rejection, Rejections, values::OrgUnitId};

vocabulary! {
    /// What can happen to a writer's key.
    pub enum Event {
        /// Commits signed with it count from now on.
        "WriterKeyEnrolled" 1 => Enrolled {
            /// The first 8 bytes of SHA-256 of the public key, hex.
            key_id: String,
            /// The Ed25519 public key, base64.
            public_key: String,
        },
        /// Commits signed with it after this one do not count.
        "WriterKeyRevoked" 1 => Revoked { key_id: String, reason: String },
    }
}

vocabulary! {
    /// What can be asked of a writer's key.
    pub enum Command {
        /// Let commits signed with it count.
        "EnrolWriterKey" 1 => Enrol { key_id: String, public_key: String },
        /// Let them count no more.
        "RevokeWriterKey" 1 => Revoke { reason: String },
    }
}

impl crate::Command for Command {
    fn creates(&self) -> bool {
        matches!(self, Self::Enrol(_))
    }

    fn needs_expected_version(&self) -> bool {
        false
    }

    fn references(&self) -> References {
        References::default()
    }
}

/// A writer's key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriterKey {
    enrolled: Option<Enrolled>,
    revoked: bool,
}

impl Aggregate for WriterKey {
    const AREA: &'static str = "reference";
    const NAME: &'static str = "writer_key";
    type Event = Event;
    type Command = Command;

    fn evolve(&mut self, event: &Event, _recorded: &Recorded) {
        match event {
            Event::Enrolled(enrolled) => self.enrolled = Some(enrolled.clone()),
            Event::Revoked(_) => self.revoked = true,
        }
    }

    fn decide(&self, command: &Command, _facts: &Facts) -> Result<Vec<Event>, Rejections> {
        match (command, &self.enrolled) {
            (Command::Enrol(Enrol { key_id, public_key }), known) => {
                let enrolled = Enrolled { key_id: key_id.clone(), public_key: public_key.clone() };
                match known {
                    None => Ok(vec![enrolled.into()]),
                    Some(known) if *known == enrolled && !self.revoked => Ok(vec![]),
                    Some(_) => Err(Reason::AlreadyExists.into()),
                }
            }
            (Command::Revoke(_), None) => Err(Rejection::new(Reason::NotFound).into()),
            (Command::Revoke(_), Some(_)) if self.revoked => Ok(vec![]),
            (Command::Revoke(Revoke { reason }), Some(enrolled)) => {
                Ok(vec![Revoked { key_id: enrolled.key_id.clone(), reason: reason.clone() }.into()])
            }
        }
    }

    fn unit(&self, _command: &Command) -> Option<OrgUnitId> {
        None
    }
}
