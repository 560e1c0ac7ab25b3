//! One build on its way along the log: rows, heads and checkpoint in one transaction, each commit exactly once.
//!
//! A batch is what the log has when asked, bounded by count and bytes, so nothing waits to be batched: while one is
//! applied the next one gathers. After any failure a runner is thrown away and opened anew from the database, which
//! alone knows whether the last transaction was committed.

use std::{collections::HashSet, sync::Arc};

use codec::{
    chain::{Chain, Head},
    sha256_hex,
    sign::Keyring,
};
use event_log::{EventLog, Follower, Limit, Record};
use read_model::{
    Batch, Build, Checkpoint, Lease, Pool,
    rows::{AggregateHead, Parked, Quarantine, WriterKey},
};
use tracing::warn;

use crate::{Decoded, Digest, Failure, Poison, Stop, View, commit::check, meter::Meter};

/// A build and where it stands.
pub struct Runner {
    pool: Pool,
    log: Arc<dyn EventLog>,
    view: Arc<dyn View>,
    lease: Lease,
    pub(crate) build: Build,
    follower: Follower,
    keyring: Keyring,
    limit: Limit,
    pub(crate) meter: Meter,
}

impl Runner {
    /// Continues a build, after checking that the log still is the one it was made from.
    ///
    /// # Errors
    /// `LOG_REGRESSED` and the like; a log or database that does not answer.
    pub async fn open(
        pool: Pool,
        log: Arc<dyn EventLog>,
        view: Arc<dyn View>,
        lease: Lease,
        build: Build,
        limit: Limit,
    ) -> Result<Self, Failure> {
        still_reads(log.as_ref(), &build).await?;
        let mut keyring = Keyring::new(build.log_id);
        for key in Batch::begin(&pool, &build).await?.load_all::<WriterKey>().await? {
            let position = build.position;
            keyring.enrol(&key.public_key).map_err(|source| Stop::Key { position, source })?;
        }
        let follower = Follower::new(log.clone(), build.position);
        Ok(Self { pool, log, view, lease, build, follower, keyring, limit, meter: Meter::new() })
    }

    /// Applies what the log has next, but nothing after `upto`, and answers how many commits that were. A batch
    /// ends before a commit that stops the view.
    ///
    /// # Errors
    /// Those of the log, of the database, and whatever the commits are found to be. The runner must be opened anew
    /// after one.
    pub async fn step(&mut self, upto: u64) -> Result<u64, Failure> {
        let left = upto.saturating_sub(self.build.position);
        let count = self.limit.count.min(usize::try_from(left).unwrap_or(usize::MAX));
        if count == 0 {
            return Ok(0);
        }
        let records = self.follower.poll(Limit { count, ..self.limit }).await?;
        let Some(last) = records.last() else {
            self.meter.nothing_left();
            return Ok(0);
        };
        let (before, last_stored_at) = (self.build.position, last.stored_at);
        self.apply(&records).await?;
        if self.build.position < self.follower.position() {
            // The rest is met again, and then its first commit is what stops the view.
            self.follower = Follower::new(self.log.clone(), self.build.position);
        }
        let applied = self.build.position - before;
        self.meter.applied(applied, last_stored_at);
        Ok(applied)
    }

    /// The last position applied.
    pub fn position(&self) -> u64 {
        self.build.position
    }

    /// Applies records together, or one by one when one of them is not applicable.
    async fn apply(&mut self, records: &[Record]) -> Result<(), Failure> {
        if self.apply_batch(records, None).await?.is_none() {
            return Ok(());
        }
        for record in records {
            let one = std::slice::from_ref(record);
            if let Some(reason) = self.apply_batch(one, None).await? {
                self.apply_batch(one, Some(reason)).await?;
            }
        }
        Ok(())
    }

    /// One transaction. When a record is not applicable, and it cannot be told apart here from the others, nothing is
    /// written and the reason is answered. With a reason, the only record is known not to be applicable.
    async fn apply_batch(
        &mut self,
        records: &[Record],
        refused: Option<String>,
    ) -> Result<Option<String>, Failure> {
        let mut batch = Batch::begin(&self.pool, &self.build).await?;
        let mut keyring = self.keyring.clone();
        let mut commits = self.checked(&mut batch, &mut keyring, records).await?;
        let parked = quarantined(&mut batch, &commits).await?;
        for commit in &mut commits {
            commit.parked = refused.is_some() || parked.contains(&commit.record.subject.to_string());
        }
        let mut poisons = match self.view.apply(&mut batch, &commits).await {
            Err(read_model::Error::Refused { doing, code, .. }) if refused.is_none() => {
                return Ok(Some(format!("{doing}: the database refuses a value with {code}")));
            }
            applied => applied?,
        };
        if self.view.mixes_keys() && records.len() > 1 && !poisons.is_empty() {
            // One by one, so that it stops right before the one that cannot be applied.
            return Ok(poisons.pop().map(|poison| poison.reason));
        }
        poisons.extend(refused.map(|reason| Poison { position: records[0].position, reason }));
        let added = self.park(&mut batch, &commits, parked, &poisons).await?;
        batch.replace(&heads(&commits)).await?;
        keep_keys(&mut batch, &self.keyring, &keyring).await?;
        let checkpoint = self.checkpoint(&commits, added);
        batch.commit(&mut self.build, &self.lease, checkpoint).await?;
        self.keyring = keyring;
        Ok(None)
    }

    /// The commits up to the first one that is not as it should be; an error when that is the first of all.
    async fn checked(
        &self,
        batch: &mut Batch,
        keyring: &mut Keyring,
        records: &[Record],
    ) -> Result<Vec<Decoded>, Failure> {
        let subjects: HashSet<String> = records.iter().map(|record| record.subject.to_string()).collect();
        let subjects: Vec<String> = subjects.into_iter().collect();
        let mut chain = Chain::default();
        for AggregateHead { subject, version, position, sha256 } in batch.load(&subjects).await? {
            let broken = |_| Stop::Damaged { position, problem: format!("`{subject}` is no subject") };
            chain.resume(subject.parse().map_err(broken)?, Head { version, position, sha256 });
        }
        let mut commits = Vec::with_capacity(records.len());
        for record in records {
            match check(self.log.log_id(), &mut chain, keyring, record.clone()) {
                Ok(commit) => commits.push(commit),
                Err(stop) if commits.is_empty() => return Err(stop.into()),
                Err(_met_again) => break,
            }
        }
        Ok(commits)
    }

    /// Quarantines the aggregates of poisons, parks their commits, and answers how many aggregates that were.
    async fn park(
        &self,
        batch: &mut Batch,
        commits: &[Decoded],
        mut parked: HashSet<String>,
        poisons: &[Poison],
    ) -> Result<u64, Failure> {
        let mut waiting = Vec::new();
        let mut quarantines = Vec::new();
        for commit in commits {
            let (position, subject) = (commit.record.position, commit.record.subject.to_string());
            if let Some(poison) = poisons.iter().find(|poison| poison.position == position) {
                let reason = poison.reason.clone();
                if self.view.mixes_keys() {
                    return Err(Stop::Poisoned { position, reason }.into());
                }
                warn!(view = self.view.shape().name, %subject, position, reason, "an aggregate is quarantined");
                parked.insert(subject.clone());
                quarantines.push(Quarantine { subject: subject.clone(), position, reason });
            }
            if parked.contains(&subject) {
                waiting.push(Parked { position, subject, sha256: commit.body_sha256.clone() });
            }
        }
        batch.add(&quarantines).await?;
        batch.add(&waiting).await?;
        Ok(quarantines.len() as u64)
    }

    fn checkpoint(&self, commits: &[Decoded], quarantined: u64) -> Checkpoint {
        let last = commits.last().expect("a batch has a commit");
        let seen = Digest { commits: self.build.commits, sha256: self.build.digest.clone() };
        let seen = commits.iter().fold(seen, |seen, commit| seen.with(&commit.body_sha256));
        Checkpoint {
            position: last.record.position,
            body_sha256: last.body_sha256.clone(),
            stored_at: last.record.stored_at,
            commits: seen.commits,
            digest: seen.sha256,
            quarantined: self.build.quarantined + quarantined,
        }
    }
}

/// The log is the build's, it reaches the build's position, and reads there as it did.
async fn still_reads(log: &dyn EventLog, build: &Build) -> Result<(), Failure> {
    let (expected, found) = (build.log_id, log.log_id());
    if expected != found {
        return Err(Stop::OtherLog { expected, found }.into());
    }
    let position = build.position;
    let Some(known) = &build.body_sha256 else { return Ok(()) };
    let head = log.head().await?;
    if head < position {
        return Err(Stop::LogRegressed { position, problem: format!("its last position is {head}") }.into());
    }
    // A replica that lags may not serve it yet, though the leader has it.
    let reason = format!("position {position} is not served");
    let record = log.get(position).await?.ok_or(event_log::ReadError::Unavailable { reason })?;
    let served = sha256_hex(&record.body);
    if served != *known {
        let problem = format!("its body has the hash {served}, not {known}");
        return Err(Stop::LogRegressed { position, problem }.into());
    }
    Ok(())
}

async fn quarantined(batch: &mut Batch, commits: &[Decoded]) -> Result<HashSet<String>, Failure> {
    let subjects: HashSet<String> = commits.iter().map(|commit| commit.record.subject.to_string()).collect();
    let subjects: Vec<String> = subjects.into_iter().collect();
    Ok(batch.load::<Quarantine>(&subjects).await?.into_iter().map(|kept| kept.subject).collect())
}

/// The last commit of each aggregate in a batch.
fn heads(commits: &[Decoded]) -> Vec<AggregateHead> {
    let mut met = HashSet::new();
    let latest = commits.iter().rev().filter(|commit| met.insert(commit.record.subject.clone()));
    let head = |commit: &Decoded| AggregateHead {
        subject: commit.record.subject.to_string(),
        version: commit.commit.last_version(),
        position: commit.record.position,
        sha256: commit.body_sha256.clone(),
    };
    latest.map(head).collect()
}

/// The keys in force, so that a later start knows them.
async fn keep_keys(batch: &mut Batch, before: &Keyring, after: &Keyring) -> Result<(), Failure> {
    let (before, after) = (before.keys(), after.keys());
    if before == after {
        return Ok(());
    }
    batch.remove::<WriterKey>(&before.into_keys().collect::<Vec<_>>()).await?;
    let keys = after.into_iter().map(|(key_id, public_key)| WriterKey { key_id, public_key });
    Ok(batch.add(&keys.collect::<Vec<_>>()).await?)
}
