//! The log's promises on real nats-servers, one node and three, well and damaged.

mod conformance;
mod given;
