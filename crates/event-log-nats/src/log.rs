//! [`NatsLog`]: the log's promises kept by JetStream.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use event_log::{Append, AppendError, BODY_BYTES_MAX, EventLog, Limit, ReadError, Record, Scope};
use tokio::{sync::watch, time::Instant};
use uuid::Uuid;

use crate::{
    append::{Failure, append},
    connect::{self, ConnectError, ConnectOptions},
    health::{self, Checker, Checks, Danger, Health, Known},
    message, read,
    wire::Wire,
};

/// An open log. Its health is looked at in the background as long as it lives.
pub struct NatsLog {
    wire: Wire,
    known: Arc<Known>,
    health: watch::Receiver<Health>,
    /// Readers have no right to ask the leader for a commit.
    reads_only: bool,
    append_deadline: Duration,
}

impl NatsLog {
    /// Connects and verifies that the stream is a log: its genesis commit is at position 1 and names the same
    /// id as the stream's labels. Looks at its health once; an unsafe log opens, and refuses appends.
    ///
    /// # Errors
    /// No server, no right, no stream, or another stream than the one provisioned.
    pub async fn connect(options: ConnectOptions) -> Result<Self, ConnectError> {
        let ConnectOptions { server, checks, append_deadline } = options;
        let reads_only = checks == Checks::ReadOnly;
        let wire = connect::dial(&server).await?;
        let info = wire.info().await?.ok_or(ConnectError::NotProvisioned)?;
        let first = if reads_only { read::at(&wire, 1).await? } else { wire.at(1).await? };
        let log_id = connect::identity(first.as_ref().map(|first| &first.subject), &info)?;

        let known = Known::new(log_id);
        let health = known.health.subscribe();
        let mut checker = Checker::new(wire.clone(), known.clone(), checks);
        checker.look().await;
        tokio::spawn(checker.run());
        let append_deadline = append_deadline.min(ConnectOptions::APPEND_DEADLINE_MAX);
        Ok(Self { wire, known, health, reads_only, append_deadline })
    }

    /// The health as last seen, at most a few seconds ago.
    pub fn health(&self) -> Health {
        self.health.borrow().clone()
    }

    /// The health as it changes, for readiness.
    pub fn watch_health(&self) -> watch::Receiver<Health> {
        self.health.clone()
    }

    fn refusal(&self) -> Option<String> {
        if self.reads_only {
            return Some("the log was opened for reading".to_owned());
        }
        match &*self.health.borrow() {
            Health::Unsafe(dangers) => Some(health::listed(dangers)),
            Health::Healthy | Health::Unreachable(_) => None,
        }
    }

    async fn append_checked(&self, commit: &Append) -> Result<u64, AppendError> {
        let subject = commit.subject.clone();
        if commit.body.len() > BODY_BYTES_MAX {
            return Err(AppendError::TooLarge { subject, bytes: commit.body.len() });
        }
        if let Some(reason) = self.refusal() {
            return Err(AppendError::Refused { subject, reason });
        }
        let headers = message::headers(commit).map_err(|name| AppendError::Refused {
            subject: subject.clone(),
            reason: format!("the header `{name}` is not printable"),
        })?;
        match append(&self.wire, commit, headers, self.append_deadline).await {
            Ok(position) => Ok(position),
            Err(Failure::Append(error)) => Err(error),
            Err(Failure::Behind(conflict)) if !self.has_regressed(commit).await => Err(conflict),
            Err(Failure::Behind(_)) => {
                self.known
                    .stop(Danger::SubjectRegressed { subject: subject.clone(), known: commit.expected });
                Err(AppendError::Refused { subject, reason: self.refusal().unwrap_or_default() })
            }
        }
    }

    /// The subject ends below the expectation. Was there ever a commit, or did the caller make it up?
    async fn has_regressed(&self, commit: &Append) -> bool {
        let existed = commit.expected <= self.known.head();
        existed
            && match self.wire.at(commit.expected).await {
                Ok(Some(record)) => record.subject == commit.subject,
                Ok(None) => true,
                Err(_) => false,
            }
    }

    /// A stream that was made anew is not folded over the old one.
    fn is_same_log(&self) -> Result<(), ReadError> {
        let Health::Unsafe(dangers) = &*self.health.borrow() else { return Ok(()) };
        let other = dangers.iter().find_map(|danger| match danger {
            Danger::OtherLog { expected, found } => Some((*expected, found.unwrap_or_default())),
            _ => None,
        });
        other.map_or(Ok(()), |(expected, found)| Err(ReadError::OtherLog { expected, found }))
    }

    fn seen(&self, records: &[Record]) {
        if let Some(last) = records.last() {
            self.known.reaches(last.position);
        }
    }
}

#[async_trait]
impl EventLog for NatsLog {
    fn log_id(&self) -> Uuid {
        self.known.log_id
    }

    async fn append(&self, commit: Append) -> Result<u64, AppendError> {
        let start = Instant::now();
        let outcome = self.append_checked(&commit).await;
        match &outcome {
            Ok(position) => {
                self.known.reaches(*position);
                metrics::histogram!("append_seconds").record(start.elapsed().as_secs_f64());
            }
            Err(AppendError::Conflict { .. }) => metrics::counter!("append_conflicts_total").increment(1),
            Err(AppendError::Unknown { .. }) => metrics::counter!("outcome_unknown_total").increment(1),
            Err(_) => metrics::counter!("append_failures_total").increment(1),
        }
        outcome
    }

    async fn read(&self, scope: &Scope, after: u64, limit: Limit) -> Result<Vec<Record>, ReadError> {
        self.is_same_log()?;
        let records = read::batch(&self.wire, &read::filter(scope), after, limit).await?;
        self.seen(&records);
        Ok(records)
    }

    async fn get(&self, position: u64) -> Result<Option<Record>, ReadError> {
        self.is_same_log()?;
        if self.reads_only { read::at(&self.wire, position).await } else { self.wire.at(position).await }
    }

    async fn last(&self, scope: &Scope) -> Result<Option<Record>, ReadError> {
        self.is_same_log()?;
        if self.reads_only {
            read::last(&self.wire, scope).await
        } else {
            self.wire.last(read::filter(scope)).await
        }
    }

    async fn head(&self) -> Result<u64, ReadError> {
        self.is_same_log()?;
        let head = self.wire.head().await?;
        self.known.reaches(head);
        Ok(head)
    }
}
