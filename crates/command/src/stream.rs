//! The history of one aggregate, folded: what a decision rests on.
//!
//! It is optimistic. The expectation of the append decides, never this copy; before a refusal the leader is
//! asked. Every commit that is folded was checked: chain, signature, and that it can be read.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use codec::{
    Commit,
    chain::{self, Head},
    event::{decode, recorded},
};
use domain::Aggregate;
use event_log::{EventLog, Limit, Record, Scope, Subject};
use moka::future::Cache;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::{Keys, Refusal, refusal::damaged};

/// How many aggregates of one kind stay folded in memory.
const CACHED_MAX: u64 = 20_000;

/// How long replicas may lag behind the leader before a command is told to come back. They catch up within
/// milliseconds, or not at all.
const CATCH_UP_MAX: Duration = Duration::from_secs(2);
/// Between two looks at a replica that lags.
const REPLICA_WAIT: Duration = Duration::from_millis(5);

/// An aggregate as its history left it.
#[derive(Clone)]
pub(crate) struct Folded<A: Aggregate> {
    pub(crate) state: A,
    pub(crate) head: Option<Head>,
    /// Every command that ever added events, by its id: repeats are recognised for ever.
    pub(crate) commands: HashMap<Uuid, Done>,
}

/// A command that was carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Done {
    pub(crate) caller: String,
    pub(crate) name: String,
    pub(crate) sha256: String,
    pub(crate) version: u64,
    pub(crate) position: u64,
    pub(crate) commit_id: Uuid,
    pub(crate) recorded_at: String,
    pub(crate) events: Vec<(Uuid, String, u16)>,
}

impl<A: Aggregate> Default for Folded<A> {
    fn default() -> Self {
        Self { state: A::default(), head: None, commands: HashMap::new() }
    }
}

impl<A: Aggregate> Folded<A> {
    pub(crate) fn version(&self) -> u64 {
        self.head.as_ref().map_or(0, |head| head.version)
    }

    pub(crate) fn position(&self) -> u64 {
        self.head.as_ref().map_or(0, |head| head.position)
    }

    /// Folds the next commit of the stream, after its chain and signature were checked.
    fn fold(&mut self, head: Head, commit: &Commit) -> Result<(), Refusal> {
        for stored in &commit.events {
            let event = decode::<A>(stored).map_err(|error| damaged(head.position, &error))?;
            self.state.evolve(&event, &recorded(commit, stored.id));
        }
        let events = commit.events.iter().map(|e| (e.id.uuid(), e.name.clone(), e.schema)).collect();
        let done = Done {
            caller: caller(&commit.actor),
            name: commit.command.name.clone(),
            sha256: commit.command.sha256.clone(),
            version: head.version,
            position: head.position,
            commit_id: commit.commit_id,
            recorded_at: commit.recorded_at.to_string(),
            events,
        };
        self.commands.insert(commit.command.id, done);
        self.head = Some(head);
        Ok(())
    }

    /// Folds a commit of our own, just appended at a position.
    pub(crate) fn appended(&mut self, position: u64, body: &[u8], commit: &Commit) -> Result<(), Refusal> {
        let head = Head { version: commit.last_version(), position, sha256: codec::sha256_hex(body) };
        self.fold(head, commit)
    }

    async fn accept(&mut self, record: &Record, keys: &Keys) -> Result<(), Refusal> {
        let commit = Commit::decode(&record.body).map_err(|error| damaged(record.position, &error))?;
        let head = chain::continues(self.head.as_ref(), record, &commit)
            .map_err(|error| damaged(record.position, &error))?;
        if let Err(error) = keys.verify(record, &commit).await? {
            return Err(damaged(record.position, &error));
        }
        self.fold(head, &commit)
    }

    /// Reads what came after, from whichever replica answers.
    pub(crate) async fn read_on(
        &mut self,
        log: &dyn EventLog,
        subject: &Subject,
        keys: &Keys,
    ) -> Result<(), Refusal> {
        let scope = Scope::Stream(subject.clone());
        let limit = Limit::default();
        loop {
            let records = log.read(&scope, self.position(), limit).await?;
            for record in &records {
                self.accept(record, keys).await?;
            }
            if records.len() < limit.count {
                return Ok(());
            }
        }
    }

    /// Asks the leader for the last commit and reads up to it. True when there was something new.
    pub(crate) async fn catch_up(
        &mut self,
        log: &dyn EventLog,
        subject: &Subject,
        keys: &Keys,
    ) -> Result<bool, Refusal> {
        let last = log.last(&Scope::Stream(subject.clone())).await?;
        let (known, there) = (self.position(), last.as_ref().map_or(0, |record| record.position));
        if there < known {
            tracing::error!(%subject, known, there, "the log went back behind what was read");
            return Err(Refusal::of("LOG_REGRESSED"));
        }
        let end = Instant::now() + CATCH_UP_MAX;
        while self.position() < there {
            if Instant::now() > end {
                tracing::warn!(%subject, known = self.position(), there, "no replica has what the leader has");
                return Err(Refusal::of("LOG_UNAVAILABLE"));
            }
            let before = self.position();
            self.read_on(log, subject, keys).await?;
            if self.position() < there && self.position() == before {
                // The replica that answered lags behind the leader; the last record itself may be the only one
                // missing, otherwise another replica is tried.
                let next = last.as_ref().filter(|record| {
                    Commit::decode(&record.body).is_ok_and(|c| c.prev_position.unwrap_or(0) == before)
                });
                match next {
                    Some(record) => self.accept(record, keys).await?,
                    None => tokio::time::sleep(REPLICA_WAIT).await,
                }
            }
        }
        Ok(there > known)
    }
}

/// Who asked, as compared when a command is repeated: the caller and the person acted for.
pub(crate) fn caller(actor: &domain::Actor) -> String {
    let who = actor.person.map(|p| p.to_string()).or_else(|| actor.system.clone()).unwrap_or_default();
    let whom = actor.on_behalf_of.map(|p| p.to_string()).unwrap_or_default();
    format!("{who}/{whom}")
}

/// The aggregates of one kind that are in memory. One command at a time per aggregate: whoever holds the
/// lock decides, the others queue instead of racing.
pub struct Streams<A: Aggregate> {
    cache: Cache<Uuid, Arc<Mutex<Option<Folded<A>>>>>,
}

impl<A: Aggregate> Default for Streams<A> {
    fn default() -> Self {
        Self { cache: Cache::new(CACHED_MAX) }
    }
}

impl<A: Aggregate> Streams<A> {
    /// The place of an aggregate; empty when nothing is known of it yet.
    pub(crate) async fn place(&self, id: Uuid) -> Arc<Mutex<Option<Folded<A>>>> {
        self.cache.get_with(id, async { Arc::default() }).await
    }
}
