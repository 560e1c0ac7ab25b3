//! The services as their callers reach them: with a token, perhaps a trace, and perhaps gone before the answer.

use codec::Commit;
use contract::{
    Handles,
    common::v1::{CommandReceipt, RecordedEvent, Role},
    consistency,
    portfolio::v1::ProposeInitiativeRequest,
    status::explain,
};
use domain::portfolio::initiative::Initiative;
use domain::values::PersonRef;
use event_log::EventLog as _;
use test_kit::Issuer;
use tokio::sync::oneshot;
use tonic::{Code, Request};
use uuid::Uuid;

use crate::{
    given::{header, hebrew, named, proposal},
    history::{commits, receipt},
    line::{Calls, Fault},
    office::{NOW, Office},
    world::{LOG_ID, World, grant, id, register_person, signer},
};

const REQUEST: Uuid = Uuid::from_u128(0xf00d);
const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// A process that trusts an issuer, and one of its logins, an employee.
struct Door {
    office: Office,
    issuer: Issuer,
    visitor: PersonRef,
}

impl Door {
    async fn open(world: &World) -> Self {
        let issuer = Issuer::start().await.unwrap();
        let trusted = access::Issuer {
            allow_insecure_loopback: true,
            ..access::Issuer::new(issuer.url(), "cornerstone")
        };
        let vault = world.vault().await;
        let visitor = vault.person_ref(issuer.url(), "visitor").await.unwrap();
        let visitor = PersonRef::new(visitor).unwrap();
        let office = Office::made(vec![trusted], signer(), world.log.clone(), vault).await;
        let admin = world.who("admin");
        office.give(&admin, register_person(visitor, "visitor")).await.unwrap();
        office.give(&admin, grant(visitor, "visitor", Role::Employee, "HOSP")).await.unwrap();
        office.calls();
        Self { office, issuer, visitor }
    }

    /// The request as the visitor's client sends it.
    fn visits<R>(&self, message: R) -> Request<R> {
        let mut request = Request::new(message);
        let bearer = format!("Bearer {}", self.issuer.token("visitor").unwrap());
        request.metadata_mut().insert("authorization", bearer.parse().unwrap());
        request
    }
}

fn idea() -> ProposeInitiativeRequest {
    ProposeInitiativeRequest { header: named(REQUEST), ..proposal("idea") }
}

#[tokio::test]
async fn a_token_tells_who_calls_and_the_receipt_what_came_of_it() {
    let world = World::start().await;
    let door = Door::open(&world).await;
    let answer = door.office.api.handle(door.visits(idea())).await.unwrap().into_inner();
    let recorded = receipt(&*world.log, REQUEST).await;
    let expected = CommandReceipt {
        version: 1,
        position: recorded.position,
        consistency_token: consistency::token(LOG_ID, recorded.position),
        duplicate: false,
        events: vec![RecordedEvent {
            event_id: recorded.events[0].0.to_string(),
            r#type: "InitiativeProposed".to_owned(),
            schema: 1,
            data: String::new(),
        }],
        commit_id: recorded.commit_id.unwrap().to_string(),
        recorded_at: NOW.to_owned(),
    };
    assert_eq!(answer.receipt, Some(expected.clone()));
    let again = door.office.api.handle(door.visits(idea())).await.unwrap().into_inner();
    assert_eq!(again.receipt, Some(CommandReceipt { duplicate: true, ..expected }));
    let commits = commits::<Initiative>(&*world.log, id("idea")).await;
    assert_eq!(commits[0].actor.person, Some(door.visitor));
}

#[tokio::test]
async fn nobody_is_let_in_without_a_token_and_everything_wrong_is_told_at_once() {
    let world = World::start().await;
    let door = Door::open(&world).await;
    let head = world.log.head().await.unwrap();
    let status = door.office.api.handle(Request::new(idea())).await.unwrap_err();
    assert_eq!((status.code(), explain(&status).reason.as_str()), (Code::Unauthenticated, "UNAUTHENTICATED"));
    let wrong = ProposeInitiativeRequest { title: hebrew("קצר"), origin: 0, summary: None, ..idea() };
    let status = door.office.api.handle(door.visits(wrong)).await.unwrap_err();
    let told = explain(&status).violations;
    let told: Vec<(&str, &str)> = told.iter().map(|(r, f)| (r.as_str(), f.as_str())).collect();
    let expected = [
        ("VALIDATION_REQUIRED", "summary"),
        ("VALIDATION_LENGTH", "title.he"),
        ("VALIDATION_ENUM_UNSPECIFIED", "origin"),
    ];
    assert_eq!((status.code(), told), (Code::InvalidArgument, expected.to_vec()));
    assert_eq!(door.office.calls(), Calls::default());
    assert_eq!(world.log.head().await.unwrap(), head);
}

#[tokio::test]
async fn a_caller_who_goes_takes_no_append_along() {
    let world = World::start().await;
    let door = Door::open(&world).await;
    let (stored, is_stored) = oneshot::channel();
    let (release, released) = oneshot::channel();
    door.office.line.fail([Fault::AckHeld(stored, released)]);
    let (api, request) = (door.office.api.clone(), door.visits(idea()));
    let call = tokio::spawn(async move { api.handle(request).await.map(drop) });
    is_stored.await.unwrap();
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    release.send(()).unwrap();

    let tasks = &door.office.api.tasks;
    tasks.close();
    tasks.wait().await;
    let recorded = receipt(&*world.log, REQUEST).await;
    door.office.calls();
    let again = door.office.api.handle(door.visits(idea())).await.unwrap().into_inner();
    let again = again.receipt.unwrap();
    assert_eq!((again.duplicate, again.position), (true, recorded.position));
    // It was folded: nothing had to be read to know it.
    assert_eq!(door.office.calls(), Calls::default());
}

#[tokio::test]
async fn a_trace_is_recorded_and_nothing_else_that_calls_itself_one() {
    let world = World::start().await;
    let door = Door::open(&world).await;
    let given = [
        TRACE,
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "Dana Levi, dana.levi@moh.gov.il, 050-1234567, Jerusalem",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
        "",
    ];
    assert!(given[1..3].iter().all(|text| text.len() == TRACE.len()));
    let mut recorded = Vec::new();
    for (n, trace) in given.iter().enumerate() {
        let idea = ProposeInitiativeRequest { header: header(), ..proposal(&format!("idea {n}")) };
        let mut request = door.visits(idea);
        request.metadata_mut().insert("traceparent", trace.parse().unwrap());
        let answer = door.office.api.handle(request).await.unwrap().into_inner();
        let record = world.log.get(answer.receipt.unwrap().position).await.unwrap().unwrap();
        let commit = Commit::decode(&record.body).unwrap();
        assert_eq!(commit.traceparent, record.headers.traceparent);
        recorded.push(commit.traceparent);
    }
    assert_eq!(recorded, [Some(TRACE.to_owned()), None, None, None, None]);
}
