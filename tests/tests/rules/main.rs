//! The rules of this repository that the compiler cannot keep: who may use whom, how files look, where
//! third-party code comes from, what the protos promise. Nothing here starts a server.

#![expect(clippy::unwrap_used, reason = "all of this is tests, also the functions that tests share")]

mod api;
mod architecture;
mod frozen;
mod repository;
mod supply;
mod tidy;
