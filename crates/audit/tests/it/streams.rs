//! The promises of a stream.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use audit::{Filter, Wanted};
use codec::{Commit, sha256_hex, sign::Signer};
use contract::{
    audit::v1::StreamEventsResponse,
    status::{Violation, explain, refuse, status},
};
use event_log::{Append, AppendError, EventLog, Limit, ReadError, Record, Scope, memory::MemoryLog};
use serde_json::{Value, json};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::given::{Writer, everything, initiative, open, read, unit};

/// Of each event: position and index, type, subject.
fn shown(messages: &[StreamEventsResponse]) -> Vec<(String, String, String)> {
    let events = messages.iter().flat_map(|message| &message.cloud_events);
    let text = |event: &Value, name: &str| event[name].as_str().unwrap().to_owned();
    events
        .map(|event| serde_json::from_str(event).unwrap())
        .map(|event: Value| (text(&event, "sequence"), text(&event, "type"), text(&event, "subject")))
        .collect()
}

fn positions(messages: &[StreamEventsResponse]) -> Vec<(u64, bool)> {
    messages.iter().map(|message| (message.position, message.heartbeat)).collect()
}

fn damaged(position: u64) -> Status {
    status(&[Violation::new("LOG_DAMAGED").with("position", position)])
}

fn same(found: Option<Status>, expected: &Status) {
    let found = found.expect("the stream ends with a reason");
    assert_eq!((found.code(), explain(&found)), (expected.code(), explain(expected)));
}

#[tokio::test]
async fn every_event_is_shown_in_order() {
    let mut writer = Writer::new().await;
    writer.write(&initiative(1), &["InitiativeProposed", "InterestDeclared"]).await;
    writer.write(&unit(2), &["OrgUnitRegistered"]).await;
    writer.write(&initiative(1), &["InitiativeWithdrawn"]).await;
    let (messages, end) = read(writer.log, everything(1)).await;
    assert!(end.is_none(), "{end:?}");
    let event = |sequence: &str, kind: &str, subject: &str| {
        let position = format!("{:020}", sequence.split('.').next().unwrap().parse::<u64>().unwrap());
        let index = sequence.split('.').next_back().unwrap();
        (format!("{position}.{index}"), format!("cornerstone.{kind}.v1"), subject.to_owned())
    };
    let (one, two) =
        ("initiative/00000000-0000-0000-0000-000000000001", "org_unit/00000000-0000-0000-0000-000000000002");
    assert_eq!(
        shown(&messages),
        [
            event("1.0", "log.log_opened", "genesis/00000000-0000-0000-0000-000000000109"),
            event("2.0", "portfolio.initiative_proposed", one),
            event("2.1", "portfolio.interest_declared", one),
            event("3.0", "reference.org_unit_registered", two),
            event("4.0", "portfolio.initiative_withdrawn", one),
        ]
    );
}

#[tokio::test]
async fn a_filter_hides_events_but_not_progress() {
    let mut writer = Writer::new().await;
    writer.write(&initiative(1), &["InitiativeProposed", "InterestDeclared"]).await;
    writer.write(&initiative(2), &["InitiativeProposed"]).await;
    writer.write(&unit(3), &["OrgUnitRegistered"]).await;
    let filter = Filter {
        areas: vec!["portfolio".into()],
        aggregates: vec!["initiative".into()],
        types: vec!["InterestDeclared".into()],
        aggregate_id: Some(Uuid::from_u128(1)),
    };
    let (messages, end) = read(writer.log, Wanted { filter, ..everything(1) }).await;
    assert!(end.is_none(), "{end:?}");
    assert_eq!(positions(&messages), [(2, false), (4, true)]);
    assert_eq!(shown(&messages)[0].0, "00000000000000000002.1");
    assert_eq!(shown(&messages).len(), 1);
}

#[tokio::test]
async fn the_stored_bytes_are_shown_when_asked_for() {
    let mut writer = Writer::new().await;
    let position = writer.write(&initiative(1), &["InitiativeProposed"]).await;
    let record = writer.log.get(position).await.unwrap().unwrap();
    let (messages, _) = read(writer.log, Wanted { include_stored: true, ..everything(position) }).await;
    let stored = messages[0].stored.clone().unwrap();
    let event: Value = serde_json::from_str(&messages[0].cloud_events[0]).unwrap();
    assert_eq!(event["commitsha256"], json!(sha256_hex(&stored.body)));
    assert_eq!((stored.body, stored.subject), (record.body.to_vec(), record.subject.to_string()));
    let header = |name: &str| stored.headers[name].as_str();
    assert_eq!(header("Cs-Signature"), record.headers.signature);
    assert_eq!(header("Cs-Key"), record.headers.key_id);
    assert_eq!(header("Nats-Msg-Id"), record.headers.commit_id.to_string());
}

#[tokio::test(start_paused = true)]
async fn a_stream_stays_with_the_log_gives_signs_of_life_and_is_rotated() {
    let mut writer = Writer::new().await;
    let wanted = Wanted { until_head: false, ..everything(1) };
    let (mut messages, _shutdown) = open(writer.log.clone(), wanted, 4);
    let mut next = async || messages.recv().await.unwrap().map(|m| (m.position, m.heartbeat));
    assert_eq!(next().await.unwrap(), (1, false));
    assert_eq!(next().await.unwrap(), (1, true));
    writer.write(&initiative(1), &["InitiativeProposed"]).await;
    assert_eq!(next().await.unwrap(), (2, false));
    let start = tokio::time::Instant::now();
    let end = loop {
        match next().await {
            Ok(message) => assert_eq!(message, (2, true)),
            Err(status) => break status,
        }
    };
    same(Some(end), &refuse("STREAM_ROTATED"));
    assert!(start.elapsed() > Duration::from_secs(29 * 60), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_stream_says_that_the_service_shuts_down() {
    let writer = Writer::new().await;
    let (mut messages, shutdown) = open(writer.log.clone(), Wanted { until_head: false, ..everything(1) }, 4);
    assert_eq!(messages.recv().await.unwrap().unwrap().position, 1);
    shutdown.cancel();
    same(messages.recv().await.unwrap().err(), &refuse("SHUTTING_DOWN"));
    assert!(messages.recv().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_takes_nothing_is_told_that_it_is_too_slow() {
    let mut writer = Writer::new().await;
    for n in 0..10 {
        writer.write(&initiative(n + 1), &["InitiativeProposed"]).await;
    }
    let (mut messages, _shutdown) = open(writer.log, everything(1), 3);
    tokio::time::advance(Duration::from_secs(60)).await;
    let mut read = Vec::new();
    let end = loop {
        match messages.recv().await.unwrap() {
            Ok(message) => read.push(message.position),
            Err(status) => break status,
        }
        // The reader is away again for longer than anybody waits.
        tokio::time::sleep(Duration::from_secs(60)).await;
    };
    same(Some(end), &refuse("STREAM_TOO_SLOW"));
    assert_eq!(read, [1, 2, 3, 4]);
}

#[tokio::test]
async fn keys_are_learnt_before_the_start_and_along_the_way() {
    let mut writer = Writer::new().await;
    writer.write(&initiative(1), &["InitiativeProposed"]).await;
    writer.enrol(8).await;
    let start = writer.write(&initiative(1), &["InterestDeclared"]).await;
    writer.enrol(9).await;
    let last = writer.write(&initiative(1), &["InitiativeWithdrawn"]).await;
    for from in [1, start, last] {
        let (messages, end) = read(writer.log.clone(), everything(from)).await;
        assert!(end.is_none(), "from {from}: {end:?}");
        assert_eq!(messages.last().map(|m| m.position), Some(last));
    }
}

#[tokio::test]
async fn a_commit_of_a_foreign_or_revoked_key_is_damage() {
    let mut writer = Writer::new().await;
    writer.signer = Signer::from_seed(&[66; 32]).unwrap();
    let foreign = writer.write(&initiative(1), &["InitiativeProposed"]).await;
    let (messages, end) = read(writer.log, everything(1)).await;
    same(end, &damaged(foreign));
    assert_eq!(positions(&messages), [(1, false)]);

    let mut writer = Writer::new().await;
    writer.enrol(8).await;
    writer.revoke(8).await;
    let late = writer.write(&initiative(1), &["InitiativeProposed"]).await;
    for from in [1, late] {
        same(read(writer.log.clone(), everything(from)).await.1, &damaged(late));
    }
}

/// Appends a second commit of an aggregate that is forged in one respect, though properly signed.
async fn forged(forge: impl FnOnce(&mut Commit)) -> (Arc<MemoryLog>, u64) {
    let mut writer = Writer::new().await;
    writer.write(&initiative(1), &["InitiativeProposed"]).await;
    let mut commit = writer.commit(&initiative(1), &["InitiativeWithdrawn"], &json!({}));
    forge(&mut commit);
    let position = writer.append(&initiative(1), &commit).await;
    (writer.log, position)
}

#[tokio::test]
async fn a_commit_that_does_not_continue_its_aggregate_is_damage_wherever_the_stream_starts() {
    type Forgery = fn(&mut Commit);
    let forgeries: [Forgery; 4] = [
        |commit| commit.version = 3,
        |commit| commit.prev_sha256 = Some(sha256_hex(b"other")),
        |commit| commit.prev_position = Some(1),
        |commit| commit.stream = initiative(2).to_string(),
    ];
    for forgery in forgeries {
        let (log, position) = forged(forgery).await;
        for from in [1, position] {
            same(read(log.clone(), everything(from)).await.1, &damaged(position));
        }
    }
    let (log, _) = forged(|_| ()).await;
    assert!(read(log, everything(1)).await.1.is_none());
}

#[tokio::test]
async fn a_log_that_went_back_is_told_apart_from_one_that_is_quiet() {
    let writer = Writer::new().await;
    let (messages, end) = read(writer.log.clone(), everything(2)).await;
    assert_eq!((messages, end.map(|end| end.code())), (vec![], None));
    same(read(writer.log, everything(3)).await.1, &refuse("LOG_REGRESSED"));
}

/// A replica that lost one commit.
struct Holed(Arc<MemoryLog>, u64);

#[async_trait]
impl EventLog for Holed {
    fn log_id(&self) -> Uuid {
        self.0.log_id()
    }

    async fn append(&self, commit: Append) -> Result<u64, AppendError> {
        self.0.append(commit).await
    }

    async fn read(&self, scope: &Scope, after: u64, limit: Limit) -> Result<Vec<Record>, ReadError> {
        let mut records = self.0.read(scope, after, limit).await?;
        records.retain(|record| record.position != self.1);
        Ok(records)
    }

    async fn get(&self, position: u64) -> Result<Option<Record>, ReadError> {
        if position == self.1 { Ok(None) } else { self.0.get(position).await }
    }

    async fn last(&self, scope: &Scope) -> Result<Option<Record>, ReadError> {
        self.0.last(scope).await
    }

    async fn head(&self) -> Result<u64, ReadError> {
        self.0.head().await
    }
}

#[tokio::test]
async fn a_missing_position_is_damage_and_nothing_after_it_is_shown() {
    let mut writer = Writer::new().await;
    for n in 0..3 {
        writer.write(&initiative(n + 1), &["InitiativeProposed"]).await;
    }
    let holed = Arc::new(Holed(writer.log, 3));
    let (messages, end) = read(holed, everything(1)).await;
    same(end, &damaged(3));
    assert_eq!(positions(&messages), []);
    assert_eq!(damaged(3).code(), Code::DataLoss);
}
