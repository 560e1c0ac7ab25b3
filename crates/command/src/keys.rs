//! The writer keys in force, for checking the history that decisions rest on.

use std::sync::Arc;

use codec::{
    Commit, DomainEvent,
    sign::{Keyring, SignatureError},
};
use event_log::{EventLog, Limit, ReadError, Record, Scope};
use tokio::sync::RwLock;

/// A keyring that reads the log again when it meets a key that it does not know.
pub struct Keys {
    log: Arc<dyn EventLog>,
    keyring: RwLock<Keyring>,
}

impl Keys {
    /// Reads the keys of a log.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn read(log: Arc<dyn EventLog>) -> Result<Self, ReadError> {
        let keyring = RwLock::new(learn(&*log).await?);
        Ok(Self { log, keyring })
    }

    /// Checks that a writer in force signed the record.
    ///
    /// # Errors
    /// `Ok(Err(_))` when none did, `Err(_)` when the log cannot be read.
    pub async fn verify(
        &self,
        record: &Record,
        commit: &Commit,
    ) -> Result<Result<(), SignatureError>, ReadError> {
        let first = self.keyring.read().await.verify(record, commit);
        if !matches!(first, Err(SignatureError::UnknownKey { .. })) {
            return Ok(first);
        }
        let fresh = learn(&*self.log).await?;
        let second = fresh.verify(record, commit);
        *self.keyring.write().await = fresh;
        Ok(second)
    }
}

/// Every key ever enrolled and not revoked, from the genesis and the keys' own streams.
async fn learn(log: &dyn EventLog) -> Result<Keyring, ReadError> {
    let mut keyring = Keyring::new(log.log_id());
    for area in [codec::genesis::AREA, "reference"] {
        let mut after = 0;
        loop {
            let records = log.read(&Scope::Area(area), after, Limit::default()).await?;
            let Some(last) = records.last() else { break };
            after = last.position;
            for record in &records {
                let malformed = |reason: String| ReadError::Malformed { position: record.position, reason };
                if !matches!(record.subject.aggregate(), "genesis" | "writer_key") {
                    continue;
                }
                let commit = Commit::decode(&record.body).map_err(|e| malformed(e.to_string()))?;
                if record.subject.aggregate() == "writer_key"
                    && let Err(error) = keyring.verify(record, &commit)
                {
                    return Err(malformed(error.to_string()));
                }
                for stored in &commit.events {
                    let event = DomainEvent::decode(&record.subject, stored);
                    let event = event.map_err(|e| malformed(e.to_string()))?;
                    keyring.learn(&event).map_err(|e| malformed(e.to_string()))?;
                }
            }
        }
    }
    Ok(keyring)
}
