//! Each role as a process, and all of them as one.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::{Context as _, Result};
use event_log::EventLog;
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic::service::{Routes, RoutesBuilder};

use crate::{
    admin::{self, Readiness},
    config,
    layers::Limits,
    provision::signer,
    roles::{self, CommandSide},
    serve::{Port, serve},
};

/// Takes commands until told to stop.
///
/// # Errors
/// When something it needs cannot be used.
pub async fn command(role: config::CommandRole) -> Result<()> {
    let log = roles::open_log(&role.log, true).await?;
    let vault = roles::open_vault(&role.vault).await?;
    let gate = roles::open_gate(&role.identity, log.clone(), vault.clone()).await?;
    let side = CommandSide::open(log.clone(), gate.clone(), vault, signer(&role.writer_key_file)?).await?;
    let mut routes = Routes::builder();
    side.add_to(&mut routes);
    let readiness = roles::command_readiness(&log, &gate);
    let role = Serving {
        listener: bind(role.listen.listen).await?,
        admin: role.telemetry.admin_listen,
        limits: Limits::COMMANDS,
        origins: None,
    };
    role.run(routes, readiness, side.tasks, until_stopped()).await
}

/// Keeps the views true until told to stop. Others may stand by: a view has one keeper at a time.
///
/// # Errors
/// When the log or the database cannot be opened.
pub async fn projector(role: config::ProjectorRole) -> Result<()> {
    let log: Arc<dyn EventLog> = roles::open_log(&role.log, false).await?;
    let pool = roles::open_views(&role.views, read_model::Role::Projector).await?;
    let stop = until_stopped();
    let readiness = Arc::new(Readiness::default().with("views", roles::views_follow(pool.clone())));
    let admin = tokio::spawn(admin::serve(role.telemetry.admin_listen, readiness, stop.clone()));
    projection::run(pool, log, projection::views(), projection::Settings::default(), stop).await;
    admin.await?
}

/// Answers queries until told to stop.
///
/// # Errors
/// When something it needs cannot be used.
pub async fn query(role: config::QueryRole) -> Result<()> {
    let log: Arc<dyn EventLog> = roles::open_log(&role.log, false).await?;
    let vault = roles::open_vault(&role.vault).await?;
    let gate = roles::open_gate(&role.identity, log.clone(), vault.clone()).await?;
    let pool = roles::open_views(&role.views, read_model::Role::Reader).await?;
    let readiness = roles::authority_readiness(&gate).with("views", roles::views_follow(pool.clone()));
    let stop = until_stopped();
    let mut routes = Routes::builder();
    let sealer = roles::sealer(&role.token_key_file)?;
    roles::add_queries(&mut routes, log, gate, vault, pool, sealer, stop.clone());
    let serving = Serving {
        listener: bind(role.listen.listen).await?,
        admin: role.telemetry.admin_listen,
        limits: Limits::QUERIES,
        origins: Some(role.origin),
    };
    serving.run(routes, readiness, TaskTracker::new(), stop).await
}

/// Streams the log to auditors until told to stop.
///
/// # Errors
/// When something it needs cannot be used.
pub async fn audit(role: config::AuditRole) -> Result<()> {
    let log: Arc<dyn EventLog> = roles::open_log(&role.log, false).await?;
    let vault = roles::open_vault(&role.vault).await?;
    let gate = roles::open_gate(&role.identity, log.clone(), vault).await?;
    let readiness = roles::authority_readiness(&gate);
    let (stop, tasks) = (until_stopped(), TaskTracker::new());
    let mut routes = Routes::builder();
    roles::add_audit(&mut routes, log, gate, stop.clone(), tasks.clone());
    let serving = Serving {
        listener: bind(role.listen.listen).await?,
        admin: role.telemetry.admin_listen,
        limits: Limits::QUERIES,
        origins: None,
    };
    serving.run(routes, readiness, tasks, stop).await
}

/// Where and how a role serves.
struct Serving {
    listener: TcpListener,
    admin: SocketAddr,
    limits: Limits,
    origins: Option<Vec<String>>,
}

impl Serving {
    async fn run(
        self,
        routes: RoutesBuilder,
        readiness: Readiness,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Result<()> {
        tracing::info!(listen = %self.listener.local_addr()?, "serving");
        let readiness = Arc::new(readiness);
        let port = Port {
            listener: self.listener,
            routes: routes.routes(),
            limits: self.limits,
            readiness: readiness.clone(),
            origins: self.origins,
            tasks,
        };
        let admin = admin::serve(self.admin, readiness, stop.clone());
        tokio::try_join!(serve(port, stop), admin).map(drop)
    }
}

async fn bind(listen: SocketAddr) -> Result<TcpListener> {
    let listener = TcpListener::bind(listen).await;
    listener.with_context(|| format!("listen on {listen}: choose another --listen"))
}

/// Cancelled by Ctrl-C or SIGTERM.
fn until_stopped() -> CancellationToken {
    let stop = CancellationToken::new();
    let asked = stop.clone();
    tokio::spawn(async move {
        asked_to_stop().await;
        tracing::info!("asked to stop");
        asked.cancel();
    });
    stop
}

/// Ctrl-C or SIGTERM.
pub async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut asked) => drop(asked.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}

/// Everything in one process.
pub struct All {
    pub command_log: config::Log,
    pub reader_log: config::Log,
    pub audit_log: config::Log,
    pub identity: config::Identity,
    pub vault: config::Vault,
    pub views: config::Views,
    pub writer_key_file: PathBuf,
    pub token_key_file: PathBuf,
    /// Bound before anything is opened: who connects early waits instead of being refused.
    pub listener: TcpListener,
    pub admin_listen: SocketAddr,
}

impl All {
    /// Runs until told to stop.
    ///
    /// # Errors
    /// When a part cannot be opened or ends.
    pub async fn run(self, stop: CancellationToken) -> Result<()> {
        let log = roles::open_log(&self.command_log, true).await?;
        let vault = roles::open_vault(&self.vault).await?;
        let gate = roles::open_gate(&self.identity, log.clone(), vault.clone()).await?;
        let commands =
            CommandSide::open(log.clone(), gate.clone(), vault.clone(), signer(&self.writer_key_file)?)
                .await?;
        let followed: Arc<dyn EventLog> = roles::open_log(&self.reader_log, false).await?;
        let pool = roles::open_views(&self.views, read_model::Role::Projector).await?;
        let readiness =
            roles::command_readiness(&log, &gate).with("views", roles::views_follow(pool.clone()));
        let settings = projection::Settings::default();
        let views = projection::run(pool, followed.clone(), projection::views(), settings, stop.clone());
        let views = tokio::spawn(views);
        let mut routes = Routes::builder();
        commands.add_to(&mut routes);
        let pool = roles::open_views(&self.views, read_model::Role::Reader).await?;
        let sealer = roles::sealer(&self.token_key_file)?;
        roles::add_queries(&mut routes, followed, gate.clone(), vault, pool, sealer, stop.clone());
        let audited = roles::open_log(&self.audit_log, false).await?;
        roles::add_audit(&mut routes, audited, gate, stop.clone(), commands.tasks.clone());
        let serving = Serving {
            listener: self.listener,
            admin: self.admin_listen,
            limits: Limits::QUERIES,
            origins: Some(vec![]),
        };
        let served = serving.run(routes, readiness, commands.tasks, stop.clone()).await;
        // Also when serving failed: the views end after their transaction.
        stop.cancel();
        views.await?;
        served
    }
}
