//! The product under measurement: `cornerstone dev` in a folder of its own, as a process beside ours.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use event_log_nats::{Checks, ConnectOptions, NatsLog};
use serde::Deserialize;
use tokio::time::Instant;
use tonic::{
    metadata::{Ascii, MetadataValue},
    transport::Channel,
};

use crate::{
    dev::{client::Client, ports::Ports, servers::Server},
    issuer::ISSUER,
    provision::secret,
};

/// Databases are made, units and people registered.
const START_MAX: Duration = Duration::from_secs(180);
const ROLE_START_MAX: Duration = Duration::from_secs(30);
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// A folder that goes when we go.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn create(wanted: Option<PathBuf>) -> Result<Self> {
        let path = wanted.unwrap_or_else(|| {
            std::env::temp_dir().join(format!("cornerstone-bench-{}", uuid::Uuid::new_v4().simple()))
        });
        fs::create_dir_all(&path).with_context(|| format!("create {}", path.display()))?;
        ensure!(fs::read_dir(&path)?.next().is_none(), "the folder {} is not empty", path.display());
        Ok(Self(fs::canonicalize(path)?))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(folder = %self.0.display(), %error, "the folder of the benchmark stays");
        }
    }
}

/// Where everything is, as `ports.json` says.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Told {
    issuer: u16,
    pub(super) api: u16,
    nats: u16,
    nats_monitor: u16,
    pub(super) nats_pid: u32,
    pub(super) postgres_pid: u32,
}

/// A running product.
pub(super) struct Product {
    folder: PathBuf,
    server: Server,
    pub(super) told: Told,
}

impl Product {
    /// Starts it; it serves once [`Product::wait`] has returned.
    pub(super) fn start(folder: &Path) -> Result<Self> {
        let program = std::env::current_exe()?;
        let mut command = Command::new(program);
        command.arg("dev").arg("--var").arg(folder.join("var")).args(["--port-base", "0", "--no-seed"]);
        let server = Server::spawn("cornerstone dev", "TERM", &mut command, &folder.join("dev.log"))?;
        Ok(Self { folder: folder.to_owned(), server, told: Told::default() })
    }

    /// Waits until the invented government is loaded: then everything serves.
    pub(super) async fn wait(&mut self) -> Result<()> {
        let end = Instant::now() + START_MAX;
        while !self.var("government-loaded").exists() {
            if let Some(status) = self.server.ended()? {
                let said = fs::read_to_string(self.folder.join("dev.log")).unwrap_or_default();
                bail!("it ended with {status}: {}", said.trim_end());
            }
            ensure!(Instant::now() < end, "it did not start within {START_MAX:?}");
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
        self.told = serde_json::from_str(&fs::read_to_string(self.var("ports.json"))?)?;
        Ok(())
    }

    /// A path in its folder.
    pub(super) fn var(&self, path: &str) -> PathBuf {
        self.folder.join("var").join(path)
    }

    /// Where something else may keep its data.
    pub(super) fn beside(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    pub(super) fn pid(&self) -> u32 {
        self.server.pid()
    }

    pub(super) fn api_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.told.api)
    }

    pub(super) fn issuer_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.told.issuer)
    }

    pub(super) fn nats_url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.told.nats)
    }

    pub(super) fn monitor_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.told.nats_monitor)
    }

    /// The bearer tokens of personas, in their order; good for a quarter of an hour.
    pub(super) async fn bearers(&self, personas: &[&str]) -> Result<Vec<MetadataValue<Ascii>>> {
        let client = Client::connect(self.api_url(), self.issuer_url()).await?;
        let mut bearers = Vec::new();
        for persona in personas {
            let asked = client.asked(persona, ()).await?;
            bearers.push(asked.metadata().get("authorization").context("a token")?.clone());
        }
        Ok(bearers)
    }

    /// Its log, for reading.
    pub(super) async fn log(&self) -> Result<NatsLog> {
        let server = event_log_nats::Server {
            urls: vec![self.nats_url()],
            user: "reader".to_owned(),
            password: secret(&self.var("keys/nats-reader"))?,
            ca: None,
        };
        let append_deadline = ConnectOptions::APPEND_DEADLINE;
        let options = ConnectOptions { server, checks: Checks::ReadOnly, append_deadline };
        NatsLog::connect(options).await.context("open its log")
    }

    /// Starts a copy of the role that takes commands, as a process of its own with nothing in memory.
    pub(super) fn command_role(&self, name: &str) -> Result<CommandRole> {
        let ports = Ports::choose(0)?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["command", "--nats-user", "command", "--allow-insecure-loopback", "--issuer", ISSUER]);
        command.arg("--nats-url").arg(self.nats_url());
        command.arg("--nats-monitor-url").arg(self.monitor_url());
        command.arg("--jwks-url").arg(format!("{}/jwks.json", self.issuer_url()));
        command.arg("--listen").arg(format!("127.0.0.1:{}", ports.api));
        command.arg("--admin-listen").arg(format!("127.0.0.1:{}", ports.admin));
        for (option, key) in [
            ("--nats-password-file", "nats-command"),
            ("--vault-url-file", "vault-url"),
            ("--kek-file", "kek"),
            ("--writer-key-file", "writer-key"),
        ] {
            command.arg(option).arg(self.var("keys").join(key));
        }
        let log = self.beside(&format!("{name}.log"));
        let server = Server::spawn("cornerstone command", "TERM", &mut command, &log)?;
        Ok(CommandRole { server, url: ports.api_url() })
    }

    pub(super) async fn stop(self) -> Result<()> {
        self.server.stop().await
    }
}

/// A running copy of the role that takes commands.
pub(super) struct CommandRole {
    server: Server,
    pub(super) url: String,
}

impl CommandRole {
    /// Waits until it takes calls.
    pub(super) async fn wait(&self) -> Result<()> {
        let end = Instant::now() + ROLE_START_MAX;
        while Channel::from_shared(self.url.clone())?.connect().await.is_err() {
            ensure!(Instant::now() < end, "a command role did not start within {ROLE_START_MAX:?}");
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
        Ok(())
    }

    pub(super) fn pid(&self) -> u32 {
        self.server.pid()
    }

    pub(super) async fn stop(self) -> Result<()> {
        self.server.stop().await
    }
}
