//! The same promises on a real log, which takes its time, stops in its tracks, and is killed.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use command::Receipt;
use domain::portfolio::initiative::Initiative;
use event_log::EventLog;
use futures::future::join_all;
use test_kit::{Nats, User, eventually};

use crate::{
    given::{new_title, proposal},
    history::{commands, commits},
    office::Office,
    world::{World, copy_after_genesis, genesis_of, id},
};

/// Long enough for a busy machine, short enough for a test.
const APPEND_DEADLINE: Duration = Duration::from_millis(1500);

/// The government on a log of real servers.
async fn govern(world: &World, nats: &Nats) -> Arc<dyn EventLog> {
    let log = nats.log(&genesis_of(world.founding())).await.unwrap();
    copy_after_genesis(world.founding(), &log).await;
    Arc::new(log)
}

/// A process with a connection of its own.
async fn process(world: &World, nats: &Nats) -> Office {
    let mut options = nats.connect_options(User::Command);
    options.append_deadline = APPEND_DEADLINE;
    world.office_on(Arc::new(nats.open(options).await.unwrap())).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_two_processes_are_asked_at_once_is_done_once() {
    let (world, nats) = (World::start().await, Nats::start().await.unwrap());
    let log = govern(&world, &nats).await;
    let (here, there, nurse) =
        (process(&world, &nats).await, process(&world, &nats).await, world.who("nurse"));
    here.give(&nurse, proposal("idea")).await.unwrap();
    let asked: Vec<_> = (0..16).map(|n| new_title("idea", &format!("כותרת מספר {n}"))).collect();
    let given = asked.iter().flat_map(|request| [(request, &here), (request, &there)]);
    let given = given.map(|(request, office)| {
        let (request, office, nurse) = (request.clone(), office.clone(), nurse.clone());
        tokio::spawn(async move {
            loop {
                match office.give(&nurse, request.clone()).await {
                    Ok(receipt) => return receipt,
                    Err(refusal) => assert_eq!(refusal.reason(), "CONCURRENT_APPEND"),
                }
            }
        })
    });
    let told: Vec<Receipt> = join_all(given).await.into_iter().map(Result::unwrap).collect();
    for pair in told.chunks(2) {
        let [one, other] = pair else { panic!("each was given twice") };
        assert_eq!(Receipt { duplicate: !one.duplicate, ..one.clone() }, *other);
    }
    let versions: BTreeSet<u64> = told.iter().map(|receipt| receipt.version).collect();
    assert_eq!(versions, (2..=17).collect());
    assert_eq!(commits::<Initiative>(&*log, id("idea")).await.len(), 17);
}

#[tokio::test]
async fn a_repeat_is_recognised_after_everything_was_killed() {
    let (world, mut nats) = (World::start().await, Nats::start().await.unwrap());
    govern(&world, &nats).await;
    let nurse = world.who("nurse");
    let (idea, title) = (proposal("idea"), new_title("idea", "כותרת אחרת"));
    let before = process(&world, &nats).await;
    let first = before.give(&nurse, idea.clone()).await.unwrap();
    let second = before.give(&nurse, title.clone()).await.unwrap();
    drop(before);
    nats.kill9().unwrap();
    nats.restart().await.unwrap();
    let after = process(&world, &nats).await;
    assert_eq!(after.give(&nurse, title).await.unwrap(), Receipt { duplicate: true, ..second });
    assert_eq!(after.give(&nurse, idea).await.unwrap(), Receipt { duplicate: true, ..first });
}

#[tokio::test]
async fn what_nobody_could_tell_is_told_when_it_is_asked_again() {
    let (world, nats) = (World::start().await, Nats::start().await.unwrap());
    let log = govern(&world, &nats).await;
    let (office, nurse) = (process(&world, &nats).await, world.who("nurse"));
    office.give(&nurse, proposal("idea")).await.unwrap();
    let title = new_title("idea", "כותרת אחרת");
    nats.pause_node(0).unwrap();
    let silent = eventually(Duration::from_secs(10), async || {
        match tokio::time::timeout(Duration::from_millis(200), log.head()).await {
            Ok(Ok(head)) => Err(format!("it still says {head}")),
            Ok(Err(_)) | Err(_) => Ok(()),
        }
    });
    silent.await.unwrap();
    assert_eq!(office.refusal(&nurse, title.clone()).await, "OUTCOME_UNKNOWN");
    nats.resume_node(0).unwrap();
    let told = eventually(Duration::from_secs(10), async || {
        office.give(&nurse, title.clone()).await.map_err(|refusal| refusal.reason())
    });
    let told = told.await.unwrap();
    assert_eq!(told.version, 2);
    let again = process(&world, &nats).await.give(&nurse, title.clone()).await.unwrap();
    assert_eq!(again, Receipt { duplicate: true, ..told });
    let request_id = title.header.unwrap().request_id;
    let recorded = commands::<Initiative>(&*log, id("idea")).await;
    assert_eq!(recorded.iter().filter(|command| command.to_string() == request_id).count(), 1);
    assert_eq!(recorded.len(), 2);
}
