//! What is away or too small: nothing is half done.

use command::{
    Caller, Order, Refusal,
    parse::{Header, Parsed},
};
use domain::{
    portfolio::initiative::Initiative,
    reference::policy_set::{Activate, PolicySet},
};
use event_log::{BODY_BYTES_MAX, EventLog as _};
use test_kit::Postgres;
use tonic::Code;
use uuid::Uuid;
use vault::{Class, KeyOwner, KeyState};

use crate::{
    given::{decline, proposal, review},
    line::{Calls, Fault},
    office::Office,
    world::{World, id},
};

/// The service records policies whose text has so many characters.
async fn activate(office: &Office, chars: usize) -> Result<u64, Refusal> {
    let header = Header {
        request_id: Uuid::now_v7(),
        aggregate_id: id("policies"),
        expected_version: None,
        validate_only: false,
        role: None,
        unit: None,
        on_behalf_of: None,
        delegation: None,
        effective_on: None,
        correlation_id: None,
    };
    let sha256 = codec::sha256_hex(chars.to_string().as_bytes());
    let activate = Activate { sha256, schema: String::new(), policies: "p".repeat(chars) };
    let order: Order<PolicySet> = Order {
        caller: Caller::Service("command"),
        asked: Parsed { header, command: activate.into(), secrets: vec![] },
        traceparent: None,
        causation_id: None,
    };
    office.api.shell.carry_out(office.api.kept.policy_sets(), &order).await.map(|receipt| receipt.version)
}

#[tokio::test]
async fn a_commit_that_would_be_too_large_is_refused_and_the_next_one_is_not() {
    let world = World::start().await;
    let office = world.office().await;
    // The text stands in the command and in the event.
    assert_eq!(activate(&office, BODY_BYTES_MAX / 2 - 2000).await.unwrap(), 1);
    let head = world.log.head().await.unwrap();
    let status = activate(&office, BODY_BYTES_MAX / 2).await.unwrap_err().status();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert_eq!(status.message(), "COMMIT_TOO_LARGE: the commit would have more than 524288 bytes");
    assert_eq!(world.log.head().await.unwrap(), head);
    office.calls();
    assert_eq!(activate(&office, 1).await.unwrap(), 2);
    assert_eq!(office.calls(), Calls { append: 1, ..Calls::default() });
}

#[tokio::test]
async fn without_the_vault_nothing_private_is_recorded_and_all_else_is() {
    let mut postgres = Postgres::start().await.unwrap();
    let world = World::on(&postgres).await;
    let (office, nurse, lead) = (world.office().await, world.who("nurse"), world.who("lead"));
    office.give(&nurse, proposal("idea")).await.unwrap();
    office.give(&lead, review("idea")).await.unwrap();
    let head = world.log.head().await.unwrap();
    office.calls();
    postgres.kill9().unwrap();
    let declined = decline("idea", 2);
    let status = office.give(&lead, declined.clone()).await.unwrap_err().status();
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(
        status.message(),
        "VAULT_UNAVAILABLE: the vault is not available: retry with the same request id"
    );
    assert_eq!(office.calls(), Calls::default());
    assert_eq!(world.log.head().await.unwrap(), head);
    office.give(&nurse, proposal("another")).await.unwrap();

    postgres.restart().await.unwrap();
    let done = office.give(&lead, declined).await.unwrap();
    assert_eq!((done.version, done.duplicate), (3, false));
}

#[tokio::test]
async fn a_data_key_is_durable_before_the_commit_that_needs_it() {
    let world = World::start().await;
    let (office, lead) = (world.office().await, world.who("lead"));
    office.give(&world.who("nurse"), proposal("a case of its own")).await.unwrap();
    office.give(&lead, review("a case of its own")).await.unwrap();
    let owner = KeyOwner::Case(codec::subject::<Initiative>(id("a case of its own")).to_string());
    let elsewhere = world.vault().await;
    assert_eq!(elsewhere.keys_commitment(&owner, Class::Case).await.unwrap().len(), 0);
    let (looked, seen) = tokio::sync::oneshot::channel();
    let look = async move {
        let keys = elsewhere.keys_commitment(&owner, Class::Case).await.unwrap();
        looked.send(keys.iter().map(|key| key.state).collect::<Vec<_>>()).unwrap();
    };
    office.line.fail([Fault::After(Box::pin(look))]);
    office.give(&lead, decline("a case of its own", 2)).await.unwrap();
    assert_eq!(seen.await.unwrap(), [KeyState::Active]);
}
