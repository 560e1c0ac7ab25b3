//! Connecting to the log, and making sure that it is the log.

use std::{path::PathBuf, time::Duration};

use event_log::{ReadError, Subject};
use uuid::Uuid;

use crate::{STREAM, api_prefix, health::Checks, inbox_prefix, info::Info, wire::Wire};

/// How long a lost connection is noticed without traffic.
const PING_INTERVAL: Duration = Duration::from_secs(5);

/// The longest wait between two attempts to connect again: a restarted server is used within a second.
const RECONNECT_DELAY_MAX: Duration = Duration::from_secs(1);

/// How to reach the NATS servers, and as which of the users that `server_config` makes.
#[derive(Clone)]
pub struct Server {
    /// `nats://host:port`, one or more nodes of one cluster.
    pub urls: Vec<String>,
    pub user: String,
    pub password: String,
    /// PEM file of the authority that signed the servers' certificates. With it every connection is encrypted;
    /// without it, none is, which is for loopback only.
    pub ca: Option<PathBuf>,
}

/// How to open the log.
#[derive(Clone)]
pub struct ConnectOptions {
    pub server: Server,
    pub checks: Checks,
    /// How long an append may take before its outcome is reported as unknown; see
    /// [`ConnectOptions::APPEND_DEADLINE`]. At most [`ConnectOptions::APPEND_DEADLINE_MAX`].
    pub append_deadline: Duration,
}

impl ConnectOptions {
    /// Ten seconds: outlives the election of a new leader (4 to 9 seconds) and a restarted single server, and
    /// ends before a caller's own patience.
    pub const APPEND_DEADLINE: Duration = Duration::from_secs(10);
    /// Thirty seconds: two elections in a row.
    pub const APPEND_DEADLINE_MAX: Duration = Duration::from_secs(30);
}

/// Why the log could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("connect to the log server as `{user}`")]
    Server { user: String, source: async_nats::ConnectError },
    #[error("open the log: the server has no stream `{STREAM}`; provision it first")]
    NotProvisioned,
    #[error("open the log: position 1 is not a genesis commit")]
    NoGenesis,
    #[error("open the log: its genesis says {genesis}, its stream says {stream:?}")]
    OtherLog { genesis: Uuid, stream: Option<Uuid> },
    #[error("open the log")]
    Read(#[from] ReadError),
}

/// Opens a connection that reconnects for ever.
pub(crate) async fn dial(server: &Server) -> Result<Wire, ConnectError> {
    let Server { urls, user, password, ca } = server;
    let mut options = async_nats::ConnectOptions::new();
    if let Some(ca) = ca {
        options = options.add_root_certificates(ca.clone()).require_tls(true);
    }
    let client = options
        .name(format!("cornerstone {user}"))
        .user_and_password(user.clone(), password.clone())
        .custom_inbox_prefix(inbox_prefix(user))
        .ping_interval(PING_INTERVAL)
        .reconnect_delay_callback(|attempt| {
            RECONNECT_DELAY_MAX.min(Duration::from_millis(25) * u32::try_from(attempt).unwrap_or(u32::MAX))
        })
        .event_callback(|event| async move { tracing::info!(%event, "log connection") })
        .connect(urls.as_slice())
        .await
        .map_err(|source| ConnectError::Server { user: user.clone(), source })?;
    Ok(Wire::new(client, api_prefix(user)).await)
}

/// The log id that the stream's genesis and its labels agree on.
pub(crate) fn identity(genesis: Option<&Subject>, info: &Info) -> Result<Uuid, ConnectError> {
    let genesis = genesis.filter(|s| s.area() == "log" && s.aggregate() == "genesis").map(Subject::id);
    let genesis = genesis.ok_or(ConnectError::NoGenesis)?;
    match info.log_id() {
        Some(stream) if stream == genesis => Ok(genesis),
        stream => Err(ConnectError::OtherLog { genesis, stream }),
    }
}
