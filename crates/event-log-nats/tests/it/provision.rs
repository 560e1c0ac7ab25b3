//! The log is created once, and what exists is compared, not adapted.

use event_log::EventLog;
use event_log_nats::{
    Drift, NatsLog, ProvisionError, Provisioned, Replicas, Settings, provision as provision_log,
};
use serde_json::{Value, json};
use test_kit::{Nats, User};
use uuid::Uuid;

use crate::{
    given::{self, genesis},
    raw::Raw,
};

async fn provision(nats: &Nats, settings: Settings, log_id: Uuid) -> Result<Provisioned, ProvisionError> {
    provision_log(&nats.server(User::Provisioner), settings, &genesis(log_id)).await
}

fn drift(field: &str, expected: &str, found: &str) -> Drift {
    Drift { field: field.into(), expected: expected.into(), found: found.into() }
}

async fn drifts(nats: &Nats, settings: Settings, log_id: Uuid) -> Vec<Drift> {
    match provision(nats, settings, log_id).await {
        Err(ProvisionError::Differs { drifts, .. }) => drifts,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn provisioning_twice_changes_nothing() {
    for nats in [Nats::start().await.unwrap(), Nats::cluster3().await.unwrap()] {
        let log_id = Uuid::new_v4();
        let settings = nats.settings();
        assert_eq!(provision(&nats, settings, log_id).await.unwrap(), Provisioned::Created);
        let raw = Raw::operator(&nats).await;
        let before = raw.call("STREAM.INFO", Value::Null).await;
        assert_eq!(provision(&nats, settings, log_id).await.unwrap(), Provisioned::Unchanged);
        let after = raw.call("STREAM.INFO", Value::Null).await;
        assert_eq!((&before["config"], &before["state"]), (&after["config"], &after["state"]));

        let log = NatsLog::connect(nats.connect_options(User::Command)).await.unwrap();
        assert_eq!(log.log_id(), log_id);
        let first = log.get(1).await.unwrap().unwrap();
        assert_eq!((first.subject, first.body), (genesis(log_id).subject, genesis(log_id).body));
        assert_eq!(log.head().await.unwrap(), 1);
    }
}

#[tokio::test]
async fn an_interrupted_provisioning_is_completed() {
    let nats = Nats::start().await.unwrap();
    let log_id = given::provisioned(&nats).await;
    let raw = Raw::operator(&nats).await;
    let config = raw.call("STREAM.INFO", Value::Null).await["config"].clone();
    raw.call("STREAM.DELETE", Value::Null).await;
    raw.call("STREAM.CREATE", config).await;
    assert_eq!(provision(&nats, nats.settings(), log_id).await.unwrap(), Provisioned::Unchanged);
    let log = NatsLog::connect(nats.connect_options(User::Command)).await.unwrap();
    assert_eq!(log.head().await.unwrap(), 1);
}

#[tokio::test]
async fn a_stream_of_another_log_is_refused() {
    let nats = Nats::start().await.unwrap();
    let held = given::provisioned(&nats).await;
    let asked = Uuid::new_v4();
    let refused = provision(&nats, nats.settings(), asked).await;
    let Err(ProvisionError::OtherLog { asked: a, found }) = refused else { panic!("{refused:?}") };
    assert_eq!((a, found), (asked, Some(held)));
}

#[tokio::test]
async fn another_genesis_of_the_same_log_is_refused() {
    let nats = Nats::start().await.unwrap();
    let held = given::provisioned(&nats).await;
    let mut other = genesis(held);
    other.body = "{ }".into();
    let refused = provision_log(&nats.server(User::Provisioner), nats.settings(), &other).await;
    assert!(matches!(refused, Err(ProvisionError::OtherGenesis(log)) if log == held), "{refused:?}");
}

#[tokio::test]
async fn only_a_genesis_commit_begins_a_log() {
    let nats = Nats::start().await.unwrap();
    let mut commit = genesis(Uuid::new_v4());
    commit.subject = given::subject(1);
    let refused = provision_log(&nats.server(User::Provisioner), nats.settings(), &commit).await;
    assert!(matches!(refused, Err(ProvisionError::NotAGenesis(..))), "{refused:?}");
    let raw = Raw::operator(&nats).await;
    assert_eq!(raw.call("STREAM.INFO", Value::Null).await["error"]["err_code"], 10059, "no stream was made");
}

#[tokio::test]
async fn every_change_of_the_stream_is_named() {
    let changes = [
        (json!({ "max_msgs": 10 }), drift("max_msgs", "unset", "10")),
        (json!({ "max_msgs_per_subject": 1 }), drift("max_msgs_per_subject", "unset", "1")),
        (json!({ "max_age": 3_600_000_000_000_u64 }), drift("max_age", "unset", "3600000000000")),
        (json!({ "discard": "old" }), drift("discard", "\"new\"", "\"old\"")),
        (json!({ "allow_msg_ttl": true }), drift("allow_msg_ttl", "unset", "true")),
        (json!({ "allow_direct": false }), drift("allow_direct", "true", "false")),
        (json!({ "subjects": ["cs.>", "x.>"] }), drift("subjects", "[\"cs.>\"]", "[\"cs.>\",\"x.>\"]")),
        (
            json!({ "republish": { "src": "cs.>", "dest": "copy.>" } }),
            drift("republish", "unset", &json!({ "src": "cs.>", "dest": "copy.>" }).to_string()),
        ),
    ];
    for (change, expected) in changes {
        let nats = Nats::start().await.unwrap();
        let log_id = given::provisioned(&nats).await;
        let updated = Raw::operator(&nats).await.update(change).await;
        assert_eq!(updated["error"], Value::Null, "the server accepts it");
        assert_eq!(drifts(&nats, nats.settings(), log_id).await, [expected]);
    }
}

#[tokio::test]
async fn a_stream_made_without_its_guards_is_refused() {
    let missing = [
        (json!({ "deny_delete": false }), drift("deny_delete", "true", "false")),
        (json!({ "deny_purge": false }), drift("deny_purge", "true", "false")),
        (json!({ "persist_mode": "async" }), drift("persist_mode", "unset", "\"async\"")),
        (json!({ "storage": "memory" }), drift("storage", "\"file\"", "\"memory\"")),
    ];
    for (change, expected) in missing {
        let nats = Nats::start().await.unwrap();
        let log_id = Uuid::new_v4();
        let settings = Settings { bytes_max: 1024 * 1024, ..nats.settings() };
        provision(&nats, settings, log_id).await.unwrap();
        let raw = Raw::operator(&nats).await;
        let mut config = raw.call("STREAM.INFO", Value::Null).await["config"].clone();
        raw.call("STREAM.DELETE", Value::Null).await;
        for (field, value) in change.as_object().unwrap() {
            config[field] = value.clone();
        }
        let created = raw.call("STREAM.CREATE", config).await;
        assert_eq!(created["error"], Value::Null, "the server accepts it");
        assert_eq!(drifts(&nats, settings, log_id).await, [expected]);
    }
}

#[tokio::test]
async fn fewer_replicas_are_refused() {
    let nats = Nats::cluster3().await.unwrap();
    let log_id = given::provisioned(&nats).await;
    let one = Settings { replicas: Replicas::One, ..nats.settings() };
    let fields: Vec<String> = drifts(&nats, one, log_id).await.into_iter().map(|drift| drift.field).collect();
    assert_eq!(fields, ["metadata.config_sha256", "metadata.replicas", "num_replicas"]);
}

#[tokio::test]
async fn a_log_may_be_given_more_room_but_not_less() {
    let nats = Nats::start().await.unwrap();
    let log_id = given::provisioned(&nats).await;
    let settings = nats.settings();
    let room = settings.bytes_max;
    let more = Settings { bytes_max: room + 1024, ..settings };
    assert_eq!(provision(&nats, more, log_id).await.unwrap(), Provisioned::Grown);
    assert_eq!(provision(&nats, more, log_id).await.unwrap(), Provisioned::Unchanged);
    assert_eq!(
        drifts(&nats, settings, log_id).await,
        [
            drift("max_bytes", &room.to_string(), &(room + 1024).to_string()),
            drift("metadata.bytes_max", &format!("\"{room}\""), &format!("\"{}\"", room + 1024)),
        ]
    );
}
