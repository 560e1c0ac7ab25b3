//! Creating the log: the stream, once, and its genesis commit at position 1.
//!
//! No service does this at start. What exists is compared, never adapted, but for the room it may take.

use std::time::Duration;

use async_nats::{header, jetstream::response::Response};
use event_log::{Append, AppendError, ReadError};
use serde_json::Value;
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    append::{Failure, append},
    connect::{self, ConnectError, ConnectOptions, Server},
    health,
    info::Info,
    message,
    stream::{Drift, Settings},
    wire::Wire,
};

/// How long a new stream may take to elect its first leader; about one second is usual.
const LEADER_WAIT: Duration = Duration::from_secs(30);

/// Between two looks for it.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// What provisioning found to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provisioned {
    Created,
    Unchanged,
    /// It was given more room.
    Grown,
}

/// Why the log is not provisioned as asked. Nothing that exists was changed.
#[derive(Debug, thiserror::Error)]
pub enum ProvisionError {
    #[error("provision the log")]
    Connect(#[from] ConnectError),
    #[error("provision the log: `{0}` with expectation {1} is not a genesis commit")]
    NotAGenesis(String, u64),
    #[error("provision log {asked}: the stream holds log {found:?}")]
    OtherLog { asked: Uuid, found: Option<Uuid> },
    #[error("provision log {0}: position 1 holds another genesis commit")]
    OtherGenesis(Uuid),
    #[error("provision log {log_id}: the stream differs: {}", listed(.drifts))]
    Differs { log_id: Uuid, drifts: Vec<Drift> },
    #[error("provision log {log_id}: refused: {reason}")]
    Refused { log_id: Uuid, reason: String },
    #[error("provision log {0}: the stream has no leader")]
    Leaderless(Uuid),
    #[error("provision log {log_id}: write its genesis")]
    Genesis { log_id: Uuid, source: AppendError },
    #[error("provision the log")]
    Read(#[from] ReadError),
}

fn listed(drifts: &[Drift]) -> String {
    drifts.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Creates the log if it is absent, completes it if that was interrupted, and otherwise compares: the same
/// genesis and the same settings are fine, more room is given, anything else is refused.
///
/// # Errors
/// See [`ProvisionError`]; each field that differs is named.
pub async fn provision(
    server: &Server,
    settings: Settings,
    genesis: &Append,
) -> Result<Provisioned, ProvisionError> {
    let subject = &genesis.subject;
    if subject.area() != "log" || subject.aggregate() != "genesis" || genesis.expected != 0 {
        return Err(ProvisionError::NotAGenesis(subject.to_string(), genesis.expected));
    }
    let log_id = subject.id();
    let wire = connect::dial(server).await?;
    let connected = wire.client.server_info();
    if let Some(old) = health::old_server(&connected.server_name, &connected.version) {
        return Err(ProvisionError::Refused { log_id, reason: old.to_string() });
    }
    let outcome = match first_answer(&wire).await? {
        None => {
            create(&wire, settings, log_id).await?;
            Provisioned::Created
        }
        Some(info) => reconcile(&wire, settings, log_id, &info).await?,
    };
    let info = wait_for_leader(&wire, log_id).await?;
    if info.state.last_seq == 0 {
        write_genesis(&wire, log_id, genesis).await?;
    }
    match wire.at(1).await? {
        Some(first) if message::is_stored_as(genesis, &first) => Ok(outcome),
        _ => Err(ProvisionError::OtherGenesis(log_id)),
    }
}

/// A cluster that was just started answers nobody until it has a leader.
async fn first_answer(wire: &Wire) -> Result<Option<Info>, ReadError> {
    let end = Instant::now() + LEADER_WAIT;
    loop {
        match wire.info().await {
            Err(ReadError::Unavailable { reason }) if Instant::now() < end => {
                tracing::info!(reason, "waiting for the log server");
                tokio::time::sleep(LOOK_INTERVAL).await;
            }
            answer => return answer,
        }
    }
}

/// Creates the stream. A cluster that is still electing may answer late, or create it and not answer: then it is
/// looked for before it is asked for again.
async fn create(wire: &Wire, settings: Settings, log_id: Uuid) -> Result<(), ProvisionError> {
    let end = Instant::now() + LEADER_WAIT;
    loop {
        match change(wire, "STREAM.CREATE", settings, log_id).await {
            Err(ProvisionError::Read(ReadError::Unavailable { reason })) if Instant::now() < end => {
                tracing::info!(reason, "the log was not created in time; looking for it");
                if first_answer(wire).await?.is_some() {
                    return Ok(());
                }
            }
            outcome => return outcome,
        }
    }
}

async fn change(wire: &Wire, api: &str, settings: Settings, log_id: Uuid) -> Result<(), ProvisionError> {
    let config = Value::Object(settings.config(log_id));
    match wire.call(api, &config).await? {
        Response::Ok(_) => Ok(()),
        Response::Err { error } => Err(ProvisionError::Refused { log_id, reason: error.to_string() }),
    }
}

async fn reconcile(
    wire: &Wire,
    settings: Settings,
    log_id: Uuid,
    info: &Info,
) -> Result<Provisioned, ProvisionError> {
    if info.log_id() != Some(log_id) {
        return Err(ProvisionError::OtherLog { asked: log_id, found: info.log_id() });
    }
    let drifts = settings.drift(log_id, &info.config);
    if drifts.is_empty() {
        return Ok(Provisioned::Unchanged);
    }
    let before = Settings::provisioned(info).ok();
    let grows = before.is_some_and(|before| {
        before.bytes_max < settings.bytes_max
            && before.replicas == settings.replicas
            && before.drift(log_id, &info.config).is_empty()
    });
    if !grows {
        return Err(ProvisionError::Differs { log_id, drifts });
    }
    change(wire, "STREAM.UPDATE", settings, log_id).await?;
    Ok(Provisioned::Grown)
}

async fn wait_for_leader(wire: &Wire, log_id: Uuid) -> Result<Info, ProvisionError> {
    let end = Instant::now() + LEADER_WAIT;
    while Instant::now() < end {
        if let Ok(Some(info)) = wire.info().await
            && info.cluster.as_ref().is_none_or(|cluster| cluster.leader.is_some())
        {
            return Ok(info);
        }
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
    Err(ProvisionError::Leaderless(log_id))
}

async fn write_genesis(wire: &Wire, log_id: Uuid, genesis: &Append) -> Result<(), ProvisionError> {
    let refused =
        |name| ProvisionError::Refused { log_id, reason: format!("the header `{name}` is not printable") };
    let mut headers = message::headers(genesis).map_err(refused)?;
    headers.insert(header::NATS_EXPECTED_LAST_SEQUENCE, "0");
    match append(wire, genesis, headers, ConnectOptions::APPEND_DEADLINE_MAX).await {
        Ok(_) => Ok(()),
        // Somebody else was faster; whose genesis it is is compared by our caller.
        Err(Failure::Append(AppendError::Conflict { .. }) | Failure::Behind(_)) => Ok(()),
        Err(Failure::Append(source)) => Err(ProvisionError::Genesis { log_id, source }),
    }
}
