//! The grants follow the log, and stop where it cannot be trusted.

use std::{sync::Arc, time::Duration};

use access::{Authority, AuthorityError, authority::LAG_MAX};
use codec::sign::Signer;
use domain::{Role, reference::person_access::PersonAccess, values::CivilDate};
use event_log::{EventLog, memory::MemoryLog};

use crate::given::{Cluster, LOG_ID, ROOT, Writer, copy, id, person};

const LIMIT: Duration = Duration::from_secs(10);

fn today() -> CivilDate {
    "2026-06-15".parse().unwrap()
}

async fn start(log: Arc<dyn EventLog>) -> Authority {
    Authority::start(log).await.unwrap()
}

fn roles(authority: &Authority, name: &str) -> Vec<Role> {
    authority.directory().held(person(name), today()).iter().map(|held| held.role).collect()
}

/// Waits until it holds.
async fn until(what: &str, holds: impl Fn() -> bool) {
    let looked = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LIMIT, looked).await.unwrap_or_else(|_| panic!("waited in vain until {what}"));
}

#[tokio::test]
async fn what_the_log_has_at_the_start_counts_at_once_and_what_comes_later_soon() {
    let mut writer = Writer::new().await;
    writer.ministry("MOH").await;
    writer.grants("nurse", Role::Employee, "MOH").await;
    let authority = start(writer.log.clone()).await;
    assert_eq!(roles(&authority, "nurse"), [Role::Employee]);
    assert!(authority.directory().is_root(ROOT.0, ROOT.1));
    assert!(!authority.directory().is_root(ROOT.0, "nurse"));
    assert_eq!(authority.directory().position(), 3);

    writer.grants("nurse", Role::Manager, "MOH").await;
    until("the second role is known", || roles(&authority, "nurse") == [Role::Employee, Role::Manager]).await;
    assert_eq!(authority.fresh(LAG_MAX).unwrap().position(), 4);
}

#[tokio::test]
async fn catching_up_waits_for_whatever_the_leader_has() {
    let mut writer = Writer::new().await;
    writer.ministry("MOH").await;
    let cluster = Cluster::of(&writer.log);
    *cluster.replica.write().unwrap() = copy(&writer.log, 2).await;
    let authority = Arc::new(start(cluster.clone()).await);
    writer.grants("nurse", Role::Employee, "MOH").await;

    let catching_up = tokio::spawn({
        let authority = authority.clone();
        async move { authority.catch_up().await.map(|directory| directory.position()) }
    });
    let behind = authority.directory().position();
    assert_eq!(behind, 2, "the replica does not have it yet");
    *cluster.replica.write().unwrap() = writer.log.clone();
    assert_eq!(catching_up.await.unwrap(), Ok(3));
    assert_eq!(roles(&authority, "nurse"), [Role::Employee]);
}

#[tokio::test]
async fn a_replica_that_stays_behind_is_told() {
    let mut writer = Writer::new().await;
    writer.ministry("MOH").await;
    let cluster = Cluster::of(&writer.log);
    *cluster.replica.write().unwrap() = copy(&writer.log, 1).await;
    let failure = Authority::start(cluster).await.err().unwrap();
    assert_eq!(failure, AuthorityError::Unavailable { reason: "every replica lags".to_owned() });
    assert_eq!(failure.reason(), "AUTHORITY_BEHIND");
}

#[tokio::test]
async fn while_the_log_is_away_nobody_is_judged_by_old_grants() {
    let writer = Writer::new().await;
    let cluster = Cluster::of(&writer.log);
    let authority = start(cluster.clone()).await;
    assert!(authority.fresh(LAG_MAX).is_ok());

    *cluster.away.write().unwrap() = true;
    until("the grants are too old", || authority.fresh(LAG_MAX).is_err()).await;
    let failure = authority.fresh(LAG_MAX).err().unwrap();
    assert!(matches!(failure, AuthorityError::Behind { lag } if lag > LAG_MAX), "{failure:?}");
    assert_eq!(authority.failure(), None);

    *cluster.away.write().unwrap() = false;
    until("the grants are fresh again", || authority.fresh(LAG_MAX).is_ok()).await;
}

/// The authority after a commit that somebody forged in one respect.
async fn after_forging(forge: impl AsyncFnOnce(&mut Writer)) -> AuthorityError {
    let mut writer = Writer::new().await;
    writer.ministry("MOH").await;
    writer.grants("nurse", Role::Employee, "MOH").await;
    let authority = start(writer.log.clone()).await;
    forge(&mut writer).await;
    writer.grants("mallory", Role::Admin, "MOH").await;
    until("the failure is known", || authority.failure().is_some()).await;
    assert_eq!(authority.directory().position(), 3, "nothing after the forgery counts");
    assert_eq!(roles(&authority, "mallory"), []);
    let failure = authority.fresh(LAG_MAX).err().unwrap();
    assert_eq!(authority.catch_up().await.err(), Some(failure.clone()));
    assert_eq!(authority.failure(), Some(&failure));
    failure
}

fn damaged(problem: &str) -> AuthorityError {
    AuthorityError::Damaged { position: 4, problem: problem.to_owned() }
}

#[tokio::test]
async fn a_commit_that_another_key_signed_stops_everything() {
    let stranger = Signer::from_seed(&[9; 32]).unwrap();
    let expected = format!("the commit at 4 is signed with `{}`, which is not enrolled", stranger.key_id());
    let failure = after_forging(async |writer| {
        let honest = std::mem::replace(&mut writer.signer, stranger);
        writer.grants("nurse", Role::Admin, "MOH").await;
        writer.signer = honest;
    });
    let failure = failure.await;
    assert_eq!(failure, damaged(&expected));
    assert_eq!(failure.reason(), "LOG_DAMAGED");
}

#[tokio::test]
async fn a_commit_with_the_signature_of_another_stops_everything() {
    let failure = after_forging(async |writer| {
        let (subject, honest) = writer.grant("nurse", Role::Manager, "MOH");
        let (_, forged) = writer.grant("nurse", Role::Admin, "MOH");
        let mut append = writer.signed(&subject, &forged);
        append.headers.signature = writer.signed(&subject, &honest).headers.signature;
        writer.log.append(append).await.unwrap();
    });
    assert_eq!(failure.await, damaged("the signature of the commit at 4 is not valid"));
}

#[tokio::test]
async fn a_commit_that_does_not_continue_its_aggregate_stops_everything() {
    let failure = after_forging(async |writer| {
        let (subject, mut commit) = writer.grant("nurse", Role::Admin, "MOH");
        commit.prev_sha256 = Some(codec::sha256_hex(b"another"));
        writer.append(&subject, &commit).await;
    });
    let nurse = codec::subject::<PersonAccess>(id("nurse"));
    let problem = "it names another hash of the commit before";
    let expected = format!("the commit at 4 does not continue `{nurse}`: {problem}");
    assert_eq!(failure.await, damaged(&expected));
}

#[tokio::test]
async fn an_event_that_this_version_does_not_know_stops_everything() {
    let failure = after_forging(async |writer| {
        let (subject, mut commit) = writer.grant("nurse", Role::Admin, "MOH");
        "RoleLent".clone_into(&mut commit.events[0].name);
        writer.append(&subject, &commit).await;
    });
    let failure = failure.await;
    let problem = "`RoleLent` is not an event of `person_access`".to_owned();
    assert_eq!(failure, AuthorityError::Unreadable { position: 4, problem });
    assert_eq!(failure.reason(), "AUTHORITY_BEHIND");
}

#[tokio::test]
async fn a_log_that_went_back_stops_everything_for_good() {
    let mut writer = Writer::new().await;
    writer.ministry("MOH").await;
    writer.grants("nurse", Role::Employee, "MOH").await;
    let cluster = Cluster::of(&writer.log);
    let authority = start(cluster.clone()).await;
    let old = copy(&writer.log, 2).await;
    *cluster.leader.write().unwrap() = old.clone();
    *cluster.replica.write().unwrap() = old;
    until("it is noticed without anybody asking", || authority.failure().is_some()).await;
    assert_eq!(authority.failure(), Some(&AuthorityError::Regressed { known: 3 }));

    *cluster.leader.write().unwrap() = writer.log.clone();
    let failure = authority.catch_up().await.err().unwrap();
    assert_eq!(failure, AuthorityError::Regressed { known: 3 });
    assert_eq!(failure.reason(), "LOG_REGRESSED");
}

#[tokio::test]
async fn a_log_without_its_genesis_is_not_followed() {
    let empty: Arc<dyn EventLog> = Arc::new(MemoryLog::new(LOG_ID));
    let failure = Authority::start(empty).await.err().unwrap();
    assert_eq!(failure, AuthorityError::Unavailable { reason: "the log is empty".to_owned() });

    let writer = Writer::new().await;
    let other = MemoryLog::new(uuid::Uuid::from_u128(0x10a));
    let genesis = writer.log.get(1).await.unwrap().unwrap();
    let event_log::Record { subject, headers, body, .. } = genesis;
    other.append(event_log::Append { subject, expected: 0, headers, body }).await.unwrap();
    let failure = Authority::start(Arc::new(other)).await.err().unwrap();
    assert_eq!(failure, AuthorityError::Regressed { known: 1 });
}
