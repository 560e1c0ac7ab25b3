//! Reading from any replica: batches of direct gets over an inbox of our own.
//!
//! The client library has no batched direct get. A replica may lag, so an answer can be short; whether it has
//! holes is for the follower to notice, but an answer of which a part was lost on the way ends before the loss.

use std::time::Duration;

use async_nats::{Message, jetstream::message::StreamMessage};
use event_log::{Limit, ReadError, Record, Scope};
use futures::StreamExt;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    STREAM, message,
    wire::{REQUEST_WAIT, Wire, unavailable},
};

/// The replica has sent all that was asked for, or all that it has.
const END_OF_BATCH: u16 = 204;
const NOTHING_FOUND: u16 = 404;

/// The position of the message that the replica sent before this one, 0 for the first.
const PREVIOUS: &str = "Nats-Last-Sequence";

const EVERYTHING: &str = "cs.>";

/// How long a replica may lag before we say so; usually it is milliseconds.
const LAG_WAIT: Duration = Duration::from_secs(2);
const LAG_LOOK_INTERVAL: Duration = Duration::from_millis(10);

pub(crate) fn filter(scope: &Scope) -> String {
    match scope {
        Scope::All => EVERYTHING.to_owned(),
        Scope::Area(area) => format!("cs.{area}.>"),
        Scope::Stream(subject) => subject.to_string(),
    }
}

/// The commits of a filter after a position, as one replica has them.
pub(crate) async fn batch(
    wire: &Wire,
    filter: &str,
    after: u64,
    limit: Limit,
) -> Result<Vec<Record>, ReadError> {
    let request = json!({
        "seq": after.saturating_add(1),
        "next_by_subj": filter,
        "batch": limit.count,
        "max_bytes": limit.bytes,
    });
    let answer = ask(wire, &request, limit.count).await?;
    match answer.cut_short {
        // What arrived in order is good; nothing at all is a failure.
        Some(reason) if answer.records.is_empty() => Err(ReadError::Unavailable { reason }),
        _ => Ok(answer.records),
    }
}

/// The commit at a position, from a replica that has it if the leader has.
pub(crate) async fn at(wire: &Wire, position: u64) -> Result<Option<Record>, ReadError> {
    let end = Instant::now() + LAG_WAIT;
    loop {
        let found = batch(wire, EVERYTHING, position.saturating_sub(1), Limit { count: 1, bytes: 1 }).await?;
        let exact = found.into_iter().next().filter(|record| record.position == position);
        if exact.is_some() || Instant::now() > end || wire.head().await? < position {
            return Ok(exact);
        }
        tokio::time::sleep(LAG_LOOK_INTERVAL).await;
    }
}

/// The last commit of a scope, from a replica that is where the leader was when we asked. Replicas say how far
/// they are only when they found something, so the genesis commit is asked for as well.
pub(crate) async fn last(wire: &Wire, scope: &Scope) -> Result<Option<Record>, ReadError> {
    let head = wire.head().await?;
    let end = Instant::now() + LAG_WAIT;
    loop {
        let request = json!({ "multi_last": [filter(scope), "cs.log.genesis.*"] });
        let answer = ask(wire, &request, usize::MAX).await?;
        if answer.up_to >= Some(head) {
            return Ok(answer.records.into_iter().rfind(|record| covers(scope, record)));
        }
        if let Some(reason) = answer.cut_short {
            return Err(ReadError::Unavailable { reason });
        }
        if Instant::now() > end {
            return Err(ReadError::Unavailable { reason: "every replica lags".to_owned() });
        }
        tokio::time::sleep(LAG_LOOK_INTERVAL).await;
    }
}

fn covers(scope: &Scope, record: &Record) -> bool {
    match scope {
        Scope::All => true,
        Scope::Area(area) => record.subject.area() == *area,
        Scope::Stream(subject) => record.subject == *subject,
    }
}

/// One replica's answer to a direct get.
#[derive(Default)]
struct Answer {
    records: Vec<Record>,
    /// The last position that the replica has, when it says so.
    up_to: Option<u64>,
    /// Why there may be more than arrived.
    cut_short: Option<String>,
}

async fn ask(wire: &Wire, request: &Value, count: usize) -> Result<Answer, ReadError> {
    let inbox = wire.client.new_inbox();
    let mut parts = wire.client.subscribe(inbox.clone()).await.map_err(unavailable)?;
    wire.client
        .publish_with_reply(
            format!("{}.DIRECT.GET.{STREAM}", wire.api_prefix),
            inbox,
            request.to_string().into(),
        )
        .await
        .map_err(unavailable)?;

    let mut answer = Answer::default();
    while answer.records.len() < count {
        let Ok(Some(part)) = tokio::time::timeout(REQUEST_WAIT, parts.next()).await else {
            answer.cut_short = Some("no answer in time".to_owned());
            break;
        };
        match part.status.map(|status| status.as_u16()) {
            None => {}
            Some(END_OF_BATCH | NOTHING_FOUND) => {
                answer.up_to = number(&part, "Nats-UpTo-Sequence");
                break;
            }
            Some(status) => {
                answer.cut_short = Some(format!("the replica says {status}"));
                break;
            }
        }
        if number(&part, PREVIOUS).unwrap_or(0) != answer.records.last().map_or(0, |last| last.position) {
            answer.cut_short = Some("a part of the answer was lost".to_owned());
            break;
        }
        let stored = StreamMessage::try_from(part).map_err(unavailable)?;
        answer.records.push(message::record(stored)?);
    }
    Ok(answer)
}

fn number(part: &Message, header: &str) -> Option<u64> {
    part.headers.as_ref()?.get(header)?.as_str().parse().ok()
}
