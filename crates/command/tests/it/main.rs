//! The promises of the command side, on a real vault: what a command leads to, and to what nothing leads.
//!
//! Most tests run on the log in memory behind a [`line`] that can fail as a network does; those in `nats` on a real
//! one. Everything on the log came there as a command, from the first unit and the first administrator on.

#![expect(clippy::unwrap_used, reason = "all of this is tests, also the functions that tests share")]

mod content;
mod costs;
mod damage;
mod door;
mod given;
mod history;
mod idempotency;
mod line;
mod nats;
mod office;
mod permission;
mod story;
mod tried;
mod unavailable;
mod versions;
mod world;
