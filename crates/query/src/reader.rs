//! What all queries share: snapshots of the views that have seen what the caller has seen, tokens, the vault.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use contract::{common::v1::AsOf, consistency, status::Violation};
use event_log::EventLog;
use read_model::{
    PORTFOLIO, Pool, REFERENCE, Shape,
    reads::{Audience, Positions, Snapshot},
};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tonic::metadata::MetadataMap;
use vault::Vault;

use crate::{Failure, Sealer, moment::moment};

/// How long a query waits for a view that is behind: longer, and a caller had better ask again.
const BEHIND_WAIT_MAX: Duration = Duration::from_secs(2);
/// How long a query may take when its caller does not say, and at most.
const TIME_DEFAULT: Duration = Duration::from_secs(10);
const TIME_MAX: Duration = Duration::from_secs(30);

/// Everything that answering takes. One per process, shared by the services.
pub struct Reader {
    pub(crate) pool: Pool,
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) vault: Option<Vault>,
    pub(crate) sealer: Sealer,
    pub(crate) positions: Positions,
    pub(crate) pace: Pace,
    pub(crate) shutdown: CancellationToken,
}

/// The times of streams.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Between two messages, at most.
    pub heartbeat: Duration,
    /// How long a stream lives, give or take a tenth: so that load can move to other copies.
    pub age: Duration,
    /// How long a reader may leave a full channel full.
    pub patience: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_secs(15),
            age: Duration::from_secs(30 * 60),
            patience: Duration::from_secs(10),
        }
    }
}

impl Reader {
    /// Reads the views in `pool`, which is connected as [`read_model::Role::Reader`]; they are made from `log`.
    /// Without a vault, sealed texts are told as unavailable. Streams end when `shutdown` is cancelled.
    pub fn new(
        pool: Pool,
        log: Arc<dyn EventLog>,
        vault: Option<Vault>,
        sealer: Sealer,
        pace: Pace,
        shutdown: CancellationToken,
    ) -> Self {
        let positions = Positions::follow(pool.clone(), &[PORTFOLIO, REFERENCE]);
        Self { pool, log, vault, sealer, positions, pace, shutdown }
    }

    /// A snapshot of a view that has seen the position of the token; waits for it a while.
    pub(crate) async fn snapshot(
        &self,
        view: Shape,
        audience: &Audience,
        token: &str,
        time: Duration,
    ) -> Result<Snapshot, Failure> {
        let end = Instant::now() + time;
        let wanted = self.position_of(token)?;
        let snapshot = self.open(view, audience, end).await?;
        if snapshot.as_of().position >= wanted {
            return Ok(snapshot);
        }
        // The connection goes back meanwhile: those who wait must not keep others from reading.
        drop(snapshot);
        let mut position = self.positions.of(view);
        let wait = BEHIND_WAIT_MAX.min(left(end));
        let reached = timeout(wait, position.wait_for(|position| *position >= wanted));
        if !matches!(reached.await, Ok(Ok(_))) {
            return Err(Failure::Behind { view: view.name, wanted });
        }
        let snapshot = self.open(view, audience, end).await?;
        if snapshot.as_of().position < wanted {
            return Err(Failure::Behind { view: view.name, wanted });
        }
        Ok(snapshot)
    }

    async fn open(&self, view: Shape, audience: &Audience, end: Instant) -> Result<Snapshot, Failure> {
        let opened = Snapshot::open(&self.pool, view, audience, left(end)).await?;
        let snapshot = opened.ok_or(Failure::NotBuilt(view.name))?;
        let (found, expected) = (snapshot.as_of().log_id, self.log.log_id());
        if found == expected {
            Ok(snapshot)
        } else {
            Err(Failure::OtherLog { view: view.name, expected, found })
        }
    }

    pub(crate) fn position_of(&self, token: &str) -> Result<u64, Failure> {
        if token.is_empty() {
            return Ok(0);
        }
        let wrong =
            || Failure::refused(Violation::new("CONSISTENCY_TOKEN_INVALID").at("read.consistency_token"));
        consistency::position(self.log.log_id(), token).ok_or_else(wrong)
    }
}

/// As of which moment a snapshot is true, for clients.
pub(crate) fn as_of(view: Shape, snapshot: &Snapshot) -> AsOf {
    let as_of = snapshot.as_of();
    let time = as_of.stored_at.map(moment).unwrap_or_default();
    AsOf { position: as_of.position, time, view: view.name.to_owned() }
}

/// How much time a call leaves: what its `grpc-timeout` says, within bounds.
pub(crate) fn time_of(metadata: &MetadataMap) -> Duration {
    let asked = metadata.get("grpc-timeout").and_then(|value| value.to_str().ok()).and_then(parse_timeout);
    asked.unwrap_or(TIME_DEFAULT).min(TIME_MAX)
}

/// A `grpc-timeout`: up to eight digits and a unit.
fn parse_timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let plain = (1..=8).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let count: u64 = plain.then(|| digits.parse().ok())??;
    Some(match unit {
        "H" => Duration::from_secs(count * 3600),
        "M" => Duration::from_secs(count * 60),
        "S" => Duration::from_secs(count),
        "m" => Duration::from_millis(count),
        "u" => Duration::from_micros(count),
        "n" => Duration::from_nanos(count),
        _ => return None,
    })
}

fn left(end: Instant) -> Duration {
    end.saturating_duration_since(Instant::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_has_the_time_it_asks_for_within_bounds() {
        let time = |text: &str| {
            let mut metadata = MetadataMap::new();
            metadata.insert("grpc-timeout", text.parse().unwrap());
            time_of(&metadata)
        };
        assert_eq!(time("250m"), Duration::from_millis(250));
        assert_eq!(time("1S"), Duration::from_secs(1));
        assert_eq!(time("99999999H"), TIME_MAX);
        for wrong in ["", "S", "1", "-1S", "123456789m", "1s"] {
            assert_eq!(time(wrong), TIME_DEFAULT, "{wrong}");
        }
        assert_eq!(time_of(&MetadataMap::new()), TIME_DEFAULT);
    }
}
