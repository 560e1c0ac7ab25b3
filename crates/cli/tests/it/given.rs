//! A server that takes every command, remembers it, and can be told to fail.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use contract::{
    CommandRequest, Commands, Handles,
    common::v1::CommandReceipt,
    portfolio::v1::initiative_command_service_server::InitiativeCommandServiceServer,
    reference::v1::{
        ListOrgUnitsRequest, ListOrgUnitsResponse, OrgUnit,
        reference_query_service_server::{ReferenceQueryService, ReferenceQueryServiceServer},
    },
    status::refuse,
};
use tonic::{Request, Response, Status, transport::Server};

/// What was asked of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) command: &'static str,
    pub(crate) id: String,
    pub(crate) request_id: String,
    pub(crate) effective_on: String,
}

/// Remembers; every request id fails once before it is taken.
#[derive(Clone, Default)]
pub(crate) struct Taker {
    pub(crate) taken: Arc<Mutex<Vec<Taken>>>,
    failed: Arc<Mutex<HashSet<String>>>,
    /// Commands about this initiative are refused.
    pub(crate) refused: Arc<Mutex<String>>,
}

#[tonic::async_trait]
impl<R: CommandRequest> Handles<R> for Taker {
    async fn handle(&self, request: Request<R>) -> Result<Response<R::Response>, Status> {
        let request = request.into_inner();
        let header = request.header().cloned().unwrap();
        if *self.refused.lock().unwrap() == request.aggregate_id() {
            return Err(refuse("IMPORT_GRANT_REQUIRED"));
        }
        if self.failed.lock().unwrap().insert(header.request_id.clone()) {
            return Err(refuse("OUTCOME_UNKNOWN"));
        }
        let mut taken = self.taken.lock().unwrap();
        let duplicate = taken.iter().any(|taken| taken.request_id == header.request_id);
        if !duplicate {
            taken.push(Taken {
                command: R::NAME,
                id: request.aggregate_id().to_owned(),
                request_id: header.request_id,
                effective_on: header.effective_on,
            });
        }
        let position = taken.len() as u64;
        Ok(Response::new(CommandReceipt { position, duplicate, ..CommandReceipt::default() }.into()))
    }
}

struct Units;

#[tonic::async_trait]
impl ReferenceQueryService for Units {
    async fn list_org_units(
        &self,
        _: Request<ListOrgUnitsRequest>,
    ) -> Result<Response<ListOrgUnitsResponse>, Status> {
        let unit = OrgUnit { org_unit_id: "0198".into(), code: "UKONE".into(), ..OrgUnit::default() };
        Ok(Response::new(ListOrgUnitsResponse { as_of: None, org_units: vec![unit] }))
    }
}

/// Starts the server, and tells its address.
pub(crate) async fn serve(taker: Taker) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let server = Server::builder()
        .add_service(InitiativeCommandServiceServer::new(Commands(taker)))
        .add_service(ReferenceQueryServiceServer::new(Units))
        .serve_with_incoming(tokio_stream::wrappers::TcpListenerStream::new(listener));
    tokio::spawn(server);
    address
}
