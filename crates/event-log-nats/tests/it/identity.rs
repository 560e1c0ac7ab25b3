//! A stream is the log only if its first commit and its labels say so.

use std::time::Duration;

use event_log::{AppendError, EventLog, Limit, ReadError, Scope};
use event_log_nats::{ConnectError, Danger, Health, NatsLog};
use serde_json::{Value, json};
use test_kit::{Nats, User, eventually};
use uuid::Uuid;

use crate::{
    given::{self, commit, history, subject},
    raw::Raw,
};

async fn refusal(nats: &Nats, user: User) -> ConnectError {
    match NatsLog::connect(nats.connect_options(user)).await {
        Err(refused) => refused,
        Ok(log) => panic!("log {} was opened", log.log_id()),
    }
}

#[tokio::test]
async fn a_server_without_the_stream_is_not_provisioned() {
    let nats = Nats::start().await.unwrap();
    for user in [User::Command, User::Reader] {
        let refused = refusal(&nats, user).await;
        assert!(matches!(refused, ConnectError::NotProvisioned), "{refused:?}");
    }
}

#[tokio::test]
async fn a_stream_without_its_genesis_is_refused() {
    let nats = Nats::start().await.unwrap();
    given::provisioned(&nats).await;
    let raw = Raw::operator(&nats).await;
    let config = raw.call("STREAM.INFO", Value::Null).await["config"].clone();
    raw.call("STREAM.DELETE", Value::Null).await;
    raw.call("STREAM.CREATE", config).await;
    for user in [User::Command, User::Reader, User::Auditor] {
        let refused = refusal(&nats, user).await;
        assert!(matches!(refused, ConnectError::NoGenesis), "{refused:?}");
    }
}

#[tokio::test]
async fn a_recreated_stream_under_the_old_label_is_refused() {
    let nats = Nats::start().await.unwrap();
    let old = given::provisioned(&nats).await;
    let raw = Raw::operator(&nats).await;
    raw.call("STREAM.DELETE", Value::Null).await;
    let new = given::provisioned(&nats).await;
    let mut labels = raw.call("STREAM.INFO", Value::Null).await["config"]["metadata"].clone();
    labels["log_id"] = json!(old);
    raw.update(json!({ "metadata": labels })).await;
    for user in [User::Command, User::Reader, User::Auditor] {
        let refused = refusal(&nats, user).await;
        let ConnectError::OtherLog { genesis, stream } = refused else { panic!("{refused:?}") };
        assert_eq!((genesis, stream), (new, Some(old)));
    }
}

#[tokio::test]
async fn an_open_log_notices_that_its_stream_was_recreated() {
    let nats = Nats::start().await.unwrap();
    let log = given::log(&nats).await;
    history(&log, &subject(1), 3).await;
    let expected = log.log_id();
    let raw = Raw::operator(&nats).await;
    raw.call("STREAM.DELETE", Value::Null).await;
    let found: Uuid = given::provisioned(&nats).await;
    let other = Danger::OtherLog { expected, found: Some(found) };
    let look = eventually(Duration::from_secs(10), async || match log.health() {
        Health::Unsafe(dangers) if dangers.contains(&other) => Ok(()),
        health => Err(format!("{health:?}")),
    });
    look.await.unwrap();

    let read = log.read(&Scope::All, 0, Limit::default()).await;
    assert!(
        matches!(read, Err(ReadError::OtherLog { expected: e, found: f }) if (e, f) == (expected, found)),
        "{read:?}"
    );
    let refused = log.append(commit(&subject(2), 0, 1)).await;
    assert!(matches!(refused, Err(AppendError::Refused { .. })), "{refused:?}");
}
