//! Appends are refused while the log is not known to be safe, and only then.

use std::{process::Command, time::Duration};

use event_log::{AppendError, EventLog};
use event_log_nats::{Checks, Danger, Drift, Health, NatsLog};
use serde_json::{Value, json};
use test_kit::{Nats, User, eventually};

use crate::{
    given::{self, commit, genesis, history, subject},
    raw::Raw,
};

const SOON: Duration = Duration::from_secs(20);

async fn turns(log: &NatsLog, expected: Health) {
    let look = eventually(SOON, async || match log.health() {
        health if health == expected => Ok(()),
        health => Err(format!("{health:?}")),
    });
    look.await.expect("it comes to that");
}

async fn assert_refused(log: &NatsLog, danger: &Danger) {
    match log.append(commit(&subject(99), 0, 1)).await {
        Err(AppendError::Refused { reason, .. }) => assert_eq!(reason, danger.to_string()),
        other => panic!("{other:?}"),
    }
}

async fn open(nats: &Nats, checks: Checks) -> NatsLog {
    let mut options = nats.connect_options(User::Command);
    options.checks = checks;
    NatsLog::connect(options).await.expect("connected")
}

#[tokio::test]
async fn a_log_as_provisioned_is_healthy() {
    for nats in [Nats::start().await.unwrap(), Nats::cluster3().await.unwrap()] {
        assert_eq!(given::log(&nats).await.health(), Health::Healthy);
    }
}

#[tokio::test]
async fn a_server_that_flushes_late_is_refused_unless_that_is_allowed() {
    let nats = Nats::start_lazy().await.unwrap();
    let log = given::log(&nats).await;
    let danger = Danger::LazySync { server: "n1".into() };
    assert_eq!(log.health(), Health::Unsafe(vec![danger.clone()]));
    assert_refused(&log, &danger).await;

    let developing = open(&nats, Checks::AllowUncheckedSync).await;
    assert_eq!(developing.health(), Health::Healthy);
    assert_eq!(history(&developing, &subject(1), 1).await, [2]);
}

#[tokio::test]
async fn a_server_that_cannot_be_asked_is_refused() {
    let nats = Nats::start().await.unwrap();
    given::provisioned(&nats).await;
    let nobody = format!("http://127.0.0.1:{}", test_kit::free_port().unwrap());
    let log = open(&nats, Checks::Full { monitor_urls: vec![nobody] }).await;
    let danger = Danger::Unchecked { server: "n1".into() };
    assert_eq!(log.health(), Health::Unsafe(vec![danger.clone()]));
    assert_refused(&log, &danger).await;
}

#[tokio::test]
async fn every_node_that_holds_the_log_must_be_asked() {
    let nats = Nats::cluster3().await.unwrap();
    given::provisioned(&nats).await;
    let two = nats.monitor_urls()[..2].to_vec();
    let log = open(&nats, Checks::Full { monitor_urls: two }).await;
    assert_eq!(log.health(), Health::Unsafe(vec![Danger::Unchecked { server: "n3".into() }]));
}

#[tokio::test]
async fn one_lost_node_of_three_does_not_stop_the_appends() {
    let mut nats = Nats::cluster3().await.unwrap();
    let log = given::log(&nats).await;
    let mut health = log.watch_health();
    health.mark_unchanged();
    let leader = nats.node(&Raw::operator(&nats).await.leader().await);
    nats.kill9_node((leader + 1) % 3).unwrap();
    assert_eq!(history(&log, &subject(1), 5).await, [2, 3, 4, 5, 6]);

    // A service that starts while the node is away learns from the leader that it is.
    let late = NatsLog::connect(nats.connect_options(User::Command)).await.unwrap();
    turns(&late, Health::Healthy).await;
    assert!(!health.has_changed().unwrap(), "{:?}", log.health());
}

#[tokio::test]
async fn a_changed_stream_is_refused_until_it_is_put_right() {
    let nats = Nats::start().await.unwrap();
    let log = given::log(&nats).await;
    let raw = Raw::operator(&nats).await;
    raw.update(json!({ "max_msgs": 1000 })).await;
    let drift = Drift { field: "max_msgs".into(), expected: "unset".into(), found: "1000".into() };
    let danger = Danger::Drift(drift);
    turns(&log, Health::Unsafe(vec![danger.clone()])).await;
    assert_refused(&log, &danger).await;
    raw.update(json!({ "max_msgs": -1 })).await;
    turns(&log, Health::Healthy).await;
    assert_eq!(history(&log, &subject(1), 1).await, [2]);
}

#[tokio::test]
async fn a_log_with_a_hole_is_refused() {
    let nats = Nats::start().await.unwrap();
    let log_id = given::provisioned(&nats).await;
    let raw = Raw::operator(&nats).await;
    let mut config = raw.call("STREAM.INFO", Value::Null).await["config"].clone();
    raw.call("STREAM.DELETE", Value::Null).await;
    config["deny_delete"] = json!(false);
    raw.call("STREAM.CREATE", config).await;
    raw.publish(&genesis(log_id)).await;
    for n in 1..=4 {
        raw.publish(&commit(&subject(n), 0, 1)).await;
    }
    let deleted = raw.call("STREAM.MSG.DELETE", json!({ "seq": 3 })).await;
    assert_eq!(deleted["success"], true);
    let log = NatsLog::connect(nats.connect_options(User::Command)).await.unwrap();
    let guard = Drift { field: "deny_delete".into(), expected: "true".into(), found: "false".into() };
    let missing = Danger::Missing { missing: 1, head: 5 };
    assert_eq!(log.health(), Health::Unsafe(vec![Danger::Drift(guard), missing]));
}

/// What a restored backup, or a node started from a copied volume, does.
#[tokio::test]
async fn a_log_that_went_back_is_refused() {
    let mut nats = Nats::start().await.unwrap();
    let log = given::log(&nats).await;
    let positions = history(&log, &subject(1), 2).await;
    let (store, copy) = (nats.store_dir(0).to_owned(), nats.store_dir(0).with_extension("old"));
    nats.kill9().unwrap();
    assert!(Command::new("cp").arg("-a").arg(&store).arg(&copy).status().unwrap().success());
    nats.restart().await.unwrap();
    let appended = eventually(SOON, async || {
        log.append(commit(&subject(1), positions[1], 2)).await.map_err(|e| e.to_string())
    });
    assert_eq!(appended.await.unwrap(), 4);

    nats.kill9().unwrap();
    std::fs::remove_dir_all(&store).unwrap();
    std::fs::rename(&copy, &store).unwrap();
    nats.restart().await.unwrap();
    let refused = eventually(SOON, async || match log.append(commit(&subject(1), 4, 3)).await {
        Err(AppendError::Refused { .. }) => Ok(()),
        other => Err(format!("{other:?}")),
    });
    refused.await.unwrap();
    let look = eventually(SOON, async || match log.health() {
        Health::Unsafe(dangers) if dangers.contains(&Danger::Regressed { known: 4, head: 3 }) => Ok(()),
        health => Err(format!("{health:?}")),
    });
    look.await.unwrap();
    assert_eq!(log.head().await.unwrap(), 3, "nothing was appended to it");
}
