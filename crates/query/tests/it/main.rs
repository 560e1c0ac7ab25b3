//! The queries on a real Postgres, with rows as a projector writes them.
#![expect(clippy::unwrap_used, reason = "tests")]

mod card;
mod consistency;
mod lines;
mod operations;
mod paging;
mod past;
mod scope;
mod sealed;
mod watch;
mod whole_card;
mod words;
mod world;
