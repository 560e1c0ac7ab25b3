//! The stored bytes: golden files of every event, frozen schemas, hash, chain and signature.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod golden;
mod schemas;
mod stored;
