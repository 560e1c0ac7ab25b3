//! A key with which a command service signs its commits. The first one stands in the genesis.

use crate::{Aggregate, Facts, Reason, Recorded, References, Rejections, values::OrgUnitId};

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
pub struct WriterKey(Situation);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Situation {
    #[default]
    Absent,
    Enrolled(Enrolled),
    /// For ever: a key that may have leaked does not come back.
    Revoked,
}

impl Aggregate for WriterKey {
    const AREA: &'static str = "reference";
    const NAME: &'static str = "writer_key";
    type Event = Event;
    type Command = Command;

    fn evolve(&mut self, event: &Event, _recorded: &Recorded) {
        self.0 = match event {
            Event::Enrolled(enrolled) => Situation::Enrolled(enrolled.clone()),
            Event::Revoked(_) => Situation::Revoked,
        };
    }

    fn decide(&self, command: &Command, _facts: &Facts) -> Result<Vec<Event>, Rejections> {
        match command {
            Command::Enrol(enrol) => self.enrol(enrol),
            Command::Revoke(revoke) => self.revoke(revoke),
        }
    }

    fn unit(&self, _command: &Command) -> Option<OrgUnitId> {
        None
    }
}

impl WriterKey {
    fn enrol(&self, enrol: &Enrol) -> Result<Vec<Event>, Rejections> {
        let Enrol { key_id, public_key } = enrol.clone();
        let enrolled = Enrolled { key_id, public_key };
        match &self.0 {
            Situation::Absent => Ok(vec![enrolled.into()]),
            Situation::Enrolled(known) if *known == enrolled => Ok(vec![]),
            Situation::Enrolled(_) | Situation::Revoked => Err(Reason::AlreadyExists.into()),
        }
    }

    fn revoke(&self, revoke: &Revoke) -> Result<Vec<Event>, Rejections> {
        match &self.0 {
            Situation::Absent => Err(Reason::NotFound.into()),
            Situation::Enrolled(Enrolled { key_id, .. }) => {
                Ok(vec![Revoked { key_id: key_id.clone(), reason: revoke.reason.clone() }.into()])
            }
            Situation::Revoked => Ok(vec![]),
        }
    }
}

#[cfg(test)]
mod tests;
