//! What a caller saw, what a process has in memory, and what the leader knows.

use std::collections::BTreeSet;

use command::{Caller, Receipt};
use contract::{
    portfolio::v1::{ReclassifyInitiativeRequest, ReviseInitiativeDetailsRequest, StopInitiativeRequest},
    reference::v1::UnitKind,
};
use domain::portfolio::initiative::Initiative;
use event_log::EventLog as _;
use futures::future::join_all;
use tonic::Code;
use uuid::Uuid;

use crate::{
    given::{acceptance, classification, decline, header, long, new_title, proposal, review, seen},
    history::{commands, commits},
    line::{Calls, Fault},
    office::Office,
    world::{World, id, register_unit},
};

#[tokio::test]
async fn the_version_that_was_seen_must_be_the_one_that_is() {
    let world = World::start().await;
    let (office, nurse, lead) = (world.office().await, world.who("nurse"), world.who("lead"));
    office.give(&nurse, proposal("idea")).await.unwrap();
    office.give(&lead, review("idea")).await.unwrap();
    for process in [&office, &world.office().await] {
        for wrong in [0, 1, 3, u64::MAX] {
            let status = process.give(&lead, acceptance("idea", wrong)).await.unwrap_err().status();
            assert_eq!(status.code(), Code::Aborted);
            let expected =
                format!("VERSION_CONFLICT: the version is 2: read again and decide ({wrong} seen)");
            assert_eq!(format!("{} ({wrong} seen)", status.message()), expected);
            let told = metadata(&status);
            assert_eq!(told, [("current_version", "2".to_owned()), ("expected_version", wrong.to_string())]);
        }
    }
    assert_eq!(office.give(&lead, acceptance("idea", 2)).await.unwrap().version, 3);
}

/// Of `ErrorInfo`, in the order of its keys.
fn metadata(status: &tonic::Status) -> Vec<(&'static str, String)> {
    use tonic_types::StatusExt as _;
    let metadata = status.get_details_error_info().unwrap().metadata;
    let known = ["current_version", "expected_version"];
    assert_eq!(metadata.len(), known.len());
    known.map(|key| (key, metadata[key].clone())).to_vec()
}

#[tokio::test]
async fn a_human_decision_names_what_was_seen() {
    let world = World::start().await;
    let (office, nurse, lead) = (world.office().await, world.who("nurse"), world.who("lead"));
    office.give(&nurse, proposal("idea")).await.unwrap();
    office.give(&lead, review("idea")).await.unwrap();
    let mut accept = acceptance("idea", 2);
    accept.header = header();
    let stop = StopInitiativeRequest {
        header: header(),
        initiative_id: id("idea").to_string(),
        reason_code: 1,
        result: 1,
        learning_summary: long("למדנו הרבה", 100),
    };
    let mut declined = decline("idea", 2);
    declined.header = header();
    assert_eq!(office.refusal(&lead, accept).await, "EXPECTED_VERSION_REQUIRED");
    assert_eq!(office.refusal(&lead, declined).await, "EXPECTED_VERSION_REQUIRED");
    assert_eq!(office.refusal(&lead, stop).await, "EXPECTED_VERSION_REQUIRED");
}

#[tokio::test]
async fn an_old_copy_is_never_the_cause_of_a_refusal() {
    let world = World::start().await;
    let (here, there, nurse, lead) =
        (world.office().await, world.office().await, world.who("nurse"), world.who("lead"));
    let first = proposal("idea");
    let old_title = first.title.clone().unwrap().he;
    here.give(&nurse, first).await.unwrap();
    there.give(&nurse, new_title("idea", "כותרת שנייה")).await.unwrap();
    there.give(&lead, review("idea")).await.unwrap();
    // Here is known: version 1, the first title, and that nobody reviews it.
    assert_eq!(here.give(&nurse, new_title("idea", &old_title)).await.unwrap().version, 4);
    there.give(&nurse, new_title("idea", "כותרת שלישית")).await.unwrap();
    let revision =
        ReviseInitiativeDetailsRequest { header: seen(5), ..new_title("idea", "כותרת רביעית") };
    assert_eq!(here.give(&nurse, revision).await.unwrap().version, 6);
    assert_eq!(there.give(&lead, acceptance("idea", 6)).await.unwrap().version, 7);
    assert_eq!(here.refusal(&lead, review("idea")).await, "STATE_FORBIDS");
}

#[tokio::test]
async fn what_held_in_an_old_copy_is_decided_again() {
    let world = World::start().await;
    let (here, there, nurse, lead) =
        (world.office().await, world.office().await, world.who("nurse"), world.who("lead"));
    here.give(&nurse, proposal("idea")).await.unwrap();
    let reclassify = |weight| ReclassifyInitiativeRequest {
        header: header(),
        initiative_id: id("idea").to_string(),
        classification: Some(classification(weight)),
    };
    assert_eq!(there.give(&lead, reclassify(6000)).await.unwrap().version, 2);
    let back = here.give(&lead, reclassify(7000)).await.unwrap();
    assert_eq!((back.version, back.duplicate), (3, false));
    let nothing = Receipt { version: 3, ..Receipt::default() };
    assert_eq!(there.give(&lead, reclassify(7000)).await.unwrap(), nothing);
}

#[tokio::test]
async fn a_replica_that_lags_is_never_the_cause_of_a_refusal() {
    let world = World::start().await;
    let (office, nurse, lead) = (world.office().await, world.who("nurse"), world.who("lead"));
    let before = world.log.head().await.unwrap();
    office.give(&nurse, proposal("idea")).await.unwrap();
    office.give(&lead, review("idea")).await.unwrap();
    // One commit is missing, which the leader hands over; then all of them, for a while.
    let cold = world.office().await;
    cold.line.lag(before + 1, u32::MAX);
    assert_eq!(cold.give(&lead, acceptance("idea", 2)).await.unwrap().version, 3);
    let cold = world.office().await;
    cold.line.lag(before, 5);
    let nothing = Receipt { version: 3, ..Receipt::default() };
    assert_eq!(cold.give(&lead, acceptance("idea", 3)).await.unwrap(), nothing);
    let calls = Calls { append: 0, read: 6, last: 1, other: 0 };
    assert_eq!(cold.calls(), calls);
}

#[tokio::test]
async fn a_unit_that_was_just_registered_is_known() {
    let world = World::start().await;
    let (here, there) = (world.office().await, world.office().await);
    let register = register_unit("WARD", UnitKind::Department, "MOH");
    there.give(&world.who("admin"), register).await.unwrap();
    let mut idea = proposal("idea");
    idea.partner_org_unit_ids = vec![id("WARD").to_string()];
    assert_eq!(here.give(&world.who("nurse"), idea).await.unwrap().version, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_processes_neither_loses_an_update() {
    let world = World::start().await;
    let (here, there) = (world.office().await, world.office().await);
    let nurse = world.who("nurse");
    here.give(&nurse, proposal("idea")).await.unwrap();
    let given = (0..80).map(|n| {
        let (office, nurse) = (if n % 2 == 0 { here.clone() } else { there.clone() }, nurse.clone());
        tokio::spawn(async move { insist(&office, &nurse, n).await })
    });
    let told: Vec<(Uuid, Receipt)> = join_all(given).await.into_iter().map(Result::unwrap).collect();

    let versions: BTreeSet<u64> = told.iter().map(|(_, receipt)| receipt.version).collect();
    assert_eq!(versions, (2..=81).collect());
    let recorded = commits::<Initiative>(&*world.log, id("idea")).await;
    let recorded: BTreeSet<(Uuid, u64)> =
        recorded.iter().skip(1).map(|commit| (commit.command.id, commit.version)).collect();
    let told = told.into_iter().map(|(request_id, receipt)| (request_id, receipt.version)).collect();
    assert_eq!(recorded, told);
}

/// Gives a revision until it is done; only others who came first may have stood against it.
async fn insist(office: &Office, nurse: &Caller, n: u32) -> (Uuid, Receipt) {
    let revision = new_title("idea", &format!("כותרת מספר {n}"));
    let request_id = revision.header.as_ref().unwrap().request_id.parse().unwrap();
    loop {
        match office.give(nurse, revision.clone()).await {
            Ok(receipt) => return (request_id, receipt),
            Err(refusal) => assert_eq!(refusal.reason(), "CONCURRENT_APPEND"),
        }
    }
}

#[tokio::test]
async fn whoever_is_overtaken_again_and_again_is_told() {
    let world = World::start().await;
    let (here, there, nurse) = (world.office().await, world.office().await, world.who("nurse"));
    here.give(&nurse, proposal("idea")).await.unwrap();
    let rival = |n: u32| {
        let (there, nurse) = (there.clone(), nurse.clone());
        let revision = new_title("idea", &format!("כותרת יריבה {n}"));
        Fault::After(Box::pin(async move { drop(there.give(&nurse, revision).await.unwrap()) }))
    };
    let revision = new_title("idea", "כותרת שלי");
    here.calls();
    here.line.fail((0..5).map(rival));
    let status = here.give(&nurse, revision.clone()).await.unwrap_err().status();
    assert_eq!(status.code(), Code::Aborted);
    assert_eq!(
        status.message(),
        "CONCURRENT_APPEND: other commands came first: retry with the same request id"
    );
    assert_eq!(here.calls().append, 5);
    let done = here.give(&nurse, revision).await.unwrap();
    assert_eq!((done.version, done.duplicate), (7, false));
    assert_eq!(commands::<Initiative>(&*world.log, id("idea")).await.len(), 7);
}

#[tokio::test]
async fn who_was_overtaken_is_judged_by_what_is_true_then() {
    let world = World::start().await;
    let (here, there) = (world.office().await, world.office().await);
    let (nurse, lead) = (world.who("nurse"), world.who("lead"));
    here.give(&nurse, proposal("idea")).await.unwrap();
    here.give(&lead, review("idea")).await.unwrap();
    let declined = {
        let (there, lead) = (there.clone(), lead.clone());
        async move { drop(there.give(&lead, decline("idea", 2)).await.unwrap()) }
    };
    here.line.fail([Fault::After(Box::pin(declined))]);
    assert_eq!(here.refusal(&lead, acceptance("idea", 2)).await, "VERSION_CONFLICT");
    let revision = new_title("idea", "כותרת אחרת");
    assert_eq!(there.refusal(&nurse, revision).await, "STATE_FORBIDS");
}
