//! One stream: follow the log, check, filter, send, until somebody ends it, and say why it ended.

use std::{sync::Arc, time::Duration};

use codec::{Commit, cloud_event};
use contract::{
    audit::v1::{StoredCommit, StreamEventsResponse},
    status::{self, Violation},
};
use event_log::{CONTENT_TYPE, EventLog, FollowError, Follower, Limit, ReadError, Record};
use tokio::time::{sleep, timeout};
use tonic::Status;
use tracing::{error, warn};

use crate::{
    Outbox, Wanted,
    check::{CheckError, Checker},
    outbox::NotSent,
};

/// How long and how much.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// A sign of life after so much silence.
    pub heartbeat: Duration,
    /// A stream lives so long, so that clients find their way to new copies of the service.
    pub age_max: Duration,
    /// A reader that takes nothing for so long is too slow.
    pub send_wait: Duration,
    /// Of one read of the log: what a stream holds in memory besides its queue.
    pub batch: Limit,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_secs(15),
            age_max: Duration::from_secs(30 * 60),
            send_wait: Duration::from_secs(30),
            batch: Limit { count: 128, bytes: 1024 * 1024 },
        }
    }
}

/// Why a stream ended before what was wanted was shown.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error("the reader is gone")]
    Gone,
    #[error("the reader is too slow")]
    TooSlow,
    #[error("stopped from outside")]
    Stopped(Status),
    #[error("the stream has lived long enough")]
    Rotated,
    #[error(transparent)]
    Checked(#[from] CheckError),
    #[error(transparent)]
    Followed(#[from] FollowError),
}

/// Shows what is wanted of the log, each commit after it was checked, and ends with the reason. `stopped` ends it
/// from outside: the service shuts down, or the reader may read no longer.
pub async fn replay(
    log: Arc<dyn EventLog>,
    wanted: Wanted,
    out: Outbox<StreamEventsResponse>,
    limits: Limits,
    stopped: impl Future<Output = Status>,
) {
    let ended = tokio::select! {
        biased;
        status = stopped => Err(Ended::Stopped(status)),
        () = out.closed() => Err(Ended::Gone),
        () = sleep(limits.age_max) => Err(Ended::Rotated),
        ended = run(log, &wanted, &out, limits) => ended,
    };
    if let Err(status) = ended.map_err(status_of) {
        out.end(status);
    }
}

async fn run(
    log: Arc<dyn EventLog>,
    wanted: &Wanted,
    out: &Outbox<StreamEventsResponse>,
    limits: Limits,
) -> Result<(), Ended> {
    let mut follower = Follower::new(log.clone(), wanted.from - 1);
    let head = follower.check_head().await?;
    let mut checker = Checker::starting_at(log.clone(), wanted.from).await?;
    let send = async |message| out.send(message, limits.send_wait).await.map_err(Ended::from);
    while !(wanted.until_head && follower.position() >= head) {
        let Ok(batch) = timeout(limits.heartbeat, follower.next(limits.batch)).await else {
            send(heartbeat(follower.position())).await?;
            continue;
        };
        let mut shown = 0;
        let batch = batch?;
        let batch = batch.iter().filter(|record| !wanted.until_head || record.position <= head);
        for record in batch.clone() {
            let commit = checker.accept(record).await?;
            if let Some(message) = render(log.log_id(), wanted, record, &commit) {
                send(message).await?;
                shown = record.position;
            }
        }
        // Progress through what is filtered out is told once a batch, so that a resumed stream need not repeat it.
        let last = batch.last().map_or(0, |record| record.position);
        if last > shown {
            send(heartbeat(last)).await?;
        }
    }
    Ok(())
}

fn heartbeat(position: u64) -> StreamEventsResponse {
    StreamEventsResponse { position, heartbeat: true, ..StreamEventsResponse::default() }
}

/// What of a commit is to be shown.
fn render(
    log_id: uuid::Uuid,
    wanted: &Wanted,
    record: &Record,
    commit: &Commit,
) -> Option<StreamEventsResponse> {
    if !wanted.filter.covers(&record.subject) {
        return None;
    }
    let events = cloud_event::render(log_id, record, commit);
    let shown = events.iter().filter(|(name, _)| wanted.filter.shows(name));
    let cloud_events: Vec<String> =
        shown.map(|(_, event)| serde_json::to_string(event).expect("string keys")).collect();
    if cloud_events.is_empty() {
        return None;
    }
    let stored = wanted.include_stored.then(|| stored(record));
    Some(StreamEventsResponse { position: record.position, cloud_events, stored, heartbeat: false })
}

fn stored(record: &Record) -> StoredCommit {
    let headers = &record.headers;
    let mut map = std::collections::HashMap::from([
        ("Nats-Msg-Id".to_owned(), headers.commit_id.to_string()),
        ("Content-Type".to_owned(), CONTENT_TYPE.to_owned()),
        ("Cs-Key".to_owned(), headers.key_id.clone()),
        ("Cs-Signature".to_owned(), headers.signature.clone()),
    ]);
    if let Some(traceparent) = &headers.traceparent {
        map.insert("traceparent".to_owned(), traceparent.clone());
    }
    StoredCommit {
        subject: record.subject.to_string(),
        stored_at: cloud_event::rfc3339(record.stored_at),
        headers: map,
        body: record.body.to_vec(),
    }
}

impl From<NotSent> for Ended {
    fn from(not_sent: NotSent) -> Self {
        match not_sent {
            NotSent::Gone => Self::Gone,
            NotSent::TooSlow => Self::TooSlow,
        }
    }
}

/// The last word of a stream. Damage is for somebody to look at, so it is told loudly here, where it ends.
fn status_of(ended: Ended) -> Status {
    match ended {
        // Nobody is there to read it.
        Ended::Gone => Status::cancelled("the reader is gone"),
        Ended::TooSlow => status::refuse("STREAM_TOO_SLOW"),
        Ended::Stopped(status) => status,
        Ended::Rotated => status::refuse("STREAM_ROTATED"),
        Ended::Checked(CheckError::Damaged { position, problem }) => damaged(position, &problem),
        Ended::Followed(FollowError::Gap { expected, found }) => {
            damaged(expected, &format!("it is missing, the next one is {found}"))
        }
        Ended::Followed(FollowError::Regressed { position, head }) => {
            error!(position, head, "the log has gone back to {head}, behind {position}");
            status::refuse("LOG_REGRESSED")
        }
        Ended::Checked(CheckError::Read(failed)) | Ended::Followed(FollowError::Read(failed)) => {
            unread(&failed)
        }
    }
}

fn damaged(position: u64, problem: &str) -> Status {
    error!(position, "the log is damaged at {position}: {problem}");
    status::status(&[Violation::new("LOG_DAMAGED").with("position", position)])
}

fn unread(failed: &ReadError) -> Status {
    match failed {
        ReadError::Unavailable { reason } => {
            warn!("cannot read the log: {reason}");
            status::refuse("LOG_UNAVAILABLE")
        }
        ReadError::Malformed { position, reason } => damaged(*position, reason),
        ReadError::OtherLog { expected, found } => {
            error!(%expected, %found, "another log stands where {expected} was");
            status::refuse("LOG_REGRESSED")
        }
    }
}
