//! In which capacity somebody acts, what is recorded of it, and where it ends.

use codec::commit::Authority;
use command::{Receipt, Refusal};
use contract::{
    common::v1::CommandHeader,
    portfolio::v1::{
        ImportInitiativeRequest, Origin, ProposeInitiativeRequest, RecordCostRequest, Stage,
        StartReviewRequest,
    },
    reference::v1::{DelegateAuthorityRequest, RegisterOrgUnitRequest, UnitKind},
    status::explain,
};
use domain::{
    Actor, Role,
    portfolio::initiative::Initiative,
    reference::org_unit::OrgUnit,
    values::{DelegationId, GrantId, OrgUnitId},
};
use event_log::EventLog as _;

use crate::{
    given::{acceptance, header, hebrew, new_title, proposal, review, shekels},
    history::commits,
    line::Calls,
    world::{World, id, register_unit},
};

fn on(day: &str) -> Option<CommandHeader> {
    header().map(|header| CommandHeader { effective_on: day.to_owned(), ..header })
}

fn import(day: &str) -> ImportInitiativeRequest {
    ImportInitiativeRequest {
        header: on(day),
        initiative_id: id("register").to_string(),
        title: hebrew("מרשם ארצי"),
        summary: hebrew("מרשם שהחל לפני שנים"),
        problem_statement: None,
        origin: Origin::MinistryPlan.into(),
        lead_org_unit_id: id("MOH").to_string(),
        stage: Stage::ImplementingProjects.into(),
        tags: vec![],
        source_system: "registry".to_owned(),
        source_key: "R-1".to_owned(),
    }
}

fn cost(day: &str, year: u32) -> RecordCostRequest {
    RecordCostRequest {
        header: on(day),
        initiative_id: id("register").to_string(),
        year,
        planned: shekels(1),
        forecast: None,
        whole_life: None,
    }
}

/// All violations as (reason, field).
fn violations(outcome: Result<Receipt, Refusal>) -> Vec<(String, String)> {
    explain(&outcome.unwrap_err().status()).violations
}

#[tokio::test]
async fn only_who_may_import_records_an_earlier_day_and_nobody_a_later_one() {
    let world = World::start().await;
    let office = world.office().await;
    let registry = world.who("registry");
    office.give(&registry, import("2024-04-01")).await.unwrap();
    office.give(&registry, cost("2025-03-31", 2025)).await.unwrap();
    let recorded = commits::<Initiative>(&*world.log, id("register")).await;
    let days = recorded.iter().map(|commit| (commit.effective_on.to_string(), commit.authority.import));
    let expected = [("2024-04-01".to_owned(), Some(true)), ("2025-03-31".to_owned(), Some(true))];
    assert_eq!(days.collect::<Vec<_>>(), expected);
    assert_eq!(
        recorded[0].actor,
        Actor {
            person: None,
            system: Some("registry".to_owned()),
            role: Role::Integration,
            unit: OrgUnitId::new(id("COG")),
            on_behalf_of: None,
        }
    );

    let head = world.log.head().await.unwrap();
    let field = || "header.effective_on".to_owned();
    let range = || vec![("VALIDATION_RANGE".to_owned(), field())];
    let grant = || vec![("IMPORT_GRANT_REQUIRED".to_owned(), field())];
    assert_eq!(violations(office.give(&registry, cost("2026-11-25", 2026)).await), range());
    assert_eq!(violations(office.give(&world.who("lead"), cost("2026-11-23", 2026)).await), grant());
    let header = on("2026-11-23")
        .map(|header| CommandHeader { on_behalf_of: world.person("nurse").to_string(), ..header });
    let idea = ProposeInitiativeRequest { header, ..proposal("idea") };
    assert_eq!(violations(office.give(&world.who("meter"), idea).await), grant());
    let department = |day| RegisterOrgUnitRequest {
        header: on(day),
        ..register_unit("WARD", UnitKind::Department, "MOH")
    };
    let admin = world.who("admin");
    assert_eq!(violations(office.give(&admin, department("2026-11-23")).await), grant());
    assert_eq!(violations(office.give(&admin, department("2026-11-25")).await), range());
    assert_eq!(world.log.head().await.unwrap(), head);
    assert_eq!(commits::<OrgUnit>(&*world.log, id("WARD")).await.len(), 0);
    let today = office.give(&world.who("lead"), cost("2026-11-24", 2026)).await.unwrap();
    assert_eq!(today.version, 3);
}

#[tokio::test]
async fn a_delegate_does_what_the_delegation_names_and_no_more() {
    let world = World::start().await;
    let office = world.office().await;
    let (nurse, deputy, director) = (world.who("nurse"), world.who("deputy"), world.who("director"));
    let delegate = DelegateAuthorityRequest {
        header: header(),
        person_id: world.person("deputy").to_string(),
        delegation_id: id("delegation").to_string(),
        commands: vec!["StartReview".to_owned()],
        from: "2026-11-01".to_owned(),
        to: "2026-11-30".to_owned(),
    };
    office.give(&director, delegate).await.unwrap();
    office.give(&nurse, proposal("idea")).await.unwrap();

    assert_eq!(office.refusal(&deputy, review("idea")).await, "ROLE_FORBIDDEN");
    let under = |header: Option<CommandHeader>| {
        header.map(|h| CommandHeader { delegation_id: id("delegation").to_string(), ..h })
    };
    let done = StartReviewRequest { header: under(header()), ..review("idea") };
    let receipt = office.give(&deputy, done.clone()).await.unwrap();
    let recorded = commits::<Initiative>(&*world.log, id("idea")).await;
    let expected_actor = Actor {
        person: Some(world.person("deputy")),
        system: None,
        role: Role::MinistryDg,
        unit: OrgUnitId::new(id("MOH")),
        on_behalf_of: None,
    };
    let expected = Authority {
        basis: "DELEGATION".to_owned(),
        grant: GrantId::new(id("director")),
        delegation: DelegationId::new(id("delegation")),
        import: None,
        policy_set_sha256: Some(office.api.shell.gate.access().policies().sha256().to_owned()),
        policy_ids: vec!["dg-decides".to_owned()],
        position: world.founding().len() as u64 + 1,
    };
    assert_eq!((&recorded[1].actor, &recorded[1].authority), (&expected_actor, &expected));
    let repeated = office.give(&deputy, done).await.unwrap();
    assert_eq!(repeated, Receipt { duplicate: true, ..receipt });

    let mut accept = acceptance("idea", 2);
    accept.header = under(accept.header);
    assert_eq!(office.refusal(&deputy, accept).await, "SCOPE_FORBIDDEN");
    let other = CommandHeader { delegation_id: id("no delegation").to_string(), ..header().unwrap() };
    let made_up = StartReviewRequest { header: Some(other), ..review("idea") };
    assert_eq!(office.refusal(&deputy, made_up).await, "ROLE_FORBIDDEN");
}

#[tokio::test]
async fn a_system_acts_for_a_person_and_within_their_reach() {
    let world = World::start().await;
    let office = world.office().await;
    let meter = world.who("meter");
    let for_whom = |login: &str| {
        let on_behalf_of = world.person(login).to_string();
        let header = header().map(|header| CommandHeader { on_behalf_of, ..header });
        ProposeInitiativeRequest { header, ..proposal("idea") }
    };
    office.give(&meter, for_whom("nurse")).await.unwrap();
    let recorded = commits::<Initiative>(&*world.log, id("idea")).await;
    let expected = Actor {
        person: None,
        system: Some("meter".to_owned()),
        role: Role::Integration,
        unit: OrgUnitId::new(id("MOH")),
        on_behalf_of: Some(world.person("nurse")),
    };
    assert_eq!(recorded[0].actor, expected);
    // The idea is the nurse's own, who goes on with it herself.
    office.give(&world.who("nurse"), new_title("idea", "כותרת אחרת")).await.unwrap();
    assert_eq!(office.refusal(&meter, proposal("another")).await, "SCOPE_FORBIDDEN");
    let foreign =
        ProposeInitiativeRequest { initiative_id: id("another").to_string(), ..for_whom("school-lead") };
    assert_eq!(office.refusal(&meter, foreign).await, "SCOPE_FORBIDDEN");
}

#[tokio::test]
async fn who_may_not_is_refused_before_anything_is_asked_of_the_log_but_what_is_there() {
    let world = World::start().await;
    let office = world.office().await;
    office.give(&world.who("nurse"), proposal("idea")).await.unwrap();
    office.calls();
    for (login, reason) in [
        ("nurse", "ROLE_FORBIDDEN"),
        ("admin", "ROLE_FORBIDDEN"),
        ("root", "ROLE_FORBIDDEN"),
        ("school-lead", "NOT_FOUND"),
    ] {
        assert_eq!(office.refusal(&world.who(login), review("idea")).await, reason, "{login}");
        assert_eq!(office.calls(), Calls { last: 1, ..Calls::default() });
    }
}
