//! The Postgres views: schema, rows, reads, writes, checkpoints. The only SQL of this database is here.
//!
//! `migrations/` holds what all views share; each build of a view has a schema of its own, made from
//! `views/<view>.sql`, so that a view is rebuilt beside the live one and swapped by one row. Static SQL names
//! tables without a schema and finds them by `search_path`.
//!
//! Deliberately elsewhere: what an event does to a row (`projection`), who may ask (`access`), how an answer looks
//! (`query`).

mod batch;
mod build;
mod connect;
mod error;
mod lease;
mod reading;
pub mod reads;
pub mod rows;
mod search;
mod status;

pub use batch::{Batch, Checkpoint};
pub use build::{Build, BuildState, Comparison, TableDigest};
pub use connect::{Role, connect, migrate};
pub use error::Error;
pub use lease::{Lease, Renewed};
pub use reading::{AsOf, Reading, Scope};
pub use status::{
    POSITION_CHANNEL, ViewState, ViewStatus, note_progress, position, request_rebuild, statuses,
};

/// A pool of connections to the read models.
pub type Pool = sqlx::PgPool;

/// The shape of a view: its name, the version of its tables, and the tables. Another version is another view, which
/// lives beside the first until nobody reads that one any more.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub name: &'static str,
    pub version: i32,
    tables: &'static str,
}

/// Initiatives: `rows::Initiative` and what hangs on it.
pub const PORTFOLIO: Shape =
    Shape { name: "portfolio", version: 1, tables: include_str!("../views/portfolio.sql") };

/// Units and people.
pub const REFERENCE: Shape =
    Shape { name: "reference", version: 1, tables: include_str!("../views/reference.sql") };
