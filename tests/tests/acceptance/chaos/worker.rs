//! Callers that keep giving commands, try again with the same request id, and remember what they were told.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use acceptance::{
    Caller, Deployment, Part, given,
    history::{Attempt, Outcome},
};
use anyhow::{Context as _, Result, bail, ensure};
use contract::{CommandRequest, common::v1::CommandReceipt, status::explain};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng, seq::IteratorRandom as _};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use uuid::Uuid;

/// How often a command is tried before its caller goes away without knowing.
const TRIES_MAX: usize = 6;
/// As many as give both crowds on one initiative and many initiatives.
const INITIATIVES_MAX: usize = 24;

/// The versions that callers have seen, by initiative: shared, so that they get into each other's way.
type Seen = Arc<Mutex<BTreeMap<Uuid, u64>>>;

struct Worker {
    copies: [Caller; 2],
    unit: String,
    seen: Seen,
    chance: StdRng,
    history: Vec<Attempt>,
}

pub(super) fn start(
    deployment: &Deployment,
    ministry: Uuid,
    seed: u64,
    count: u64,
    stop: &CancellationToken,
) -> Result<JoinSet<Result<Vec<Attempt>>>> {
    let seen = Seen::default();
    let mut workers = JoinSet::new();
    for n in 0..count {
        let copy = |part| deployment.caller_of(part, "nurse");
        let worker = Worker {
            copies: [copy(Part::CommandA)?, copy(Part::CommandB)?],
            unit: ministry.to_string(),
            seen: seen.clone(),
            chance: StdRng::seed_from_u64(seed.wrapping_add(n + 1)),
            history: Vec::new(),
        };
        workers.spawn(worker.work(stop.clone()));
    }
    Ok(workers)
}

pub(super) async fn finish(mut workers: JoinSet<Result<Vec<Attempt>>>) -> Result<Vec<Attempt>> {
    let mut history = Vec::new();
    while let Some(done) = workers.join_next().await {
        history.extend(done??);
    }
    Ok(history)
}

impl Worker {
    async fn work(mut self, stop: CancellationToken) -> Result<Vec<Attempt>> {
        while !stop.is_cancelled() {
            let known = {
                let seen = self.seen.lock().expect("no caller panicked");
                let enough = seen.len() >= INITIATIVES_MAX;
                let known = seen.iter().choose(&mut self.chance).map(|(id, version)| (*id, *version));
                known.filter(|_| enough || self.chance.random_bool(0.8))
            };
            match known {
                None => {
                    let id = Uuid::now_v7();
                    self.carry_through(id, given::proposal(id, &self.unit.clone())).await?;
                }
                Some((id, version)) => {
                    let mut request = given::new_title(id, &format!("כותרת {}", Uuid::now_v7()));
                    let strictly = self.chance.random_bool(0.3);
                    let header = request.header.as_mut().context("a header")?;
                    header.expected_version = strictly.then_some(version);
                    self.carry_through(id, request).await?;
                }
            }
        }
        Ok(self.history)
    }

    /// Tries until there is an answer, or no patience left.
    async fn carry_through<R: CommandRequest + Clone>(&mut self, id: Uuid, request: R) -> Result<()> {
        let request_id = request.header().context("a header")?.request_id.parse()?;
        let mut outcome = None;
        for _ in 0..TRIES_MAX {
            let copy = self.chance.random_range(0..self.copies.len());
            match self.copies[copy].give(request.clone()).await {
                Ok(receipt) => {
                    self.remember(id, &receipt);
                    if self.chance.random_bool(0.1) {
                        self.ask_again(request, &receipt).await?;
                    }
                    outcome = Some(told(&receipt));
                    break;
                }
                Err(status) if is_refusal(&status)? => {
                    // A try before may still be on its way: then nobody knows.
                    outcome.get_or_insert(Outcome::Refused);
                    break;
                }
                Err(_) => outcome = Some(Outcome::Unknown),
            }
        }
        let outcome = outcome.context("at least one try")?;
        self.history.push(Attempt { request_id, aggregate_id: id, outcome });
        Ok(())
    }

    fn remember(&self, id: Uuid, receipt: &CommandReceipt) {
        let mut seen = self.seen.lock().expect("no caller panicked");
        let version = seen.entry(id).or_default();
        *version = receipt.version.max(*version);
    }

    /// Whoever asks again is told the same, or nothing.
    async fn ask_again<R: CommandRequest + Clone>(
        &mut self,
        request: R,
        first: &CommandReceipt,
    ) -> Result<()> {
        let copy = self.chance.random_range(0..self.copies.len());
        match self.copies[copy].give(request).await {
            Ok(again) => {
                let same = CommandReceipt { duplicate: true, ..first.clone() };
                ensure!(again == same, "first {first:?}, then {again:?}");
            }
            Err(status) => ensure!(!is_refusal(&status)?, "first {first:?}, then {status}"),
        }
        Ok(())
    }
}

fn told(receipt: &CommandReceipt) -> Outcome {
    match receipt.position {
        0 => Outcome::Nothing,
        position => Outcome::Acknowledged { version: receipt.version, position },
    }
}

/// Whether nothing was recorded, for a reason that stands. What no kill can explain is an error.
fn is_refusal(status: &Status) -> Result<bool> {
    match explain(status).reason.as_str() {
        "VERSION_CONFLICT" | "NOT_FOUND" => Ok(true),
        // The connection broke, or the service knows that it does not know.
        "" | "CONCURRENT_APPEND" | "LOG_UNAVAILABLE" | "LOG_REFUSES_WRITES" | "OUTCOME_UNKNOWN"
        | "AUTHORITY_BEHIND" | "VAULT_UNAVAILABLE" | "DEADLINE_EXCEEDED" | "SHUTTING_DOWN" => Ok(false),
        other => bail!("{other}: {status}"),
    }
}
