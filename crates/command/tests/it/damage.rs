//! A log that is not what it was: nothing is decided on it, and nothing added.

use std::{sync::Arc, time::Duration};

use access::authority::LAG_MAX;
use codec::{Commit, sign::Signer};
use command::Caller;
use contract::{
    portfolio::v1::ReviseInitiativeDetailsRequest,
    reference::v1::{EnrolWriterKeyRequest, RevokeWriterKeyRequest},
};
use domain::portfolio::initiative::Initiative;
use event_log::{Append, EventLog as _, Record, memory::MemoryLog};
use test_kit::eventually;
use tonic::Code;
use uuid::Uuid;

use crate::{
    given::{acceptance, header, new_title, proposal, review},
    history::commits,
    line::Calls,
    office::Office,
    world::{LOG_ID, World, copy, id, signer},
};

/// Another log with the first commits of this one.
async fn copy_of(log: &MemoryLog, up_to: u64) -> Arc<MemoryLog> {
    let other = Arc::new(MemoryLog::new(LOG_ID));
    let mut records = Vec::new();
    for position in 1..=up_to {
        records.push(log.get(position).await.unwrap().unwrap());
    }
    copy(&records, &*other).await;
    other
}

/// What a process would append next for this request.
async fn next(world: &World, caller: &Caller, request: ReviseInitiativeDetailsRequest) -> Append {
    let log = copy_of(&world.log, world.log.head().await.unwrap()).await;
    let office = world.office_on(log.clone()).await;
    let receipt = office.give(caller, request).await.unwrap();
    let Record { subject, headers, body, .. } = log.get(receipt.position).await.unwrap().unwrap();
    let expected = Commit::decode(&body).unwrap().prev_position.unwrap();
    Append { subject, expected, headers, body }
}

/// The same, saying something else, signed as we do or by somebody else.
fn forged(append: &Append, signer: &Signer, change: impl FnOnce(&mut Commit)) -> Append {
    let mut commit = Commit::decode(&append.body).unwrap();
    change(&mut commit);
    let (body, expected) = (commit.encode(), commit.prev_position.unwrap_or(0));
    let mut headers = append.headers.clone();
    headers.key_id = signer.key_id().to_owned();
    headers.signature = signer.sign(LOG_ID, &append.subject, headers.commit_id, expected, &body);
    Append { headers, body: body.into(), ..append.clone() }
}

#[tokio::test]
async fn nothing_rests_on_a_commit_that_we_did_not_write() {
    let world = World::start().await;
    let nurse = world.who("nurse");
    world.office().await.give(&nurse, proposal("idea")).await.unwrap();
    let good = next(&world, &nurse, new_title("idea", "כותרת אחרת")).await;
    let stranger = Signer::from_seed(&[8; 32]).unwrap();
    let mut unsigned = good.clone();
    unsigned.headers.signature = signer().sign(LOG_ID, &good.subject, Uuid::from_u128(1), 0, &good.body);
    let mut changed = good.clone();
    changed.body = String::from_utf8(good.body.to_vec()).unwrap().replace("כותרת", "כותבת").into();
    let forgeries = [
        unsigned,
        changed,
        forged(&good, &stranger, |_| {}),
        forged(&good, &signer(), |commit| commit.prev_sha256 = Some("0".repeat(64))),
        forged(&good, &signer(), |commit| commit.prev_position = Some(1)),
        forged(&good, &signer(), |commit| commit.version += 1),
        forged(&good, &signer(), |commit| commit.stream = commit.stream.replace('0', "1")),
        forged(&good, &signer(), |commit| commit.commit_id = Uuid::from_u128(7)),
        forged(&good, &signer(), |commit| commit.events[0].name = "InitiativeVanished".to_owned()),
        Append { body: "{}".into(), ..good.clone() },
    ];
    for forgery in forgeries {
        let log = copy_of(&world.log, world.log.head().await.unwrap()).await;
        let warm = world.office_on(log.clone()).await;
        assert_eq!(warm.refusal(&nurse, review("idea")).await, "ROLE_FORBIDDEN");
        let position = log.append(forgery).await.unwrap();
        for office in [&warm, &world.office_on(log.clone()).await] {
            is_refused(office, &nurse, position).await;
            is_refused(office, &nurse, position).await;
        }
        assert_eq!(log.head().await.unwrap(), position);
        // What lies beside it goes on.
        assert_eq!(warm.give(&nurse, proposal("another")).await.unwrap().position, position + 1);
    }
    // The same without forgery.
    let position = world.log.append(good).await.unwrap();
    let further = world.office().await.give(&nurse, new_title("idea", "כותרת שלישית")).await.unwrap();
    assert_eq!((further.version, further.position), (3, position + 1));
}

async fn is_refused(office: &Office, nurse: &Caller, position: u64) {
    let message = format!("LOG_DAMAGED: the log is damaged at position {position}");
    let revised = office.give(nurse, new_title("idea", "כותרת שלישית")).await.unwrap_err().status();
    assert_eq!((revised.code(), revised.message()), (Code::DataLoss, message.as_str()));
    let proposed = office.give(nurse, proposal("idea")).await.unwrap_err().status();
    assert_eq!((proposed.code(), proposed.message()), (Code::DataLoss, message.as_str()));
}

#[tokio::test]
async fn a_log_that_went_back_is_not_continued() {
    let world = World::start().await;
    let (office, nurse, lead) = (world.office().await, world.who("nurse"), world.who("lead"));
    office.give(&nurse, proposal("idea")).await.unwrap();
    let kept = office.give(&nurse, proposal("another")).await.unwrap().position;
    office.give(&lead, review("idea")).await.unwrap();
    let shorter = copy_of(&world.log, kept).await;
    office.line.lead_to(shorter.clone());
    for _ in 0..2 {
        let status = office.give(&nurse, new_title("idea", "כותרת אחרת")).await.unwrap_err().status();
        assert_eq!(status.code(), Code::DataLoss);
        assert_eq!(status.message(), "LOG_REGRESSED: the log has gone back behind what was read before");
        // A refusal, too, would rest on what is no more.
        assert_eq!(office.refusal(&lead, acceptance("idea", 7)).await, "LOG_REGRESSED");
    }
    assert_eq!(shorter.head().await.unwrap(), kept);
}

#[tokio::test]
async fn a_log_with_another_past_is_not_continued() {
    let world = World::start().await;
    let (office, nurse, lead) = (world.office().await, world.who("nurse"), world.who("lead"));
    let first = office.give(&nurse, proposal("idea")).await.unwrap().position;
    office.give(&nurse, new_title("idea", "כותרת אחרת")).await.unwrap();
    let fork = copy_of(&world.log, first).await;
    let there = world.office_on(fork.clone()).await;
    there.give(&nurse, new_title("idea", "כותרת במזלג")).await.unwrap();
    office.line.lead_to(fork.clone());
    assert_eq!(office.refusal(&lead, acceptance("idea", 2)).await, "LOG_REGRESSED");
    let head = there.give(&nurse, new_title("idea", "כותרת נוספת")).await.unwrap().position;
    assert_eq!(office.refusal(&nurse, new_title("idea", "כותרת שלי")).await, "LOG_DAMAGED");
    assert_eq!(fork.head().await.unwrap(), head);
}

#[tokio::test]
async fn replicas_that_never_catch_up_are_not_waited_for_for_ever() {
    let world = World::start().await;
    let (office, nurse, lead) = (world.office().await, world.who("nurse"), world.who("lead"));
    let before = office.give(&nurse, proposal("idea")).await.unwrap().position - 1;
    office.give(&lead, review("idea")).await.unwrap();
    let cold = world.office().await;
    cold.line.lag(before, u32::MAX);
    tokio::time::pause();
    assert_eq!(cold.refusal(&lead, acceptance("idea", 2)).await, "LOG_UNAVAILABLE");
    tokio::time::resume();
    cold.line.lag(u64::MAX, 1);
    assert_eq!(cold.give(&lead, acceptance("idea", 2)).await.unwrap().version, 3);
}

/// Another key for writing.
fn second_key() -> Signer {
    Signer::from_seed(&[9; 32]).unwrap()
}

async fn enrol(office: &Office, world: &World) {
    let (writer_key_id, public_key) = (id("second key").to_string(), second_key().public_key());
    let request = EnrolWriterKeyRequest { header: header(), writer_key_id, public_key };
    office.give(&world.who("admin"), request).await.unwrap();
}

async fn revoke(office: &Office, world: &World) {
    let (writer_key_id, reason) = (id("second key").to_string(), "הוחלף".to_owned());
    let request = RevokeWriterKeyRequest { header: header(), writer_key_id, reason };
    office.give(&world.who("admin"), request).await.unwrap();
}

/// A process that signs with it.
async fn second(world: &World) -> Office {
    Office::made(vec![], second_key(), world.log.clone(), world.vault().await).await
}

#[tokio::test]
async fn what_a_revoked_key_signed_while_it_was_in_force_still_counts() {
    let world = World::start().await;
    let (office, nurse) = (world.office().await, world.who("nurse"));
    enrol(&office, &world).await;
    second(&world).await.give(&nurse, proposal("idea")).await.unwrap();
    // A process that knew only the first key when it started learns the second by meeting it.
    office.calls();
    office.give(&nurse, new_title("idea", "כותרת אחרת")).await.unwrap();
    assert_eq!(office.calls(), Calls { append: 1, read: 2, last: 1, other: 0 });

    revoke(&office, &world).await;
    for process in [&office, &world.office().await] {
        let title = format!("כותרת {}", Uuid::new_v4());
        process.give(&nurse, new_title("idea", &title)).await.unwrap();
    }
    assert_eq!(commits::<Initiative>(&*world.log, id("idea")).await.len(), 4);
}

#[tokio::test]
async fn what_a_revoked_key_signs_does_not_count() {
    let world = World::start().await;
    let (office, second, nurse) = (world.office().await, second(&world).await, world.who("nurse"));
    enrol(&office, &world).await;
    second.give(&nurse, proposal("idea")).await.unwrap();
    office.give(&nurse, new_title("idea", "כותרת אחרת")).await.unwrap();
    revoke(&office, &world).await;
    let foul = second.give(&nurse, new_title("idea", "כותרת פסולה")).await.unwrap().position;
    let cold = world.office().await;
    assert_eq!(cold.refusal(&nurse, new_title("idea", "כותרת שלי")).await, "LOG_DAMAGED");
    // Whoever runs on notices within ten seconds.
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(11)).await;
    tokio::time::resume();
    let fresh = eventually(Duration::from_secs(5), async || {
        let lag = office.api.shell.gate.authority().lag();
        if lag < LAG_MAX { Ok(()) } else { Err(format!("{lag:?}")) }
    });
    fresh.await.unwrap();
    assert_eq!(office.refusal(&nurse, new_title("idea", "כותרת שלי")).await, "LOG_DAMAGED");
    assert_eq!(world.log.head().await.unwrap(), foul);
}
