//! The command side: parse at the door, authorise, load, decide, append, answer.
//!
//! Read [`handle`] first; it is one command's whole way. What may be asked is in `domain`, how a request is
//! read in [`parse`], how a commit is written in `record`, how history is loaded in `stream`.

pub mod api;
pub mod handle;
pub mod keys;
pub mod parse;
mod record;
pub mod refusal;
mod stream;

pub use handle::{Caller, Order, Receipt, Shell};
pub use keys::Keys;
pub use refusal::Refusal;
