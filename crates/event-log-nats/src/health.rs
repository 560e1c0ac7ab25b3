//! Whether it is safe to append: is this still the log, whole, durable and configured as provisioned?
//!
//! nats-server itself reports none of the dangers below as an error: a damaged replica serves, and as leader
//! even accepts a fork of an aggregate.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use event_log::Subject;
use futures::future::join_all;
use tokio::sync::watch;
use uuid::Uuid;

use crate::{
    info::Info,
    monitor::{self, Node},
    stream::{Drift, Settings},
    wire::Wire,
};

/// The oldest server that the log may run on: earlier ones can delete a stream after an idempotent create.
pub const SERVER_VERSION_MIN: Version = Version(2, 14, 5);

/// Between two looks: bounds how long a server that was restarted with lazy writes could take appends.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);

/// How long a node counts as safe after it was seen to be: what a node that was just lost gets until the leader
/// misses it. One that comes back with other settings is seen within [`LOOK_INTERVAL`].
const SEEN_SAFE_FOR: Duration = Duration::from_secs(15);

/// Before a shorter log is believed: a replica may apply a commit a moment before its leader does.
const CONFIRM_WAIT: Duration = Duration::from_millis(250);

/// A released version of nats-server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u64, pub u64, pub u64);

/// How the writes are checked. A connection that only reads cannot append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checks {
    /// For reading, with the rights of a reader or an auditor.
    ReadOnly,
    /// Every node that holds the log is asked through its monitoring endpoint whether it flushes before it
    /// acknowledges; a node that cannot be asked is not safe.
    Full { monitor_urls: Vec<String> },
    /// For development only: nobody asks whether acknowledged commits survive a power cut.
    AllowUncheckedSync,
}

/// The state of the log, as last seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    Healthy,
    /// Appends are refused; all reasons are listed.
    Unsafe(Vec<Danger>),
    /// The leader did not answer; appends are tried.
    Unreachable(String),
}

/// One reason to refuse appends.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Danger {
    #[error("server `{server}` is version {version}, which loses data")]
    OldServer { server: String, version: String },
    #[error("server `{server}` acknowledges before it flushes")]
    LazySync { server: String },
    #[error("server `{server}` holds the log, and its monitoring endpoint does not answer")]
    Unchecked { server: String },
    #[error("the stream is not as provisioned: {0}")]
    Drift(Drift),
    #[error("{missing} of {head} positions hold no commit")]
    Missing { missing: u64, head: u64 },
    #[error("the log ends at {head}, and was seen to reach {known}")]
    Regressed { known: u64, head: u64 },
    #[error("`{subject}` ends below {known}, where it was seen to have a commit")]
    SubjectRegressed { subject: Subject, known: u64 },
    #[error("the stream holds log {found:?}, not {expected}")]
    OtherLog { expected: Uuid, found: Option<Uuid> },
    #[error("the stream is gone")]
    Gone,
}

/// What a connection knows, shared by its calls and its checker.
pub(crate) struct Known {
    pub(crate) log_id: Uuid,
    head: AtomicU64,
    /// Dangers that do not pass while this process lives.
    lasting: Mutex<Vec<Danger>>,
    pub(crate) health: watch::Sender<Health>,
}

impl Known {
    pub(crate) fn new(log_id: Uuid) -> Arc<Self> {
        let (health, _) = watch::channel(Health::Unreachable("not looked at yet".to_owned()));
        Arc::new(Self { log_id, head: AtomicU64::new(0), lasting: Mutex::default(), health })
    }

    /// The log was seen to reach a position.
    pub(crate) fn reaches(&self, position: u64) {
        self.head.fetch_max(position, Ordering::Relaxed);
    }

    pub(crate) fn head(&self) -> u64 {
        self.head.load(Ordering::Relaxed)
    }

    /// Refuses appends from now on, until somebody has looked and started this process again.
    pub(crate) fn stop(&self, danger: Danger) {
        let mut lasting = self.lasting.lock().unwrap_or_else(PoisonError::into_inner);
        if !lasting.contains(&danger) {
            lasting.push(danger);
        }
        drop(lasting);
        self.publish(Health::Healthy);
    }

    fn publish(&self, seen: Health) {
        let lasting = self.lasting.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let health = match seen {
            seen if lasting.is_empty() => seen,
            Health::Healthy | Health::Unreachable(_) => Health::Unsafe(lasting),
            Health::Unsafe(dangers) => Health::Unsafe([lasting, dangers].concat()),
        };
        self.health.send_if_modified(|before| {
            let changed = *before != health;
            if changed {
                report(&health);
                *before = health;
            }
            changed
        });
    }
}

fn report(health: &Health) {
    metrics::gauge!("log_writable").set(if matches!(health, Health::Unsafe(_)) { 0.0 } else { 1.0 });
    match health {
        Health::Healthy => tracing::info!("the log is healthy"),
        Health::Unreachable(reason) => tracing::warn!(reason, "the log's leader does not answer"),
        Health::Unsafe(dangers) => tracing::error!(reason = listed(dangers), "appends are refused"),
    }
}

pub(crate) fn listed(dangers: &[Danger]) -> String {
    dangers.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Looks at the log now and then.
pub(crate) struct Checker {
    wire: Wire,
    known: Arc<Known>,
    checks: Checks,
    http: reqwest::Client,
    seen: HashMap<String, (Node, Instant)>,
}

impl Checker {
    pub(crate) fn new(wire: Wire, known: Arc<Known>, checks: Checks) -> Self {
        Self { wire, known, checks, http: reqwest::Client::new(), seen: HashMap::new() }
    }

    /// Looks until nobody is interested in the health any more.
    pub(crate) async fn run(mut self) {
        let known = self.known.clone();
        loop {
            tokio::select! {
                () = known.health.closed() => return,
                () = tokio::time::sleep(LOOK_INTERVAL) => self.look().await,
            }
        }
    }

    pub(crate) async fn look(&mut self) {
        let known = self.known.head();
        let health = match self.confirmed_info(known).await {
            Err(error) => Health::Unreachable(error.to_string()),
            Ok(None) => Health::Unsafe(vec![Danger::Gone]),
            Ok(Some(info)) => {
                self.measure(&info);
                let mut dangers = stream_dangers(&info, self.known.log_id, known);
                dangers.extend(self.server_dangers(&info).await);
                if dangers.is_empty() { Health::Healthy } else { Health::Unsafe(dangers) }
            }
        };
        self.known.publish(health);
    }

    async fn confirmed_info(&self, known: u64) -> Result<Option<Info>, event_log::ReadError> {
        match self.wire.info().await? {
            Some(info) if info.state.last_seq < known => {
                tokio::time::sleep(CONFIRM_WAIT).await;
                self.wire.info().await
            }
            info => Ok(info),
        }
    }

    fn measure(&self, info: &Info) {
        self.known.reaches(info.state.last_seq);
        #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
        {
            metrics::gauge!("log_head").set(info.state.last_seq as f64);
            metrics::gauge!("log_bytes").set(info.state.bytes as f64);
            metrics::gauge!("log_bytes_max").set(info.bytes_max() as f64);
        }
    }

    async fn server_dangers(&mut self, info: &Info) -> Vec<Danger> {
        let connected = self.wire.client.server_info();
        match self.checks.clone() {
            Checks::ReadOnly => Vec::new(),
            Checks::AllowUncheckedSync => {
                old_server(&connected.server_name, &connected.version).into_iter().collect()
            }
            Checks::Full { monitor_urls } => {
                let looks = monitor_urls.iter().map(|url| monitor::look(&self.http, url));
                let nodes: Vec<Node> = join_all(looks).await.into_iter().flatten().collect();
                self.seen
                    .extend(nodes.iter().map(|node| (node.name.clone(), (node.clone(), Instant::now()))));
                let answered = nodes.iter().flat_map(node_dangers);
                let unchecked = info
                    .holders(&connected.server_name)
                    .filter(|name| !self.was_seen_safe(name))
                    .map(|server| Danger::Unchecked { server });
                answered.chain(unchecked).collect()
            }
        }
    }

    /// A node that was seen to be unsafe is named by its danger, so here only the look itself counts.
    fn was_seen_safe(&self, name: &str) -> bool {
        self.seen.get(name).is_some_and(|(_, at)| at.elapsed() < SEEN_SAFE_FOR)
    }
}

fn node_dangers(node: &Node) -> Vec<Danger> {
    let lazy = (!node.sync_always).then(|| Danger::LazySync { server: node.name.clone() });
    lazy.into_iter().chain(old_server(&node.name, &node.version)).collect()
}

pub(crate) fn old_server(server: &str, version: &str) -> Option<Danger> {
    let recent = Version::parse(version).is_some_and(|version| version >= SERVER_VERSION_MIN);
    (!recent).then(|| Danger::OldServer { server: server.to_owned(), version: version.to_owned() })
}

fn stream_dangers(info: &Info, log_id: Uuid, known: u64) -> Vec<Danger> {
    let mut dangers = Vec::new();
    if info.log_id() != Some(log_id) {
        dangers.push(Danger::OtherLog { expected: log_id, found: info.log_id() });
    }
    match Settings::provisioned(info) {
        Ok(settings) => dangers.extend(settings.drift(log_id, &info.config).into_iter().map(Danger::Drift)),
        Err(drift) => dangers.push(Danger::Drift(drift)),
    }
    let (missing, head) = (info.state.missing(), info.state.last_seq);
    if missing > 0 {
        dangers.push(Danger::Missing { missing, head });
    }
    if head < known {
        dangers.push(Danger::Regressed { known, head });
    }
    dangers
}

impl Version {
    /// `2.15.1`, or a release candidate such as `2.15.1-RC.2`, which counts as the release.
    pub fn parse(text: &str) -> Option<Self> {
        let release = text.split(['-', '+']).next()?;
        let mut parts = release.split('.').map(|part| part.parse().ok());
        let version = Self(parts.next()??, parts.next()??, parts.next()??);
        parts.next().is_none().then_some(version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_loses_data_is_named() {
        assert_eq!(old_server("n1", "2.14.5"), None);
        for version in ["2.14.4", "2.12.99", "unknown"] {
            let danger = Danger::OldServer { server: "n1".into(), version: version.into() };
            assert_eq!(old_server("n1", version), Some(danger));
        }
    }

    #[test]
    fn versions_compare_by_number_not_by_text() {
        let parse = |text| Version::parse(text).unwrap();
        assert!(parse("2.14.10") > parse("2.14.5"));
        assert!(parse("2.9.99") < SERVER_VERSION_MIN);
        assert_eq!(parse("2.15.1-RC.2"), Version(2, 15, 1));
        assert_eq!(Version::parse("2.15"), None);
        assert_eq!(Version::parse("nightly"), None);
    }
}
