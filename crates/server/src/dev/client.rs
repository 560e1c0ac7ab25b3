//! The public API as the loader of the invented government uses it: like anybody else, with a persona's token.

use std::{collections::HashMap, future::Future};

use anyhow::{Context as _, Result, bail};
use contract::{
    common::v1::{CommandHeader, CommandReceipt},
    portfolio::v1::initiative_command_service_client::InitiativeCommandServiceClient,
    reference::v1::{
        identity_service_client::IdentityServiceClient,
        org_unit_command_service_client::OrgUnitCommandServiceClient,
        person_access_command_service_client::PersonAccessCommandServiceClient,
    },
    status,
};
use tokio::sync::Mutex;
use tonic::{Request, Response, Status, transport::Channel};
use uuid::Uuid;

/// Clients of the command services, and a token per persona.
pub(crate) struct Client {
    issuer: String,
    tokens: Mutex<HashMap<String, String>>,
    pub(super) units: OrgUnitCommandServiceClient<Channel>,
    pub(super) people: PersonAccessCommandServiceClient<Channel>,
    pub(super) identity: IdentityServiceClient<Channel>,
    pub(super) initiatives: InitiativeCommandServiceClient<Channel>,
}

/// The id of something invented: the same on every run, so that loading twice adds nothing.
pub(crate) fn id(kind: &str, key: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("cornerstone-dev:{kind}:{key}").as_bytes()).to_string()
}

/// The header of a command of the loader.
pub(super) fn header(step: &str, key: &str) -> Option<CommandHeader> {
    Some(CommandHeader { request_id: id(&format!("request:{step}"), key), ..CommandHeader::default() })
}

impl Client {
    pub(crate) async fn connect(server: String, issuer: String) -> Result<Self> {
        let channel = Channel::from_shared(server)?.connect().await.context("connect to our own port")?;
        Ok(Self {
            issuer,
            tokens: Mutex::default(),
            units: OrgUnitCommandServiceClient::new(channel.clone()),
            people: PersonAccessCommandServiceClient::new(channel.clone()),
            identity: IdentityServiceClient::new(channel.clone()),
            initiatives: InitiativeCommandServiceClient::new(channel),
        })
    }

    /// A request with a persona's token.
    pub(crate) async fn asked<T>(&self, persona: &str, message: T) -> Result<Request<T>> {
        let mut tokens = self.tokens.lock().await;
        if !tokens.contains_key(persona) {
            let answer = reqwest::get(format!("{}/token?persona={persona}", self.issuer)).await?;
            tokens.insert(persona.to_owned(), answer.error_for_status()?.text().await?.trim().to_owned());
        }
        let mut request = Request::new(message);
        let bearer = format!("Bearer {}", tokens[persona]).parse().context("a token is ASCII")?;
        request.metadata_mut().insert("authorization", bearer);
        Ok(request)
    }
}

/// The receipt of a command, or why it was refused in words.
pub(super) async fn done<R>(
    what: &str,
    call: impl Future<Output = Result<Response<R>, Status>>,
    receipt: impl FnOnce(R) -> Option<CommandReceipt>,
) -> Result<CommandReceipt> {
    match call.await {
        Ok(response) => receipt(response.into_inner()).with_context(|| format!("{what}: no receipt")),
        Err(refused) => {
            let why = status::explain(&refused);
            bail!("{what}: {} {:?}", refused.message(), why.violations)
        }
    }
}
