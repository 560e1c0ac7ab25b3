//! `cornerstone bench`: how fast everything is on this machine, beside how fast its log alone would be.
//!
//! It starts a private product of its own by the same executable, so that clients and servers are processes
//! as in reality, measures it as its callers see it, and stops it. What a figure is compared with is measured
//! in the same run, in short slices that alternate, since nothing else holds on a machine that others use.
//! Nothing here passes or fails: a timed test would fail on a busy day.

mod bare;
mod callers;
mod cold;
mod commands;
mod machine;
mod product;
mod report;
mod slices;

use std::{path::PathBuf, time::Duration};

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use crate::run::asked_to_stop;

use self::{bare::Bare, product::Product, report::Report};

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
    /// Write the figures as JSON to a file; `-` is the standard output, which then has no tables.
    #[arg(long)]
    pub json: Option<PathBuf>,
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
}

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

/// Measures, tells, and leaves nothing behind.
///
/// # Errors
/// When something does not start, or a command is refused.
pub async fn run(options: Options) -> Result<()> {
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
    report.tell(options.json.as_deref())
}

async fn measure(plan: &Plan, product: &mut Product) -> Result<Report> {
    product.wait().await.context("start a product to measure")?;
    let mut report = Report::new(machine::look(product).await?);
    if plan.wants(Part::Commands) {
        let bare = Bare::start(product).await.context("start a log beside it")?;
        let measured = commands::measure(plan, product, &bare).await;
        bare.stop().await?;
        report.commands = Some(measured.context("measure commands")?);
    }
    if plan.wants(Part::Cold) {
        report.cold = Some(cold::measure(product).await.context("measure cold loads")?);
    }
    Ok(report)
}
