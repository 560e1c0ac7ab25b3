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
    pub(crate) first_seq: u64,
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
}

impl Info {
    pub(crate) fn metadata(&self, key: &str) -> Option<&str> {
        self.config.get("metadata")?.get(key)?.as_str()
    }

    pub(crate) fn log_id(&self) -> Option<Uuid> {
        self.metadata("log_id").and_then(|id| Uuid::try_parse(id).ok())
    }
}

impl State {
    /// The number of positions that should hold a commit and do not.
    pub(crate) fn missing(&self) -> u64 {
        let span =
            if self.last_seq == 0 { 0 } else { self.last_seq + 1 - self.first_seq.min(self.last_seq + 1) };
        let before_first = self.first_seq.saturating_sub(1).min(self.last_seq);
        (before_first + span.saturating_sub(self.messages)).max(self.num_deleted)
    }
}
