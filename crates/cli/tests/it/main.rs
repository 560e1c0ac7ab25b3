//! The client against a server that answers over real gRPC.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod given;
mod importing;
