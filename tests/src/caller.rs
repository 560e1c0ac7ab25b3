//! Somebody with a token who calls the services.

use std::{collections::HashMap, sync::LazyLock, time::Duration};

use anyhow::{Context as _, Result};
use contract::{
    CommandRequest, DESCRIPTORS,
    audit::v1::audit_service_client::AuditServiceClient,
    common::v1::{CommandReceipt, ReadOptions},
    operations::v1::projection_service_client::ProjectionServiceClient,
    portfolio::v1::{
        GetInitiativeRequest, GetInitiativeResponse, ListInitiativesRequest, ListInitiativesResponse,
        ProposeInitiativeResponse, portfolio_query_service_client::PortfolioQueryServiceClient,
    },
    reference::v1::{
        identity_service_client::IdentityServiceClient,
        reference_query_service_client::ReferenceQueryServiceClient,
    },
    status::{Explained, explain},
};
use http::uri::PathAndQuery;
use prost::Message as _;
use prost_types::FileDescriptorSet;
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, Endpoint},
};
use uuid::Uuid;

/// A call that takes longer has failed.
const CALL_MAX: Duration = Duration::from_secs(20);

/// Where the services are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    pub command: String,
    pub query: String,
    pub audit: String,
}

/// A connection on which every call carries the caller's token.
pub type Connection = InterceptedService<Channel, Bearer>;

/// Puts the token on every call.
#[derive(Clone)]
pub struct Bearer(MetadataValue<Ascii>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}

/// Somebody with a token.
#[derive(Clone)]
pub struct Caller {
    command: Connection,
    query: Connection,
    audit: Connection,
}

impl Caller {
    /// Connects when something is asked, and again when a server was away.
    ///
    /// # Errors
    /// Addresses or a token that cannot be used.
    pub fn new(endpoints: &Endpoints, token: &str) -> Result<Self> {
        let bearer = Bearer(format!("Bearer {token}").parse().context("a token is ASCII")?);
        let connection = |url: &str| -> Result<Connection> {
            let endpoint = Endpoint::from_shared(url.to_owned())?.timeout(CALL_MAX).connect_timeout(CALL_MAX);
            Ok(InterceptedService::new(endpoint.connect_lazy(), bearer.clone()))
        };
        Ok(Self {
            command: connection(&endpoints.command)?,
            query: connection(&endpoints.query)?,
            audit: connection(&endpoints.audit)?,
        })
    }

    /// Gives a command.
    ///
    /// # Errors
    /// The status with which it was refused or failed.
    pub async fn give<R: CommandRequest>(&self, request: R) -> Result<CommandReceipt, Status> {
        let mut grpc = tonic::client::Grpc::new(self.command.clone());
        grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        // Every command answers with a receipt as field 1, so one response type reads them all.
        let codec = tonic_prost::ProstCodec::<R, ProposeInitiativeResponse>::default();
        let path = PATHS.get(R::NAME).cloned().ok_or_else(|| Status::unimplemented(R::NAME))?;
        let response = grpc.unary(Request::new(request), path, codec).await?;
        response.into_inner().receipt.ok_or_else(|| Status::data_loss("an answer without a receipt"))
    }

    /// One initiative, as true as the receipt of a command demands.
    ///
    /// # Errors
    /// The status with which the query was refused or failed.
    pub async fn initiative(&self, id: Uuid, token: &str) -> Result<GetInitiativeResponse, Status> {
        let read = Some(ReadOptions { consistency_token: token.to_owned() });
        let request = GetInitiativeRequest { read, initiative_id: id.to_string() };
        Ok(self.portfolio().get_initiative(request).await?.into_inner())
    }

    /// A page of the portfolio.
    ///
    /// # Errors
    /// As [`Caller::initiative`].
    pub async fn list(&self, request: ListInitiativesRequest) -> Result<ListInitiativesResponse, Status> {
        Ok(self.portfolio().list_initiatives(request).await?.into_inner())
    }

    pub fn portfolio(&self) -> PortfolioQueryServiceClient<Connection> {
        PortfolioQueryServiceClient::new(self.query.clone())
    }

    pub fn reference(&self) -> ReferenceQueryServiceClient<Connection> {
        ReferenceQueryServiceClient::new(self.query.clone())
    }

    pub fn projections(&self) -> ProjectionServiceClient<Connection> {
        ProjectionServiceClient::new(self.query.clone())
    }

    pub fn identity(&self) -> IdentityServiceClient<Connection> {
        IdentityServiceClient::new(self.command.clone())
    }

    pub fn audit(&self) -> AuditServiceClient<Connection> {
        AuditServiceClient::new(self.audit.clone())
    }
}

/// The path of every command's rpc, by the command's name.
static PATHS: LazyLock<HashMap<String, PathAndQuery>> = LazyLock::new(|| {
    let files = FileDescriptorSet::decode(DESCRIPTORS).expect("the build compiled them").file;
    let path = |package: &str, service: &str, rpc: &str| {
        let path = format!("/{package}.{service}/{rpc}");
        path.parse().expect("names of a proto make a path")
    };
    let paths = files.iter().flat_map(|file| {
        let commands = file.service.iter().filter(|service| service.name().ends_with("CommandService"));
        commands.flat_map(move |service| {
            service.method.iter().map(move |method| {
                (method.name().to_owned(), path(file.package(), service.name(), method.name()))
            })
        })
    });
    paths.collect()
});

/// What a refusal says; a panic when nothing was refused.
///
/// # Panics
/// When there is an answer instead.
pub fn refusal<T: std::fmt::Debug>(outcome: Result<T, Status>) -> Explained {
    explain(&outcome.expect_err("this is refused"))
}

/// Just the deciding reason.
///
/// # Panics
/// As [`refusal`].
pub fn reason<T: std::fmt::Debug>(outcome: Result<T, Status>) -> String {
    refusal(outcome).reason
}
