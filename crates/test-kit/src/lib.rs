//! Real nats-server and Postgres for tests, and an issuer of tokens: started by the test, owned by it, gone with it.
//!
//! A missing program is a failure that says how to install it, never a skipped test.

mod binaries;
mod certificates;
mod folders;
mod issuer;
mod nats;
mod postgres;
mod signal;
mod waiting;

pub use issuer::Issuer;
pub use nats::{Nats, User};
pub use postgres::Postgres;
pub use signal::send as send_signal;
pub use waiting::{eventually, free_port};
