//! Follows the log and keeps each view true.
//!
//! Read [`view`] for what a view is, `runner.rs` for how one grows exactly once and without a gap, `keeper.rs` for
//! how it is kept by one process, rebuilt beside and swapped. To add a view: its tables in
//! `read-model/views/<view>.sql`, their rows in `read-model/src/rows/<view>.rs`, a file here that says what each
//! event does to them, and a line in [`views`].
//!
//! Deliberately elsewhere: SQL (`read-model`), what an event means for decisions (`domain`).
#![deny(clippy::wildcard_enum_match_arm)]
#![warn(missing_docs)]

mod commit;
mod digest;
mod failure;
mod keeper;
mod meter;
mod portfolio;
mod reference;
mod runner;
mod values;
pub mod view;

pub use commit::Decoded;
pub use digest::{Digest, log_digest};
pub use failure::{Failure, Stop};
pub use keeper::{Settings, run};
pub use portfolio::Portfolio;
pub use reference::Reference;
pub use runner::Runner;
pub use view::{Poison, View};

use std::sync::Arc;

/// Every view of this version.
pub fn views() -> Vec<Arc<dyn View>> {
    vec![Arc::new(Portfolio), Arc::new(Reference)]
}
