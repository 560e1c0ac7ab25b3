//! The log's promises on real nats-servers, one node and three, well and damaged.

mod conformance;
mod exactly_once;
mod given;
mod health;
mod identity;
mod provision;
mod proxy;
mod raw;
mod readers;
mod rights;
mod server_facts;
