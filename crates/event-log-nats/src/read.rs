//! Reading from any replica: batches of direct gets over an inbox of our own.
//!
//! The client library has no batched direct get. A replica may lag, so an answer can be short; whether it has
//! holes is for the follower to notice, but an answer of which a part was lost on the way ends before the loss.

use async_nats::{Message, jetstream::message::StreamMessage};
use event_log::{Limit, ReadError, Record, Scope};
use futures::StreamExt;
use serde_json::json;

use crate::{
    STREAM, message,
    wire::{REQUEST_WAIT, Wire, unavailable},
};

/// The replica has sent all that was asked for, or all that it has.
const END_OF_BATCH: u16 = 204;
const NOTHING_FOUND: u16 = 404;

/// The position of the message that the replica sent before this one, 0 for the first.
const PREVIOUS: &str = "Nats-Last-Sequence";

pub(crate) fn filter(scope: &Scope) -> String {
    match scope {
        Scope::All => "cs.>".to_owned(),
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
        "seq": after + 1,
        "next_by_subj": filter,
        "batch": limit.count,
        "max_bytes": limit.bytes,
    });
    let inbox = wire.client.new_inbox();
    let mut answers = wire.client.subscribe(inbox.clone()).await.map_err(unavailable)?;
    wire.client
        .publish_with_reply(format!("$JS.API.DIRECT.GET.{STREAM}"), inbox, request.to_string().into())
        .await
        .map_err(unavailable)?;

    let mut records: Vec<Record> = Vec::new();
    while records.len() < limit.count {
        let Ok(Some(answer)) = tokio::time::timeout(REQUEST_WAIT, answers.next()).await else {
            return cut_short(records, "no answer in time");
        };
        match answer.status.map(|status| status.as_u16()) {
            None => {}
            Some(END_OF_BATCH | NOTHING_FOUND) => break,
            Some(status) => return cut_short(records, &format!("the replica says {status}")),
        }
        let previous = previous(&answer);
        if previous != records.last().map(|last| last.position).or(Some(0)) {
            return cut_short(records, "a part of the answer was lost");
        }
        let stored = StreamMessage::try_from(answer).map_err(unavailable)?;
        records.push(message::record(stored)?);
    }
    Ok(records)
}

fn previous(answer: &Message) -> Option<u64> {
    answer.headers.as_ref()?.get(PREVIOUS)?.as_str().parse().ok()
}

/// What arrived in order is good; nothing at all is a failure.
fn cut_short(records: Vec<Record>, reason: &str) -> Result<Vec<Record>, ReadError> {
    if records.is_empty() { Err(ReadError::Unavailable { reason: reason.to_owned() }) } else { Ok(records) }
}
