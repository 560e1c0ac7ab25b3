//! The list as it was on an earlier day.

use contract::{
    Enumeration as _,
    common::v1::Money,
    portfolio::v1::{Confidence as Rating, InitiativeRow, ListInitiativesRequest},
};
use read_model::rows::{self, Confidence, Cost, Initiative};
use time::{Date, macros::date};
use uuid::Uuid;

use crate::{
    lines::{id, titled},
    world::{World, board, ids},
};

fn on(day: &str, filter: &str) -> ListInitiativesRequest {
    ListInitiativesRequest {
        effective_on: day.to_owned(),
        filter: filter.to_owned(),
        order_by: "number".to_owned(),
        ..ListInitiativesRequest::default()
    }
}

fn confidence(n: u128, of: u128, day: Date, rating: Option<&str>, source: Option<&str>) -> Confidence {
    Confidence {
        event_id: id(0xc0 + n),
        initiative_id: id(of),
        position: 10 + u64::try_from(n).unwrap(),
        effective_on: day,
        independent: source.is_some(),
        rating: rating.map(str::to_owned),
        source_rating: source.map(str::to_owned),
    }
}

fn cost(n: u128, day: Date, year: i32, whole_life: Option<i64>) -> Cost {
    let pounds = |minor_units| rows::Money { currency: "GBP".to_owned(), minor_units };
    Cost {
        event_id: id(0xd0 + n),
        initiative_id: id(1),
        position: 20 + u64::try_from(n).unwrap(),
        effective_on: day,
        year,
        planned: None,
        forecast: None,
        whole_life: whole_life.map(pounds),
    }
}

/// Initiative 1 was told about in 2015, 2016 and 2017, initiative 2 began in 2017.
async fn world() -> World {
    let mut world = World::new().await;
    let lines = [
        Initiative {
            proposed_on: date!(2015 - 03 - 31),
            confidence_independent: Some("RED".to_owned()),
            confidence_source_rating: Some("Red".to_owned()),
            confidence_on: Some(date!(2017 - 03 - 31)),
            confidence_self: Some("AMBER".to_owned()),
            reported_years: vec![2015, 2016, 2017],
            ..titled(1, "ראשונה")
        },
        Initiative { proposed_on: date!(2017 - 01 - 01), ..titled(2, "שנייה") },
    ];
    world.portfolio.put(&lines).await;
    world
        .portfolio
        .write(async |batch, _| {
            let confidences = [
                confidence(1, 1, date!(2015 - 03 - 31), Some("GREEN"), Some("Green")),
                // Corrected on the same day: what was told later holds.
                confidence(2, 1, date!(2015 - 03 - 31), Some("AMBER"), Some("Amber")),
                // Without a rating on our scale.
                confidence(3, 1, date!(2016 - 03 - 31), None, Some("Reset")),
                confidence(4, 1, date!(2017 - 03 - 31), Some("RED"), Some("Red")),
                confidence(5, 1, date!(2016 - 09 - 30), Some("AMBER"), None),
            ];
            batch.add(&confidences).await.unwrap();
            let costs = [
                cost(1, date!(2015 - 03 - 31), 2014, Some(100)),
                cost(2, date!(2016 - 03 - 31), 2016, Some(200)),
                cost(3, date!(2017 - 03 - 31), 2017, None),
            ];
            batch.add(&costs).await.unwrap();
        })
        .await;
    world
}

async fn seen(world: &World, day: &str) -> Vec<InitiativeRow> {
    world.list(&board(), on(day, "")).await.unwrap().initiatives
}

#[tokio::test]
async fn confidence_cost_and_years_are_those_told_up_to_the_day() {
    let world = world().await;
    let pounds = |minor_units| Some(Money { currency: "GBP".to_owned(), minor_units });
    let told = |row: &InitiativeRow| {
        let row = row.clone();
        let rating = Rating::try_from(row.confidence_independent).unwrap().code();
        let own = Rating::try_from(row.confidence_self).unwrap().code();
        (
            rating,
            row.confidence_source_rating,
            row.confidence_on,
            own,
            row.whole_life_cost,
            row.reported_years,
        )
    };
    let text = str::to_owned;
    let none = "UNSPECIFIED";
    assert_eq!(
        told(&seen(&world, "2015-12-31").await[0]),
        ("AMBER", text("Amber"), text("2015-03-31"), none, pounds(100), vec![2015])
    );
    assert_eq!(
        told(&seen(&world, "2016-03-31").await[0]),
        (none, text("Reset"), text("2016-03-31"), none, pounds(200), vec![2015, 2016])
    );
    assert_eq!(
        told(&seen(&world, "2026-01-01").await[0]),
        ("RED", text("Red"), text("2017-03-31"), "AMBER", pounds(200), vec![2015, 2016, 2017])
    );
}

#[tokio::test]
async fn what_began_later_is_left_out_and_not_counted() {
    let world = world().await;
    let cases: [(&str, &[Uuid]); 4] = [
        ("2015-03-30", &[]),
        ("2015-03-31", &[id(1)]),
        ("2016-12-31", &[id(1)]),
        ("2017-01-01", &[id(1), id(2)]),
    ];
    for (day, expected) in cases {
        let found = world.list(&board(), on(day, "")).await.unwrap();
        assert_eq!((ids(&found), found.total), (expected.to_vec(), expected.len() as u64), "{day}");
    }
}

#[tokio::test]
async fn filters_test_what_held_on_the_day() {
    let world = world().await;
    let cases: [(&str, &str, &[Uuid]); 7] = [
        ("2015-12-31", "confidence_independent = AMBER", &[id(1)]),
        ("2016-12-31", "confidence_independent = AMBER", &[]),
        ("2016-12-31", "confidence_independent:*", &[]),
        ("2016-09-29", "confidence_self = AMBER", &[]),
        ("2016-09-30", "confidence_self = AMBER", &[id(1)]),
        ("2015-12-31", "reported_years : 2016", &[]),
        ("2016-12-31", "reported_years : 2016 AND number = INI-2026-00001", &[id(1)]),
    ];
    for (day, filter, expected) in cases {
        let found = world.list(&board(), on(day, filter)).await.unwrap();
        assert_eq!(ids(&found), expected, "{filter} on {day}");
    }
}

#[tokio::test]
async fn a_day_in_pages_with_words_finds_the_same() {
    let world = world().await;
    let request =
        ListInitiativesRequest { text: "תקציר".to_owned(), page_size: 1, ..on("2017-01-01", "") };
    let first = world.list(&board(), request.clone()).await.unwrap();
    assert_eq!((ids(&first), first.total), (vec![id(1)], 2));
    let next = ListInitiativesRequest { page_token: first.next_page_token, ..request };
    assert_eq!(ids(&world.list(&board(), next).await.unwrap()), [id(2)]);
}
