//! Private servers for one machine: nats-server and Postgres as children on loopback, data kept.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use event_log_nats::server_config::{self, Passwords, ServerConfig};

use crate::provision::{secret, write_private};

/// The log of a first look may grow to this.
pub(crate) const STORE_BYTES_MAX: u64 = 4 << 30;
/// Recovery after a hard kill takes a moment.
const START_MAX: Duration = Duration::from_secs(30);
/// A server that was asked to stop and did not is killed.
const STOP_MAX: Duration = Duration::from_secs(10);

/// A server that we started and stop.
pub(crate) struct Server {
    name: &'static str,
    child: Child,
    stop: &'static str,
}

impl Server {
    pub(crate) fn spawn(
        name: &'static str,
        stop: &'static str,
        command: &mut Command,
        log: &Path,
    ) -> Result<Self> {
        let log = fs::OpenOptions::new().create(true).append(true).open(log)?;
        // A process group of its own: Ctrl-C reaches us, and we stop it in order.
        let spawned =
            command.process_group(0).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn();
        let child = spawned.with_context(|| format!("start {name}"))?;
        Ok(Self { name, child, stop })
    }

    /// Stops it in order, or by force when it does not.
    pub(crate) async fn stop(mut self) -> Result<()> {
        signal(self.stop, self.child.id())?;
        let end = Instant::now() + STOP_MAX;
        while self.ended()?.is_none() {
            if Instant::now() > end {
                tracing::warn!(server = self.name, "did not stop in time, killed");
                self.child.kill()?;
                self.child.wait()?;
                return Ok(());
            }
            pause().await;
        }
        Ok(())
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }
}

/// The last resort when a start failed half way: nothing of ours is left running.
impl Drop for Server {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            signal(self.stop, self.child.id()).unwrap_or_default();
        }
    }
}

/// Between two looks at a child.
async fn pause() {
    tokio::time::sleep(Duration::from_millis(25)).await;
}

fn signal(name: &str, pid: u32) -> Result<()> {
    let status = Command::new("sh").args(["-c", "kill -s \"$0\" \"$1\"", name, &pid.to_string()]).status()?;
    ensure!(status.success(), "send {name} to {pid}");
    Ok(())
}

/// The passwords of the log's users, made once.
pub(crate) fn passwords(keys: &Path) -> Result<Passwords> {
    let kept = |user: &str| -> Result<String> {
        let path = keys.join(format!("nats-{user}"));
        if !path.exists() {
            write_private(&path, &uuid::Uuid::new_v4().simple().to_string())?;
        }
        secret(&path)
    };
    Ok(Passwords {
        provisioner: kept("provisioner")?,
        command: kept("command")?,
        reader: kept("reader")?,
        auditor: kept("auditor")?,
        operator: None,
    })
}

/// Starts nats-server with durable writes and the users' rights.
pub(crate) fn nats(var: &Path, client: u16, monitor: u16, passwords: Passwords) -> Result<Server> {
    let loopback = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let config = ServerConfig {
        name: "dev".to_owned(),
        client: loopback(client),
        monitor: loopback(monitor),
        store_dir: var.join("nats"),
        store_bytes_max: STORE_BYTES_MAX,
        passwords,
        cluster: None,
        tls: None,
    };
    let path = var.join("keys/nats.conf");
    fs::write(&path, server_config::render(&config))?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
    let mut command = under_us("TERM", &nats_program()?);
    command.arg("-c").arg(&path);
    Server::spawn("nats-server", "TERM", &mut command, &var.join("log/nats.log"))
}

fn nats_program() -> Result<PathBuf> {
    let tools = std::env::current_dir()?.join(".tools/bin/nats-server");
    let found = std::iter::once(tools).chain(on_path("nats-server")).find(|path| path.is_file());
    found.context("nats-server is not installed: deploy/up installs it into .tools")
}

fn on_path(program: &str) -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(program)).collect()
}

fn postgres_program(program: &str) -> Result<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(Result::ok);
    let mut installed: Vec<(u32, PathBuf)> = versions
        .filter_map(|version| Some((version.file_name().to_str()?.parse().ok()?, version.path())))
        .collect();
    installed.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    let installed = installed.into_iter().map(|(_, path)| path.join("bin").join(program));
    let found = on_path(program).into_iter().chain(installed).find(|path| path.is_file());
    found.with_context(|| format!("Postgres' `{program}` is not installed: deploy/up installs it"))
}

/// A program that is told to stop when we are gone, however we went.
fn under_us(stop: &str, program: &Path) -> Command {
    let Some(setpriv) = on_path("setpriv").into_iter().find(|path| path.is_file()) else {
        return Command::new(program);
    };
    let mut command = Command::new(setpriv);
    command.args(["--pdeathsig", stop, "--"]).arg(program);
    command
}

/// Postgres refuses to run as root; then it runs as the user `postgres`.
fn as_postgres(program: &str) -> Result<(Command, Option<(u32, u32)>)> {
    let mut command = under_us("INT", &postgres_program(program)?);
    command.current_dir("/");
    if fs::metadata("/proc/self")?.uid() != 0 {
        return Ok((command, None));
    }
    let users = fs::read_to_string("/etc/passwd")?;
    let entry = users.lines().find_map(|line| line.strip_prefix("postgres:"));
    let fields: Vec<&str> =
        entry.context("there is no user `postgres`: deploy/up installs it")?.split(':').collect();
    let owner = (fields[1].parse()?, fields[2].parse()?);
    command.uid(owner.0).gid(owner.1);
    Ok((command, Some(owner)))
}

/// A running Postgres.
pub(super) struct Postgres {
    pub(super) server: Server,
    port: u16,
    password: String,
}

impl Postgres {
    /// Starts it, with a data folder made at the first time.
    pub(super) async fn start(var: &Path, port: u16) -> Result<Self> {
        let (folder, keys) = (var.join("postgres"), var.join("keys"));
        let password_path = keys.join("postgres");
        if !password_path.exists() {
            write_private(&password_path, &uuid::Uuid::new_v4().simple().to_string())?;
        }
        let password = secret(&password_path)?;
        let (mut command, owner) = as_postgres("postgres")?;
        if !folder.join("data/PG_VERSION").exists() {
            initialise(&folder, &password, owner)?;
        }
        command.arg("-D").arg(folder.join("data")).args(["-c", "unix_socket_directories="]);
        command.args(["-h", "127.0.0.1", "-p", &port.to_string(), "-c", "max_connections=200"]);
        let server = Server::spawn("postgres", "INT", &mut command, &var.join("log/postgres.log"))?;
        let mut postgres = Self { server, port, password };
        postgres.wait().await?;
        Ok(postgres)
    }

    /// The address of a database, as its owner.
    pub(super) fn url(&self, database: &str) -> String {
        format!("postgres://postgres:{}@127.0.0.1:{}/{database}", self.password, self.port)
    }

    /// Creates a database unless it is there.
    pub(super) fn database(&self, name: &str) -> Result<()> {
        let output = self
            .client("createdb")?
            .args(["-T", "template0", "-E", "UTF8", "--locale=C.UTF-8", name])
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success() || said.contains("already exists"),
            "create database `{name}`: {said}"
        );
        Ok(())
    }

    fn client(&self, program: &str) -> Result<Command> {
        let mut command = Command::new(postgres_program(program)?);
        command.args(["-h", "127.0.0.1", "-U", "postgres", "-p", &self.port.to_string()]);
        command.env("PGPASSWORD", &self.password).env("LC_ALL", "C");
        Ok(command)
    }

    async fn wait(&mut self) -> Result<()> {
        let end = Instant::now() + START_MAX;
        loop {
            if self.client("pg_isready")?.output()?.status.success() {
                return Ok(());
            }
            if let Some(status) = self.server.ended()? {
                bail!("postgres ended with {status}: see log/postgres.log");
            }
            ensure!(Instant::now() < end, "postgres did not start in time: see log/postgres.log");
            pause().await;
        }
    }
}

fn initialise(folder: &Path, password: &str, owner: Option<(u32, u32)>) -> Result<()> {
    fs::create_dir_all(folder)?;
    let handed = folder.join("password");
    if handed.exists() {
        fs::remove_file(&handed)?;
    }
    write_private(&handed, password)?;
    if let Some((user, group)) = owner {
        chown(folder, Some(user), Some(group))?;
        chown(&handed, Some(user), Some(group))?;
    }
    let (mut command, _) = as_postgres("initdb")?;
    command.arg("-D").arg(folder.join("data")).arg(format!("--pwfile={}", handed.display()));
    command.args(["-U", "postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"]);
    let output = command.output()?;
    fs::remove_file(&handed)?;
    ensure!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
