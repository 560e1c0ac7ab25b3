//! A view stops where the log is not what it should be, and says why.

use std::sync::Arc;

use codec::{sign::Signer, subject};
use domain::{
    portfolio::initiative::{Initiative, event::Withdrawn},
    reference::{
        org_unit::{OrgUnit, UnitKind},
        writer_key::{Enrolled, Revoked, WriterKey},
    },
};
use event_log::memory::MemoryLog;
use projection::{Portfolio, Reference, log_digest};

use crate::{
    Database, catch_up,
    events::{id, proposed, registered},
    stop_code,
    writer::Writer,
};

#[tokio::test]
async fn a_log_that_lost_what_was_read_stops_the_view() {
    let database = Database::new().await;
    let mut writer = Writer::new().await;
    writer.write::<Initiative>(id(1), [proposed().into()]).await;
    catch_up(&mut database.begin(Portfolio, writer.log.clone()).await).await.unwrap();
    let shorter = Writer::new().await;
    let opened = database.resume(Portfolio, shorter.log).await;
    assert_eq!(stop_code(opened.map(|_| ())), "LOG_REGRESSED");
}

#[tokio::test]
async fn a_log_that_reads_otherwise_at_the_checkpoint_stops_the_view() {
    let database = Database::new().await;
    let mut writer = Writer::new().await;
    writer.write::<Initiative>(id(1), [proposed().into()]).await;
    catch_up(&mut database.begin(Portfolio, writer.log.clone()).await).await.unwrap();
    let mut other = Writer::new().await;
    other.write::<Initiative>(id(2), [proposed().into()]).await;
    other.write::<Initiative>(id(1), [proposed().into()]).await;
    let opened = database.resume(Portfolio, other.log).await;
    assert_eq!(stop_code(opened.map(|_| ())), "LOG_REGRESSED");
}

#[tokio::test]
async fn another_log_stops_the_view() {
    let database = Database::new().await;
    let writer = Writer::new().await;
    catch_up(&mut database.begin(Portfolio, writer.log).await).await.unwrap();
    let opened = database.resume(Portfolio, Arc::new(MemoryLog::new(id(0x99)))).await;
    assert_eq!(stop_code(opened.map(|_| ())), "LOG_REPLACED");
}

#[tokio::test]
async fn a_commit_that_does_not_continue_its_aggregate_stops_the_view_after_a_restart_too() {
    let database = Database::new().await;
    let mut writer = Writer::new().await;
    writer.write::<Initiative>(id(1), [proposed().into()]).await;
    catch_up(&mut database.begin(Portfolio, writer.log.clone()).await).await.unwrap();
    let event = writer.stored(&domain::portfolio::initiative::Event::from(Withdrawn {}));
    let mut forked = writer.commit(&subject::<Initiative>(id(1)), vec![event]);
    forked.prev_sha256 = Some("0".repeat(64));
    writer.append(&forked).await;
    let mut resumed = database.resume(Portfolio, writer.log).await.unwrap();
    assert_eq!(stop_code(catch_up(&mut resumed).await), "CHAIN_BROKEN");
    assert_eq!(resumed.position(), 2);
}

#[tokio::test]
async fn a_commit_that_the_command_service_did_not_sign_stops_the_view() {
    let database = Database::new().await;
    let mut writer = Writer::new().await;
    writer.signer = Signer::from_seed(&[9; 32]).unwrap();
    writer.write::<Initiative>(id(1), [proposed().into()]).await;
    let mut runner = database.begin(Portfolio, writer.log).await;
    assert_eq!(stop_code(catch_up(&mut runner).await), "SIGNATURE_INVALID");
    assert_eq!(runner.position(), 1);
}

#[tokio::test]
async fn keys_enrolled_and_revoked_on_the_log_hold_after_a_restart() {
    let database = Database::new().await;
    let mut writer = Writer::new().await;
    let second = Signer::from_seed(&[2; 32]).unwrap();
    let key =
        |signer: &Signer| Enrolled { key_id: signer.key_id().to_owned(), public_key: signer.public_key() };
    writer.write::<WriterKey>(id(11), [key(&second).into()]).await;
    let revoked = Revoked { key_id: writer.signer.key_id().to_owned(), reason: "rotated".to_owned() };
    let first = std::mem::replace(&mut writer.signer, second);
    writer.write::<WriterKey>(id(12), [revoked.into()]).await;
    catch_up(&mut database.begin(Reference, writer.log.clone()).await).await.unwrap();

    writer.write::<OrgUnit>(id(1), [registered("MOH", UnitKind::Ministry, None).into()]).await;
    let mut resumed = database.resume(Reference, writer.log.clone()).await.unwrap();
    catch_up(&mut resumed).await.unwrap();
    assert_eq!(resumed.position(), 4);
    writer.signer = first;
    writer.write::<OrgUnit>(id(2), [registered("MOE", UnitKind::Ministry, None).into()]).await;
    assert_eq!(stop_code(catch_up(&mut resumed).await), "SIGNATURE_INVALID");
}

#[tokio::test]
async fn an_event_that_this_version_does_not_know_stops_the_view() {
    let database = Database::new().await;
    let mut writer = Writer::new().await;
    let mut event = writer.stored(&domain::portfolio::initiative::Event::from(Withdrawn {}));
    event.name = "InitiativeTeleported".to_owned();
    let unknown = writer.commit(&subject::<Initiative>(id(1)), vec![event]);
    writer.append(&unknown).await;
    let mut runner = database.begin(Portfolio, writer.log).await;
    assert_eq!(stop_code(catch_up(&mut runner).await), "EVENT_UNKNOWN");
}

#[tokio::test]
async fn a_body_that_is_no_commit_stops_the_view() {
    let database = Database::new().await;
    let mut writer = Writer::new().await;
    let event = writer.stored(&domain::portfolio::initiative::Event::from(proposed()));
    let mut commit = writer.commit(&subject::<Initiative>(id(1)), vec![event]);
    commit.events.clear();
    // Encoding is free to write it; a reader is not free to take it.
    commit.version = 2;
    writer.append(&commit).await;
    let mut runner = database.begin(Portfolio, writer.log).await;
    assert_eq!(stop_code(catch_up(&mut runner).await), "COMMIT_DAMAGED");
}

#[tokio::test]
async fn what_a_view_saw_is_compared_with_the_log_by_count_and_digest() {
    let database = Database::new().await;
    let mut writer = Writer::new().await;
    for n in 1..=5 {
        writer.write::<Initiative>(id(n), [proposed().into()]).await;
    }
    catch_up(&mut database.begin(Portfolio, writer.log.clone()).await).await.unwrap();
    let build = database.build(&Portfolio).await;
    let digest = log_digest(writer.log.clone(), build.position).await.unwrap();
    assert_eq!((build.commits, build.digest), (6, digest.sha256.clone()));
    assert_ne!(log_digest(writer.log.clone(), 5).await.unwrap().sha256, digest.sha256);
}
