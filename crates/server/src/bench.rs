//! `cornerstone bench`: how fast everything is on this machine, beside how fast its log alone would be.
//!
//! It starts a private product of its own by the same executable, so that clients and servers are processes
//! as in reality, measures it as its callers see it, and stops it. What a figure is compared with is measured
//! in the same run, in short slices that alternate, since nothing else holds on a machine that others use.
//! Nothing here passes or fails: a timed test would fail on a busy day.

mod bare;
mod callers;
mod catch_up;
mod cold;
mod commands;
mod machine;
mod product;
mod replay;
mod report;
mod slices;
mod visible;

use std::{path::PathBuf, time::Duration};

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use event_log::EventLog as _;
use indicatif::{ProgressBar, ProgressStyle};

use crate::run::asked_to_stop;

use self::{bare::Bare, callers::Callers, product::Product, report::Report};

/// What to measure, and for how long.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// How long each side of each comparison is measured, in seconds.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub seconds: u64,
    /// How many callers at a time, comma-separated.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 64, 256],
        value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub callers: Vec<u16>,
    /// What to measure, comma-separated; all of it when absent.
    #[arg(long, value_delimiter = ',')]
    pub only: Vec<Part>,
    /// Write the figures as JSON to this file as well.
    #[arg(long)]
    pub json_file: Option<PathBuf>,
    /// An empty folder for the data, on the disk to be measured; a temporary one when absent.
    #[arg(long)]
    pub folder: Option<PathBuf>,
}

/// A part of the measurements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Commands per second and their latency, beside appends to the log alone.
    Commands,
    /// The first command on an aggregate that is not in memory.
    Cold,
    /// From a command to a query that shows it.
    Visible,
    /// The whole log to an auditor.
    Replay,
    /// A view from nothing.
    CatchUp,
}

/// The shortest log that is replayed.
const COMMITS_MIN: u64 = 20_000;
/// Callers that fill it.
const FILLERS: usize = 64;

/// How a part asks and tells: for how long, with how many callers, and where its progress shows.
struct Plan {
    length: Duration,
    callers: Vec<u16>,
    only: Vec<Part>,
}

impl Plan {
    fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }

    /// A bar for so many steps, on the error output; invisible when nobody looks.
    fn progress(steps: usize, what: &'static str) -> ProgressBar {
        let style = ProgressStyle::with_template("{prefix:<10} {bar:40} {pos}/{len} {msg}");
        let style = style.expect("the template is fixed");
        ProgressBar::new(steps as u64).with_style(style).with_prefix(what)
    }
}

/// Measures, tells in tables or as JSON, and leaves nothing behind.
///
/// # Errors
/// When something does not start, or a command is refused.
pub async fn run(options: Options, json: bool) -> Result<()> {
    let plan =
        Plan { length: Duration::from_secs(options.seconds), callers: options.callers, only: options.only };
    let folder = product::Folder::create(options.folder)?;
    let mut product = Product::start(folder.path())?;
    let measured = tokio::select! {
        measured = measure(&plan, &mut product) => measured,
        () = asked_to_stop() => Err(anyhow::anyhow!("stopped before the end: nothing was measured")),
    };
    let stopped = product.stop().await;
    let report = measured?;
    stopped?;
    report.tell(json, options.json_file.as_deref())
}

async fn measure(plan: &Plan, product: &mut Product) -> Result<Report> {
    product.wait().await.context("start a product to measure")?;
    let mut report = Report::new(machine::look(product).await?);
    if plan.wants(Part::Commands) {
        let bare = Bare::start(product).await.context("start a log beside it")?;
        let role = product.command_role("commands")?;
        role.wait().await?;
        let measured = commands::measure(plan, product, &role, &bare).await;
        role.stop().await?;
        bare.stop().await?;
        report.commands = Some(measured.context("measure commands")?);
    }
    if plan.wants(Part::Cold) {
        report.cold = Some(cold::measure(product).await.context("measure cold loads")?);
    }
    if plan.wants(Part::Visible) {
        report.visible = Some(visible::measure(plan, product).await.context("measure visibility")?);
    }
    if plan.wants(Part::Replay) || plan.wants(Part::CatchUp) {
        fill(product).await.context("fill the log")?;
    }
    if plan.wants(Part::Replay) {
        report.replay = Some(replay::measure(product).await.context("measure a replay")?);
    }
    if plan.wants(Part::CatchUp) {
        report.catch_up = Some(catch_up::measure(product).await.context("measure a catch-up")?);
    }
    Ok(report)
}

/// Adds initiatives until the log is long enough for a rate over it to mean something.
async fn fill(product: &Product) -> Result<()> {
    let callers = Callers::connect(product, &product.api_url(), FILLERS).await?;
    let progress = Plan::progress(usize::try_from(COMMITS_MIN)?, "filling");
    loop {
        let head = product.log().await?.head().await?;
        progress.set_position(head);
        if head >= COMMITS_MIN {
            progress.finish_and_clear();
            return Ok(());
        }
        callers.histories(FILLERS, 19).await?;
    }
}
