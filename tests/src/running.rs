//! `cornerstone dev`: everything at once, with its invented government and its personas.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Weak},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use contract::reference::v1::ListOrgUnitsRequest;
use tempfile::TempDir;
use test_kit::{eventually, free_port};
use tokio::sync::Mutex;

use crate::{
    Caller, Endpoints,
    process::{Process, tail},
    programs::{cornerstone, root},
};

/// Databases are made and the invented government is loaded through the API.
const LOAD_MAX: Duration = Duration::from_secs(120);
/// As many ports as `cornerstone dev` takes from its base.
const PORTS: u16 = 6;

/// The product as `deploy/up` runs it. Its data is gone with the test.
pub struct Running {
    process: Process,
    port_base: u16,
    dir: TempDir,
}

impl Running {
    /// Starts it with the invented government and no initiatives.
    ///
    /// # Errors
    /// It does not become ready.
    pub async fn start() -> Result<Self> {
        let dir = TempDir::with_prefix("cornerstone-dev-")?;
        let (port_base, var) = (free_ports()?, dir.path().join("var"));
        let mut arguments = vec!["dev".into(), "--no-seed".into(), "--var".into(), var.into()];
        arguments.extend(["--port-base".into(), port_base.to_string().into()]);
        let process = Process::new("dev", dir.path(), arguments, port_base + 2);
        let mut running = Self { process, port_base, dir };
        running.start_again().await?;
        Ok(running)
    }

    /// One for all tests of this process that run at the same time, for tests that only add to it.
    ///
    /// # Errors
    /// As [`Running::start`].
    pub async fn shared() -> Result<Arc<Self>> {
        static SHARED: Mutex<Weak<Running>> = Mutex::const_new(Weak::new());
        let mut kept = SHARED.lock().await;
        if let Some(running) = kept.upgrade() {
            return Ok(running);
        }
        let started = Arc::new(Self::start().await?);
        *kept = Arc::downgrade(&started);
        Ok(started)
    }

    /// Stops it in order, as Ctrl-C does.
    ///
    /// # Errors
    /// It does not end well, or not in time.
    pub async fn stop(&mut self) -> Result<()> {
        self.process.stop().await
    }

    /// Kills it with SIGKILL.
    ///
    /// # Errors
    /// It cannot be signalled.
    pub fn kill9(&mut self) -> Result<()> {
        self.process.kill9()
    }

    /// Starts it with the data of before.
    ///
    /// # Errors
    /// It does not become ready.
    pub async fn start_again(&mut self) -> Result<()> {
        self.process.start()?;
        self.process.ready().await?;
        let loaded = self.var().join("government-loaded");
        let process = &mut self.process;
        let look = eventually(LOAD_MAX, async || match process.ended() {
            Ok(None) if loaded.is_file() => Ok(()),
            Ok(None) => Err("the government is not loaded yet".to_owned()),
            ended => Err(format!("it ended: {ended:?}")),
        });
        let log = self.dir.path().join("dev.log");
        look.await.with_context(|| tail(&log))
    }

    /// Where it keeps its data.
    pub fn var(&self) -> PathBuf {
        self.dir.path().join("var")
    }

    /// The one address of all services.
    pub fn api_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port_base + 1)
    }

    /// Where its tokens come from.
    pub fn issuer_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port_base)
    }

    /// A token for one of its personas.
    ///
    /// # Errors
    /// There is no such persona.
    pub async fn token(&self, persona: &str) -> Result<String> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        let answer = client.get(format!("{}/token?persona={persona}", self.issuer_url())).send().await?;
        Ok(answer.error_for_status()?.text().await?.trim().to_owned())
    }

    /// One of its personas.
    ///
    /// # Errors
    /// As [`Running::token`].
    pub async fn persona(&self, persona: &str) -> Result<Caller> {
        let url = self.api_url();
        let endpoints = Endpoints { command: url.clone(), query: url.clone(), audit: url };
        Caller::new(&endpoints, &self.token(persona).await?)
    }

    /// The id of a unit by its code, as every caller can look it up.
    ///
    /// # Errors
    /// There is no such unit.
    pub async fn unit(&self, code: &str) -> Result<String> {
        let caller = self.persona("auditor").await?;
        let units = caller.reference().list_org_units(ListOrgUnitsRequest::default()).await?.into_inner();
        let unit = units.org_units.into_iter().find(|unit| unit.code == code);
        Ok(unit.with_context(|| format!("no unit {code}"))?.org_unit_id)
    }

    /// Runs a client command of the product as a persona and returns what it prints.
    ///
    /// # Errors
    /// It ends with a failure; the message has what it said.
    pub fn cli(&self, persona: &str, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new(cornerstone()?);
        self.printed(command.args(["--persona", persona]).args(arguments))
    }

    /// Runs lines of a shell in which `cs` is the product's client, and returns what they print.
    ///
    /// # Errors
    /// As [`Running::cli`].
    pub fn shell(&self, lines: &str) -> Result<String> {
        let script = format!("set -euo pipefail\ncs() {{ '{}' \"$@\"; }}\n{lines}", cornerstone()?.display());
        self.printed(Command::new("bash").args(["-c", &script]))
    }

    fn printed(&self, command: &mut Command) -> Result<String> {
        command.env("CORNERSTONE_SERVER", self.api_url());
        command.env("CORNERSTONE_PERSONA_ISSUER", self.issuer_url());
        let output = command.current_dir(root()).stdin(Stdio::null()).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{command:?}: {said}");
        String::from_utf8(output.stdout).context("what it prints is UTF-8")
    }

    /// A place for files of the test.
    pub fn scratch(&self) -> &Path {
        self.dir.path()
    }
}

/// The first of some ports in a row that are free.
fn free_ports() -> Result<u16> {
    loop {
        let ports = (0..PORTS).map(|_| free_port()).collect::<Result<Vec<u16>>>()?;
        if ports.is_sorted() && ports[usize::from(PORTS) - 1] - ports[0] == PORTS - 1 {
            return Ok(ports[0]);
        }
    }
}
