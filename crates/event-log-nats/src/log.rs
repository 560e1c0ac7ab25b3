//! [`NatsLog`]: the log's promises kept by JetStream.

use std::time::Duration;

use async_trait::async_trait;
use event_log::{Append, AppendError, BODY_BYTES_MAX, EventLog, Limit, ReadError, Record, Scope};
use uuid::Uuid;

use crate::{
    append::{Failure, append},
    connect::{self, ConnectError, ConnectOptions},
    message, read,
    wire::Wire,
};

/// An open log.
pub struct NatsLog {
    wire: Wire,
    log_id: Uuid,
    append_deadline: Duration,
}

impl NatsLog {
    /// Connects and verifies that the stream is a log: its genesis commit is at position 1 and names the same
    /// id as the stream's labels.
    ///
    /// # Errors
    /// No server, no right, no stream, or another stream than the one provisioned.
    pub async fn connect(options: ConnectOptions) -> Result<Self, ConnectError> {
        let wire = connect::dial(&options.server).await?;
        let info = wire.info().await?.ok_or(ConnectError::NotProvisioned)?;
        let genesis = read::batch(&wire, "cs.log.>", 0, Limit { count: 1, bytes: BODY_BYTES_MAX }).await?;
        let log_id =
            connect::identity(genesis.first().filter(|g| g.position == 1).map(|g| &g.subject), &info)?;
        let append_deadline = options.append_deadline.min(ConnectOptions::APPEND_DEADLINE_MAX);
        Ok(Self { wire, log_id, append_deadline })
    }
}

#[async_trait]
impl EventLog for NatsLog {
    fn log_id(&self) -> Uuid {
        self.log_id
    }

    async fn append(&self, commit: Append) -> Result<u64, AppendError> {
        let subject = commit.subject.clone();
        if commit.body.len() > BODY_BYTES_MAX {
            return Err(AppendError::TooLarge { subject, bytes: commit.body.len() });
        }
        let headers = message::headers(&commit).map_err(|name| AppendError::Refused {
            subject,
            reason: format!("the header `{name}` is not printable"),
        })?;
        match append(&self.wire, &commit, headers, self.append_deadline).await {
            Ok(position) => Ok(position),
            Err(Failure::Append(error) | Failure::Behind(error)) => Err(error),
        }
    }

    async fn read(&self, scope: &Scope, after: u64, limit: Limit) -> Result<Vec<Record>, ReadError> {
        read::batch(&self.wire, &read::filter(scope), after, limit).await
    }

    async fn get(&self, position: u64) -> Result<Option<Record>, ReadError> {
        self.wire.at(position).await
    }

    async fn last(&self, scope: &Scope) -> Result<Option<Record>, ReadError> {
        self.wire.last(read::filter(scope)).await
    }

    async fn head(&self) -> Result<u64, ReadError> {
        let info = self.wire.info().await?;
        info.map(|info| info.state.last_seq)
            .ok_or_else(|| ReadError::Unavailable { reason: "there is no stream".to_owned() })
    }
}
