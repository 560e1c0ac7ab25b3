//! The first command on an aggregate that is not in memory: its history is read, checked and folded.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use comfy_table::Table;
use serde::Serialize;
use tonic::transport::Channel;

use crate::{
    dev::{ports::Ports, servers::Server},
    issuer::ISSUER,
};

use super::{
    Plan,
    callers::Callers,
    product::Product,
    report::{self, number},
    slices::{latencies, micros, millis},
};

/// Lengths of history, and how many aggregates have each.
const LENGTHS: [(usize, usize); 3] = [(10, 16), (100, 16), (1000, 8)];
/// A role starts within a moment.
const START_MAX: Duration = Duration::from_secs(30);
const LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// First and second commands on aggregates of one length.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Length {
    commits: usize,
    aggregates: usize,
    cold_p50_ms: f64,
    cold_max_ms: f64,
    /// The same command again, now that the aggregate is in memory.
    warm_p50_ms: f64,
}

pub(super) async fn measure(product: &Product) -> Result<Vec<Length>> {
    let progress = Plan::progress(LENGTHS.len() * 2, "cold");
    let writers = Callers::connect(product, &product.api_url(), 16).await?;
    let mut histories = Vec::new();
    for (commits, count) in LENGTHS {
        progress.set_message(format!("{count} histories of {commits} commits"));
        histories.push((commits, writers.histories(count, commits - 1).await?));
        progress.inc(1);
    }
    let (other, url) = other_command_role(product)?;
    let measured = async {
        wait_for(&url).await?;
        let callers = Callers::connect(product, &url, 1).await?;
        // The first call of all pays for the connection and for verifying the tokens.
        for own in callers.histories(5, 0).await? {
            callers.revise(0, own, true).await?;
        }
        let mut lengths = Vec::new();
        for (commits, own) in histories {
            progress.set_message(format!("loading {commits} commits"));
            let (mut cold, mut warm) = (latencies(), latencies());
            for initiative in &own {
                for seen in [&mut cold, &mut warm] {
                    let start = Instant::now();
                    callers.revise(0, *initiative, true).await?;
                    seen.saturating_record(micros(start.elapsed()));
                }
            }
            progress.inc(1);
            lengths.push(Length {
                commits,
                aggregates: own.len(),
                cold_p50_ms: millis(&cold, 0.5),
                cold_max_ms: millis(&cold, 1.0),
                warm_p50_ms: millis(&warm, 0.5),
            });
        }
        anyhow::Ok(lengths)
    };
    let measured = measured.await;
    other.stop().await?;
    progress.finish_and_clear();
    measured
}

/// A second copy of the role that takes commands, which has nothing in memory.
fn other_command_role(product: &Product) -> Result<(Server, String)> {
    let ports = Ports::choose(0)?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["command", "--nats-user", "command", "--allow-insecure-loopback", "--issuer", ISSUER]);
    command.arg("--nats-url").arg(product.nats_url());
    command.arg("--nats-monitor-url").arg(product.monitor_url());
    command.arg("--jwks-url").arg(format!("{}/jwks.json", product.issuer_url()));
    command.arg("--listen").arg(format!("127.0.0.1:{}", ports.api));
    command.arg("--admin-listen").arg(format!("127.0.0.1:{}", ports.admin));
    for (option, key) in [
        ("--nats-password-file", "nats-command"),
        ("--vault-url-file", "vault-url"),
        ("--kek-file", "kek"),
        ("--writer-key-file", "writer-key"),
    ] {
        command.arg(option).arg(product.var("keys").join(key));
    }
    let log = product.beside("command.log");
    let server = Server::spawn("cornerstone command", "TERM", &mut command, &log)?;
    Ok((server, ports.api_url()))
}

async fn wait_for(url: &str) -> Result<()> {
    let end = Instant::now() + START_MAX;
    while Channel::from_shared(url.to_owned()).context("its address")?.connect().await.is_err() {
        ensure!(Instant::now() < end, "a second command role did not start within {START_MAX:?}");
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
    Ok(())
}

pub(super) fn table(lengths: &[Length]) -> Table {
    let columns = ["", "aggregates", "first p50 ms", "first max ms", "second p50 ms"];
    let mut table = report::table("Commits of an aggregate that is not in memory", &columns);
    for length in lengths {
        table.add_row(vec![
            length.commits.to_string(),
            length.aggregates.to_string(),
            number(length.cold_p50_ms),
            number(length.cold_max_ms),
            number(length.warm_p50_ms),
        ]);
    }
    table
}
