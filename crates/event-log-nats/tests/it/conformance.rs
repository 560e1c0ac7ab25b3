//! The suite that every log passes, on one node and on three.

use test_kit::Nats;

use crate::given;

#[tokio::test]
async fn one_node_keeps_every_promise_of_a_log() {
    let nats = Nats::start().await.expect("nats-server");
    let log = given::log(&nats).await;
    event_log::conformance::run(log).await;
}

#[tokio::test]
async fn three_nodes_keep_every_promise_of_a_log() {
    let nats = Nats::cluster3().await.expect("three nats-servers");
    let log = given::log(&nats).await;
    event_log::conformance::run(log).await;
}
