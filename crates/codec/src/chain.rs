//! The chain of each aggregate: dense versions, each commit naming the hash and position of the one before.

use std::collections::HashMap;

use event_log::{Record, Subject};

use crate::{Commit, sha256_hex};

/// The last commit of an aggregate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Version of its last event.
    pub version: u64,
    pub position: u64,
    /// Lower-case hex SHA-256 of its body.
    pub sha256: String,
}

/// A commit that does not continue its aggregate. Damage, never folded over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the commit at {position} does not continue `{subject}`: {problem}")]
pub struct ChainError {
    pub position: u64,
    pub subject: String,
    pub problem: String,
}

/// Checks that a commit continues its aggregate, and returns the new head.
///
/// # Errors
/// When it does not.
pub fn continues(previous: Option<&Head>, record: &Record, commit: &Commit) -> Result<Head, ChainError> {
    let broken = |problem: String| {
        Err(ChainError { position: record.position, subject: record.subject.to_string(), problem })
    };
    if commit.stream != record.subject.to_string() {
        return broken(format!("its body names the stream `{}`", commit.stream));
    }
    if commit.commit_id != record.headers.commit_id {
        return broken(format!("its body names the commit {}", commit.commit_id));
    }
    let expected = previous.map_or(1, |head| head.version + 1);
    if commit.version != expected {
        return broken(format!("its version is {}, not {expected}", commit.version));
    }
    if commit.prev_position != previous.map(|head| head.position) {
        return broken(format!("it follows position {:?}", commit.prev_position));
    }
    if commit.prev_sha256.as_ref() != previous.map(|head| &head.sha256) {
        return broken("it names another hash of the commit before".to_owned());
    }
    Ok(Head { version: commit.last_version(), position: record.position, sha256: sha256_hex(&record.body) })
}

/// The heads of all aggregates that were read.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    heads: HashMap<Subject, Head>,
}

impl Chain {
    /// Accepts the next commit.
    ///
    /// # Errors
    /// When it does not continue its aggregate.
    pub fn accept(&mut self, record: &Record, commit: &Commit) -> Result<&Head, ChainError> {
        let head = continues(self.heads.get(&record.subject), record, commit)?;
        let slot = self.heads.entry(record.subject.clone()).or_insert_with(|| head.clone());
        *slot = head;
        Ok(slot)
    }

    /// The head of an aggregate, when it was read.
    pub fn head(&self, subject: &Subject) -> Option<&Head> {
        self.heads.get(subject)
    }

    /// Starts from a head that was stored.
    pub fn resume(&mut self, subject: Subject, head: Head) {
        self.heads.insert(subject, head);
    }
}
