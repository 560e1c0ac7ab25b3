//! The product as its users meet it: the built binary, real servers, gRPC only.
//!
//! Tests that only add share one `cornerstone dev`; those that stop, kill or damage something have their own.

mod chaos;
mod contention;
mod evidence;
mod idempotency;
mod python;
mod refusals;
mod scope;
mod walkthrough;
