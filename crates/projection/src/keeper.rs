//! Keeping a view: one process at a time, its live build following the log, perhaps another one growing beside it
//! to take its place.
//!
//! Live and beside take turns in one task, so nothing races between them; the one beside never passes the live one,
//! and at the position where they meet they are compared. A build that has to stop does not stop the other, nor
//! other views; its keeper waits for somebody to ask for a rebuild, or to start a better version.

use std::{sync::Arc, time::Duration};

use event_log::{EventLog, Limit};
use read_model::{Build, BuildState, Lease, Pool, note_progress};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use tracing::{error, info, warn};
use uuid::Uuid;

use crate::{Failure, Runner, Stop, View, meter::which};

/// How a projector works.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The largest batch.
    pub batch: Limit,
    /// How long a view stays with a keeper that is not heard of.
    pub lease: Duration,
    /// Between two looks for what is new in a quiet log.
    pub idle: Duration,
    /// Between two renewals of the lease, notes of progress and looks for a request to rebuild.
    pub tick: Duration,
    /// Before trying again what a log or a database that was away did not answer: either takes seconds to come back,
    /// and asking once a second costs nothing.
    pub retry: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            batch: Limit::default(),
            lease: Duration::from_secs(10),
            idle: Duration::from_millis(20),
            tick: Duration::from_secs(1),
            retry: Duration::from_secs(1),
        }
    }
}

/// Behind by more than this, a view is lagging.
const LAG_SECONDS_MAX: f64 = 2.0;

/// Keeps views until told to stop: takes each one's lease as soon as it is free, builds it if it is new, follows the
/// log, rebuilds on request. A view that has to stop says so in its state, in the log of the process and in the
/// metric `projection_stopped`; the other views go on.
pub async fn run(
    pool: Pool,
    log: Arc<dyn EventLog>,
    views: Vec<Arc<dyn View>>,
    settings: Settings,
    stop: CancellationToken,
) {
    let mut keepers = tokio::task::JoinSet::new();
    for view in views {
        let (pool, log, stop) = (pool.clone(), log.clone(), stop.clone());
        let keeper = Keeper { pool, log, view, settings, owner: Uuid::new_v4(), stop };
        keepers.spawn(keeper.keep());
    }
    keepers.join_all().await;
}

struct Keeper {
    pool: Pool,
    log: Arc<dyn EventLog>,
    view: Arc<dyn View>,
    settings: Settings,
    owner: Uuid,
    stop: CancellationToken,
}

/// What a keeper has in hands.
struct Kept {
    lease: Lease,
    /// Follows the log for readers; none before the first build is complete, or when it had to stop.
    live: Option<Runner>,
    /// Grows to take its place.
    beside: Option<Beside>,
}

struct Beside {
    runner: Runner,
    verdict: Verdict,
}

/// Whether a build beside has the rows of the live one.
enum Verdict {
    /// They have not met yet.
    Open,
    Comparing(AbortOnDropHandle<Result<Vec<String>, read_model::Error>>),
    /// In what it differs.
    Known(Option<String>),
}

impl Keeper {
    async fn keep(self) {
        let name = self.view.shape().name;
        while !self.stop.is_cancelled() {
            let failure = match self.take().await {
                Ok(None) => None,
                Ok(Some(lease)) => {
                    info!(view = name, "the view is kept here");
                    let held = self.hold(lease.clone()).await.err();
                    if let Err(error) = lease.release(&self.pool).await {
                        warn!(view = name, error = %causes(&error), "the lease could not be given up");
                    }
                    held
                }
                Err(error) => Some(error.into()),
            };
            let wait = match failure {
                None => self.settings.idle,
                Some(failure) => {
                    warn!(view = name, error = %causes(&failure), "the view does not go on; trying again");
                    self.settings.retry
                }
            };
            self.pause(wait).await;
        }
    }

    /// The lease, as soon as it is free; none when told to stop before.
    async fn take(&self) -> Result<Option<Lease>, read_model::Error> {
        while !self.stop.is_cancelled() {
            let lease = Lease::acquire(&self.pool, self.view.shape(), self.owner, self.settings.lease);
            if let Some(lease) = lease.await? {
                return Ok(Some(lease));
            }
            self.pause(self.settings.tick).await;
        }
        Ok(None)
    }

    /// Keeps the view until told to stop, or until something fails that may pass.
    async fn hold(&self, lease: Lease) -> Result<(), Failure> {
        let mut kept = self.open(lease).await?;
        let mut ticks = tokio::time::interval(self.settings.tick);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while !self.stop.is_cancelled() {
            let busy = self.advance(&mut kept).await?;
            self.promote(&mut kept).await?;
            tokio::select! {
                biased;
                _ = ticks.tick() => self.tick(&mut kept).await?,
                () = std::future::ready(()), if busy => {}
                () = self.pause(self.settings.idle) => {}
            }
        }
        Ok(())
    }

    async fn open(&self, lease: Lease) -> Result<Kept, Failure> {
        let builds = Build::all(&self.pool, self.view.shape()).await?;
        let mut kept = Kept { lease, live: None, beside: None };
        if builds.is_empty() {
            self.begin_beside(&mut kept).await?;
        }
        for mut build in builds.into_iter().filter(|build| build.state != BuildState::Retired) {
            if build.state == BuildState::Stopped {
                // This may be a version that can go on.
                let state = if build.live { BuildState::Live } else { BuildState::Building };
                build.set_state(&self.pool, &kept.lease, state, None).await?;
            }
            let live = build.live;
            let runner = self.runner(&kept.lease, build).await?;
            if live {
                kept.live = runner;
            } else {
                kept.beside = runner.map(|runner| Beside { runner, verdict: Verdict::Open });
            }
        }
        Ok(kept)
    }

    /// A runner of a build; none when the build has to stop.
    async fn runner(&self, lease: &Lease, mut build: Build) -> Result<Option<Runner>, Failure> {
        let (pool, log, view) = (self.pool.clone(), self.log.clone(), self.view.clone());
        match Runner::open(pool, log, view, lease.clone(), build.clone(), self.settings.batch).await {
            Ok(runner) => Ok(Some(runner)),
            Err(Failure::Stop(stop)) => {
                self.halt(lease, &mut build, &stop).await?;
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }

    /// A step of each build. True when there may be more to do at once.
    async fn advance(&self, kept: &mut Kept) -> Result<bool, Failure> {
        let mut busy = false;
        if let Some(live) = &mut kept.live {
            match self.step(&kept.lease, live, u64::MAX).await? {
                Some(applied) => busy |= applied > 0,
                None => kept.live = None,
            }
        }
        if let Some(beside) = &mut kept.beside {
            let upto = kept.live.as_ref().map_or(u64::MAX, Runner::position);
            match self.step(&kept.lease, &mut beside.runner, upto).await? {
                Some(applied) => busy |= applied > 0,
                None => kept.beside = None,
            }
        }
        Ok(busy)
    }

    /// How many commits were applied; none when the build has to stop.
    async fn step(&self, lease: &Lease, runner: &mut Runner, upto: u64) -> Result<Option<u64>, Failure> {
        match runner.step(upto).await {
            Ok(applied) => Ok(Some(applied)),
            Err(Failure::Stop(stop)) => {
                self.halt(lease, &mut runner.build, &stop).await?;
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }

    async fn halt(&self, lease: &Lease, build: &mut Build, stop: &Stop) -> Result<(), Failure> {
        let (name, reason) = (self.view.shape().name, format!("{}: {}", stop.code(), causes(stop)));
        error!(view = name, build = build.schema, reason, "the view is stopped");
        metrics::gauge!("projection_stopped", "name" => name, "build" => which(build.live)).set(1.0);
        Ok(build.set_state(&self.pool, lease, BuildState::Stopped, Some(&reason)).await?)
    }

    async fn tick(&self, kept: &mut Kept) -> Result<(), Failure> {
        if kept.lease.renew(&self.pool).await?.rebuild_requested {
            self.begin_beside(kept).await?;
        }
        let head = self.log.head().await?;
        let beside = kept.beside.as_mut().map(|beside| &mut beside.runner);
        for runner in kept.live.iter_mut().chain(beside) {
            let build = &runner.build;
            runner.meter.publish(self.view.shape().name, build.live, build.position, head);
            let caught_up = runner.meter.lag_seconds() <= LAG_SECONDS_MAX;
            note_progress(&self.pool, &build.schema, head, runner.meter.throughput, caught_up).await?;
        }
        Ok(())
    }

    /// Begins a build beside, from nothing; what was growing or kept beside before is removed.
    async fn begin_beside(&self, kept: &mut Kept) -> Result<(), Failure> {
        kept.beside = None;
        for build in Build::all(&self.pool, self.view.shape()).await?.into_iter().filter(|build| !build.live)
        {
            build.remove(&self.pool, &kept.lease).await?;
        }
        let build = Build::create(&self.pool, &kept.lease, self.log.log_id()).await?;
        info!(view = self.view.shape().name, build = build.schema, "a build begins");
        let runner = self.runner(&kept.lease, build).await?;
        kept.beside = runner.map(|runner| Beside { runner, verdict: Verdict::Open });
        Ok(())
    }

    /// Lets the build beside take the place of the live one, once it is where that one is and both were compared.
    async fn promote(&self, kept: &mut Kept) -> Result<(), Failure> {
        let Some(beside) = &mut kept.beside else { return Ok(()) };
        let position = beside.runner.position();
        let Some(live) = &kept.live else {
            // Nobody to be compared with, and readers wait for a complete view.
            let complete = beside.runner.meter.is_idle() && self.log.head().await? <= position;
            return if complete { self.swap(kept, None).await } else { Ok(()) };
        };
        if live.position() != position {
            return Ok(());
        }
        match &mut beside.verdict {
            // Rows that waited for a repair differ because they were repaired.
            Verdict::Open if live.build.quarantined > 0 => beside.verdict = Verdict::Known(None),
            Verdict::Open => {
                let build = &mut beside.runner.build;
                build.set_state(&self.pool, &kept.lease, BuildState::Verifying, None).await?;
                if let Some(comparison) = live.build.beside(build, &self.pool).await? {
                    let comparing = tokio::spawn(comparison.differing());
                    beside.verdict = Verdict::Comparing(AbortOnDropHandle::new(comparing));
                }
            }
            Verdict::Comparing(comparing) if comparing.is_finished() => {
                let differing = comparing.await.expect("a comparison does not panic")?;
                let differs = (!differing.is_empty()).then(|| format!("differs in {}", differing.join(", ")));
                beside.verdict = Verdict::Known(differs);
            }
            Verdict::Comparing(_) => {}
            Verdict::Known(differs) => {
                let differs = differs.take();
                self.swap(kept, differs).await?;
            }
        }
        Ok(())
    }

    async fn swap(&self, kept: &mut Kept, differs: Option<String>) -> Result<(), Failure> {
        let Some(Beside { mut runner, .. }) = kept.beside.take() else { return Ok(()) };
        let name = self.view.shape().name;
        let (position, build) = (runner.position(), &mut runner.build);
        if let Some(differs) = &differs {
            // Two builds of one version from one log: one of them was wrong.
            error!(view = name, build = build.schema, differs, "the rebuilt view is not as the one before");
        }
        build.swap_in(&self.pool, &kept.lease, differs.as_deref()).await?;
        info!(view = name, build = build.schema, position, "a build is live");
        for live in [true, false] {
            metrics::gauge!("projection_stopped", "name" => name, "build" => which(live)).set(0.0);
        }
        kept.live = Some(runner);
        Ok(())
    }

    /// A moment, or less when told to stop.
    async fn pause(&self, moment: Duration) {
        tokio::select! {
            () = tokio::time::sleep(moment) => {}
            () = self.stop.cancelled() => {}
        }
    }
}

/// An error with its causes in one line.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}
