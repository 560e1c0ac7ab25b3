//! Assembly: roles, configuration, telemetry. One binary, `cornerstone`, one subcommand per role.
//!
//! [`roles`] puts the sides together, [`serve`] gives them a port with deadlines and limits, [`dev`] runs all
//! of it on private servers. Nothing is decided here.

pub mod admin;
pub mod bench;
pub mod config;
pub mod dev;
pub mod issuer;
pub mod layers;
pub mod provision;
pub mod roles;
pub mod run;
pub mod serve;
pub mod telemetry;
