//! What the log alone can do: the same appends by a client that does nothing else, on a second private server
//! of the same configuration, so that nothing invented lands on the log that is being read.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use anyhow::{Context as _, Result};
use codec::{genesis::RootPrincipal, sign::Signer};
use event_log::{Append, EventLog as _, Headers, Record, Subject};
use event_log_nats::{Checks, ConnectOptions, NatsLog, Replicas, Settings};
use uuid::Uuid;

use crate::{
    dev::{
        ports::Ports,
        servers::{self, Server},
        wait_for,
    },
    provision,
};

use super::{product::Product, slices::Work};

/// A log of its own.
pub(super) struct Bare {
    server: Server,
    log: Arc<NatsLog>,
}

impl Bare {
    /// Starts it beside a product.
    pub(super) async fn start(product: &Product) -> Result<Self> {
        let folder = product.beside("bare");
        for name in ["keys", "log", "nats"] {
            fs::create_dir_all(folder.join(name))?;
        }
        let ports = Ports::choose(0)?;
        let passwords = servers::passwords(&folder.join("keys"))?;
        let server = servers::nats(&folder, ports.nats, ports.nats_monitor, passwords)?;
        let as_user = |user: &str| crate::config::Log {
            nats_url: vec![format!("nats://127.0.0.1:{}", ports.nats)],
            nats_user: user.to_owned(),
            nats_password_file: folder.join(format!("keys/nats-{user}")),
            nats_ca: None,
            nats_monitor_url: vec![],
            allow_unchecked_sync: false,
        };
        wait_for(&as_user("provisioner")).await?;
        let settings = Settings { replicas: Replicas::One, bytes_max: servers::STORE_BYTES_MAX / 5 * 4 };
        let signer = Signer::from_seed(&Signer::generate_seed()?)?;
        let roots = vec![RootPrincipal { issuer: "none".to_owned(), subject: "none".to_owned() }];
        let genesis = provision::genesis(&folder.join("keys/genesis.json"), &signer, roots, settings)?;
        event_log_nats::provision(&provision::log_server(&as_user("provisioner"))?, settings, &genesis)
            .await?;
        let checks = Checks::Full { monitor_urls: vec![format!("http://127.0.0.1:{}", ports.nats_monitor)] };
        let append_deadline = ConnectOptions::APPEND_DEADLINE;
        let options =
            ConnectOptions { server: provision::log_server(&as_user("command"))?, checks, append_deadline };
        let log = Arc::new(NatsLog::connect(options).await?);
        Ok(Self { server, log })
    }

    pub(super) fn pid(&self) -> u32 {
        self.server.pid()
    }

    pub(super) async fn stop(self) -> Result<()> {
        self.server.stop().await
    }

    /// Appends like a stored commit, each to a fresh subject.
    pub(super) fn creations(&self, like: &Record) -> Arc<Appends> {
        Arc::new(Appends { log: self.log.clone(), like: like.clone(), own: vec![] })
    }

    /// Appends like a stored commit, each caller to a subject of its own.
    pub(super) fn revisions(&self, like: &Record, callers: usize) -> Arc<Appends> {
        let own = (0..callers).map(|_| (subject(), AtomicU64::new(0))).collect();
        Arc::new(Appends { log: self.log.clone(), like: like.clone(), own })
    }
}

/// Appends with the bytes, the headers and the expectation that a commit of the product has. Nobody reads
/// them, so what they say and whether the signature is right does not matter.
pub(super) struct Appends {
    log: Arc<NatsLog>,
    like: Record,
    own: Vec<(Subject, AtomicU64)>,
}

impl Work for Appends {
    async fn once(&self, caller: usize) -> Result<()> {
        let own = self.own.get(caller);
        let commit = Append {
            subject: own.map_or_else(subject, |(subject, _)| subject.clone()),
            expected: own.map_or(0, |(_, last)| last.load(Ordering::Relaxed)),
            headers: Headers { commit_id: Uuid::now_v7(), ..self.like.headers.clone() },
            body: self.like.body.clone(),
        };
        let position = self.log.append(commit).await.context("append to the log alone")?;
        if let Some((_, last)) = own {
            last.store(position, Ordering::Relaxed);
        }
        Ok(())
    }
}

fn subject() -> Subject {
    Subject::new("portfolio", "initiative", Uuid::now_v7())
}
