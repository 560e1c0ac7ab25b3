//! How fast a build grows and how far behind it is.

use std::time::Instant;

use metrics::gauge;
use time::OffsetDateTime;

/// The share of the last look in the smoothed rate: about the last five looks count.
const SMOOTHING: f64 = 0.3;

/// Counts what a runner applies.
pub(crate) struct Meter {
    looked_at: Instant,
    commits: u32,
    pub(crate) throughput: f64,
    /// The log's clock at the last commit applied; none when nothing was left after it.
    behind_since: Option<OffsetDateTime>,
    /// There was a look at the log.
    looked: bool,
}

impl Meter {
    pub(crate) fn new() -> Self {
        Self { looked_at: Instant::now(), commits: 0, throughput: 0.0, behind_since: None, looked: false }
    }

    pub(crate) fn applied(&mut self, commits: u64, last_stored_at: OffsetDateTime) {
        self.commits = self.commits.saturating_add(u32::try_from(commits).unwrap_or(u32::MAX));
        self.behind_since = Some(last_stored_at);
    }

    pub(crate) fn nothing_left(&mut self) {
        (self.behind_since, self.looked) = (None, true);
    }

    /// Nothing was left to apply at the last look.
    pub(crate) fn is_idle(&self) -> bool {
        self.looked && self.behind_since.is_none()
    }

    /// How old the last commit applied is; 0 when nothing is left to apply.
    pub(crate) fn lag_seconds(&self) -> f64 {
        let lag = self.behind_since.map(|since| (OffsetDateTime::now_utc() - since).as_seconds_f64());
        lag.unwrap_or_default().max(0.0)
    }

    /// Renews the rate and publishes all.
    pub(crate) fn publish(&mut self, view: &'static str, live: bool, position: u64, head: u64) {
        let elapsed = self.looked_at.elapsed().as_secs_f64();
        if elapsed > 0.0 {
            let rate = f64::from(self.commits) / elapsed;
            self.throughput += SMOOTHING * (rate - self.throughput);
        }
        (self.looked_at, self.commits) = (Instant::now(), 0);
        let labels = [("name", view), ("build", which(live))];
        gauge!("projection_position", &labels).set(float(position));
        gauge!("projection_lag_events", &labels).set(float(head.saturating_sub(position)));
        gauge!("projection_lag_seconds", &labels).set(self.lag_seconds());
    }
}

/// The label of a build.
pub(crate) fn which(live: bool) -> &'static str {
    if live { "live" } else { "beside" }
}

/// A gauge holds a float: exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "a gauge cannot hold more")]
fn float(count: u64) -> f64 {
    count as f64
}
