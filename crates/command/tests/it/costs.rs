//! What a command costs at the log, and who waits for whom.

use std::collections::BTreeSet;

use domain::portfolio::initiative::Initiative;
use futures::future::join_all;

use crate::{
    given::{acceptance, new_title, proposal, review},
    history::commits,
    line::Calls,
    world::{World, id},
};

const APPEND: Calls = Calls { append: 1, read: 0, last: 0, other: 0 };

#[tokio::test]
async fn a_command_costs_one_append_and_a_cold_one_a_read_before_it() {
    let world = World::start().await;
    let (office, nurse, lead) = (world.office().await, world.who("nurse"), world.who("lead"));
    office.give(&nurse, proposal("idea")).await.unwrap();
    assert_eq!(office.calls(), APPEND);
    office.give(&nurse, new_title("idea", "כותרת אחרת")).await.unwrap();
    assert_eq!(office.calls(), APPEND);
    office.give(&lead, review("idea")).await.unwrap();
    assert_eq!(office.calls(), APPEND);
    let cold = world.office().await;
    cold.give(&lead, acceptance("idea", 3)).await.unwrap();
    assert_eq!(cold.calls(), Calls { read: 1, ..APPEND });
}

#[tokio::test]
async fn a_refusal_costs_a_question_to_the_leader_and_a_repeat_nothing() {
    let world = World::start().await;
    let (office, nurse, lead) = (world.office().await, world.who("nurse"), world.who("lead"));
    let idea = proposal("idea");
    office.give(&nurse, idea.clone()).await.unwrap();
    office.calls();
    office.give(&nurse, idea).await.unwrap();
    assert_eq!(office.calls(), Calls::default());
    assert_eq!(office.refusal(&lead, acceptance("idea", 1)).await, "STATE_FORBIDS");
    assert_eq!(office.calls(), Calls { last: 1, ..Calls::default() });
    // A title that it has already.
    let title = proposal("idea").title.unwrap().he;
    assert_eq!(office.refusal(&nurse, new_title("idea", &title)).await, "NOTHING_CHANGED");
    assert_eq!(office.calls(), Calls { last: 1, ..Calls::default() });
    office.give(&nurse, new_title("idea", "כותרת אחרת")).await.unwrap();
    assert_eq!(office.calls(), APPEND);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_for_one_aggregate_queue_in_a_process_instead_of_racing() {
    let world = World::start().await;
    let (office, nurse) = (world.office().await, world.who("nurse"));
    office.give(&nurse, proposal("idea")).await.unwrap();
    office.calls();
    let given = (0..64).map(|n| {
        let (office, nurse) = (office.clone(), nurse.clone());
        let revision = new_title("idea", &format!("כותרת מספר {n}"));
        tokio::spawn(async move { office.give(&nurse, revision).await.unwrap().version })
    });
    let versions: BTreeSet<u64> = join_all(given).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(versions, (2..=65).collect());
    assert_eq!(office.calls(), Calls { append: 64, ..Calls::default() });
    assert_eq!(commits::<Initiative>(&*world.log, id("idea")).await.len(), 65);
}
