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

/// Where answers to a user's requests arrive; the server lets each user receive on its own prefix only.
pub(crate) fn inbox_prefix(user: &str) -> String {
    format!("_INBOX_{user}")
}
