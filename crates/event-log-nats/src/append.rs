//! Appending one commit, exactly once, whatever the network does.
//!
//! The same bytes are sent on every attempt: the signature covers the expected position. Because the server
//! checks that position, our commit can only ever be the *first* one after it on the subject, so one question
//! to the leader settles every doubt: is the first commit after the expected position ours, another's, or is
//! there none yet?

use std::time::Duration;

use async_nats::{HeaderMap, jetstream::ErrorCode};
use backon::{BackoffBuilder, ExponentialBuilder};
use event_log::{Append, AppendError, ReadError, Record};
use tokio::time::Instant;

use crate::{
    message,
    wire::{Ack, REQUEST_WAIT, Wire},
};

/// Waits between attempts: short at first, since a commit in flight before ours settles within milliseconds;
/// at most half a second, since an election takes seconds.
const DELAY_MIN: Duration = Duration::from_millis(5);
const DELAY_MAX: Duration = Duration::from_millis(500);

/// How often in a row the leader may say "wrong last sequence" while it holds nothing after the expected
/// position, before we believe that the subject ends below it. More than once, because a leader elected in
/// between may not have applied its last commits yet.
const BEHIND_ANSWERS_MAX: u32 = 3;

/// Why an append ended without a position. `Behind` is a conflict in which the subject ends *below* the
/// expectation: a wrong caller or a log that went back.
pub(crate) enum Failure {
    Append(AppendError),
    Behind(AppendError),
}

/// Appends; `headers` are [`message::headers`] of the commit, possibly with a further expectation.
pub(crate) async fn append(
    wire: &Wire,
    commit: &Append,
    headers: HeaderMap,
    deadline: Duration,
) -> Result<u64, Failure> {
    let mut attempts =
        Attempts { wire, commit, headers, end: Instant::now() + deadline, sent: false, behind: 0 };
    let mut delays = ExponentialBuilder::new()
        .with_min_delay(DELAY_MIN)
        .with_max_delay(DELAY_MAX)
        .with_jitter()
        .without_max_times()
        .build();
    loop {
        let reason = match attempts.once().await {
            Step::Done(result) => return result,
            Step::Again(reason) => reason,
        };
        let delay = delays.next().unwrap_or(DELAY_MAX);
        if Instant::now() + delay >= attempts.end {
            return Err(Failure::Append(attempts.given_up(reason)));
        }
        tracing::debug!(commit = %commit.headers.commit_id, reason, "appending again in {delay:?}");
        tokio::time::sleep(delay).await;
    }
}

enum Step {
    Done(Result<u64, Failure>),
    Again(String),
}

struct Attempts<'a> {
    wire: &'a Wire,
    commit: &'a Append,
    headers: HeaderMap,
    end: Instant,
    /// Whether an attempt left this process without a clear no: from then on the commit may be stored.
    sent: bool,
    behind: u32,
}

impl Attempts<'_> {
    /// One attempt. Two answers mean "another commit came first, or is in flight": a stale expectation (10071),
    /// and, on replicated streams, another commit of the subject in flight (10164). A single server gives the
    /// first to a repeat of our own success, a replicated stream calls that a duplicate.
    async fn once(&mut self) -> Step {
        // A client that is not connected keeps what it is given and sends it later. Not handing it over is
        // what lets us say "surely not sent".
        if !self.wire.is_connected() {
            return Step::Again("not connected".to_owned());
        }
        let subject = self.commit.subject.to_string();
        let wait = REQUEST_WAIT.min(self.end - Instant::now());
        let ack = self.wire.publish(&subject, self.headers.clone(), self.commit.body.clone(), wait).await;
        match ack {
            Ack::Stored(position) => Step::Done(Ok(position)),
            Ack::Duplicate(position) => {
                self.sent = true;
                self.duplicate(position).await
            }
            Ack::Error { code: ErrorCode::STREAM_WRONG_LAST_SEQUENCE, text, .. } => {
                self.look(true, text).await
            }
            Ack::Error { code: ErrorCode::STREAM_WRONG_LAST_SEQUENCE_CONSTANT, text, .. } => {
                self.look(false, text).await
            }
            Ack::Error { status, code, text } => match refusal(self.commit, status, code, &text) {
                Some(refused) if !self.sent => Step::Done(Err(Failure::Append(refused))),
                _ => {
                    self.sent = true;
                    self.look(false, text).await
                }
            },
            Ack::None(why) => {
                self.sent = true;
                self.look(false, why).await
            }
        }
    }

    /// Asks the leader what follows the expected position on our subject.
    async fn look(&mut self, behind: bool, why: String) -> Step {
        let next = self.wire.next(self.commit.subject.to_string(), self.commit.expected);
        match self.in_time(next).await {
            Ok(Some(record)) if message::is_stored_as(self.commit, &record) => {
                Step::Done(Ok(record.position))
            }
            Ok(Some(_)) => Step::Done(Err(Failure::Append(self.conflict()))),
            Ok(None) if behind => {
                self.behind += 1;
                if self.behind < BEHIND_ANSWERS_MAX {
                    return Step::Again(why);
                }
                Step::Done(Err(Failure::Behind(self.conflict())))
            }
            Ok(None) | Err(_) => {
                self.behind = 0;
                Step::Again(why)
            }
        }
    }

    /// A message with our commit id is stored: ours, unless the id was used twice.
    async fn duplicate(&mut self, position: u64) -> Step {
        match self.in_time(self.wire.at(position)).await {
            Ok(Some(record)) if message::is_stored_as(self.commit, &record) => Step::Done(Ok(position)),
            Ok(Some(_)) => Step::Done(Err(Failure::Append(self.conflict()))),
            Ok(None) | Err(_) => Step::Again(format!("the duplicate at {position} could not be read")),
        }
    }

    async fn in_time(
        &self,
        question: impl Future<Output = Result<Option<Record>, ReadError>>,
    ) -> Result<Option<Record>, ReadError> {
        let late = || ReadError::Unavailable { reason: "the deadline of the append passed".to_owned() };
        tokio::time::timeout_at(self.end, question).await.unwrap_or_else(|_| Err(late()))
    }

    fn conflict(&self) -> AppendError {
        AppendError::Conflict { subject: self.commit.subject.clone() }
    }

    fn given_up(&self, reason: String) -> AppendError {
        let (subject, commit_id) = (self.commit.subject.clone(), self.commit.headers.commit_id);
        if self.sent {
            tracing::warn!(%commit_id, %subject, reason, "the outcome of an append is unknown");
            AppendError::Unknown { subject, commit_id }
        } else {
            AppendError::Unavailable { subject, reason }
        }
    }
}

/// A definite no, as an error; `None` when the answer leaves open whether the commit will be stored: the server is
/// short of resources (10023), a leader is being elected (10008), or this very commit is in flight (10158).
fn refusal(commit: &Append, status: usize, code: ErrorCode, text: &str) -> Option<AppendError> {
    let subject = commit.subject.clone();
    if code == ErrorCode::STREAM_STORE_FAILED {
        return Some(AppendError::Full { subject });
    }
    let in_flight = code == ErrorCode::STREAM_DUPLICATE_MESSAGE_CONFLICT;
    let passing = in_flight || status >= 500 || status == 429 || status == 408;
    (!passing).then(|| AppendError::Refused { subject, reason: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use event_log::{Subject, conformance};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn only_a_definite_no_ends_an_append() {
        let commit =
            conformance::commit(&Subject::new("portfolio", "initiative", Uuid::from_u128(1)), 0, 1, "");
        let outcome = |status, code| match refusal(&commit, status, code, "text") {
            None => "again",
            Some(AppendError::Full { .. }) => "full",
            Some(AppendError::Refused { .. }) => "refused",
            Some(other) => panic!("{other:?}"),
        };
        for (status, code, expected) in [
            (503, ErrorCode::STREAM_STORE_FAILED, "full"),
            (503, ErrorCode::INSUFFICIENT_RESOURCES, "again"),
            (503, ErrorCode::CLUSTER_NOT_AVAILABLE, "again"),
            (409, ErrorCode::STREAM_DUPLICATE_MESSAGE_CONFLICT, "again"),
            (400, ErrorCode::STREAM_NOT_MATCH, "refused"),
            (400, ErrorCode::STREAM_MESSAGE_EXCEEDS_MAXIMUM, "refused"),
        ] {
            assert_eq!(outcome(status, code), expected, "{code:?}");
        }
    }
}
