//! The ports of everything on one machine: in a row from a base, or free ones.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use serde_json::json;

/// A server that was told to stop does so within a second or two.
const LEFT_BEHIND_MAX: Duration = Duration::from_secs(10);

/// The ports, in order from the base.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    pub(super) issuer: u16,
    pub(crate) api: u16,
    pub(crate) admin: u16,
    pub(crate) nats: u16,
    pub(crate) nats_monitor: u16,
    pub(super) postgres: u16,
}

impl Ports {
    /// Six ports that are free now; base 0 takes any.
    pub(crate) fn choose(base: u16) -> Result<Self> {
        // Held until all are chosen, so that none is chosen twice.
        let mut held = Vec::new();
        let mut next = |what: &str, offset: u16| -> Result<u16> {
            let wanted = if base == 0 { 0 } else { base + offset };
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, wanted)).with_context(|| {
                let other = base.checked_add(100).unwrap_or(7480);
                format!("port {wanted} ({what}) cannot be used; choose other ports with --port-base {other}")
            })?;
            let port = listener.local_addr()?.port();
            held.push(listener);
            Ok(port)
        };
        Ok(Self {
            issuer: next("token issuer", 0)?,
            api: next("gRPC", 1)?,
            admin: next("admin", 2)?,
            nats: next("log", 3)?,
            nats_monitor: next("log monitor", 4)?,
            postgres: next("database", 5)?,
        })
    }

    pub(super) fn issuer_url(self) -> String {
        format!("http://127.0.0.1:{}", self.issuer)
    }

    pub(crate) fn api_url(self) -> String {
        format!("http://127.0.0.1:{}", self.api)
    }

    /// Tells programs where everything is, in `ports.json`.
    pub(super) fn write(self, var: &Path, nats_pid: u32, postgres_pid: u32) -> Result<()> {
        let Self { issuer, api, admin, nats, nats_monitor, postgres } = self;
        let told = json!({
            "issuer": issuer, "api": api, "admin": admin, "nats": nats, "nats_monitor": nats_monitor,
            "postgres": postgres, "nats_pid": nats_pid, "postgres_pid": postgres_pid,
        });
        fs::write(var.join("ports.json"), told.to_string()).context("write ports.json")
    }
}

/// Servers of a run that was killed stop by themselves: waits, for a limited time, until their ports are free.
pub(super) async fn left_behind(var: &Path) {
    let told = fs::read_to_string(var.join("ports.json")).unwrap_or_default();
    let told: serde_json::Value = serde_json::from_str(&told).unwrap_or_default();
    let ours = var.to_string_lossy().into_owned();
    let runs = |pid: u64| {
        let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&command).contains(&ours)
    };
    let pids: Vec<u64> = ["nats_pid", "postgres_pid"].iter().filter_map(|name| told[name].as_u64()).collect();
    let end = Instant::now() + LEFT_BEHIND_MAX;
    while pids.iter().any(|pid| runs(*pid)) && Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
