//! The views' own state, asking for a rebuild, and the units.

use contract::{
    operations::v1::{Projection, ProjectionState},
    reference::v1::{ListOrgUnitsRequest, OrgUnit as Told, UnitKind},
};
use query::{
    operations::{list_projections, rebuild_projection},
    reference::list_org_units,
};
use read_model::rows::OrgUnit;
use time::macros::date;

use crate::{
    lines::{id, text},
    world::{TIME, World, caller, told},
};

#[tokio::test]
async fn views_are_told_with_their_position_against_the_logs_head() {
    let mut world = World::new().await;
    world.portfolio.write(async |_, _| {}).await;
    let answer = list_projections(&world.reader).await.unwrap();
    let projection = |name: &str, position, build: &str| Projection {
        name: name.to_owned(),
        // Nobody notes that it follows the log.
        state: ProjectionState::Lagging.into(),
        position,
        lag: 0,
        throughput: 0.0,
        estimate_seconds: None,
        commits: position,
        digest: if position == 0 { "00".repeat(32) } else { "cd".repeat(32) },
        reason: String::new(),
        version: 1,
        shadow: false,
        build: build.to_owned(),
    };
    let (portfolio, reference) = (world.portfolio.build(), world.reference.build());
    assert_eq!(
        answer.projections,
        [projection("portfolio", 1, portfolio), projection("reference", 0, reference)]
    );
    // The log in memory is empty.
    assert_eq!(answer.head, 0);
}

#[tokio::test]
async fn a_rebuild_is_asked_for_by_the_name_of_a_view() {
    let world = World::new().await;
    let answer = rebuild_projection(&world.reader, "portfolio").await.unwrap();
    assert_eq!(answer.projection.unwrap().name, "portfolio");
    assert!(world.portfolio.rebuild_requested().await);
    assert!(!world.reference.rebuild_requested().await);
    let refused = told(rebuild_projection(&world.reader, "colours").await.unwrap_err());
    assert_eq!(
        (refused.reason.as_str(), refused.en.as_str()),
        ("PROJECTION_UNKNOWN", "there is no view named colours")
    );
}

#[tokio::test]
async fn units_are_told_to_everybody_in_the_order_of_codes_the_closed_ones_too() {
    let mut world = World::new().await;
    let unit = |n, code: &str, ended: Option<&str>| OrgUnit {
        org_unit_id: id(n),
        version: 2,
        position: 1,
        code: code.to_owned(),
        kind: "MINISTRY".to_owned(),
        name: text("משרד"),
        parent_id: Some(id(9)),
        ministry_id: id(n),
        registered_from: date!(2026 - 01 - 01),
        ended: ended.map(str::to_owned),
        ended_from: None,
        merged_into_id: None,
    };
    let units = [unit(1, "MOT", None), unit(2, "MOE", Some("CLOSED")), unit(3, "AG", None)];
    world.reference.write(async |batch, _| batch.add(&units).await.unwrap()).await;
    let nobody = caller(read_model::Scope::default());
    let answer = list_org_units(&world.reader, &nobody, &ListOrgUnitsRequest::default(), TIME).await.unwrap();
    let expected = |n, code: &str, active| Told {
        org_unit_id: id(n).to_string(),
        code: code.to_owned(),
        kind: UnitKind::Ministry.into(),
        name: Some(contract::common::v1::LocalizedText {
            he: "משרד".to_owned(),
            source_lang: contract::common::v1::Language::He.into(),
            ..Default::default()
        }),
        parent_id: id(9).to_string(),
        ministry_id: id(n).to_string(),
        active,
        version: 2,
    };
    assert_eq!(
        answer.org_units,
        [expected(3, "AG", true), expected(2, "MOE", false), expected(1, "MOT", true)]
    );
    assert_eq!(answer.as_of.unwrap().view, "reference");
}
