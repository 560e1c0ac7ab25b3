//! Tokens against a real issuer over HTTP, grants against a log, and both together at the gate.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod authority;
mod gate;
mod given;
mod idp;
mod issuers;
mod tokens;
