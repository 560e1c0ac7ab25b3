//! What auditors are shown, and what stops them: streams over a signed log, well and damaged.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod given;
mod python_reader;
mod service;
mod streams;
