//! What one server says about itself over its monitoring endpoint.

use std::time::Duration;

use serde::{Deserialize, de::DeserializeOwned};

/// A monitoring endpoint is asked on a private network; a slower answer is as good as none.
const WAIT: Duration = Duration::from_secs(1);

/// A server that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) version: String,
    /// Whether it flushes to disk before it acknowledges.
    pub(crate) sync_always: bool,
}

#[derive(Deserialize)]
struct Server {
    server_id: String,
    server_name: String,
    version: String,
}

#[derive(Deserialize)]
struct JetStream {
    server_id: String,
    config: Option<StoreConfig>,
}

#[derive(Deserialize)]
struct StoreConfig {
    #[serde(default)]
    sync_always: bool,
}

/// Asks a server; `None` when it cannot be asked.
pub(crate) async fn look(http: &reqwest::Client, url: &str) -> Option<Node> {
    let answers = futures::try_join!(ask::<Server>(http, url, "varz"), ask::<JetStream>(http, url, "jsz"));
    match answers {
        // A server has a new id after every start: two ids are two servers, of which we know half each.
        Ok((server, store)) if server.server_id == store.server_id => Some(Node {
            name: server.server_name,
            version: server.version,
            sync_always: store.config.is_some_and(|config| config.sync_always),
        }),
        Ok(_) => None,
        Err(error) => {
            tracing::debug!(url, %error, "a monitoring endpoint does not answer");
            None
        }
    }
}

async fn ask<T: DeserializeOwned>(http: &reqwest::Client, url: &str, page: &str) -> reqwest::Result<T> {
    let url = format!("{}/{page}", url.trim_end_matches('/'));
    http.get(url).timeout(WAIT).send().await?.error_for_status()?.json().await
}
