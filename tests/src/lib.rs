//! A running Cornerstone for a test, and what its users do with it.
//!
//! Everything is asked over gRPC of the built binary, as a ministry, a frontend or an auditor would; no crate of
//! the product but `contract` is known here. [`Running`] is `cornerstone dev`, with its invented government;
//! [`Deployment`] is every role as a process of its own, on servers that a test can kill.

mod caller;
mod deployment;
mod evidence;
pub mod given;
pub mod history;
mod process;
mod programs;
mod running;
mod views;

pub use caller::{Caller, Connection, Endpoints, reason, refusal};
pub use deployment::{Deployment, Part};
pub use evidence::Stored;
pub use programs::{python, root};
pub use running::Running;
pub use views::{View, view_of_all};
