//! What nats-server does, that the code relies on: if a version changes one of these, we want to know.

use futures::future::join_all;
use serde_json::{Value, json};
use test_kit::Nats;

use crate::{
    given::{self, commit, subject},
    raw::Raw,
};

const WRONG_LAST_SEQUENCE: u64 = 10071;
const WRONG_LAST_SEQUENCE_IN_FLIGHT: u64 = 10164;

#[tokio::test]
async fn one_node_answers_a_repeat_as_a_wrong_expectation() {
    let nats = Nats::start().await.unwrap();
    given::provisioned(&nats).await;
    let raw = Raw::operator(&nats).await;
    let commit = commit(&subject(1), 0, 1);
    assert_eq!(raw.publish(&commit).await, json!({ "stream": "EVENTS", "seq": 2 }));
    assert_eq!(raw.publish(&commit).await["error"]["err_code"], WRONG_LAST_SEQUENCE);
}

#[tokio::test]
async fn three_nodes_answer_a_repeat_as_a_duplicate() {
    let nats = Nats::cluster3().await.unwrap();
    given::provisioned(&nats).await;
    let raw = Raw::operator(&nats).await;
    let commit = commit(&subject(1), 0, 1);
    let first = raw.publish(&commit).await;
    assert_eq!((&first["seq"], &first["duplicate"]), (&json!(2), &Value::Null), "{first}");
    let repeat = raw.publish(&commit).await;
    assert_eq!((&repeat["seq"], &repeat["duplicate"]), (&json!(2), &json!(true)), "{repeat}");
}

#[tokio::test]
async fn three_nodes_answer_a_race_with_a_code_of_its_own() {
    let nats = Nats::cluster3().await.unwrap();
    given::provisioned(&nats).await;
    let raw = Raw::operator(&nats).await;
    let mut in_flight = 0;
    for round in 1..=100 {
        let subject = subject(round);
        let commits: Vec<_> = (0..8).map(|n| commit(&subject, 0, n)).collect();
        let acks = join_all(commits.iter().map(|commit| raw.publish(commit))).await;
        let stored = acks.iter().filter(|ack| ack["error"].is_null()).count();
        assert_eq!(stored, 1, "{acks:?}");
        in_flight +=
            acks.iter().filter(|ack| ack["error"]["err_code"] == WRONG_LAST_SEQUENCE_IN_FLIGHT).count();
        if in_flight > 0 {
            return;
        }
    }
    panic!("in 100 races nobody was told of a commit in flight");
}

#[tokio::test]
async fn a_commit_id_used_on_two_subjects_is_not_stored_twice() {
    let nats = Nats::start().await.unwrap();
    given::provisioned(&nats).await;
    let raw = Raw::operator(&nats).await;
    let first = commit(&subject(1), 0, 1);
    let mut second = commit(&subject(2), 0, 1);
    second.headers.commit_id = first.headers.commit_id;
    raw.publish(&first).await;
    let ack = raw.publish(&second).await;
    assert_eq!((&ack["seq"], &ack["duplicate"]), (&json!(2), &json!(true)), "reported as success: {ack}");
}
