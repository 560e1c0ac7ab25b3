//! Every role as a process of its own, as in production, on servers that a test can kill.
//!
//! Two copies of the command role, since any number may run; one of each other role. The government is as
//! small as can be: [`Deployment::appoint`] adds to it. Everything is gone with the test.

use std::{
    ffi::OsString,
    fs,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use contract::{
    common::v1::Role,
    reference::v1::{
        GrantRoleRequest, RegisterOrgUnitRequest, RegisterPersonRequest, ResolvePersonRequest, UnitKind,
    },
};
use tempfile::TempDir;
use test_kit::{Issuer, Nats, Postgres, User, free_port};
use uuid::Uuid;

use crate::{Caller, Endpoints, given, process::Process, programs::cornerstone};

const ROOT: &str = "root";
const ADMIN: &str = "admin";

/// What can be killed and started again on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    CommandA,
    CommandB,
    Projector,
    Query,
    Audit,
    LogServer,
    Database,
}

impl Part {
    pub const ALL: [Self; 7] = [
        Self::CommandA,
        Self::CommandB,
        Self::Projector,
        Self::Query,
        Self::Audit,
        Self::LogServer,
        Self::Database,
    ];
}

/// A running deployment. The roles go before the servers that they use.
pub struct Deployment {
    roles: Vec<(Part, Process, u16)>,
    issuer: Issuer,
    nats: Nats,
    postgres: Postgres,
    dir: TempDir,
}

impl Deployment {
    /// Servers, log, databases, all roles ready, and a government of one center with an administrator.
    ///
    /// # Errors
    /// Something does not start.
    pub async fn start() -> Result<Self> {
        let (nats, postgres) = tokio::try_join!(Nats::start(), Postgres::start())?;
        let issuer = Issuer::start().await?;
        let dir = TempDir::with_prefix("cornerstone-deployment-")?;
        let mut deployment = Self { roles: Vec::new(), issuer, nats, postgres, dir };
        deployment.write_secrets()?;
        deployment.provision()?;
        for part in Part::ALL {
            deployment.add(part)?;
        }
        for (_, process, _) in &mut deployment.roles {
            process.ready().await?;
        }
        deployment.begin().await?;
        Ok(deployment)
    }

    /// Somebody with that login, who talks to the first copy of the command role.
    ///
    /// # Errors
    /// None that a test could cause.
    pub fn caller(&self, login: &str) -> Result<Caller> {
        self.caller_of(Part::CommandA, login)
    }

    /// Somebody with that login, who talks to one copy of the command role.
    ///
    /// # Errors
    /// As [`Deployment::caller`].
    pub fn caller_of(&self, command: Part, login: &str) -> Result<Caller> {
        let url = |part| format!("http://127.0.0.1:{}", self.port(part));
        let endpoints = Endpoints { command: url(command), query: url(Part::Query), audit: url(Part::Audit) };
        Caller::new(&endpoints, &self.issuer.token(login)?)
    }

    /// The administrator, who may rebuild views.
    ///
    /// # Errors
    /// As [`Deployment::caller`].
    pub fn admin(&self) -> Result<Caller> {
        self.caller(ADMIN)
    }

    /// Registers a ministry and returns its id.
    ///
    /// # Errors
    /// It is refused.
    pub async fn ministry(&self, code: &str) -> Result<Uuid> {
        self.unit(&self.admin()?, code, UnitKind::Ministry).await
    }

    /// Registers a login as a person, with a role, and returns the person's reference.
    ///
    /// # Errors
    /// It is refused.
    pub async fn appoint(&self, login: &str, role: Role, unit: Uuid) -> Result<Uuid> {
        self.appoint_by(&self.admin()?, login, role, unit).await
    }

    /// Kills a part with SIGKILL.
    ///
    /// # Errors
    /// It cannot be signalled.
    pub fn kill9(&mut self, part: Part) -> Result<()> {
        match part {
            Part::LogServer => self.nats.kill9(),
            Part::Database => self.postgres.kill9(),
            role => self.role(role).kill9(),
        }
    }

    /// Starts a part that is down and does not wait until it is ready. A role that gave up meanwhile, as roles
    /// do when they cannot go on, is started anew: a supervisor would.
    ///
    /// # Errors
    /// It does not start.
    pub async fn restart(&mut self, part: Part) -> Result<()> {
        match part {
            Part::LogServer => self.nats.restart().await,
            Part::Database => self.postgres.restart().await,
            role => {
                let role = self.role(role);
                if role.ended()?.is_some() {
                    role.kill9()?;
                }
                role.start()
            }
        }
    }

    /// Starts whatever is down and waits until everything is ready.
    ///
    /// # Errors
    /// Something does not become ready.
    pub async fn heal(&mut self) -> Result<()> {
        for part in [Part::LogServer, Part::Database].into_iter().chain(Part::ALL) {
            self.restart(part).await?;
        }
        for (_, process, _) in &mut self.roles {
            process.ready().await?;
        }
        Ok(())
    }

    /// Stops a role in order.
    ///
    /// # Errors
    /// It does not end well, or not in time.
    pub async fn stop(&mut self, part: Part) -> Result<()> {
        self.role(part).stop().await
    }

    /// Runs SQL against the views behind everybody's back, as damage would.
    ///
    /// # Errors
    /// Postgres refuses it.
    pub fn damage_views(&self, sql: &str) -> Result<()> {
        self.postgres.execute("views", sql)
    }

    fn role(&mut self, part: Part) -> &mut Process {
        let found = self.roles.iter_mut().find(|(role, ..)| *role == part);
        &mut found.expect("every role was added at the start").1
    }

    fn port(&self, part: Part) -> u16 {
        let found = self.roles.iter().find(|(role, ..)| *role == part);
        found.expect("every role was added at the start").2
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write_secrets(&self) -> Result<()> {
        let key = || STANDARD.encode(rand::random::<[u8; 32]>());
        for name in ["kek", "writer-key", "token-key"] {
            write_private(&self.path(name), &key())?;
        }
        for user in [User::Provisioner, User::Command, User::Reader, User::Auditor] {
            let server = self.nats.server(user);
            write_private(&self.path(&format!("nats-{}", server.user)), &server.password)?;
        }
        for database in ["views", "vault"] {
            self.postgres.create_database(database)?;
            write_private(&self.path(&format!("{database}-url")), &self.postgres.url(database))?;
        }
        Ok(())
    }

    fn provision(&self) -> Result<()> {
        let mut arguments = words(&["provision", "--replicas", "1", "--bytes-max", "536870912"]);
        arguments.extend(self.log(User::Provisioner));
        arguments.extend(self.file("--writer-key-file", "writer-key"));
        arguments.extend(self.file("--genesis-file", "genesis"));
        arguments.extend(words(&["--root", &format!("{} {ROOT}", self.issuer.url())]));
        run(&arguments)?;
        let mut arguments = words(&["migrate"]);
        arguments.extend(self.file("--views-url-file", "views-url"));
        arguments.extend(self.file("--vault-url-file", "vault-url"));
        run(&arguments)
    }

    fn add(&mut self, part: Part) -> Result<()> {
        let (name, user, has_port) = match part {
            Part::CommandA | Part::CommandB => ("command", User::Command, true),
            Part::Projector => ("projector", User::Reader, false),
            Part::Query => ("query", User::Reader, true),
            Part::Audit => ("audit", User::Auditor, true),
            Part::LogServer | Part::Database => return Ok(()),
        };
        let (port, admin_port) = (free_port()?, free_port()?);
        let mut arguments = words(&[name, "--admin-listen", &format!("127.0.0.1:{admin_port}")]);
        arguments.extend(self.log(user));
        if has_port {
            arguments.extend(words(&["--listen", &format!("127.0.0.1:{port}")]));
            arguments.extend(words(&["--issuer", self.issuer.url(), "--allow-insecure-loopback"]));
            arguments.extend(self.file("--vault-url-file", "vault-url"));
            arguments.extend(self.file("--kek-file", "kek"));
        }
        if part == Part::Query || part == Part::Projector {
            arguments.extend(self.file("--views-url-file", "views-url"));
        }
        match part {
            Part::CommandA | Part::CommandB => {
                arguments.extend(self.file("--writer-key-file", "writer-key"));
            }
            Part::Query => arguments.extend(self.file("--token-key-file", "token-key")),
            Part::Projector | Part::Audit | Part::LogServer | Part::Database => {}
        }
        let mut process = Process::new(&format!("{part:?}"), self.dir.path(), arguments, admin_port);
        process.start()?;
        self.roles.push((part, process, port));
        Ok(())
    }

    fn log(&self, user: User) -> Vec<OsString> {
        let server = self.nats.server(user);
        let mut arguments = words(&["--nats-url", &server.urls.join(","), "--nats-user", &server.user]);
        arguments.extend(self.file("--nats-password-file", &format!("nats-{}", server.user)));
        arguments.extend(words(&["--nats-monitor-url", &self.nats.monitor_urls().join(",")]));
        arguments
    }

    fn file(&self, flag: &str, name: &str) -> [OsString; 2] {
        [flag.into(), self.path(name).into()]
    }

    /// The root principal of the genesis appoints the first administrator, and never acts again.
    async fn begin(&self) -> Result<()> {
        let root = self.caller(ROOT)?;
        let center = self.unit(&root, "COG", UnitKind::Center).await?;
        self.appoint_by(&root, ADMIN, Role::Admin, center).await?;
        Ok(())
    }

    async fn unit(&self, by: &Caller, code: &str, kind: UnitKind) -> Result<Uuid> {
        let id = Uuid::now_v7();
        let request = RegisterOrgUnitRequest {
            header: given::header(),
            org_unit_id: id.to_string(),
            code: code.to_owned(),
            kind: kind.into(),
            name: given::hebrew(&format!("גוף {code}")),
            parent_id: String::new(),
            from: "2026-01-01".to_owned(),
        };
        by.give(request).await.with_context(|| format!("register {code}"))?;
        Ok(id)
    }

    async fn appoint_by(&self, by: &Caller, login: &str, role: Role, unit: Uuid) -> Result<Uuid> {
        let wanted = ResolvePersonRequest { issuer: self.issuer.url().to_owned(), subject: login.to_owned() };
        let resolved = by.identity().resolve_person(wanted).await?;
        let person_id = resolved.into_inner().person_id;
        let register = RegisterPersonRequest {
            header: given::header(),
            person_id: person_id.clone(),
            display_name: format!("עובד {login}"),
            email: format!("{login}@example.gov.il"),
            unit_id: unit.to_string(),
        };
        by.give(register).await.with_context(|| format!("register {login}"))?;
        let grant = GrantRoleRequest {
            header: given::header(),
            person_id: person_id.clone(),
            grant_id: Uuid::now_v7().to_string(),
            role: role.into(),
            org_unit_id: unit.to_string(),
            from: "2026-01-01".to_owned(),
            to: String::new(),
            may_import: false,
        };
        by.give(grant).await.with_context(|| format!("grant {role:?} to {login}"))?;
        Ok(person_id.parse()?)
    }
}

fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

fn write_private(path: &Path, text: &str) -> Result<()> {
    use std::io::Write as _;
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    Ok(file.write_all(text.as_bytes())?)
}

fn run(arguments: &[OsString]) -> Result<()> {
    let output = std::process::Command::new(cornerstone()?).args(arguments).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "cornerstone {arguments:?}: {said}");
    Ok(())
}
