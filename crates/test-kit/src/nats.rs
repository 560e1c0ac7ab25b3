//! nats-server, one node or three, with the accounts and rights of production.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result};
use event_log::Append;
use event_log_nats::{
    Checks, ConnectOptions, NatsLog, Replicas, Server, Settings, provision,
    server_config::{self, Cluster, Passwords, ServerConfig, Tls},
};
use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::{binaries, certificates, folders, free_port, signal, waiting::eventually};

/// A server is ready within a second; a cluster on two busy cores may take longer to see its peers.
const START_LIMIT: Duration = Duration::from_secs(30);

/// The most that a test's server may store.
const STORE_BYTES_MAX: u64 = 1 << 30;

/// Who connects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    Provisioner,
    Command,
    Reader,
    Auditor,
    /// May do anything to the log: tests prepare damage with it.
    Operator,
}

/// What is special about some servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    /// They acknowledge before they flush. Not what we run on: tests show that it is noticed.
    Lazy,
    Tls,
}

/// Running servers on loopback; they and their stores go when this is dropped.
pub struct Nats {
    nodes: Vec<Node>,
    passwords: Passwords,
    tls: Option<Tls>,
    _dir: TempDir,
}

struct Node {
    config: ServerConfig,
    kind: Kind,
    config_path: PathBuf,
    log_path: PathBuf,
    process: Option<Child>,
}

impl Nats {
    /// One server.
    ///
    /// # Errors
    /// It is not installed, or does not start.
    pub async fn start() -> Result<Self> {
        Self::run(1, Kind::Plain).await
    }

    /// One server that acknowledges before it flushes, as nats-server does by default.
    ///
    /// # Errors
    /// As [`Nats::start`].
    pub async fn start_lazy() -> Result<Self> {
        Self::run(1, Kind::Lazy).await
    }

    /// Three servers that form a cluster, ready to elect leaders.
    ///
    /// # Errors
    /// As [`Nats::start`].
    pub async fn cluster3() -> Result<Self> {
        Self::run(3, Kind::Plain).await
    }

    /// Three servers whose connections are all encrypted.
    ///
    /// # Errors
    /// As [`Nats::start`].
    pub async fn cluster3_tls() -> Result<Self> {
        Self::run(3, Kind::Tls).await
    }

    async fn run(size: u16, kind: Kind) -> Result<Self> {
        let dir = folders::fresh()?;
        let passwords = Passwords { operator: Some("operator".to_owned()), ..Passwords::random() };
        let routes = (0..size).map(|_| Ok(loopback(free_port()?))).collect::<Result<Vec<_>>>()?;
        let tls = (kind == Kind::Tls).then(|| certificates::loopback(dir.path())).transpose()?;
        let mut nodes = Vec::new();
        for (n, listen) in routes.iter().enumerate() {
            let cluster = (size > 1).then(|| Cluster {
                name: "test".to_owned(),
                listen: *listen,
                routes: routes.clone(),
                password: passwords.command.clone(),
            });
            let name = format!("n{}", n + 1);
            let folder = dir.path().join(&name);
            fs::create_dir(&folder)?;
            let config = ServerConfig {
                client: loopback(free_port()?),
                monitor: loopback(free_port()?),
                store_dir: folder.join("store"),
                store_bytes_max: STORE_BYTES_MAX,
                passwords: passwords.clone(),
                cluster,
                tls: tls.clone(),
                name,
            };
            nodes.push(Node::new(&folder, config, kind));
        }
        let mut nats = Self { nodes, passwords, tls, _dir: dir };
        nats.restart().await?;
        Ok(nats)
    }

    /// The client address of the first node.
    pub fn url(&self) -> String {
        self.nodes[0].url()
    }

    /// The client addresses of all nodes.
    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(Node::url).collect()
    }

    /// The monitoring endpoints of all nodes.
    pub fn monitor_urls(&self) -> Vec<String> {
        self.nodes.iter().map(|node| format!("http://{}", node.config.monitor)).collect()
    }

    /// How many nodes there are, running or not.
    pub fn size(&self) -> usize {
        self.nodes.len()
    }

    /// The node that the servers know by this name.
    ///
    /// # Panics
    /// There is none.
    pub fn node(&self, name: &str) -> usize {
        let found = self.nodes.iter().position(|node| node.config.name == name);
        found.expect("the servers know no other nodes")
    }

    /// Where a node keeps its streams: for preparing damage.
    pub fn store_dir(&self, node: usize) -> &Path {
        &self.nodes[node].config.store_dir
    }

    /// How a user reaches all nodes.
    pub fn server(&self, user: User) -> Server {
        let (name, password) = match user {
            User::Provisioner => ("provisioner", &self.passwords.provisioner),
            User::Command => ("command", &self.passwords.command),
            User::Reader => ("reader", &self.passwords.reader),
            User::Auditor => ("auditor", &self.passwords.auditor),
            User::Operator => ("operator", self.passwords.operator.as_ref().expect("tests have an operator")),
        };
        let ca = self.tls.as_ref().map(|tls| tls.ca.clone());
        Server { urls: self.urls(), user: name.to_owned(), password: password.clone(), ca }
    }

    /// How a user opens the log on these servers.
    pub fn connect_options(&self, user: User) -> ConnectOptions {
        let checks = match user {
            User::Reader | User::Auditor => Checks::ReadOnly,
            User::Provisioner | User::Command | User::Operator => {
                Checks::Full { monitor_urls: self.monitor_urls() }
            }
        };
        let append_deadline = ConnectOptions::APPEND_DEADLINE;
        ConnectOptions { server: self.server(user), checks, append_deadline }
    }

    /// Makes a log that begins with this commit, and opens it to append.
    ///
    /// # Errors
    /// The servers hold another log, or are not healthy.
    pub async fn log(&self, genesis: &Append) -> Result<NatsLog> {
        provision(&self.server(User::Provisioner), self.settings(), genesis).await?;
        self.open(self.connect_options(User::Command)).await
    }

    /// Opens the log that the servers hold already.
    ///
    /// # Errors
    /// They hold none, or do not answer.
    pub async fn open(&self, options: ConnectOptions) -> Result<NatsLog> {
        Ok(NatsLog::connect(options).await?)
    }

    /// The settings of a log on these servers: every node holds it.
    pub fn settings(&self) -> Settings {
        let replicas = if self.size() == 3 { Replicas::Three } else { Replicas::One };
        Settings { replicas, bytes_max: STORE_BYTES_MAX / 2 }
    }

    /// Kills every node with SIGKILL, as a power cut would, but for the page cache.
    ///
    /// # Errors
    /// A process cannot be signalled.
    pub fn kill9(&mut self) -> Result<()> {
        (0..self.size()).try_for_each(|node| self.kill9_node(node))
    }

    /// Kills one node with SIGKILL.
    ///
    /// # Errors
    /// The process cannot be signalled.
    pub fn kill9_node(&mut self, node: usize) -> Result<()> {
        self.nodes[node].kill9()
    }

    /// Stops one node in its tracks; it keeps its connections and answers nobody.
    ///
    /// # Errors
    /// The process cannot be signalled.
    pub fn pause_node(&self, node: usize) -> Result<()> {
        self.nodes[node].signal("STOP")
    }

    /// Lets a paused node go on.
    ///
    /// # Errors
    /// The process cannot be signalled.
    pub fn resume_node(&self, node: usize) -> Result<()> {
        self.nodes[node].signal("CONT")
    }

    /// Starts every node that is down: same store, same ports. Returns when they are ready.
    ///
    /// # Errors
    /// One does not start.
    pub async fn restart(&mut self) -> Result<()> {
        for node in &mut self.nodes {
            node.spawn()?;
        }
        for node in &mut self.nodes {
            node.wait_until_listening().await?;
        }
        for node in &self.nodes {
            node.wait_until_healthy().await?;
        }
        Ok(())
    }

    /// Starts one node that is down, and waits until it listens; its cluster may still be short of a majority.
    ///
    /// # Errors
    /// It does not start.
    pub async fn restart_node(&mut self, node: usize) -> Result<()> {
        self.nodes[node].spawn()?;
        self.nodes[node].wait_until_listening().await
    }
}

impl Node {
    fn new(folder: &Path, config: ServerConfig, kind: Kind) -> Self {
        Self {
            config,
            kind,
            config_path: folder.join("nats.conf"),
            log_path: folder.join("nats.log"),
            process: None,
        }
    }

    fn url(&self) -> String {
        format!("nats://{}", self.config.client)
    }

    fn spawn(&mut self) -> Result<()> {
        if self.process.is_some() {
            return Ok(());
        }
        let text = match self.kind {
            Kind::Plain | Kind::Tls => server_config::render(&self.config),
            Kind::Lazy => server_config::render(&self.config).replace("sync_interval: always", ""),
        };
        fs::write(&self.config_path, text)?;
        fs::set_permissions(&self.config_path, fs::Permissions::from_mode(0o600))?;
        let log = fs::OpenOptions::new().create(true).append(true).open(&self.log_path)?;
        let program = binaries::nats_server()?;
        let process = Command::new(&program)
            .arg("-c")
            .arg(&self.config_path)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("start {}", program.display()))?;
        self.process = Some(process);
        Ok(())
    }

    async fn wait_until_listening(&mut self) -> Result<()> {
        let process = self.process.as_mut().context("the node is not running")?;
        let client = self.config.client;
        let look = eventually(START_LIMIT, async || match process.try_wait() {
            Ok(None) => TcpStream::connect(client).await.map(drop).map_err(|e| e.to_string()),
            ended => Err(format!("it ended: {ended:?}")),
        });
        look.await.with_context(|| format!("nats-server says:\n{}", tail(&self.log_path)))
    }

    /// Healthy: its streams are recovered, and in a cluster it knows a leader of all.
    async fn wait_until_healthy(&self) -> Result<()> {
        let url = format!("http://{}/healthz", self.config.monitor);
        let look = eventually(START_LIMIT, async || {
            let answer = reqwest::get(&url).await.map_err(|e| format!("{e:#}"))?;
            let status = answer.status();
            let text = answer.text().await.unwrap_or_default();
            if status.is_success() { Ok(()) } else { Err(text) }
        });
        look.await.with_context(|| format!("nats-server says:\n{}", tail(&self.log_path)))
    }

    fn signal(&self, signal: &str) -> Result<()> {
        let process = self.process.as_ref().context("the node is not running")?;
        signal::send(signal, &[process.id()])
    }

    fn kill9(&mut self) -> Result<()> {
        if let Some(mut process) = self.process.take() {
            process.kill()?;
            process.wait()?;
        }
        Ok(())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // Nothing can be done about a failure here, and a failing test must keep its own message.
        self.kill9().unwrap_or_default();
    }
}

fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

fn tail(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<&str> = text.lines().rev().take(15).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}
