//! The writer keys, for checking the history that decisions rest on.
//!
//! History is read aggregate by aggregate, not in the order of the log: a commit is checked with the keys that were
//! in force at its position, whatever became of them since.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use codec::{
    Commit, DomainEvent, genesis,
    sign::{Keyring, SignatureError},
};
use domain::{Aggregate as _, reference::writer_key::WriterKey};
use event_log::{EventLog, Limit, ReadError, Record, Scope};
use tokio::{sync::RwLock, time::Instant};

/// How long a revocation may go unnoticed while no unknown key is met.
const LEARNT_FOR: Duration = Duration::from_secs(10);

/// How long a replica may lag behind the leader before we say so; usually it is milliseconds.
const LAG_WAIT: Duration = Duration::from_secs(2);
const LAG_LOOK_INTERVAL: Duration = Duration::from_millis(10);

/// Keyrings that grow when a key is met that is not known, and now and then.
pub struct Keys {
    log: Arc<dyn EventLog>,
    known: RwLock<Known>,
}

/// What was learnt up to a position.
struct Known {
    /// The keys in force after each position that changed them.
    keyrings: BTreeMap<u64, Keyring>,
    position: u64,
    learnt_at: Instant,
}

impl Keys {
    /// Reads the keys of a log.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn read(log: Arc<dyn EventLog>) -> Result<Self, ReadError> {
        let keyrings = [(0, Keyring::new(log.log_id()))].into();
        let mut known = Known { keyrings, position: 0, learnt_at: Instant::now() };
        let genesis = Scope::Stream(genesis::subject(log.log_id()));
        known.learn(&log.read(&genesis, 0, Limit::default()).await?)?;
        known.read_on(&*log).await?;
        Ok(Self { log, known: RwLock::new(known) })
    }

    /// Checks that a writer signed the record, with a key in force at its position.
    ///
    /// # Errors
    /// `Ok(Err(_))` when none did, `Err(_)` when the log cannot be read.
    pub async fn verify(
        &self,
        record: &Record,
        commit: &Commit,
    ) -> Result<Result<(), SignatureError>, ReadError> {
        let known = self.known.read().await;
        let verdict = known.verdict(record, commit);
        let may_be_revoked = record.position > known.position && known.learnt_at.elapsed() > LEARNT_FOR;
        drop(known);
        if !may_be_revoked && !matches!(verdict, Err(SignatureError::UnknownKey { .. })) {
            return Ok(verdict);
        }
        let mut known = self.known.write().await;
        known.read_on(&*self.log).await?;
        Ok(known.verdict(record, commit))
    }
}

impl Known {
    fn verdict(&self, record: &Record, commit: &Commit) -> Result<(), SignatureError> {
        self.before(record.position).verify(record, commit)
    }

    fn before(&self, position: u64) -> &Keyring {
        self.keyrings
            .range(..position)
            .next_back()
            .expect("positions begin at 1, and at 0 there are no keys")
            .1
    }

    /// Reads the keys' own streams on, up to where the leader is.
    async fn read_on(&mut self, log: &dyn EventLog) -> Result<(), ReadError> {
        let (asked, area) = (Instant::now(), Scope::Area(WriterKey::AREA));
        let there = log.last(&area).await?.map_or(0, |last| last.position);
        while self.position < there {
            let records = log.read(&area, self.position, Limit::default()).await?;
            self.learn(&records)?;
            if records.is_empty() && asked.elapsed() > LAG_WAIT {
                return Err(ReadError::Unavailable { reason: "every replica lags".to_owned() });
            }
            if records.is_empty() {
                tokio::time::sleep(LAG_LOOK_INTERVAL).await;
            }
        }
        self.learnt_at = asked;
        Ok(())
    }

    fn learn(&mut self, records: &[Record]) -> Result<(), ReadError> {
        for record in records {
            let is_genesis = record.subject.area() == genesis::AREA;
            if is_genesis || record.subject.aggregate() == WriterKey::NAME {
                self.learn_from(record, is_genesis)?;
            }
            self.position = record.position;
        }
        Ok(())
    }

    fn learn_from(&mut self, record: &Record, is_genesis: bool) -> Result<(), ReadError> {
        let position = record.position;
        let malformed = |e: &dyn std::error::Error| ReadError::Malformed { position, reason: e.to_string() };
        let commit = Commit::decode(&record.body).map_err(|e| malformed(&e))?;
        // The genesis brings the key that signs it.
        if !is_genesis {
            self.verdict(record, &commit).map_err(|e| malformed(&e))?;
        }
        let mut keyring = self.before(position).clone();
        for stored in &commit.events {
            let event = DomainEvent::decode(&record.subject, stored).map_err(|e| malformed(&e))?;
            keyring.learn(&event).map_err(|e| malformed(&e))?;
        }
        self.keyrings.insert(position, keyring);
        Ok(())
    }
}
