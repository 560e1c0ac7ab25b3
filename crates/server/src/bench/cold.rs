//! The first command on an aggregate that is not in memory: its history is read, checked and folded.

use std::time::Instant;

use super::{
    Plan,
    callers::Callers,
    product::Product,
    report::{self, number},
    slices::{latencies, micros, millis},
};
use anyhow::Result;
use serde::Serialize;

/// Lengths of history, and how many aggregates have each.
const LENGTHS: [(usize, usize); 3] = [(10, 16), (100, 16), (1000, 8)];

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
    let role = product.command_role("cold")?;
    let measured = async {
        role.wait().await?;
        let callers = Callers::connect(product, &role.url, 1).await?;
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
    role.stop().await?;
    progress.finish_and_clear();
    measured
}

pub(super) fn table(lengths: &[Length]) -> String {
    let row = |length: &Length| {
        vec![
            length.commits.to_string(),
            length.aggregates.to_string(),
            number(length.cold_p50_ms),
            number(length.cold_max_ms),
            number(length.warm_p50_ms),
        ]
    };
    report::table(
        "The first command on an aggregate that is not in memory",
        &["commits", "aggregates", "first p50 ms", "max ms", "second p50 ms"],
        lengths.iter().map(row).collect(),
    )
}
