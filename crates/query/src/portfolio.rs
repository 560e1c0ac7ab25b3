//! Queries on initiatives: the list, the card, the changes.
//!
//! The service only finds out who asks; [`list()`], [`card()`] and [`watch()`] take that as a value.

mod card;
mod fields;
mod line;
mod list;
mod order;
mod watch;

use std::sync::Arc;

use access::Gate;
use contract::portfolio::v1::{
    GetInitiativeRequest, GetInitiativeResponse, ListInitiativesRequest, ListInitiativesResponse,
    WatchInitiativesRequest, portfolio_query_service_server::PortfolioQueryService,
};
use futures::FutureExt as _;
use tonic::{Request, Response, Status};

pub use card::card;
pub(crate) use line::text;
pub use list::list;
pub use watch::{Changes, Recheck, watch};

use crate::{Caller, Reader, reader::time_of};

const READ: &str = "ReadPortfolio";
const WATCH: &str = "WatchPortfolio";

/// The portfolio's query service.
pub struct PortfolioQueries {
    gate: Arc<Gate>,
    reader: Arc<Reader>,
}

impl PortfolioQueries {
    pub fn new(gate: Arc<Gate>, reader: Arc<Reader>) -> Self {
        Self { gate, reader }
    }
}

#[tonic::async_trait]
impl PortfolioQueryService for PortfolioQueries {
    async fn list_initiatives(
        &self,
        request: Request<ListInitiativesRequest>,
    ) -> Result<Response<ListInitiativesResponse>, Status> {
        let time = time_of(request.metadata());
        let (caller, _) = Caller::of(&self.gate, request.metadata(), READ).await?;
        Ok(Response::new(list(&self.reader, &caller, request.get_ref(), time).await?))
    }

    async fn get_initiative(
        &self,
        request: Request<GetInitiativeRequest>,
    ) -> Result<Response<GetInitiativeResponse>, Status> {
        let time = time_of(request.metadata());
        let (caller, _) = Caller::of(&self.gate, request.metadata(), READ).await?;
        Ok(Response::new(card(&self.reader, &caller, request.get_ref(), time).await?))
    }

    type WatchInitiativesStream = Changes;

    async fn watch_initiatives(
        &self,
        request: Request<WatchInitiativesRequest>,
    ) -> Result<Response<Changes>, Status> {
        let time = time_of(request.metadata());
        let (caller, principal) = Caller::of(&self.gate, request.metadata(), WATCH).await?;
        let gate = self.gate.clone();
        let recheck = Box::new(move || {
            let (gate, principal) = (gate.clone(), principal.clone());
            async move {
                let scope = gate.read_scope_now(&principal, WATCH).await?;
                Ok(Caller::with(&principal, &scope))
            }
            .boxed()
        });
        Ok(Response::new(watch(&self.reader, caller, request.get_ref(), time, recheck).await?))
    }
}
