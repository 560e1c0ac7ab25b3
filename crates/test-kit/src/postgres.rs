//! Postgres, as a deployment runs it: UTF-8, durable writes, passwords.
//!
//! It does not run as root, so a test that does starts it as the user `postgres`.

use std::{
    fs,
    net::Ipv4Addr,
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Weak},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::{binaries, folders, free_port, signal, waiting::eventually};

/// A start takes well under a second, recovery after a kill a little more.
const START_LIMIT: Duration = Duration::from_secs(30);

/// A running server on loopback; it and its data go when this is dropped.
pub struct Postgres {
    port: u16,
    password: String,
    owner: Option<Owner>,
    process: Option<Child>,
    dir: TempDir,
}

/// Who the server runs as, when that is not us.
#[derive(Clone, Copy)]
struct Owner {
    uid: u32,
    gid: u32,
}

/// An initialised, never started data folder: `initdb` takes longer than everything else here.
struct Template {
    password: String,
    dir: TempDir,
}

impl Postgres {
    /// A server of its own, for a test that stops or damages it.
    ///
    /// # Errors
    /// It is not installed, or does not start.
    pub async fn start() -> Result<Self> {
        static TEMPLATE: Mutex<Weak<Template>> = Mutex::const_new(Weak::new());
        let owner = Owner::needed()?;
        let template = {
            let mut kept = TEMPLATE.lock().await;
            let template = match kept.upgrade() {
                Some(template) => template,
                None => Arc::new(Template::init(owner)?),
            };
            *kept = Arc::downgrade(&template);
            template
        };
        let dir = folder(owner)?;
        let copied = Command::new("cp").arg("-a").arg(data(&template.dir)).arg(dir.path()).status()?;
        ensure!(copied.success(), "the data folder could not be copied");
        let password = template.password.clone();
        let mut postgres = Self { port: free_port()?, password, owner, process: None, dir };
        postgres.restart().await?;
        Ok(postgres)
    }

    /// A server shared by the tests of a process that run at the same time; each makes its own database.
    ///
    /// # Errors
    /// As [`Postgres::start`].
    pub async fn shared() -> Result<Arc<Self>> {
        static SHARED: Mutex<Weak<Postgres>> = Mutex::const_new(Weak::new());
        let mut kept = SHARED.lock().await;
        if let Some(running) = kept.upgrade() {
            return Ok(running);
        }
        let started = Arc::new(Self::start().await?);
        *kept = Arc::downgrade(&started);
        Ok(started)
    }

    /// The address of a database, as the superuser.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres:{}@{}:{}/{database}", self.password, Ipv4Addr::LOCALHOST, self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Creates a database.
    ///
    /// # Errors
    /// It exists, or the server does not answer.
    pub fn create_database(&self, name: &str) -> Result<()> {
        self.create_database_from("template1", name)
    }

    /// Creates a database as a copy of another one that nobody is connected to, such as a migrated one.
    ///
    /// # Errors
    /// As [`Postgres::create_database`].
    pub fn create_database_from(&self, template: &str, name: &str) -> Result<()> {
        let output = self.client("createdb")?.args(["-T", template, name]).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "create database `{name}`: {said}");
        Ok(())
    }

    /// Creates a database with a name of its own and returns its address.
    ///
    /// # Errors
    /// The server does not answer.
    pub fn fresh_database(&self) -> Result<String> {
        let name = format!("test_{}", Uuid::new_v4().simple());
        self.create_database(&name)?;
        Ok(self.url(&name))
    }

    /// Runs SQL in a database as the superuser.
    ///
    /// # Errors
    /// What Postgres says against it.
    pub fn execute(&self, database: &str, sql: &str) -> Result<()> {
        let mut client = self.client("psql")?;
        let output =
            client.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql]).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "in `{database}`, `{sql}`: {said}");
        Ok(())
    }

    /// Kills the server and all of its sessions with SIGKILL; [`Postgres::restart`] tidies up after it.
    ///
    /// # Errors
    /// A process cannot be signalled.
    pub fn kill9(&mut self) -> Result<()> {
        let Some(mut process) = self.process.take() else { return Ok(()) };
        let mut pids = vec![process.id()];
        pids.extend(children(process.id()));
        signal::send("KILL", &pids)?;
        process.wait()?;
        Ok(())
    }

    /// Starts a server that is down: same data, same port. Returns when it answers.
    ///
    /// # Errors
    /// It does not start.
    pub async fn restart(&mut self) -> Result<()> {
        if self.process.is_none() {
            self.process = Some(self.spawn()?);
        }
        let mut isready = self.client("pg_isready")?;
        let answers = eventually(START_LIMIT, async || {
            let output = isready.output().map_err(|e| e.to_string())?;
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            if output.status.success() { Ok(()) } else { Err(said) }
        });
        let answered = answers.await;
        answered.with_context(|| fs::read_to_string(self.log_path()).unwrap_or_default())
    }

    fn spawn(&self) -> Result<Child> {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.log_path())?;
        let mut server = run_as(self.owner, "postgres")?;
        server.arg("-D").arg(data(&self.dir));
        server.arg("-k").arg(self.dir.path());
        server.args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-c", "max_connections=200"]);
        server.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        server.spawn().context("start postgres")
    }

    fn client(&self, program: &str) -> Result<Command> {
        let mut client = Command::new(binaries::postgres(program)?);
        client.args(["-h", "127.0.0.1", "-U", "postgres", "-p", &self.port.to_string()]);
        client.env("PGPASSWORD", &self.password);
        Ok(client)
    }

    fn log_path(&self) -> PathBuf {
        self.dir.path().join("postgres.log")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        // At once but in order: a killed server leaves its shared memory behind. Nothing can be done about a
        // failure here, and a failing test must keep its own message.
        signal::send("QUIT", &[process.id()]).unwrap_or_default();
        process.wait().map(drop).unwrap_or_default();
    }
}

impl Template {
    fn init(owner: Option<Owner>) -> Result<Self> {
        let dir = folder(owner)?;
        let password = Uuid::new_v4().simple().to_string();
        let password_path = dir.path().join("password");
        fs::write(&password_path, &password)?;
        let output = run_as(owner, "initdb")?
            .arg("-D")
            .arg(data(&dir))
            .args([
                "-U",
                "postgres",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
            ])
            .arg(format!("--pwfile={}", password_path.display()))
            .output()?;
        ensure!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
        Ok(Self { password, dir })
    }
}

impl Owner {
    /// The user `postgres` when we are root, otherwise nobody else.
    fn needed() -> Result<Option<Self>> {
        if fs::metadata("/proc/self")?.uid() != 0 {
            return Ok(None);
        }
        let users = fs::read_to_string("/etc/passwd")?;
        let entry = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
        let postgres = entry.into_iter().find(|fields| fields[0] == "postgres");
        let fields =
            postgres.context("there is no user `postgres`: `tests/run` and `deploy/up` install it")?;
        Ok(Some(Self { uid: fields[2].parse()?, gid: fields[3].parse()? }))
    }
}

fn run_as(owner: Option<Owner>, program: &str) -> Result<Command> {
    let mut command = Command::new(binaries::postgres(program)?);
    // The folder of the test may be closed to that user, and Postgres' programs want to return to where they were.
    command.current_dir("/");
    if let Some(Owner { uid, gid }) = owner {
        command.uid(uid).gid(gid);
    }
    Ok(command)
}

fn folder(owner: Option<Owner>) -> Result<TempDir> {
    let dir = folders::fresh()?;
    if let Some(Owner { uid, gid }) = owner {
        chown(dir.path(), Some(uid), Some(gid))?;
    }
    Ok(dir)
}

fn data(dir: &TempDir) -> PathBuf {
    dir.path().join("data")
}

/// The sessions of a server. Each is in a process group of its own, so that no group has them all.
fn children(pid: u32) -> Vec<u32> {
    let path = Path::new("/proc").join(pid.to_string()).join("task").join(pid.to_string()).join("children");
    let text = fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace().filter_map(|child| child.parse().ok()).collect()
}
