//! What is checked before a commit is shown: its body, its aggregate's chain, its writer's signature.
//!
//! A stream from position 1 checks every chain from its beginning. A later start checks each chain from the
//! predecessor of the first commit that it meets, and learns the writer keys from the genesis and the key
//! commits before the start. That positions are contiguous is `event_log::Follower`'s affair. One head per
//! aggregate met is kept, some 200 bytes each.

use std::sync::Arc;

use codec::{
    Commit, DomainEvent,
    chain::{Chain, Head},
    genesis, sha256_hex,
    sign::Keyring,
};
use domain::{Aggregate as _, reference::writer_key::WriterKey};
use event_log::{EventLog, Limit, ReadError, Record, Scope};

/// Why nothing more can be shown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CheckError {
    #[error("check the commit at {position}: {problem}")]
    Damaged { position: u64, problem: String },
    #[error(transparent)]
    Read(#[from] ReadError),
}

pub(crate) struct Checker {
    log: Arc<dyn EventLog>,
    /// The first position of the stream.
    from: u64,
    keyring: Keyring,
    chain: Chain,
}

impl Checker {
    /// Knows the writer keys as of the position before `from`.
    pub(crate) async fn starting_at(log: Arc<dyn EventLog>, from: u64) -> Result<Self, CheckError> {
        let keyring = Keyring::new(log.log_id());
        let mut checker = Self { log, from, keyring, chain: Chain::default() };
        if from > 1 {
            let genesis = checker.get(1).await?;
            checker.accept(&genesis).await?;
            checker.learn_keys().await?;
        }
        Ok(checker)
    }

    /// Reads all of the reference area, which is small, for the few key commits in it.
    async fn learn_keys(&mut self) -> Result<(), CheckError> {
        let (from, mut after) = (self.from, 0);
        while after < from {
            let records = self.log.read(&Scope::Area(WriterKey::AREA), after, Limit::default()).await?;
            let Some(last) = records.last() else { break };
            after = last.position;
            let earlier = records.iter().take_while(|record| record.position < from);
            for record in earlier.filter(|record| is_about_keys(record)) {
                self.accept(record).await?;
            }
        }
        Ok(())
    }

    /// Checks the next commit of the stream.
    pub(crate) async fn accept(&mut self, record: &Record) -> Result<Commit, CheckError> {
        let position = record.position;
        let damaged = |problem: String| CheckError::Damaged { position, problem };
        let is_genesis = record.subject == genesis::subject(self.log.log_id());
        if is_genesis != (position == 1) {
            return Err(damaged(format!("`{}` stands here", record.subject)));
        }
        let commit = Commit::decode(&record.body).map_err(|e| damaged(e.to_string()))?;
        self.meet(record, &commit).await?;
        self.chain.accept(record, &commit).map_err(|e| damaged(e.problem))?;
        // The genesis is signed by the key that it brings.
        if is_genesis {
            self.learn(record, &commit)?;
        }
        self.keyring.verify(record, &commit).map_err(|e| damaged(e.to_string()))?;
        if is_about_keys(record) {
            self.learn(record, &commit)?;
        }
        Ok(commit)
    }

    /// The head of an aggregate whose last commit lies before the start of the stream.
    async fn meet(&mut self, record: &Record, commit: &Commit) -> Result<(), CheckError> {
        let Some(position) = commit.prev_position.filter(|position| *position < self.from) else {
            return Ok(());
        };
        if self.chain.head(&record.subject).is_some() {
            return Ok(());
        }
        let previous = self.get(position).await?;
        // A predecessor on another subject is none: the chain then says that this commit continues nothing.
        if previous.subject == record.subject {
            let read = Commit::decode(&previous.body)
                .map_err(|e| CheckError::Damaged { position, problem: e.to_string() })?;
            let sha256 = sha256_hex(&previous.body);
            let head = Head { version: read.last_version(), position, sha256 };
            self.chain.resume(record.subject.clone(), head);
        }
        Ok(())
    }

    fn learn(&mut self, record: &Record, commit: &Commit) -> Result<(), CheckError> {
        let damaged = |problem: String| CheckError::Damaged { position: record.position, problem };
        for stored in &commit.events {
            let event = DomainEvent::decode(&record.subject, stored).map_err(|e| damaged(e.to_string()))?;
            self.keyring.learn(&event).map_err(|e| damaged(e.to_string()))?;
        }
        Ok(())
    }

    /// A position that must be there. A replica may lag behind the one that served the commit naming it, so its
    /// absence is not yet damage.
    async fn get(&self, position: u64) -> Result<Record, CheckError> {
        let record = self.log.get(position).await?;
        let reason = format!("position {position} is not served");
        record.ok_or(CheckError::Read(ReadError::Unavailable { reason }))
    }
}

fn is_about_keys(record: &Record) -> bool {
    (record.subject.area(), record.subject.aggregate()) == (WriterKey::AREA, WriterKey::NAME)
}
