//! Reading one's own writes, saying as of when, and what is said when the views are not there.

use std::{sync::Arc, time::Duration};

use contract::{
    common::v1::{AsOf, ReadOptions},
    consistency,
    portfolio::v1::ListInitiativesRequest,
    reference::v1::ListOrgUnitsRequest,
};
use query::{Pace, portfolio, reference::list_org_units};
use test_kit::{Postgres, eventually};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};
use uuid::Uuid;

use crate::{
    lines::{id, titled},
    world::{LOG, TIME, World, board, filtered, ids, reader, told, violation, violations},
};

fn after(position: u64) -> ListInitiativesRequest {
    let read = Some(ReadOptions { consistency_token: consistency::token(LOG, position) });
    ListInitiativesRequest { read, ..ListInitiativesRequest::default() }
}

#[tokio::test]
async fn an_answer_says_as_of_which_moment_of_the_log_it_is_true() {
    let world = World::with(&[titled(1, "תור")]).await;
    let answer = world.list(&board(), filtered("")).await.unwrap();
    let time = "2026-11-24T08:00:01.123456Z".to_owned();
    assert_eq!(answer.as_of, Some(AsOf { position: 1, time, view: "portfolio".to_owned() }));
}

#[tokio::test]
async fn an_answer_waits_until_the_view_has_seen_what_the_caller_has_done() {
    let mut world = World::with(&[titled(1, "תור")]).await;
    let (reader, request) = (world.reader.clone(), after(3));
    let waiting =
        tokio::spawn(async move { portfolio::list(&reader, &board(), &request, TIME).await.unwrap() });
    world.portfolio.put(&[titled(2, "תור")]).await;
    assert!(!waiting.is_finished());
    world.portfolio.put(&[titled(3, "תור")]).await;
    let answer = waiting.await.unwrap();
    assert_eq!((answer.as_of.unwrap().position, answer.total), (3, 3));
}

#[tokio::test]
async fn a_view_that_stays_behind_is_not_waited_for_longer_than_the_call_has_time() {
    let world = World::with(&[titled(1, "תור")]).await;
    let started = std::time::Instant::now();
    let time = Duration::from_millis(150);
    let refused = portfolio::list(&world.reader, &board(), &after(2), time).await.unwrap_err();
    assert!((time..TIME).contains(&started.elapsed()));
    let status = Status::from(refused);
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(contract::status::explain(&status).reason, "READ_MODEL_BEHIND");
    // However much time it has, a query waits two seconds.
    let refused = portfolio::list(&world.reader, &board(), &after(2), TIME).await.unwrap_err();
    assert_eq!(told(refused).reason, "READ_MODEL_BEHIND");
    assert!(started.elapsed() < Duration::from_secs(8));
}

#[tokio::test]
async fn only_the_view_that_is_read_is_waited_for() {
    let mut world = World::new().await;
    world.portfolio.put(&[titled(1, "תור")]).await;
    let request = ListOrgUnitsRequest { read: after(1).read };
    let refused = list_org_units(&world.reader, &board(), &request, Duration::from_millis(50)).await;
    assert_eq!(told(refused.unwrap_err()).reason, "READ_MODEL_BEHIND");
    assert_eq!(ids(&world.list(&board(), after(1)).await.unwrap()), [id(1)]);
}

#[tokio::test]
async fn a_token_that_no_receipt_gave_is_refused() {
    let world = World::new().await;
    for token in ["made up".to_owned(), consistency::token(Uuid::from_u128(9), 1)] {
        let read = Some(ReadOptions { consistency_token: token });
        let request = ListInitiativesRequest { read, ..ListInitiativesRequest::default() };
        let refused = world.list(&board(), request).await.unwrap_err();
        let expected = [violation("CONSISTENCY_TOKEN_INVALID", "read.consistency_token")];
        assert_eq!(violations(refused), expected);
    }
}

#[tokio::test]
async fn a_view_of_another_log_or_without_a_build_is_not_read() {
    let world = World::new().await;
    let elsewhere = reader(&world.url, Uuid::from_u128(9), None, Pace::default(), &world.shutdown).await;
    let refused = portfolio::list(&elsewhere, &board(), &filtered(""), TIME).await.unwrap_err();
    assert_eq!(told(refused).reason, "READ_MODEL_UNAVAILABLE");

    let empty = world.postgres.fresh_database().unwrap();
    read_model::migrate(&empty).await.unwrap();
    let unbuilt = reader(&empty, LOG, None, Pace::default(), &world.shutdown).await;
    let refused = portfolio::list(&unbuilt, &board(), &filtered(""), TIME).await.unwrap_err();
    assert_eq!(told(refused).reason, "READ_MODEL_UNAVAILABLE");
}

#[tokio::test]
async fn a_database_that_takes_too_long_ends_the_call_in_time() {
    let world = World::with(&[titled(1, "תור")]).await;
    let pool = read_model::connect(&world.url, read_model::Role::Projector).await.unwrap();
    let mut blocking = pool.begin().await.unwrap();
    let schema: String = sqlx::query_scalar("SELECT live FROM public.view WHERE name = 'portfolio'")
        .fetch_one(&mut *blocking)
        .await
        .unwrap();
    sqlx::query("SELECT set_config('search_path', $1, true)")
        .bind(schema)
        .execute(&mut *blocking)
        .await
        .unwrap();
    sqlx::query("LOCK TABLE initiative IN ACCESS EXCLUSIVE MODE").execute(&mut *blocking).await.unwrap();
    let time = Duration::from_millis(100);
    let refused = portfolio::list(&world.reader, &board(), &filtered(""), time).await.unwrap_err();
    let status = Status::from(refused);
    assert_eq!(status.code(), Code::DeadlineExceeded);
    blocking.rollback().await.unwrap();
    world.list(&board(), filtered("")).await.unwrap();
}

#[tokio::test]
async fn a_database_that_is_away_is_told_without_its_words_and_found_again() {
    let mut postgres = Postgres::start().await.unwrap();
    let url = postgres.fresh_database().unwrap();
    read_model::migrate(&url).await.unwrap();
    let reader: Arc<query::Reader> =
        reader(&url, LOG, None, Pace::default(), &CancellationToken::new()).await;
    let list = async || portfolio::list(&reader, &board(), &filtered(""), TIME).await.unwrap_err();
    postgres.kill9().unwrap();
    let status = Status::from(list().await);
    assert_eq!(contract::status::explain(&status).reason, "READ_MODEL_UNAVAILABLE");
    assert_eq!(status.message(), "READ_MODEL_UNAVAILABLE: the view is not available: retry");
    postgres.restart().await.unwrap();
    // No build yet, which only the database can tell.
    eventually(TIME, async || match list().await {
        query::Failure::NotBuilt("portfolio") => Ok(()),
        other => Err(other.to_string()),
    })
    .await
    .unwrap();
}
