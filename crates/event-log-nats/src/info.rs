//! What `STREAM.INFO` says, as far as the log looks at it.

use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Info {
    /// As the server reports it, every field: an unknown one may be a limit that we do not know yet.
    pub(crate) config: Map<String, Value>,
    pub(crate) state: State,
    pub(crate) cluster: Option<Cluster>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct State {
    pub(crate) messages: u64,
    pub(crate) bytes: u64,
    pub(crate) last_seq: u64,
    #[serde(default)]
    pub(crate) num_deleted: u64,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Cluster {
    pub(crate) leader: Option<String>,
    #[serde(default)]
    pub(crate) replicas: Vec<Peer>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Peer {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) offline: bool,
    #[serde(default)]
    pub(crate) current: bool,
    /// How long ago the leader heard of it, in nanoseconds; 0 also when it never did.
    #[serde(default)]
    pub(crate) active: u64,
}

/// A peer answers its leader's heartbeats every second. One that was silent for longer than this stores nothing,
/// long before the server calls it offline.
const SILENT_NS: u64 = 5_000_000_000;

impl Peer {
    fn is_away(&self) -> bool {
        let never_heard = !self.current && self.active == 0;
        self.offline || never_heard || self.active > SILENT_NS
    }
}

impl Info {
    pub(crate) fn metadata(&self, key: &str) -> Option<&str> {
        self.config.get("metadata")?.get(key)?.as_str()
    }

    pub(crate) fn bytes_max(&self) -> u64 {
        self.config.get("max_bytes").and_then(Value::as_u64).unwrap_or(0)
    }

    /// The servers that hold the log and take part in storing it; a server that runs alone may not name itself.
    pub(crate) fn holders(&self, connected: &str) -> impl Iterator<Item = String> {
        let cluster = self.cluster.as_ref();
        let leader = cluster.and_then(|cluster| cluster.leader.clone());
        let replicas = cluster.into_iter().flat_map(|cluster| &cluster.replicas);
        let present = replicas.filter(|peer| !peer.is_away()).map(|peer| peer.name.clone());
        std::iter::once(leader.unwrap_or_else(|| connected.to_owned())).chain(present)
    }

    pub(crate) fn log_id(&self) -> Option<Uuid> {
        self.metadata("log_id").and_then(|id| Uuid::try_parse(id).ok())
    }
}

impl State {
    /// The number of positions up to the last that hold no commit. A log starts at 1.
    pub(crate) fn missing(&self) -> u64 {
        self.last_seq.saturating_sub(self.messages).max(self.num_deleted)
    }
}
