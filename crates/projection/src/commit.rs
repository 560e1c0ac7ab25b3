//! From a record to a commit that may be applied: readable, continuing its aggregate, written by the command
//! service.

use codec::{Commit, DomainEvent, chain::Chain, genesis, sign::Keyring};
use event_log::Record;
use uuid::Uuid;

use crate::Stop;

/// A commit that was checked.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// As stored.
    pub record: Record,
    /// Of the body, lower-case hex.
    pub body_sha256: String,
    /// As read.
    pub commit: Commit,
    /// The events of the commit, in its order.
    pub events: Vec<DomainEvent>,
    /// Its aggregate is quarantined: it changes no rows.
    pub parked: bool,
}

/// Checks a record: the chain and the keys are those of all records before it, and learn from this one.
pub(crate) fn check(
    log_id: Uuid,
    chain: &mut Chain,
    keyring: &mut Keyring,
    record: Record,
) -> Result<Decoded, Stop> {
    let position = record.position;
    let damaged = |problem: String| Stop::Damaged { position, problem };
    let commit = Commit::decode(&record.body).map_err(|error| damaged(error.to_string()))?;
    let opens = record.subject == genesis::subject(log_id);
    if opens != (position == 1) || (record.subject.area() == genesis::AREA && !opens) {
        return Err(damaged(format!("`{}` stands here", record.subject)));
    }
    let body_sha256 = chain.accept(&record, &commit)?.sha256.clone();
    // The genesis brings the key that it is signed with; nothing else is believed before its signature is checked.
    if opens {
        learn(keyring, &record, &commit)?;
    }
    keyring.verify(&record, &commit)?;
    let events = learn(keyring, &record, &commit)?;
    Ok(Decoded { record, body_sha256, commit, events, parked: false })
}

/// Reads the events of a commit and lets the keyring learn of keys enrolled and revoked.
fn learn(keyring: &mut Keyring, record: &Record, commit: &Commit) -> Result<Vec<DomainEvent>, Stop> {
    let position = record.position;
    let read = |stored| {
        DomainEvent::decode(&record.subject, stored).map_err(|source| Stop::Unreadable { position, source })
    };
    let events: Vec<DomainEvent> = commit.events.iter().map(read).collect::<Result<_, _>>()?;
    let learn = |event| keyring.learn(event).map_err(|source| Stop::Key { position, source });
    events.iter().try_for_each(learn)?;
    Ok(events)
}
