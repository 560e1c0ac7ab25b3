//! Configuration: flags and environment, read once. Secrets come from files and are never printed.

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;

/// The first port of everything on one machine.
pub const PORT_BASE: u16 = 7480;

/// How the log is reached.
#[derive(Args, Clone, Debug)]
pub struct Log {
    /// Addresses of the log servers, comma-separated.
    #[arg(
        long,
        env = "CORNERSTONE_NATS_URL",
        value_delimiter = ',',
        default_value = "nats://127.0.0.1:4222"
    )]
    pub nats_url: Vec<String>,
    /// The user on the log servers: `command`, `reader`, `auditor` or `provisioner`.
    #[arg(long, env = "CORNERSTONE_NATS_USER")]
    pub nats_user: String,
    /// A file with that user's password.
    #[arg(long, env = "CORNERSTONE_NATS_PASSWORD_FILE")]
    pub nats_password_file: PathBuf,
    /// A file with the certificate authority of the log servers; without it the connection is not encrypted.
    #[arg(long, env = "CORNERSTONE_NATS_CA")]
    pub nats_ca: Option<PathBuf>,
    /// Monitoring endpoints of the log servers, comma-separated, through which durable writes are checked.
    #[arg(long, env = "CORNERSTONE_NATS_MONITOR_URL", value_delimiter = ',')]
    pub nats_monitor_url: Vec<String>,
    /// Accept writes although nobody can tell whether the log servers write durably. For development only.
    #[arg(long)]
    pub allow_unchecked_sync: bool,
}

/// Who is trusted to name callers, and which policies decide.
#[derive(Args, Clone, Debug)]
pub struct Identity {
    /// Token issuers that are trusted, comma-separated, https only.
    #[arg(long, env = "CORNERSTONE_ISSUER", value_delimiter = ',', required = true)]
    pub issuer: Vec<String>,
    /// Where the issuers' keys are, comma-separated and in their order; without it their discovery says.
    #[arg(long, env = "CORNERSTONE_JWKS_URL", value_delimiter = ',')]
    pub jwks_url: Vec<String>,
    /// The audience that tokens must name.
    #[arg(long, env = "CORNERSTONE_AUDIENCE", default_value = "cornerstone")]
    pub audience: String,
    /// Accept issuers over http on loopback. For development only.
    #[arg(long)]
    pub allow_insecure_loopback: bool,
    /// A folder of Cedar policies instead of those compiled in.
    #[arg(long, env = "CORNERSTONE_POLICIES")]
    pub policies: Option<PathBuf>,
}

/// The vault of personal data.
#[derive(Args, Clone, Debug)]
pub struct Vault {
    /// A file with the address of the vault's database.
    #[arg(long, env = "CORNERSTONE_VAULT_URL_FILE")]
    pub vault_url_file: PathBuf,
    /// The file with the key-encryption key.
    #[arg(long, env = "CORNERSTONE_KEK_FILE")]
    pub kek_file: PathBuf,
}

/// The database of the views.
#[derive(Args, Clone, Debug)]
pub struct Views {
    /// A file with the address of the views' database.
    #[arg(long, env = "CORNERSTONE_VIEWS_URL_FILE")]
    pub views_url_file: PathBuf,
}

/// Where a role listens.
#[derive(Args, Clone, Debug)]
pub struct Listen {
    /// Where the gRPC services listen.
    #[arg(long, env = "CORNERSTONE_LISTEN", default_value = "127.0.0.1:7481")]
    pub listen: SocketAddr,
}

/// What a role says about itself.
#[derive(Args, Clone, Debug)]
pub struct Telemetry {
    /// Where health, readiness and metrics are served; keep it private.
    #[arg(long, env = "CORNERSTONE_ADMIN_LISTEN", default_value = "127.0.0.1:7489")]
    pub admin_listen: SocketAddr,
    /// Which log lines are written, in the syntax of tracing's filters.
    #[arg(long, env = "CORNERSTONE_LOG", default_value = "info")]
    pub log: String,
    /// An OTLP collector (gRPC) to send traces to.
    #[arg(long, env = "CORNERSTONE_OTLP")]
    pub otlp: Option<String>,
}

/// The role that takes commands.
#[derive(Args, Clone, Debug)]
pub struct CommandRole {
    #[command(flatten)]
    pub log: Log,
    #[command(flatten)]
    pub identity: Identity,
    #[command(flatten)]
    pub vault: Vault,
    #[command(flatten)]
    pub listen: Listen,
    #[command(flatten)]
    pub telemetry: Telemetry,
    /// The file with the seed of the key that signs commits.
    #[arg(long, env = "CORNERSTONE_WRITER_KEY_FILE")]
    pub writer_key_file: PathBuf,
}

/// The role that answers queries.
#[derive(Args, Clone, Debug)]
pub struct QueryRole {
    #[command(flatten)]
    pub log: Log,
    #[command(flatten)]
    pub identity: Identity,
    #[command(flatten)]
    pub vault: Vault,
    #[command(flatten)]
    pub views: Views,
    #[command(flatten)]
    pub listen: Listen,
    #[command(flatten)]
    pub telemetry: Telemetry,
    /// The file with the key that seals page and resume tokens; the same on every copy.
    #[arg(long, env = "CORNERSTONE_TOKEN_KEY_FILE")]
    pub token_key_file: PathBuf,
    /// Origins of browser frontends, comma-separated.
    #[arg(long, env = "CORNERSTONE_ORIGIN", value_delimiter = ',')]
    pub origin: Vec<String>,
}

/// The role that keeps the views.
#[derive(Args, Clone, Debug)]
pub struct ProjectorRole {
    #[command(flatten)]
    pub log: Log,
    #[command(flatten)]
    pub views: Views,
    #[command(flatten)]
    pub telemetry: Telemetry,
}

/// The role that serves auditors.
#[derive(Args, Clone, Debug)]
pub struct AuditRole {
    #[command(flatten)]
    pub log: Log,
    #[command(flatten)]
    pub identity: Identity,
    #[command(flatten)]
    pub vault: Vault,
    #[command(flatten)]
    pub listen: Listen,
    #[command(flatten)]
    pub telemetry: Telemetry,
}

/// Creating the log.
#[derive(Args, Clone, Debug)]
pub struct Provision {
    #[command(flatten)]
    pub log: Log,
    /// Copies of the log: 1, 3 or 5.
    #[arg(long, default_value_t = 3)]
    pub replicas: u8,
    /// The most bytes that the log may hold; set an alarm well before.
    #[arg(long, default_value_t = 64 << 30)]
    pub bytes_max: u64,
    /// The file with the seed of the key that signs commits; its public half is enrolled by the genesis.
    #[arg(long)]
    pub writer_key_file: PathBuf,
    /// Where the genesis is kept, so that a repeat creates the same log.
    #[arg(long)]
    pub genesis_file: PathBuf,
    /// Who may issue the first administrators' grants: `issuer subject`. May be repeated.
    #[arg(long, required = true)]
    pub root: Vec<String>,
}

/// Bringing the databases to this version.
#[derive(Args, Clone, Debug)]
pub struct Migrate {
    /// A file with the address of the views' database, as their owner.
    #[arg(long)]
    pub views_url_file: Option<PathBuf>,
    /// A file with the address of the vault's database, as its owner.
    #[arg(long)]
    pub vault_url_file: Option<PathBuf>,
}

/// Everything at once.
#[derive(Args, Clone, Debug)]
pub struct Dev {
    /// Where data, keys and logs are kept between runs.
    #[arg(long, default_value = "var")]
    pub var: PathBuf,
    /// The first of six ports: token issuer, gRPC, admin, log, its monitor, database. 0 takes free ones.
    #[arg(long, default_value_t = PORT_BASE)]
    pub port_base: u16,
    /// Do not load the invented government.
    #[arg(long)]
    pub no_seed: bool,
    /// Which log lines go to `var/log/cornerstone.log`.
    #[arg(long, default_value = "info")]
    pub log: String,
    /// An OTLP collector (gRPC) to send traces to.
    #[arg(long)]
    pub otlp: Option<String>,
}
