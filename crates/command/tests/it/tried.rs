//! What would come of a command, without anything coming of it.

use command::Receipt;
use contract::portfolio::v1::{
    DeclineInitiativeRequest, ProposeInitiativeRequest, ReviseInitiativeDetailsRequest, StartReviewRequest,
};
use domain::portfolio::initiative::Initiative;
use event_log::EventLog as _;
use uuid::Uuid;

use crate::{
    given::{FEEDBACK, decline, named, new_title, proposal, review, tried},
    history::commits,
    line::Calls,
    world::{World, id},
};

const REQUEST: Uuid = Uuid::from_u128(0xf00d);

fn idea() -> ProposeInitiativeRequest {
    ProposeInitiativeRequest { header: named(REQUEST), ..proposal("idea") }
}

fn only_tried() -> ProposeInitiativeRequest {
    ProposeInitiativeRequest { header: tried(named(REQUEST)), ..idea() }
}

#[tokio::test]
async fn what_is_tried_is_answered_as_often_as_it_is_asked_and_then_done_under_the_same_id() {
    let world = World::start().await;
    let (office, nurse) = (world.office().await, world.who("nurse"));
    let head = world.log.head().await.unwrap();
    let would = office.give(&nurse, only_tried()).await.unwrap();
    assert_eq!(office.give(&nurse, only_tried()).await.unwrap(), would);
    assert_eq!(world.office().await.give(&nurse, only_tried()).await.unwrap(), would);
    assert_eq!(world.log.head().await.unwrap(), head);

    let done = office.give(&nurse, idea()).await.unwrap();
    assert_eq!((done.version, done.position, done.duplicate), (1, head + 1, false));
    let recorded = commits::<Initiative>(&*world.log, id("idea")).await;
    let expected = Receipt {
        events: vec![(Uuid::nil(), "InitiativeProposed".to_owned(), 1)],
        validated: vec![recorded[0].events[0].data.get().to_owned()],
        ..Receipt::default()
    };
    assert_eq!(would, expected);
    // Done is done.
    assert_eq!(office.give(&nurse, only_tried()).await.unwrap(), Receipt { duplicate: true, ..done });
}

#[tokio::test]
async fn what_is_tried_says_nothing_private() {
    let world = World::start().await;
    let (office, lead) = (world.office().await, world.who("lead"));
    office.give(&world.who("nurse"), proposal("idea")).await.unwrap();
    office.give(&lead, review("idea")).await.unwrap();
    let declined = decline("idea", 2);
    let header = tried(declined.header.clone());
    let would = office.give(&lead, DeclineInitiativeRequest { header, ..declined.clone() }).await.unwrap();
    office.give(&lead, declined).await.unwrap();
    let recorded = commits::<Initiative>(&*world.log, id("idea")).await;
    assert_eq!(would.validated, [recorded[2].events[0].data.get()]);
    let words: Vec<&str> = FEEDBACK.split(' ').collect();
    assert!(words.iter().all(|word| !would.validated[0].contains(word)));
    assert_eq!(would.version, 2);
}

#[tokio::test]
async fn what_is_tried_is_judged_by_what_the_leader_knows() {
    let world = World::start().await;
    let (here, there, nurse) = (world.office().await, world.office().await, world.who("nurse"));
    here.give(&nurse, idea()).await.unwrap();
    let other = ProposeInitiativeRequest { header: tried(named(Uuid::from_u128(2))), ..proposal("idea") };
    let changed = ProposeInitiativeRequest { anonymous_to_line: true, ..other.clone() };
    assert_eq!(there.give(&nurse, other).await.unwrap(), Receipt { version: 1, ..Receipt::default() });
    assert_eq!(world.office().await.refusal(&nurse, changed).await, "ALREADY_EXISTS");
    there.give(&nurse, new_title("idea", "כותרת אחרת")).await.unwrap();
    let title = new_title("idea", "כותרת אחרת");
    let again = ReviseInitiativeDetailsRequest { header: tried(title.header.clone()), ..title };
    assert_eq!(here.refusal(&nurse, again).await, "NOTHING_CHANGED");
    here.calls();
    let started = review("idea");
    let would = StartReviewRequest { header: tried(started.header.clone()), ..started };
    assert_eq!(here.give(&world.who("lead"), would).await.unwrap().version, 2);
    assert_eq!(here.calls(), Calls { last: 1, ..Calls::default() });
}
