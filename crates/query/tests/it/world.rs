//! A database with a live build of each view, a writer who fills it, and a reader on it.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use contract::{
    portfolio::v1::{ListInitiativesRequest, ListInitiativesResponse},
    status::{Explained, explain},
};
use event_log::memory::MemoryLog;
use query::{Caller, Failure, Pace, Reader, Sealer, portfolio};
use read_model::{
    Batch, Build, Checkpoint, Lease, PORTFOLIO, Pool, REFERENCE, Role, Scope, Shape, connect, migrate,
    reads::Audience,
    rows::{Initiative, InitiativeCard},
};
use test_kit::Postgres;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use vault::Vault;

use crate::lines::{RECORDED_AT, card_of};

pub(crate) const LOG: Uuid = Uuid::from_u128(0x106);
pub(crate) const TIME: Duration = Duration::from_secs(10);

pub(crate) struct World {
    pub(crate) postgres: Arc<Postgres>,
    pub(crate) url: String,
    pub(crate) reader: Arc<Reader>,
    pub(crate) shutdown: CancellationToken,
    pub(crate) portfolio: Keeper,
    pub(crate) reference: Keeper,
}

/// Whoever writes one view.
pub(crate) struct Keeper {
    pool: Pool,
    lease: Lease,
    build: Build,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::at(Pace::default(), None).await
    }

    pub(crate) async fn at(pace: Pace, vault: Option<Vault>) -> Self {
        let postgres = Postgres::shared().await.unwrap();
        let url = postgres.fresh_database().unwrap();
        migrate(&url).await.unwrap();
        let pool = connect(&url, Role::Projector).await.unwrap();
        let portfolio = Keeper::start(&pool, PORTFOLIO).await;
        let reference = Keeper::start(&pool, REFERENCE).await;
        let shutdown = CancellationToken::new();
        let reader = reader(&url, LOG, vault, pace, &shutdown).await;
        Self { postgres, url, reader, shutdown, portfolio, reference }
    }

    pub(crate) async fn with(lines: &[Initiative]) -> Self {
        let mut world = Self::new().await;
        world.portfolio.put(lines).await;
        world
    }

    pub(crate) async fn list(
        &self,
        caller: &Caller,
        request: ListInitiativesRequest,
    ) -> Result<ListInitiativesResponse, Failure> {
        portfolio::list(&self.reader, caller, &request, TIME).await
    }

    /// The ids of everything that a filter finds, and the total that goes with them.
    pub(crate) async fn find(&self, caller: &Caller, filter: &str) -> (BTreeSet<Uuid>, u64) {
        let request = ListInitiativesRequest { page_size: 1000, ..filtered(filter) };
        let found = self.list(caller, request).await.unwrap();
        (ids(&found).into_iter().collect(), found.total)
    }
}

pub(crate) async fn reader(
    url: &str,
    log_id: Uuid,
    vault: Option<Vault>,
    pace: Pace,
    shutdown: &CancellationToken,
) -> Arc<Reader> {
    let pool = connect(url, Role::Reader).await.unwrap();
    let log = Arc::new(MemoryLog::new(log_id));
    Arc::new(Reader::new(pool, log, vault, Sealer::new(&[7; 32]), pace, shutdown.clone()))
}

impl Keeper {
    async fn start(pool: &Pool, shape: Shape) -> Self {
        let lease = Lease::acquire(pool, shape, Uuid::from_u128(100), TIME * 60).await.unwrap().unwrap();
        let mut build = Build::create(pool, &lease, LOG).await.unwrap();
        build.swap_in(pool, &lease, None).await.unwrap();
        Self { pool: pool.clone(), lease, build }
    }

    pub(crate) fn position(&self) -> u64 {
        self.build.position
    }

    /// The name of its build.
    pub(crate) fn build(&self) -> &str {
        &self.build.schema
    }

    pub(crate) async fn rebuild_requested(&self) -> bool {
        self.lease.renew(&self.pool).await.unwrap().rebuild_requested
    }

    /// Writes what `fill` does, at the next position.
    pub(crate) async fn write(&mut self, fill: impl AsyncFnOnce(&mut Batch, u64)) {
        let position = self.build.position + 1;
        let mut batch = Batch::begin(&self.pool, &self.build).await.unwrap();
        fill(&mut batch, position).await;
        let to = Checkpoint {
            position,
            body_sha256: "ab".repeat(32),
            stored_at: stored_at(position),
            commits: position,
            digest: "cd".repeat(32),
            quarantined: 0,
        };
        batch.commit(&mut self.build, &self.lease, to).await.unwrap();
    }

    /// Writes these lines, each with a plain card, as one commit would.
    pub(crate) async fn put(&mut self, lines: &[Initiative]) {
        let cards: Vec<InitiativeCard> = lines.iter().map(card_of).collect();
        self.put_with(lines, &cards).await;
    }

    pub(crate) async fn put_with(&mut self, lines: &[Initiative], cards: &[InitiativeCard]) {
        let ids: Vec<Uuid> = lines.iter().map(|line| line.initiative_id).collect();
        self.write(async |batch, position| {
            let lines: Vec<Initiative> =
                lines.iter().map(|line| Initiative { position, ..line.clone() }).collect();
            batch.replace(&lines).await.unwrap();
            batch.replace(cards).await.unwrap();
            batch.index_initiatives(&ids).await.unwrap();
        })
        .await;
    }
}

/// The log's clock at a position.
pub(crate) fn stored_at(position: u64) -> OffsetDateTime {
    RECORDED_AT + Duration::from_secs(position)
}

pub(crate) fn filtered(filter: &str) -> ListInitiativesRequest {
    ListInitiativesRequest { filter: filter.to_owned(), ..ListInitiativesRequest::default() }
}

pub(crate) fn ids(response: &ListInitiativesResponse) -> Vec<Uuid> {
    response.initiatives.iter().map(|row| row.initiative_id.parse().unwrap()).collect()
}

/// What a refusal says to a client.
pub(crate) fn told(failure: Failure) -> Explained {
    explain(&tonic::Status::from(failure))
}

/// The reason and the field of each violation.
pub(crate) fn violations(failure: Failure) -> Vec<(String, String)> {
    told(failure).violations
}

pub(crate) fn violation(reason: &str, field: &str) -> (String, String) {
    (reason.to_owned(), field.to_owned())
}

pub(crate) fn caller(scope: Scope) -> Caller {
    let id = scope.person.unwrap_or(Uuid::from_u128(0xca11));
    Caller { id, audience: Audience { scope, hidden_proposers: false } }
}

/// Reads everything, except who is hidden.
pub(crate) fn board() -> Caller {
    caller(Scope { government: true, ..Scope::default() })
}

/// Reads everything.
pub(crate) fn portfolio_manager() -> Caller {
    let mut caller = board();
    caller.audience.hidden_proposers = true;
    caller
}

/// Reads some ministries.
pub(crate) fn lead(ministries: &[Uuid]) -> Caller {
    caller(Scope { ministries: ministries.to_vec(), ..Scope::default() })
}
