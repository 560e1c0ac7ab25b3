//! The history of one aggregate, folded: what a decision rests on.
//!
//! It is optimistic. The expectation of the append decides, never this copy; before a refusal the leader is
//! asked. Every commit that is folded was checked: chain, signature, and that it can be read.

use std::{collections::HashMap, sync::Arc, time::Duration};

use codec::{
    Commit,
    chain::{self, Head},
    event::{decode, recorded},
};
use domain::Aggregate;
use event_log::{EventLog, Limit, Record, Scope, Subject};
use moka::future::Cache;
use tokio::{sync::Mutex, time::Instant};
use uuid::Uuid;

use crate::{Keys, Refusal, refusal::damaged};

/// How long a replica may lag behind the leader before we say so; usually it is milliseconds.
const LAG_WAIT: Duration = Duration::from_secs(2);
const LAG_LOOK_INTERVAL: Duration = Duration::from_millis(10);

/// How many aggregates of one kind stay folded in memory.
const CACHED_MAX: u64 = 20_000;

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

    /// Folds the next commit of the stream, after its chain and signature were checked: all of it or nothing.
    fn fold(&mut self, head: Head, commit: &Commit) -> Result<(), Refusal> {
        let events: Result<Vec<A::Event>, _> = commit.events.iter().map(decode::<A>).collect();
        let events = events.map_err(|error| damaged(head.position, &error))?;
        for (event, stored) in events.iter().zip(&commit.events) {
            self.state.evolve(event, &recorded(commit, stored.id));
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

    /// Asks the leader for the last commit and reads up to it.
    pub(crate) async fn catch_up(
        &mut self,
        log: &dyn EventLog,
        subject: &Subject,
        keys: &Keys,
    ) -> Result<(), Refusal> {
        let asked = Instant::now();
        let last = log.last(&Scope::Stream(subject.clone())).await?;
        self.is_continued_by(last.as_ref(), subject)?;
        let Some(last) = last else { return Ok(()) };
        while self.position() < last.position {
            let before = self.position();
            self.read_on(log, subject, keys).await?;
            if self.position() > before {
                continue;
            }
            // The replica that answered lags behind the leader. When only the last commit is missing, it is at
            // hand; otherwise another replica may be asked.
            let follows = Commit::decode(&last.body).is_ok_and(|c| c.prev_position.unwrap_or(0) == before);
            if follows {
                self.accept(&last, keys).await?;
            } else if asked.elapsed() < LAG_WAIT {
                tokio::time::sleep(LAG_LOOK_INTERVAL).await;
            } else {
                tracing::warn!(%subject, known = before, there = last.position, "every replica lags");
                return Err(Refusal::of("LOG_UNAVAILABLE"));
            }
        }
        Ok(())
    }

    /// What was read before is still there. That what comes after continues it is checked commit by commit.
    fn is_continued_by(&self, last: Option<&Record>, subject: &Subject) -> Result<(), Refusal> {
        let there = last.map_or(0, |record| record.position);
        let Some(head) = &self.head else { return Ok(()) };
        let same = || last.is_some_and(|record| codec::sha256_hex(&record.body) == head.sha256);
        if there > head.position || (there == head.position && same()) {
            return Ok(());
        }
        tracing::error!(%subject, known = head.position, there, "the log went back behind what was read");
        Err(Refusal::of("LOG_REGRESSED"))
    }
}

/// Who asked, as compared when a command is repeated: the caller and the person acted for.
pub(crate) fn caller(actor: &domain::Actor) -> String {
    let person = actor.person.map(|person| format!("person {person}"));
    let who =
        person.or_else(|| actor.system.as_ref().map(|name| format!("system {name}"))).unwrap_or_default();
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
