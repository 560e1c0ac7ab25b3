//! The card of one initiative.

use contract::{
    common::v1::{Language, LocalizedText, Role},
    portfolio::v1::{GetInitiativeRequest, GetInitiativeResponse},
};
use query::{Caller, Failure, portfolio};
use read_model::{
    Scope,
    rows::{self, Initiative},
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    lines::{RECORDED_AT, id, ministry, november, person, titled},
    world::{LOG, TIME, World, board, caller, lead, portfolio_manager, told, violation, violations},
};

pub(crate) const SUBJECT: &str = "cs.portfolio.initiative.00000000-0000-0000-0000-000000000001";

pub(crate) async fn get(world: &World, caller: &Caller, id: &str) -> Result<GetInitiativeResponse, Failure> {
    let request = GetInitiativeRequest { initiative_id: id.to_owned(), read: None };
    portfolio::card(&world.reader, caller, &request, TIME).await
}

pub(crate) async fn first(world: &World, caller: &Caller) -> GetInitiativeResponse {
    get(world, caller, &id(1).to_string()).await.unwrap()
}

pub(crate) fn he(he: &str) -> LocalizedText {
    LocalizedText { he: he.to_owned(), source_lang: Language::He.into(), ..LocalizedText::default() }
}

pub(crate) fn entry(
    version: u64,
    name: &str,
    actor: Option<Uuid>,
    data: serde_json::Value,
) -> rows::TimelineEntry {
    rows::TimelineEntry {
        event_id: id(0xe0 + u128::from(version)),
        initiative_id: id(1),
        position: version,
        version,
        r#type: name.to_owned(),
        schema: 1,
        recorded_at: RECORDED_AT,
        effective_on: november(24),
        actor_role: "EMPLOYEE".to_owned(),
        actor_person_id: actor,
        actor_system: None,
        actor_unit_id: None,
        on_behalf_of_id: None,
        data,
    }
}

/// A proposal of person 1 with person 2, which person 3 declined.
pub(crate) fn story() -> Vec<rows::TimelineEntry> {
    let proposed = json!({
        "proposer": person(1).to_string(),
        "co_proposers": [person(2).to_string()],
        "tags": ["ai"],
        "anonymous_to_line": true,
    });
    vec![
        entry(1, "InitiativeProposed", Some(person(1)), proposed),
        entry(2, "InitiativeReviewStarted", Some(person(3)), json!({ "reviewer": person(3).to_string() })),
        entry(3, "InitiativeDeclined", Some(person(3)), json!({ "reason_code": "DUPLICATE" })),
    ]
}

pub(crate) fn proposal(proposer_hidden: bool) -> Initiative {
    Initiative {
        proposer_id: Some(person(1)),
        co_proposer_ids: vec![person(2)],
        proposer_hidden,
        ..titled(1, "תור דיגיטלי")
    }
}

pub(crate) async fn with_story(world: &mut World, line: Initiative, sealed: &[rows::SealedText]) {
    world.portfolio.put(&[line]).await;
    world
        .portfolio
        .write(async |batch, _| {
            batch.add(&story()).await.unwrap();
            batch.add(sealed).await.unwrap();
        })
        .await;
}

#[tokio::test]
async fn outside_the_scope_there_is_no_card() {
    let world = World::with(&[titled(1, "תור")]).await;
    let own = caller(Scope { person: Some(person(1)), ..Scope::default() });
    for other in [lead(&[ministry(1)]), own] {
        let refused = told(get(&world, &other, &id(1).to_string()).await.unwrap_err());
        assert_eq!(refused, told(get(&world, &other, &id(999).to_string()).await.unwrap_err()));
        assert_eq!(refused.reason, "NOT_FOUND");
    }
    let refused = violations(get(&world, &board(), "one").await.unwrap_err());
    assert_eq!(refused, [violation("VALIDATION_FORMAT", "initiative_id")]);
}

/// Whether the line and the story name these people.
fn names(found: &GetInitiativeResponse, people: &[Uuid]) -> Vec<bool> {
    let all = format!("{found:?}");
    people.iter().map(|person| all.contains(&person.to_string())).collect()
}

#[tokio::test]
async fn a_hidden_proposer_is_named_nowhere_in_the_card() {
    let mut world = World::new().await;
    with_story(&mut world, proposal(true), &[]).await;
    let everybody = [person(1), person(2), person(3)];
    let owner =
        |n| caller(Scope { ministries: vec![ministry(0)], person: Some(person(n)), ..Scope::default() });
    for line in [lead(&[ministry(0)]), board(), owner(3)] {
        assert_eq!(names(&first(&world, &line).await, &everybody), [false, false, true], "{line:?}");
    }
    for knows in [portfolio_manager(), owner(1)] {
        assert_eq!(names(&first(&world, &knows).await, &everybody), [true; 3], "{knows:?}");
    }
    let story = first(&world, &lead(&[ministry(0)])).await.timeline;
    let data: serde_json::Value = serde_json::from_str(&story[0].data).unwrap();
    assert_eq!(data, json!({ "co_proposers": [], "tags": ["ai"], "anonymous_to_line": true }));
    assert_eq!((story[0].actor_person_id.as_str(), story[0].actor_role), ("", Role::Employee.into()));
    // Once it is accepted, the projection says that nobody is hidden.
    world.portfolio.put(&[proposal(false)]).await;
    assert_eq!(names(&first(&world, &lead(&[ministry(0)])).await, &everybody), [true; 3]);
}

#[tokio::test]
async fn a_card_in_quarantine_is_true_up_to_the_commit_that_could_not_be_applied() {
    let mut world = World::with(&[titled(1, "תור"), titled(2, "תור")]).await;
    world
        .portfolio
        .write(async |batch, position| {
            let reason = "too large".to_owned();
            let quarantine = rows::Quarantine { subject: SUBJECT.to_owned(), position, reason };
            batch.add(&[quarantine]).await.unwrap();
        })
        .await;
    world.portfolio.write(async |_, _| {}).await;
    assert_eq!(first(&world, &board()).await.as_of.unwrap().position, 1);
    let other = get(&world, &board(), &id(2).to_string()).await.unwrap();
    assert_eq!(other.as_of.unwrap().position, 3);
    let read =
        Some(contract::common::v1::ReadOptions { consistency_token: contract::consistency::token(LOG, 2) });
    let request = GetInitiativeRequest { initiative_id: id(1).to_string(), read };
    let refused = portfolio::card(&world.reader, &board(), &request, TIME).await.unwrap_err();
    assert_eq!(told(refused).reason, "READ_MODEL_BEHIND");
}
