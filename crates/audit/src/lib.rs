//! Replay of the log for auditors: every position from a start on, checked before it is shown.
//!
//! [`replay()`] is the core: a log, what is wanted, and a bounded channel. What is checked is in `check`, what may
//! be asked in `wanted`; the gRPC service around it is `service`. What a commit looks like is `codec`'s affair,
//! who may read is `access`'s.

mod check;
mod outbox;
mod replay;
mod service;
mod wanted;

pub use outbox::Outbox;
pub use replay::{Limits, replay};
pub use service::Api;
pub use wanted::{Filter, Wanted};
