//! The read API: queries on the views, for one caller, as of a position that every answer names.
//!
//! ```text
//! call ──Gate──▶ Caller ──▶ parsed query ──▶ Snapshot (one moment, one audience) ──▶ rows ──▶ answer
//! ```
//!
//! [`Reader`] is what all queries share; each service is a folder of its own and thin. SQL is `read_model::reads`'
//! affair, who may read what is `access`'s; decisions cannot be seen from here. To add a query: its SQL in
//! `read_model::reads`, its arguments and answer here, its rpc in the service.

mod caller;
mod failure;
mod filter;
mod moment;
pub mod operations;
pub mod portfolio;
mod reader;
pub mod reference;
mod seal;

pub use caller::Caller;
pub use failure::Failure;
pub use reader::{Pace, Reader};
pub use seal::Sealer;
