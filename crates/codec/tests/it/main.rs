//! The stored bytes: golden files of every event, frozen schemas, hash, chain and signature.

mod golden;
mod schemas;
mod stored;
