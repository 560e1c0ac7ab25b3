//! Views on a real Postgres, following a log in memory.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]
#![deny(clippy::wildcard_enum_match_arm)]

mod damage;
mod events;
mod history;
mod numbers;
mod once;
mod portfolio;
mod quarantine;
mod rebuild;
mod reference;
mod writer;

use std::{sync::Arc, time::Duration};

use event_log::{EventLog, Limit};
use projection::{Failure, Runner, View};
use read_model::{Batch, Build, Lease, Pool, Role, TableDigest, connect, migrate, rows::Table};
use test_kit::Postgres;
use uuid::Uuid;

use crate::writer::LOG_ID;

/// No test takes so long.
const LIMIT: Duration = Duration::from_secs(60);

/// A migrated database of its own.
struct Database {
    _postgres: Arc<Postgres>,
    pool: Pool,
}

impl Database {
    async fn new() -> Self {
        let postgres = Postgres::shared().await.unwrap();
        let url = postgres.fresh_database().unwrap();
        migrate(&url).await.unwrap();
        let pool = connect(&url, Role::Projector).await.unwrap();
        Self { _postgres: postgres, pool }
    }

    async fn lease(&self, view: &impl View) -> Lease {
        let lease = Lease::acquire(&self.pool, view.shape(), Uuid::from_u128(1), LIMIT).await.unwrap();
        lease.expect("nobody else holds it")
    }

    /// A new build of a view, at the beginning of the log.
    async fn begin(&self, view: impl View, log: Arc<dyn EventLog>) -> Runner {
        let lease = self.lease(&view).await;
        let build = Build::create(&self.pool, &lease, LOG_ID).await.unwrap();
        self.open(view, lease, build, log).await.unwrap()
    }

    /// The only build of a view, where it stands.
    async fn resume(&self, view: impl View, log: Arc<dyn EventLog>) -> Result<Runner, Failure> {
        let lease = self.lease(&view).await;
        let build = self.build(&view).await;
        self.open(view, lease, build, log).await
    }

    async fn open(
        &self,
        view: impl View,
        lease: Lease,
        build: Build,
        log: Arc<dyn EventLog>,
    ) -> Result<Runner, Failure> {
        Runner::open(self.pool.clone(), log, Arc::new(view), lease, build, Limit::default()).await
    }

    /// The last build of a view.
    async fn build(&self, view: &impl View) -> Build {
        Build::all(&self.pool, view.shape()).await.unwrap().pop().unwrap()
    }

    async fn rows<T: Table>(&self, view: &impl View) -> Vec<T> {
        let build = self.build(view).await;
        Batch::begin(&self.pool, &build).await.unwrap().load_all().await.unwrap()
    }

    async fn digests(&self, view: &impl View) -> Vec<TableDigest> {
        self.build(view).await.digests(&self.pool).await.unwrap()
    }
}

/// Applies everything that the log has.
async fn catch_up(runner: &mut Runner) -> Result<(), Failure> {
    while runner.step(u64::MAX).await? > 0 {}
    Ok(())
}

/// The code with which a runner stopped.
fn stop_code(outcome: Result<(), Failure>) -> &'static str {
    match outcome {
        Err(Failure::Stop(stop)) => stop.code(),
        Ok(()) | Err(Failure::Fenced | Failure::Database(_) | Failure::Log(_)) => panic!("{outcome:?}"),
    }
}
