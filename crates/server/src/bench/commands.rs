//! Commands per second and their latency through gRPC, beside appends of the same bytes to a log alone.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use domain::portfolio::initiative::Initiative;
use event_log::{EventLog as _, Limit, Record, Scope};
use indicatif::ProgressBar;
use serde::Serialize;
use uuid::Uuid;

use super::{
    Plan,
    bare::{Appends, Bare},
    callers::{Callers, Proposals, Revisions},
    product::{CommandRole, Product},
    report::{self, number},
    slices::{SLICE, Side, Summary, Work, median},
};

/// Commands and appends at one number of callers.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Level {
    /// `revise`: a warm aggregate; `propose`: a new one.
    what: &'static str,
    callers: usize,
    body_bytes: usize,
    commands: Summary,
    appends: Summary,
    /// Commands per append, of the pairs of neighbouring slices: the middle, the least, the most.
    rate_ratio: f64,
    rate_ratio_min: f64,
    rate_ratio_max: f64,
    /// Of the medians.
    latency_ratio: f64,
}

pub(super) async fn measure(
    plan: &Plan,
    product: &Product,
    role: &CommandRole,
    bare: &Bare,
) -> Result<Vec<Level>> {
    let slices = usize::try_from(plan.length.as_millis() / SLICE.as_millis()).unwrap_or(1).max(1);
    let levels: Vec<usize> = plan.callers.iter().map(|callers| usize::from(*callers)).collect();
    let most = levels.iter().copied().max().unwrap_or(1);
    let callers = Callers::connect(product, &role.url, most).await?;
    let own = callers.histories(most, 1).await?;
    let log = product.log().await?;
    let (proposal, revision) = (stored(&log, own[0].id, 0).await?, stored(&log, own[0].id, 1).await?);

    let progress = Plan::progress(levels.len() * slices * 2, "commands");
    let mut measured = Vec::new();
    for &at_a_time in &levels {
        let commands = Arc::new(Revisions::new(callers.clone(), own.clone(), at_a_time));
        let appends = bare.revisions(&revision, at_a_time);
        let sides = sides(product, role, bare, commands, appends);
        measured.push(compare("revise", at_a_time, &revision, sides, slices, &progress).await?);
        let commands = Arc::new(Proposals(callers.clone()));
        let sides = self::sides(product, role, bare, commands, bare.creations(&proposal));
        measured.push(compare("propose", at_a_time, &proposal, sides, slices, &progress).await?);
    }
    progress.finish_and_clear();
    measured.sort_by_key(|level| std::cmp::Reverse(level.what));
    Ok(measured)
}

type Sides<W> = (Side<W>, Side<Appends>);

/// Both sides with the processes that work for them. The views follow the log at the same time, as they do in
/// reality.
fn sides<W: Work>(
    product: &Product,
    role: &CommandRole,
    bare: &Bare,
    commands: Arc<W>,
    appends: Arc<Appends>,
) -> Sides<W> {
    let us = std::process::id();
    let told = &product.told;
    let processes = vec![
        ("command", role.pid()),
        ("log", told.nats_pid),
        ("client", us),
        ("views", product.pid()),
        ("database", told.postgres_pid),
    ];
    (Side::new(commands, processes), Side::new(appends, vec![("log", bare.pid()), ("client", us)]))
}

async fn compare<W: Work>(
    what: &'static str,
    callers: usize,
    like: &Record,
    (mut commands, mut appends): Sides<W>,
    slices: usize,
    progress: &ProgressBar,
) -> Result<Level> {
    progress.set_message(format!("{what}, {callers} callers"));
    commands.warm_up(callers).await?;
    appends.warm_up(callers).await?;
    let mut ratios = Vec::new();
    for _ in 0..slices {
        commands.measure(callers).await?;
        appends.measure(callers).await?;
        ratios.push(commands.last_rate() / appends.last_rate());
        progress.inc(1);
    }
    ratios.sort_by(f64::total_cmp);
    let (commands, appends) = (commands.summary(), appends.summary());
    Ok(Level {
        what,
        callers,
        body_bytes: like.body.len(),
        rate_ratio: median(&ratios),
        rate_ratio_min: ratios[0],
        rate_ratio_max: ratios[ratios.len() - 1],
        latency_ratio: commands.p50_ms / appends.p50_ms,
        commands,
        appends,
    })
}

/// A commit of an initiative, by its number.
async fn stored(log: &event_log_nats::NatsLog, initiative: Uuid, number: usize) -> Result<Record> {
    let scope = Scope::Stream(codec::subject::<Initiative>(initiative));
    let records = log.read(&scope, 0, Limit::default()).await?;
    records.into_iter().nth(number).context("a commit that was just appended")
}

/// Rates and latencies, side by side.
pub(super) fn speeds(levels: &[Level]) -> String {
    let row = |level: &Level| {
        let Level { commands, appends, .. } = level;
        let (least, most) = (level.rate_ratio_min, level.rate_ratio_max);
        vec![
            level.what.to_owned(),
            level.callers.to_string(),
            number(commands.per_second),
            number(appends.per_second),
            format!("{:.2} ({least:.2} to {most:.2})", level.rate_ratio),
            number(commands.p50_ms),
            number(appends.p50_ms),
            format!("{:.2}", level.latency_ratio),
            number(commands.p99_ms),
            number(appends.p99_ms),
        ]
    };
    report::table(
        "Commands through gRPC, and appends of the same size to a log alone",
        &[
            "command",
            "callers",
            "commands/s",
            "log/s",
            "ratio (of slices)",
            "p50 ms",
            "log",
            "ratio",
            "p99 ms",
            "log",
        ],
        levels.iter().map(row).collect(),
    )
}

/// What each command costs, by process.
pub(super) fn costs(levels: &[Level]) -> String {
    let row = |level: &Level| {
        let cost = |summary: &Summary, name| number(summary.cpu_us.get(name).copied().unwrap_or_default());
        let Level { what, callers, body_bytes, commands, appends, .. } = level;
        let mut row = vec![(*what).to_owned(), callers.to_string(), body_bytes.to_string()];
        row.extend(["command", "log", "client", "views", "database"].map(|name| cost(commands, name)));
        row.extend(["log", "client"].map(|name| cost(appends, name)));
        row
    };
    report::table(
        "Microseconds of processor time for each command, by process, and for each append",
        &[
            "command",
            "callers",
            "body B",
            "command role",
            "log",
            "client",
            "views",
            "database",
            "append: log",
            "client",
        ],
        levels.iter().map(row).collect(),
    )
}

/// What is aimed at, and whether it was reached.
pub(super) fn aims(levels: &[Level]) -> Vec<String> {
    let revised = |callers| levels.iter().find(|level| level.what == "revise" && level.callers == callers);
    let word = |reached: bool| if reached { "reached" } else { "missed" };
    let mut aims = Vec::new();
    if let Some(level) = revised(64) {
        let ratio = level.rate_ratio;
        aims.push(format!(
            "64 callers: {:.0} % of the log's rate; 80 % {}",
            ratio * 100.0,
            word(ratio >= 0.8)
        ));
    }
    if let Some(level) = revised(1) {
        let ratio = level.latency_ratio;
        aims.push(format!("1 caller: {ratio:.2} times the log's latency; 1.5 {}", word(ratio <= 1.5)));
    }
    aims
}
