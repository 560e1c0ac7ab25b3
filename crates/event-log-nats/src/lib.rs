//! The log on JetStream: one stream, one message per commit, appended with an expectation.
//!
//! What a log promises is in `event-log`; what the bodies mean is in `codec`. This is the only crate that
//! speaks to NATS. Facts about nats-server that the code rests on are tested in `tests/it`.

mod append;
mod connect;
mod health;
mod info;
mod log;
mod message;
mod monitor;
mod provision;
mod read;
pub mod server_config;
mod stream;
mod wire;

pub use connect::{ConnectError, ConnectOptions, Server};
pub use health::{Checks, Danger, Health, SERVER_VERSION_MIN, Version};
pub use log::NatsLog;
pub use provision::{ProvisionError, Provisioned, provision};
pub use stream::{Drift, Replicas, Settings};

/// The stream that holds the log; there is one per NATS account.
pub const STREAM: &str = "EVENTS";

/// The user with an account of its own, which reaches the log under other names.
pub(crate) const AUDITOR: &str = "auditor";

/// The prefix of a user's requests about the stream. In the auditors' account the usual one is taken: the server
/// answers there as well, that the account has no streams.
pub(crate) fn api_prefix(user: &str) -> &'static str {
    if user == AUDITOR { "LOG" } else { "$JS.API" }
}

/// Where answers to a user's requests arrive; the server lets each user receive on its own prefix only.
pub(crate) fn inbox_prefix(user: &str) -> String {
    format!("_INBOX_{user}")
}
