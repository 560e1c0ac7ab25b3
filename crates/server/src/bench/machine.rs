//! Where it was measured: without that no figure means anything.

use std::{
    fs::{self, File},
    io::Write as _,
    path::Path,
    time::Instant,
};

use anyhow::{Context as _, Result};
use serde::Serialize;
use serde_json::Value;

use super::{
    product::Product,
    slices::{latencies, micros, millis},
};

/// How often the disk is asked to flush, to see what one flush costs.
const FLUSHES: usize = 200;

/// Facts of the machine and of the build.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Machine {
    pub(super) cores: usize,
    pub(super) processor: String,
    /// Processes that wanted to run during the minute before.
    pub(super) load_average: String,
    pub(super) nats_version: String,
    /// The log is on the disk before an append is acknowledged.
    pub(super) nats_sync_always: bool,
    pub(super) filesystem: String,
    /// Writing 4 KiB at the end of a file and flushing it.
    pub(super) flush_p50_ms: f64,
    pub(super) build: &'static str,
}

pub(super) async fn look(product: &Product) -> Result<Machine> {
    let page = async |name: &str| -> Result<Value> {
        let answer = reqwest::get(format!("{}/{name}", product.monitor_url())).await?;
        Ok(serde_json::from_slice(&answer.error_for_status()?.bytes().await?)?)
    };
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let processor = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    Ok(Machine {
        cores: std::thread::available_parallelism()?.get(),
        processor: processor.map_or("unknown", |(_, name)| name).to_owned(),
        load_average: load.split(' ').next().unwrap_or_default().to_owned(),
        nats_version: page("varz").await?["version"].as_str().unwrap_or("unknown").to_owned(),
        nats_sync_always: page("jsz").await?["config"]["sync_always"] == true,
        filesystem: filesystem(&product.beside(".")),
        flush_p50_ms: flush(&product.beside("flush"))?,
        build: if cfg!(debug_assertions) { "debug" } else { "release" },
    })
}

impl Machine {
    /// What makes the figures mean little.
    pub(super) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.build == "debug" {
            warnings.push("a debug build: use `cargo run --release -- bench`".to_owned());
        }
        if self.filesystem == "tmpfs" {
            warnings.push("the data is in memory, where a flush costs nothing: name a --folder".to_owned());
        }
        if !self.nats_sync_always {
            warnings.push("the log acknowledges before it flushes".to_owned());
        }
        warnings
    }
}

/// The type of the file system that holds a path: that of the longest mount point above it.
fn filesystem(path: &Path) -> String {
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let mounts = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        Some((fields.next()?, fields.next()?))
    });
    let above = mounts.filter(|(mount, _)| path.starts_with(mount));
    above.max_by_key(|(mount, _)| mount.len()).map_or("unknown", |(_, kind)| kind).to_owned()
}

fn flush(path: &Path) -> Result<f64> {
    let mut file = File::create(path).with_context(|| format!("write {}", path.display()))?;
    let mut seen = latencies();
    for _ in 0..FLUSHES {
        let start = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        seen.saturating_record(micros(start.elapsed()));
    }
    fs::remove_file(path)?;
    Ok(millis(&seen, 0.5))
}
