//! The sides, put together: what each needs, which services it offers, when it is ready.

use std::{path::Path, sync::Arc};

use access::{Access, Authority, Gate, Issuer, Persons, PolicySet, Tokens, gate::PersonsError};
use anyhow::{Context as _, Result};
use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use command::{
    Caller, Keys, Order, Shell,
    api::{Api, Kept},
    parse::{Header, Parsed},
};
use contract::{
    Commands,
    audit::v1::audit_service_server::AuditServiceServer,
    operations::v1::projection_service_server::ProjectionServiceServer,
    portfolio::v1::initiative_command_service_server::InitiativeCommandServiceServer,
    portfolio::v1::portfolio_query_service_server::PortfolioQueryServiceServer,
    reference::v1::reference_query_service_server::ReferenceQueryServiceServer,
    reference::v1::{
        identity_service_server::IdentityServiceServer,
        org_unit_command_service_server::OrgUnitCommandServiceServer,
        person_access_command_service_server::PersonAccessCommandServiceServer,
        writer_key_command_service_server::WriterKeyCommandServiceServer,
    },
};
use domain::{
    reference::policy_set::{Activate, PolicySet as ActivePolicies},
    values::PersonRef,
};
use event_log::EventLog;
use event_log_nats::{Checks, ConnectOptions, Health, NatsLog};
use futures::{FutureExt as _, future::BoxFuture};
use query::{
    Pace, Reader, Sealer, operations::Projections, portfolio::PortfolioQueries, reference::ReferenceQueries,
};
use read_model::ViewState;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic::service::RoutesBuilder;
use uuid::Uuid;
use vault::{Kek, Vault};

use crate::{
    admin::Readiness,
    config,
    layers::Limits,
    provision::{log_server, now, secret},
};

/// The stream of the policies in force: there is one.
const POLICY_SET_ID: Uuid = Uuid::from_u128(0x5e1e_c7ed_0000_4000_8000_0000_0000_0001);

/// Opens the log as a user that may append, or as one that may only read.
///
/// # Errors
/// When it cannot be reached or is another log.
pub async fn open_log(options: &config::Log, writes: bool) -> Result<Arc<NatsLog>> {
    let checks = match (writes, options.allow_unchecked_sync) {
        (false, _) => Checks::ReadOnly,
        (true, false) => Checks::Full { monitor_urls: options.nats_monitor_url.clone() },
        (true, true) => Checks::AllowUncheckedSync,
    };
    let append_deadline = ConnectOptions::APPEND_DEADLINE;
    let log = NatsLog::connect(ConnectOptions { server: log_server(options)?, checks, append_deadline });
    Ok(Arc::new(log.await.context("open the log")?))
}

/// Opens the vault.
///
/// # Errors
/// When its database or its key cannot be used.
pub async fn open_vault(options: &config::Vault) -> Result<Vault> {
    let kek = Kek::load(&options.kek_file).context("the key-encryption key")?;
    Vault::connect(&secret(&options.vault_url_file)?, kek).await.context("open the vault")
}

/// Opens the database of the views.
///
/// # Errors
/// When it cannot be reached, or is of another version.
pub async fn open_views(options: &config::Views, role: read_model::Role) -> Result<read_model::Pool> {
    read_model::connect(&secret(&options.views_url_file)?, role).await.context("open the views")
}

/// Ready when every view follows the log.
pub fn views_follow(
    pool: read_model::Pool,
) -> impl Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync {
    move || {
        let pool = pool.clone();
        async move {
            let views = read_model::statuses(&pool).await.map_err(|error| error.to_string())?;
            let stopped = views.iter().filter(|view| !view.shadow && view.state == ViewState::Stopped);
            let named: Vec<String> = stopped
                .map(|view| {
                    format!("{} stopped: {}", view.name, view.reason.as_deref().unwrap_or("no reason"))
                })
                .collect();
            match (views.is_empty(), named.is_empty()) {
                (true, _) => Err("no view was built yet".to_owned()),
                (false, true) => Ok(()),
                (false, false) => Err(named.join("; ")),
            }
        }
        .boxed()
    }
}

/// The door of a service: tokens, grants, policies.
///
/// # Errors
/// When an issuer, the log or the policies cannot be used.
pub async fn open_gate(
    options: &config::Identity,
    log: Arc<dyn EventLog>,
    vault: Vault,
) -> Result<Arc<Gate>> {
    let issuers = options.issuer.iter().enumerate().map(|(at, url)| Issuer {
        jwks_url: options.jwks_url.get(at).cloned(),
        allow_insecure_loopback: options.allow_insecure_loopback,
        ..Issuer::new(url, &options.audience)
    });
    let tokens = Tokens::start(issuers.collect()).await.context("trust the token issuers")?;
    let authority = Authority::start(log).await.context("read who may")?;
    let policies = match &options.policies {
        Some(folder) => PolicySet::load(folder),
        None => PolicySet::embedded(),
    };
    let access = Access::new(policies.context("read the policies")?);
    Ok(Arc::new(Gate::new(tokens, authority, access, Arc::new(References(vault)))))
}

/// The vault as the keeper of people's references.
struct References(Vault);

#[async_trait]
impl Persons for References {
    async fn person_ref(&self, issuer: &str, subject: &str) -> Result<PersonRef, PersonsError> {
        let minted = self.0.person_ref(issuer, subject).await.map_err(|error| PersonsError(error.into()))?;
        PersonRef::new(minted).ok_or_else(|| PersonsError("the vault minted a nil reference".into()))
    }
}

/// The command side, and the tasks that must end before the process does.
pub struct CommandSide {
    pub api: Api,
    pub tasks: TaskTracker,
}

impl CommandSide {
    /// Opens it, and records the policies in force when they are not those on the log.
    ///
    /// # Errors
    /// When the log cannot be read or written.
    pub async fn open(
        log: Arc<dyn EventLog>,
        gate: Arc<Gate>,
        vault: Vault,
        signer: codec::sign::Signer,
    ) -> Result<Self> {
        let keys = Keys::read(log.clone()).await.context("read the writer keys")?;
        let shell = Arc::new(Shell { log, keys, signer, vault, gate, clock: now });
        let tasks = TaskTracker::new();
        let api = Api { shell, kept: Arc::new(Kept::default()), tasks: tasks.clone() };
        activate_policies(&api).await?;
        Ok(Self { api, tasks })
    }

    /// Adds the services of the command side.
    pub fn add_to(&self, routes: &mut RoutesBuilder) {
        let commands = || Commands(self.api.clone());
        let max = Limits::COMMANDS.request_bytes_max;
        routes
            .add_service(OrgUnitCommandServiceServer::new(commands()).max_decoding_message_size(max))
            .add_service(PersonAccessCommandServiceServer::new(commands()).max_decoding_message_size(max))
            .add_service(WriterKeyCommandServiceServer::new(commands()).max_decoding_message_size(max))
            .add_service(InitiativeCommandServiceServer::new(commands()).max_decoding_message_size(max))
            .add_service(IdentityServiceServer::new(self.api.clone()).max_decoding_message_size(max));
    }
}

/// The bytes of the policies in force stand on the log, so that every recorded digest can be checked.
async fn activate_policies(api: &Api) -> Result<()> {
    let policies = api.shell.gate.access().policies();
    let (sha256, schema) = (policies.sha256().to_owned(), policies.schema_text().to_owned());
    let activate = Activate { sha256, schema, policies: policies.policies_text().to_owned() };
    let header = Header {
        request_id: Uuid::new_v4(),
        aggregate_id: POLICY_SET_ID,
        expected_version: None,
        validate_only: false,
        role: None,
        unit: None,
        on_behalf_of: None,
        delegation: None,
        effective_on: None,
        correlation_id: None,
    };
    let order: Order<ActivePolicies> = Order {
        caller: Caller::Service("command"),
        asked: Parsed { header, command: activate.into(), secrets: vec![] },
        traceparent: None,
        causation_id: None,
    };
    let recorded = api.shell.carry_out(api.kept.policy_sets(), &order).await;
    let receipt = recorded.map_err(|refusal| anyhow::anyhow!("record the policies: {}", refusal.reason()))?;
    tracing::info!(version = receipt.version, position = receipt.position, "policies in force");
    Ok(())
}

/// The key of a file, with which page and resume tokens are sealed.
///
/// # Errors
/// When the file does not hold 32 bytes in base64.
pub fn sealer(path: &Path) -> Result<Sealer> {
    let key = STANDARD.decode(secret(path)?).ok().and_then(|key| <[u8; 32]>::try_from(key).ok());
    let key = key.with_context(|| format!("the key in {} is not 32 bytes in base64", path.display()))?;
    Ok(Sealer::new(&key))
}

/// Adds the services of the query side.
pub fn add_queries(
    routes: &mut RoutesBuilder,
    log: Arc<dyn EventLog>,
    gate: Arc<Gate>,
    vault: Vault,
    pool: read_model::Pool,
    sealer: Sealer,
    stop: CancellationToken,
) {
    let reader = Arc::new(Reader::new(pool, log, Some(vault), sealer, Pace::default(), stop));
    let portfolio = PortfolioQueries::new(gate.clone(), reader.clone());
    let reference = ReferenceQueries::new(gate.clone(), reader.clone());
    let projections = Projections::new(gate, reader);
    let (request, answer) = (Limits::QUERIES.request_bytes_max, Limits::ANSWER_BYTES_MAX);
    routes
        .add_service(
            PortfolioQueryServiceServer::new(portfolio)
                .max_decoding_message_size(request)
                .max_encoding_message_size(answer),
        )
        .add_service(
            ReferenceQueryServiceServer::new(reference)
                .max_decoding_message_size(request)
                .max_encoding_message_size(answer),
        )
        .add_service(
            ProjectionServiceServer::new(projections)
                .max_decoding_message_size(request)
                .max_encoding_message_size(answer),
        );
}

/// Adds the service of the audit side.
pub fn add_audit(
    routes: &mut RoutesBuilder,
    log: Arc<dyn EventLog>,
    gate: Arc<Gate>,
    stop: CancellationToken,
    tasks: TaskTracker,
) {
    let service = AuditServiceServer::new(audit::Api::new(log, gate, stop, tasks));
    let service = service.max_decoding_message_size(Limits::QUERIES.request_bytes_max);
    routes.add_service(service.max_encoding_message_size(Limits::ANSWER_BYTES_MAX));
}

/// Ready when the log takes commits and grants are known.
pub fn command_readiness(log: &Arc<NatsLog>, gate: &Arc<Gate>) -> Readiness {
    let log = log.clone();
    authority_readiness(gate).with("log", move || {
        let health = log.health();
        async move {
            match health {
                Health::Healthy => Ok(()),
                Health::Unsafe(dangers) => {
                    Err(dangers.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
                }
                Health::Unreachable(reason) => Err(reason),
            }
        }
    })
}

/// Ready when grants are known recently enough.
pub fn authority_readiness(gate: &Arc<Gate>) -> Readiness {
    let gate = gate.clone();
    Readiness::default().with("authority", move || {
        let fresh = gate.authority().fresh(access::authority::LAG_MAX);
        async move { fresh.map(drop).map_err(|error| error.to_string()) }
    })
}
