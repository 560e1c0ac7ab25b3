//! The views: how far they are, and asking for one to be rebuilt. The rebuilding is `projection`'s affair.

use std::sync::Arc;

use access::Gate;
use contract::operations::v1::{
    ListProjectionsRequest, ListProjectionsResponse, Projection, ProjectionState, RebuildProjectionRequest,
    RebuildProjectionResponse, projection_service_server::ProjectionService,
};
use read_model::{ViewState, ViewStatus, request_rebuild, statuses};
use tonic::{Request, Response, Status};

use crate::{Caller, Failure, Reader};

/// The service about the views.
pub struct Projections {
    gate: Arc<Gate>,
    reader: Arc<Reader>,
}

impl Projections {
    pub fn new(gate: Arc<Gate>, reader: Arc<Reader>) -> Self {
        Self { gate, reader }
    }
}

#[tonic::async_trait]
impl ProjectionService for Projections {
    async fn list_projections(
        &self,
        request: Request<ListProjectionsRequest>,
    ) -> Result<Response<ListProjectionsResponse>, Status> {
        Caller::of(&self.gate, request.metadata(), "ListProjections").await?;
        Ok(Response::new(list_projections(&self.reader).await?))
    }

    async fn rebuild_projection(
        &self,
        request: Request<RebuildProjectionRequest>,
    ) -> Result<Response<RebuildProjectionResponse>, Status> {
        Caller::of(&self.gate, request.metadata(), "RebuildProjection").await?;
        Ok(Response::new(rebuild_projection(&self.reader, &request.get_ref().name).await?))
    }
}

/// Every view with its state and progress against the log's head, which the log itself tells.
///
/// # Errors
/// The read models or the log are away.
pub async fn list_projections(reader: &Reader) -> Result<ListProjectionsResponse, Failure> {
    let statuses = statuses(&reader.pool).await?;
    // After the views: none is ahead of it then.
    let head = reader.log.head().await?;
    let projections = statuses.into_iter().map(|status| projection(status, head)).collect();
    Ok(ListProjectionsResponse { projections, head })
}

/// Asks the keeper of a view to rebuild it, and answers how the live one stands.
///
/// # Errors
/// [`Failure::NoSuchView`]; the read models or the log are away.
pub async fn rebuild_projection(reader: &Reader, name: &str) -> Result<RebuildProjectionResponse, Failure> {
    let no_such_view = || Failure::NoSuchView(name.to_owned());
    let known = list_projections(reader).await?.projections.into_iter().find(|view| view.name == name);
    let live = known.ok_or_else(no_such_view)?;
    if !request_rebuild(&reader.pool, name).await? {
        return Err(no_such_view());
    }
    Ok(RebuildProjectionResponse { projection: Some(live) })
}

fn projection(status: ViewStatus, head: u64) -> Projection {
    let lag = head.saturating_sub(status.position);
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let estimate = (lag > 0 && status.throughput > 0.0).then(|| lag as f64 / status.throughput);
    Projection {
        name: status.name,
        state: state(status.state).into(),
        position: status.position,
        lag,
        throughput: status.throughput,
        estimate_seconds: estimate,
        commits: status.commits,
        digest: status.digest,
        reason: status.reason.unwrap_or_default(),
        version: status.version,
        shadow: status.shadow,
        build: status.schema,
    }
}

fn state(state: ViewState) -> ProjectionState {
    match state {
        ViewState::Building => ProjectionState::Building,
        ViewState::Verifying => ProjectionState::Verifying,
        ViewState::Live => ProjectionState::Live,
        ViewState::Lagging => ProjectionState::Lagging,
        ViewState::Quarantined => ProjectionState::Quarantined,
        ViewState::Stopped | ViewState::Retired => ProjectionState::Stopped,
    }
}
