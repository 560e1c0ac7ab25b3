//! The vault on a real Postgres: what is sealed, erased, held and kept apart.

#![expect(clippy::unwrap_used, reason = "all of this is tests, also the functions that tests share")]

mod away;
mod erasure;
mod holds;
mod people;
mod sealing;
mod world;
