//! Changes of the list as they happen: at least once each, in the order of the log.
//!
//! What a reader has seen is in the token of every message, never here: a stream can break anywhere and go on in
//! another process. A line is told as it is now, so that a reader who was away catches up with the last state, not
//! with every state. Not told: lines that leave the caller's scope, since all that is known of them then is that
//! they are no longer theirs to see; a scope that changes ends the stream, and its tokens with it.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use aws_lc_rs::rand;
use contract::{
    portfolio::v1::{
        Heartbeat, WatchInitiativesRequest, WatchInitiativesResponse, watch_initiatives_response::Change,
    },
    status::{Violation, refuse},
};
use futures::{Stream, future::BoxFuture};
use read_model::{
    PORTFOLIO,
    reads::{self, Condition},
};
use serde::{Deserialize, Serialize};
use tokio::{
    sync::{
        mpsc::{self, error::SendTimeoutError},
        oneshot,
    },
    time::{Instant, MissedTickBehavior, interval_at, sleep},
};
use tonic::Status;
use uuid::Uuid;

use super::{fields::fields_of, line::row};
use crate::{Caller, Failure, Reader, filter, seal::Fingerprint};

const RPC: &str = "cornerstone.portfolio.v1.PortfolioQueryService/WatchInitiatives";
/// Messages that wait for a reader.
const CHANNEL_SIZE: usize = 64;
/// Changes read from the view at once.
const BATCH_SIZE: usize = 100;
/// Between two looks at the view: many commits, and many streams that they wake, cost no more than this allows.
const LOOK_PAUSE: Duration = Duration::from_millis(100);
/// How long one look at the view may take.
const LOOK_TIME_MAX: Duration = Duration::from_secs(10);
const TOKEN_SCHEMA: u8 = 1;

/// Asks anew what the caller may see.
pub type Recheck = Box<dyn Fn() -> BoxFuture<'static, Result<Caller, Status>> + Send + Sync>;

/// Where to go on: everything up to this place in the order of changes was delivered.
#[derive(Serialize, Deserialize)]
struct ResumeToken {
    schema: u8,
    query: Fingerprint,
    place: Place,
}

/// A place in the order of changes: a position, and among the lines that changed there an id.
type Place = (u64, Uuid);

/// The changes as a client gets them; the last item says why there are no more.
pub struct Changes {
    messages: mpsc::Receiver<WatchInitiativesResponse>,
    end: Option<oneshot::Receiver<Status>>,
}

impl Stream for Changes {
    type Item = Result<WatchInitiativesResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        // What was said before the end is heard before it.
        if let Some(message) = std::task::ready!(self.messages.poll_recv(context)) {
            return Poll::Ready(Some(Ok(message)));
        }
        let Some(end) = &mut self.end else { return Poll::Ready(None) };
        let status = std::task::ready!(Pin::new(end).poll(context));
        self.end = None;
        Poll::Ready(Some(Err(status.unwrap_or_else(|_: oneshot::error::RecvError| refuse("INTERNAL")))))
    }
}

/// The changes from a token on, or from now; the first message says where that is.
///
/// # Errors
/// [`Failure::Refused`] with everything that is wrong; the view is away.
pub async fn watch(
    reader: &Arc<Reader>,
    caller: Caller,
    request: &WatchInitiativesRequest,
    time: Duration,
    recheck: Recheck,
) -> Result<Changes, Failure> {
    let query = caller.fingerprint(&[&request.filter]);
    let condition = filter::parse(&request.filter, fields_of(false));
    let resumed = resumed(&request.resume_token, query, reader);
    let (condition, resumed) = match (condition, resumed) {
        (Ok(condition), Ok(resumed)) => (condition, resumed),
        (condition, resumed) => {
            let wrong = [condition.err(), resumed.err()].into_iter().flatten().flatten();
            return Err(Failure::Refused(wrong.collect()));
        }
    };
    let place = match resumed {
        Some(place) => place,
        // Read once more than needed: a stream that cannot begin says so at once, as a status.
        None => after_all_of(reader.snapshot(PORTFOLIO, &caller.audience, "", time).await?.as_of().position),
    };
    let (sender, messages) = mpsc::channel(CHANNEL_SIZE);
    let (end_with, end) = oneshot::channel();
    let feed = Feed { reader: reader.clone(), caller, condition, query, place, sender, recheck };
    tokio::spawn(async move {
        if let Some(status) = feed.run().await {
            // Whoever is gone need not be told.
            end_with.send(status).unwrap_or_default();
        }
    });
    Ok(Changes { messages, end: Some(end) })
}

fn resumed(token: &str, query: Fingerprint, reader: &Reader) -> Result<Option<Place>, Vec<Violation>> {
    if token.is_empty() {
        return Ok(None);
    }
    let opened: Option<ResumeToken> = reader.sealer.open(RPC, token);
    let ours = opened.filter(|opened| opened.schema == TOKEN_SCHEMA && opened.query == query);
    let wrong = || vec![Violation::new("RESUME_TOKEN_INVALID").at("resume_token")];
    ours.map(|ours| Some(ours.place)).ok_or_else(wrong)
}

fn after_all_of(position: u64) -> Place {
    (position, Uuid::max())
}

/// One stream at work.
struct Feed {
    reader: Arc<Reader>,
    caller: Caller,
    condition: Condition,
    query: Fingerprint,
    place: Place,
    sender: mpsc::Sender<WatchInitiativesResponse>,
    recheck: Recheck,
}

impl Feed {
    /// Delivers until something ends it; `None` when nobody listens any more.
    async fn run(mut self) -> Option<Status> {
        let (shutdown, listener) = (self.reader.shutdown.clone(), self.sender.clone());
        let age = sleep(spread(self.reader.pace.age));
        tokio::select! {
            () = shutdown.cancelled() => Some(refuse("SHUTTING_DOWN")),
            () = listener.closed() => None,
            () = age => Some(refuse("STREAM_ROTATED")),
            status = self.deliver() => Some(status),
        }
    }

    /// Cancelled anywhere, it has lost nothing that a token does not bring back.
    async fn deliver(&mut self) -> Status {
        let mut positions = self.reader.positions.of(PORTFOLIO);
        let heartbeat = self.reader.pace.heartbeat;
        // The first one at once: it says where the stream begins.
        let mut beats = interval_at(Instant::now(), heartbeat);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                _ = beats.tick() => {
                    if let Err(status) = self.beat().await {
                        return status;
                    }
                }
                moved = positions.changed() => {
                    if moved.is_err() {
                        return refuse("SHUTTING_DOWN");
                    }
                }
            }
            if let Err(status) = self.catch_up().await {
                return status;
            }
            sleep(LOOK_PAUSE).await;
        }
    }

    async fn beat(&mut self) -> Result<(), Status> {
        if (self.recheck)().await? != self.caller {
            // Its tokens are of the scope before: the caller begins anew.
            return Err(refuse("STREAM_ROTATED"));
        }
        self.send(Change::Heartbeat(Heartbeat { position: self.place.0 })).await
    }

    /// Delivers what changed since the place. Nothing that fails here is lost: the token stays where it was.
    async fn catch_up(&mut self) -> Result<(), Status> {
        loop {
            let opened = self.reader.snapshot(PORTFOLIO, &self.caller.audience, "", LOOK_TIME_MAX).await;
            let mut snapshot = opened?;
            let position = snapshot.as_of().position;
            let found = reads::changes(&mut snapshot, &self.condition, self.place, BATCH_SIZE).await;
            let changes = found.map_err(Failure::Database)?;
            let matching: Vec<Uuid> = changes.iter().filter(|c| c.matches).map(|c| c.initiative_id).collect();
            let lines = reads::lines(&mut snapshot, &matching, None).await.map_err(Failure::Database);
            let mut lines = lines?;
            // A reader who takes long must not keep a connection.
            drop(snapshot);
            let all = changes.len() < BATCH_SIZE;
            for change in changes {
                self.place = (change.position, change.initiative_id);
                let message = match lines.remove(&change.initiative_id) {
                    Some(line) => Change::Changed(row(line)),
                    None => Change::Removed(change.initiative_id.to_string()),
                };
                self.send(message).await?;
            }
            if all {
                self.place = self.place.max(after_all_of(position));
                return Ok(());
            }
        }
    }

    async fn send(&self, change: Change) -> Result<(), Status> {
        let token = ResumeToken { schema: TOKEN_SCHEMA, query: self.query, place: self.place };
        let resume_token = self.reader.sealer.seal(RPC, &token);
        let message = WatchInitiativesResponse { resume_token, change: Some(change) };
        match self.sender.send_timeout(message, self.reader.pace.patience).await {
            Ok(()) => Ok(()),
            Err(SendTimeoutError::Timeout(_)) => Err(refuse("STREAM_TOO_SLOW")),
            // Nobody hears it.
            Err(SendTimeoutError::Closed(_)) => Err(refuse("INTERNAL")),
        }
    }
}

/// A duration, give or take a tenth, so that streams that began together do not end together.
fn spread(duration: Duration) -> Duration {
    let mut random = [0];
    rand::fill(&mut random).expect("the operating system gives random bytes");
    duration.mul_f64(0.9 + 0.2 * f64::from(random[0]) / 255.0)
}
