//! A request id is an order given once, however often it is sent, to whom, and after how long.

use command::{Caller, Receipt};
use contract::{
    common::v1::CommandHeader,
    portfolio::v1::{ProposeInitiativeRequest, WithdrawInitiativeRequest},
    reference::v1::RevokeRoleRequest,
    status::{Explained, explain},
};
use domain::portfolio::initiative::Initiative;
use event_log::EventLog as _;
use uuid::Uuid;

use crate::{
    given::{acceptance, header, named, new_title, proposal, review},
    history::{commands, receipt},
    line::{Calls, Fault},
    office::Office,
    world::{World, id},
};

const REQUEST: Uuid = Uuid::from_u128(0xf00d);

fn idea() -> ProposeInitiativeRequest {
    ProposeInitiativeRequest { header: named(REQUEST), ..proposal("idea") }
}

fn again(first: &Receipt) -> Receipt {
    Receipt { duplicate: true, ..first.clone() }
}

#[tokio::test]
async fn a_repeat_returns_the_first_receipt_for_ever() {
    let world = World::start().await;
    let (office, nurse, lead) = (world.office().await, world.who("nurse"), world.who("lead"));
    let first = office.give(&nurse, idea()).await.unwrap();
    assert_eq!(first, receipt(&*world.log, REQUEST).await);
    assert_eq!(office.give(&nurse, idea()).await.unwrap(), again(&first));
    for title in ["כותרת ראשונה", "כותרת שנייה"] {
        office.give(&nurse, new_title("idea", title)).await.unwrap();
    }
    office.give(&lead, review("idea")).await.unwrap();
    // Another process, and this one started anew.
    for process in [&office, &world.office().await, &world.office().await] {
        assert_eq!(process.give(&nurse, idea()).await.unwrap(), again(&first));
        assert_eq!(process.give(&nurse, idea()).await.unwrap(), again(&first));
    }
    assert_eq!(commands::<Initiative>(&*world.log, id("idea")).await.len(), 4);
}

#[tokio::test]
async fn a_process_whose_copy_is_old_recognises_what_another_did() {
    let world = World::start().await;
    let (here, there, nurse) = (world.office().await, world.office().await, world.who("nurse"));
    here.give(&nurse, proposal("idea")).await.unwrap();
    there.give(&nurse, new_title("idea", "כותרת ראשונה")).await.unwrap();
    let revision = new_title("idea", "כותרת שנייה");
    let first = here.give(&nurse, revision.clone()).await.unwrap();
    assert_eq!(there.give(&nurse, revision.clone()).await.unwrap(), again(&first));
    assert_eq!(there.give(&nurse, revision).await.unwrap(), again(&first));
    assert_eq!(commands::<Initiative>(&*world.log, id("idea")).await.len(), 3);
}

#[tokio::test]
async fn a_repeat_finds_what_was_recorded_though_nobody_heard_of_it() {
    let world = World::start().await;
    let (office, nurse) = (world.office().await, world.who("nurse"));
    office.line.fail([Fault::AckLost]);
    assert_eq!(office.refusal(&nurse, idea()).await, "OUTCOME_UNKNOWN");
    let recorded = receipt(&*world.log, REQUEST).await;
    assert_eq!(office.give(&nurse, idea()).await.unwrap(), again(&recorded));
    assert_eq!(world.office().await.give(&nurse, idea()).await.unwrap(), again(&recorded));

    let revision = new_title("idea", "כותרת אחרת");
    office.line.fail([Fault::AckLost]);
    assert_eq!(office.refusal(&nurse, revision.clone()).await, "OUTCOME_UNKNOWN");
    let second = world.office().await.give(&nurse, revision.clone()).await.unwrap();
    assert_eq!((second.version, second.duplicate), (2, true));
    assert_eq!(office.give(&nurse, revision).await.unwrap(), second);
    assert_eq!(commands::<Initiative>(&*world.log, id("idea")).await.len(), 2);
}

#[tokio::test]
async fn a_repeat_does_what_was_lost_on_the_way() {
    let world = World::start().await;
    let (office, nurse) = (world.office().await, world.who("nurse"));
    for (fault, reason) in [(Fault::SendLost, "OUTCOME_UNKNOWN"), (Fault::Away, "LOG_UNAVAILABLE")] {
        office.line.fail([fault]);
        assert_eq!(office.refusal(&nurse, idea()).await, reason);
    }
    let first = office.give(&nurse, idea()).await.unwrap();
    assert_eq!(first, receipt(&*world.log, REQUEST).await);
}

#[tokio::test]
async fn an_append_that_arrives_after_its_repeat_is_not_a_second_one() {
    let world = World::start().await;
    let (here, there, nurse) = (world.office().await, world.office().await, world.who("nurse"));
    here.give(&nurse, proposal("idea")).await.unwrap();
    let revision = new_title("idea", "כותרת אחרת");
    let meanwhile = {
        let (nurse, revision) = (nurse.clone(), revision.clone());
        async move { drop(there.give(&nurse, revision).await.unwrap()) }
    };
    here.line.fail([Fault::After(Box::pin(meanwhile))]);
    let told = here.give(&nurse, revision.clone()).await.unwrap();
    let request_id = revision.header.unwrap().request_id.parse().unwrap();
    assert_eq!(told, again(&receipt(&*world.log, request_id).await));
}

#[tokio::test]
async fn an_id_used_for_anything_else_is_refused_and_tells_nothing() {
    let world = World::start().await;
    let (office, nurse) = (world.office().await, world.who("nurse"));
    office.give(&nurse, idea()).await.unwrap();
    let head = world.log.head().await.unwrap();
    let nothing_told = Explained {
        reason: "COMMAND_ID_REUSED".into(),
        violations: vec![("COMMAND_ID_REUSED".into(), String::new())],
        he: "מזהה הבקשה שימש כבר לבקשה אחרת".into(),
        en: "the request id was used for another request: send a new one".into(),
    };
    for process in [&office, &world.office().await] {
        let other_content = ProposeInitiativeRequest { anonymous_to_line: true, ..idea() };
        let other_command =
            WithdrawInitiativeRequest { header: named(REQUEST), initiative_id: id("idea").to_string() };
        let told = [
            told(process, &nurse, other_content).await,
            told(process, &nurse, other_command).await,
            told(process, &world.who("clerk"), idea()).await,
            told(process, &world.who("school-lead"), idea()).await,
        ];
        assert_eq!(told, [const { &() }; 4].map(|()| nothing_told.clone()));
    }
    assert_eq!(world.log.head().await.unwrap(), head);
}

async fn told<R>(office: &Office, caller: &Caller, request: R) -> Explained
where
    R: command::parse::Parse,
    command::api::Kept: command::api::Keeps<R::Aggregate>,
{
    let status = office.give(caller, request).await.unwrap_err().status();
    assert_eq!(status.code(), tonic::Code::AlreadyExists);
    explain(&status)
}

#[tokio::test]
async fn a_system_that_acts_for_another_person_asks_for_something_else() {
    let world = World::start().await;
    let (office, meter) = (world.office().await, world.who("meter"));
    let on_behalf_of = |login| {
        let header =
            CommandHeader { on_behalf_of: world.person(login).to_string(), ..named(REQUEST).unwrap() };
        ProposeInitiativeRequest { header: Some(header), ..idea() }
    };
    let first = office.give(&meter, on_behalf_of("nurse")).await.unwrap();
    assert_eq!(office.give(&meter, on_behalf_of("nurse")).await.unwrap(), again(&first));
    assert_eq!(office.refusal(&meter, on_behalf_of("clerk")).await, "COMMAND_ID_REUSED");
    assert_eq!(office.refusal(&world.who("nurse"), idea()).await, "COMMAND_ID_REUSED");
}

#[tokio::test]
async fn refusals_and_what_held_already_are_not_remembered() {
    let world = World::start().await;
    let (office, nurse, lead) = (world.office().await, world.who("nurse"), world.who("lead"));
    let early = review("idea");
    assert_eq!(office.refusal(&lead, early.clone()).await, "NOT_FOUND");
    office.give(&nurse, proposal("idea")).await.unwrap();
    let done = office.give(&lead, early).await.unwrap();
    assert_eq!((done.version, done.duplicate), (2, false));

    let held_already = review("idea");
    let nothing = Receipt { version: 2, ..Receipt::default() };
    assert_eq!(office.give(&lead, held_already.clone()).await.unwrap(), nothing);
    let request = WithdrawInitiativeRequest {
        header: held_already.header.clone(),
        initiative_id: held_already.initiative_id.clone(),
    };
    assert_eq!(office.give(&nurse, request).await.unwrap().version, 3);
    assert_eq!(office.refusal(&lead, held_already).await, "COMMAND_ID_REUSED");
}

#[tokio::test]
async fn a_repeat_is_recognised_before_anybody_asks_for_the_version_or_the_role() {
    let world = World::start().await;
    let (office, nurse, lead) = (world.office().await, world.who("nurse"), world.who("lead"));
    let first = office.give(&nurse, idea()).await.unwrap();
    office.give(&lead, review("idea")).await.unwrap();
    let accept = acceptance("idea", 2);
    let accepted = office.give(&lead, accept.clone()).await.unwrap();
    assert_eq!(accepted.version, 3);
    office.calls();
    assert_eq!(office.give(&lead, accept).await.unwrap(), again(&accepted));
    assert_eq!(office.calls(), Calls::default());

    let revoke = RevokeRoleRequest {
        header: header(),
        person_id: world.person("nurse").to_string(),
        grant_id: id("nurse").to_string(),
        reason: "עזבה".to_owned(),
    };
    office.give(&world.who("admin"), revoke).await.unwrap();
    let other = world.office().await;
    assert_eq!(other.refusal(&nurse, proposal("other idea")).await, "ROLE_FORBIDDEN");
    assert_eq!(other.give(&nurse, idea()).await.unwrap(), again(&first));
    let header = named(REQUEST).map(|header| CommandHeader { expected_version: Some(0), ..header });
    let strict = ProposeInitiativeRequest { header, ..idea() };
    assert_eq!(other.give(&nurse, strict).await.unwrap(), again(&first));
}
