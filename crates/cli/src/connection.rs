//! Where the services are, and as whom they are called.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use contract::{
    audit::v1::audit_service_client::AuditServiceClient,
    operations::v1::projection_service_client::ProjectionServiceClient,
    portfolio::v1::{
        initiative_command_service_client::InitiativeCommandServiceClient,
        portfolio_query_service_client::PortfolioQueryServiceClient,
    },
    reference::v1::{
        identity_service_client::IdentityServiceClient,
        org_unit_command_service_client::OrgUnitCommandServiceClient,
        reference_query_service_client::ReferenceQueryServiceClient,
    },
};
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint},
};

use crate::{
    failure::Failure,
    output::{Lang, Output},
};

/// Where the services are, and as whom they are called.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Connection")]
pub struct Connection {
    /// Address of the services
    #[arg(
        long,
        global = true,
        env = "CORNERSTONE_SERVER",
        value_name = "URL",
        default_value = "http://127.0.0.1:7481"
    )]
    server: String,
    /// Address of the command side, when it has its own
    #[arg(long, global = true, env = "CORNERSTONE_COMMAND_URL", value_name = "URL")]
    command_url: Option<String>,
    /// Address of the query side, when it has its own
    #[arg(long, global = true, env = "CORNERSTONE_QUERY_URL", value_name = "URL")]
    query_url: Option<String>,
    /// Address of the audit service, when it has its own
    #[arg(long, global = true, env = "CORNERSTONE_AUDIT_URL", value_name = "URL")]
    audit_url: Option<String>,
    /// Certificate authority of https addresses, PEM
    #[arg(long, global = true, env = "CORNERSTONE_CA_FILE", value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// File with the bearer token of the caller
    #[arg(long, global = true, env = "CORNERSTONE_TOKEN_FILE", value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Somebody whom the issuer of a development system knows; counts before --token-file
    #[arg(long, global = true, env = "CORNERSTONE_PERSONA", value_name = "NAME")]
    persona: Option<String>,
    /// The issuer of a development system
    #[arg(
        long,
        global = true,
        env = "CORNERSTONE_PERSONA_ISSUER",
        value_name = "URL",
        default_value = "http://127.0.0.1:7480"
    )]
    persona_issuer: String,
    /// Answer in JSON
    #[arg(long, global = true)]
    json: bool,
    /// Language of errors, headings and texts
    #[arg(long, global = true, value_enum, default_value_t)]
    lang: Lang,
}

impl Connection {
    /// Whether the answer is to be JSON.
    pub fn wants_json(&self) -> bool {
        self.json
    }

    pub(crate) fn output(&self) -> Output {
        Output::new(self.json, self.lang)
    }
}

/// A channel that sends the caller's token along.
pub(crate) type Authorised = InterceptedService<Channel, Bearer>;

/// Puts the token that is current into every request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bearer(Arc<RwLock<Option<MetadataValue<Ascii>>>>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let token = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(token) = token {
            request.metadata_mut().insert("authorization", token);
        }
        Ok(request)
    }
}

/// The open channels; each connects when it is first used.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    command: Channel,
    query: Channel,
    audit: Channel,
    bearer: Bearer,
    connection: Connection,
}

/// The largest answer that is taken: a stored commit beside its rendering, with room to spare.
const ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;

/// A single answer takes at most so long.
const UNARY_WAIT: Duration = Duration::from_secs(30);

/// A request for a single answer.
pub(crate) fn unary<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(UNARY_WAIT);
    request
}

macro_rules! clients {
    ($($(#[$meta:meta])* $name:ident: $client:ident by $channel:ident),+ $(,)?) => {$(
        $(#[$meta])*
        pub(crate) fn $name(&self) -> $client<Authorised> {
            $client::with_interceptor(self.$channel.clone(), self.bearer.clone())
                .max_decoding_message_size(ANSWER_BYTES_MAX)
        }
    )+};
}

impl Session {
    /// Fetches the token and prepares the channels.
    pub(crate) async fn open(connection: &Connection) -> Result<Self, Failure> {
        let channel = |own: &Option<String>| {
            channel(own.as_ref().unwrap_or(&connection.server), connection.ca_file.as_deref())
        };
        let session = Self {
            command: channel(&connection.command_url)?,
            query: channel(&connection.query_url)?,
            audit: channel(&connection.audit_url)?,
            bearer: Bearer::default(),
            connection: connection.clone(),
        };
        session.refresh().await?;
        Ok(session)
    }

    /// Fetches the token anew.
    pub(crate) async fn refresh(&self) -> Result<(), Failure> {
        let Some(token) = token(&self.connection).await? else { return Ok(()) };
        let mut value: MetadataValue<Ascii> =
            format!("Bearer {}", token.trim()).parse().map_err(|_not_ascii| Failure::Token)?;
        value.set_sensitive(true);
        *self.bearer.0.write().unwrap_or_else(PoisonError::into_inner) = Some(value);
        Ok(())
    }

    clients! {
        initiatives: InitiativeCommandServiceClient by command,
        org_units: OrgUnitCommandServiceClient by command,
        identity: IdentityServiceClient by command,
        portfolio: PortfolioQueryServiceClient by query,
        reference: ReferenceQueryServiceClient by query,
        projections: ProjectionServiceClient by query,
        audit: AuditServiceClient by audit,
    }

    /// The channel on which a service is expected.
    pub(crate) fn channel_of(&self, service: &str) -> Authorised {
        let channel = match service {
            name if name.ends_with("CommandService") || name.ends_with("IdentityService") => &self.command,
            name if name.ends_with("AuditService") => &self.audit,
            _ => &self.query,
        };
        InterceptedService::new(channel.clone(), self.bearer.clone())
    }
}

fn channel(url: &str, ca_file: Option<&Path>) -> Result<Channel, Failure> {
    let wrong = |source| Failure::Address { url: url.to_owned(), source };
    let mut endpoint = Endpoint::from_shared(url.to_owned())
        .map_err(wrong)?
        .connect_timeout(Duration::from_secs(5))
        .http2_keep_alive_interval(Duration::from_secs(30))
        .keep_alive_while_idle(true);
    if url.starts_with("https:") {
        let mut tls = ClientTlsConfig::new().with_enabled_roots();
        if let Some(path) = ca_file {
            let pem = fs::read(path).map_err(|source| Failure::Read { path: path.into(), source })?;
            tls = tls.ca_certificate(Certificate::from_pem(pem));
        }
        endpoint = endpoint.tls_config(tls).map_err(wrong)?;
    }
    Ok(endpoint.connect_lazy())
}

async fn token(connection: &Connection) -> Result<Option<String>, Failure> {
    if let Some(persona) = &connection.persona {
        return of_persona(persona, &connection.persona_issuer).await.map(Some);
    }
    let Some(path) = &connection.token_file else { return Ok(None) };
    fs::read_to_string(path).map(Some).map_err(|source| Failure::Read { path: path.clone(), source })
}

/// The issuer of a development system answers with the token, alone or as `access_token`.
async fn of_persona(persona: &str, issuer: &str) -> Result<String, Failure> {
    let failed = |source| Failure::Persona { persona: persona.to_owned(), issuer: issuer.to_owned(), source };
    let address = format!("{}/token", issuer.trim_end_matches('/'));
    let url = reqwest::Url::parse_with_params(&address, [("persona", persona)]).map_err(|problem| {
        let answer = problem.to_string();
        Failure::NoPersona { persona: persona.to_owned(), issuer: issuer.to_owned(), answer }
    })?;
    let answer = reqwest::get(url).await.map_err(failed)?;
    let is_ok = answer.status().is_success();
    let text = answer.text().await.map_err(failed)?;
    if !is_ok {
        let (persona, issuer) = (persona.to_owned(), issuer.to_owned());
        return Err(Failure::NoPersona { persona, issuer, answer: text });
    }
    let parsed: Option<serde_json::Value> = serde_json::from_str(&text).ok();
    let token = parsed.as_ref().and_then(|json| json["access_token"].as_str()).unwrap_or(&text);
    Ok(token.to_owned())
}
