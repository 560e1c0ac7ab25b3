//! Callers that ask, wait for the answer and ask again; what they saw, and what it cost in processor time.

use std::{
    collections::BTreeMap,
    fs,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use hdrhistogram::Histogram;
use serde::Serialize;
use tokio::task::JoinSet;

/// Short, so that noise hits both sides of a comparison; long beside the slowest answer.
pub(super) const SLICE: Duration = Duration::from_millis(500);

/// Before anything counts, at every number of callers.
const WARM_UP: Duration = Duration::from_secs(1);

/// Ticks of processor time in a second, as `/proc` counts them on Linux.
const TICKS: f64 = 100.0;

/// Something that callers do again and again.
pub(super) trait Work: Send + Sync + 'static {
    /// Once, by the caller of that number.
    fn once(&self, caller: usize) -> impl Future<Output = Result<()>> + Send;
}

/// A side of a comparison: what is done, and whose processor time it costs.
pub(super) struct Side<W> {
    work: Arc<W>,
    processes: Vec<(&'static str, u32)>,
    rates: Vec<f64>,
    latencies: Histogram<u64>,
    ticks: BTreeMap<&'static str, u64>,
}

/// What was measured of a side.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Summary {
    pub(super) operations: u64,
    /// Of the slices: the middle, the slowest, the fastest.
    pub(super) per_second: f64,
    pub(super) per_second_min: f64,
    pub(super) per_second_max: f64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    /// Microseconds of processor time for each operation, by process.
    pub(super) cpu_us: BTreeMap<&'static str, f64>,
}

impl<W: Work> Side<W> {
    pub(super) fn new(work: Arc<W>, processes: Vec<(&'static str, u32)>) -> Self {
        Self { work, processes, rates: vec![], latencies: latencies(), ticks: BTreeMap::new() }
    }

    /// Before anything counts.
    pub(super) async fn warm_up(&self, callers: usize) -> Result<()> {
        slice(&self.work, callers, WARM_UP).await.map(drop)
    }

    /// One slice that counts.
    pub(super) async fn measure(&mut self, callers: usize) -> Result<()> {
        let before = self.ticks_now()?;
        let (rate, seen) = slice(&self.work, callers, SLICE).await?;
        for (name, after) in self.ticks_now()? {
            *self.ticks.entry(name).or_default() += after.saturating_sub(before[name]);
        }
        self.rates.push(rate);
        self.latencies.add(&seen).context("add up latencies")
    }

    /// What was measured since the last summary.
    pub(super) fn summary(&mut self) -> Summary {
        let seen = std::mem::replace(&mut self.latencies, latencies());
        let mut rates = std::mem::take(&mut self.rates);
        rates.sort_by(f64::total_cmp);
        #[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are small")]
        let cpu_us = |ticks: u64| ticks as f64 / TICKS * 1e6 / seen.len() as f64;
        let cpu_us = std::mem::take(&mut self.ticks).into_iter().map(|(name, t)| (name, cpu_us(t))).collect();
        Summary {
            operations: seen.len(),
            per_second: median(&rates),
            per_second_min: rates.first().copied().unwrap_or_default(),
            per_second_max: rates.last().copied().unwrap_or_default(),
            p50_ms: millis(&seen, 0.5),
            p99_ms: millis(&seen, 0.99),
            cpu_us,
        }
    }

    /// The rate of the last slice.
    pub(super) fn last_rate(&self) -> f64 {
        self.rates.last().copied().unwrap_or_default()
    }

    fn ticks_now(&self) -> Result<BTreeMap<&'static str, u64>> {
        self.processes.iter().map(|(name, pid)| Ok((*name, ticks(name, *pid)?))).collect()
    }
}

/// Lets so many callers work for a while. Operations under way at the end are waited for and count, and so does
/// the time they took: whoever serves them is as busy as before. Returns operations per second and latencies.
async fn slice<W: Work>(work: &Arc<W>, callers: usize, length: Duration) -> Result<(f64, Histogram<u64>)> {
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for caller in 0..callers {
        let work = work.clone();
        tasks.spawn(async move {
            let mut seen = latencies();
            while start.elapsed() < length {
                let asked = Instant::now();
                work.once(caller).await?;
                seen.saturating_record(micros(asked.elapsed()));
            }
            anyhow::Ok(seen)
        });
    }
    let mut all = latencies();
    while let Some(done) = tasks.join_next().await {
        all.add(&done.context("a caller panicked")??).context("add up latencies")?;
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are small")]
    let rate = all.len() as f64 / start.elapsed().as_secs_f64();
    Ok((rate, all))
}

/// Latencies in microseconds, up to a minute, to three digits.
pub(super) fn latencies() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000, 3).expect("the bounds are fixed")
}

pub(super) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// A quantile in milliseconds.
pub(super) fn millis(seen: &Histogram<u64>, quantile: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "at most a minute in microseconds")]
    let micros = seen.value_at_quantile(quantile) as f64;
    micros / 1000.0
}

/// The middle of sorted values.
pub(super) fn median(sorted: &[f64]) -> f64 {
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// The processor time that a process has used, all threads, user and system; for the database with the processes
/// that serve its connections.
fn ticks(name: &str, pid: u32) -> Result<u64> {
    let own = stat(&pid.to_string()).with_context(|| format!("look at process {pid}"))?.1;
    if name != "database" {
        return Ok(own);
    }
    let all = fs::read_dir("/proc")?.filter_map(|entry| stat(entry.ok()?.file_name().to_str()?));
    Ok(own + all.filter(|(parent, _)| *parent == pid).map(|(_, ticks)| ticks).sum::<u64>())
}

/// The parent of a process, and the processor time it has used.
fn stat(pid: &str) -> Option<(u32, u64)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything; the fields after it are counted from 3.
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
    Some((u32::try_from(field(4)?).ok()?, field(14)? + field(15)?))
}
