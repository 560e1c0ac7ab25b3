//! One keeper per view, one transaction per batch, builds beside each other.

use std::time::Duration;

use read_model::{
    Batch, Build, BuildState, Error, Lease, PORTFOLIO, REFERENCE, Reading, Role, Scope, ViewState, connect,
    position, request_rebuild, rows::Initiative, statuses,
};

use crate::{
    database,
    fixture::{checkpoint, id, initiative, lease, live_build},
};

#[tokio::test]
async fn a_view_has_one_keeper_until_the_lease_ends_or_is_given_up() {
    let (_postgres, _url, pool) = database().await;
    let take = |owner, shape, seconds| Lease::acquire(&pool, shape, id(owner), Duration::from_secs(seconds));
    let first = take(1, PORTFOLIO, 60).await.unwrap().unwrap();
    assert!(take(2, PORTFOLIO, 60).await.unwrap().is_none());
    assert!(take(2, REFERENCE, 60).await.unwrap().is_some());
    first.release(&pool).await.unwrap();
    let ended = take(2, PORTFOLIO, 0).await.unwrap().unwrap();
    take(3, PORTFOLIO, 60).await.unwrap().unwrap();
    assert!(matches!(ended.renew(&pool).await, Err(Error::Fenced("portfolio"))));
}

#[tokio::test]
async fn a_keeper_who_lost_the_lease_commits_nothing() {
    let (_postgres, _url, pool) = database().await;
    let (old, mut build) = live_build(&pool, async |_| {}).await;
    let mut batch = Batch::begin(&pool, &build).await.unwrap();
    batch.add(&[initiative(1)]).await.unwrap();
    lease(&pool).await;
    let refused = batch.commit(&mut build, &old, checkpoint(6)).await.unwrap_err();
    assert!(matches!(refused, Error::Fenced("portfolio")), "{refused:?}");
    assert_eq!(position(&pool, PORTFOLIO).await.unwrap(), Some(5));
    let mut batch = Batch::begin(&pool, &build).await.unwrap();
    assert_eq!(batch.load_all::<Initiative>().await.unwrap(), []);
}

#[tokio::test]
async fn a_batch_from_another_position_than_the_builds_commits_nothing() {
    let (_postgres, _url, pool) = database().await;
    let (lease, build) = live_build(&pool, async |_| {}).await;
    let mut stale = Build { position: 4, ..build };
    let batch = Batch::begin(&pool, &stale).await.unwrap();
    let refused = batch.commit(&mut stale, &lease, checkpoint(6)).await.unwrap_err();
    assert!(matches!(refused, Error::Fenced("portfolio")), "{refused:?}");
}

#[tokio::test]
async fn a_build_beside_is_compared_and_swapped_in_while_readers_keep_theirs() {
    let (_postgres, url, pool) = database().await;
    let (lease, live) = live_build(&pool, async |batch| batch.add(&[initiative(1)]).await.unwrap()).await;
    let mut beside = Build::create(&pool, &lease, id(200)).await.unwrap();
    assert!(live.beside(&beside, &pool).await.unwrap().is_none());
    let batch = Batch::begin(&pool, &beside).await.unwrap();
    batch.commit(&mut beside, &lease, checkpoint(5)).await.unwrap();
    let comparison = live.beside(&beside, &pool).await.unwrap().unwrap();
    assert_eq!(comparison.differing().await.unwrap(), ["initiative"]);

    let reader = connect(&url, Role::Reader).await.unwrap();
    let everything = Scope { government: true, ..Scope::default() };
    let mut before = Reading::begin(&reader, PORTFOLIO, &everything).await.unwrap().unwrap();
    beside.swap_in(&pool, &lease, Some("it differs")).await.unwrap();
    let mut after = Reading::begin(&reader, PORTFOLIO, &everything).await.unwrap().unwrap();
    let count = "SELECT count(*) FROM initiative";
    for (reading, expected) in [(&mut before, 1), (&mut after, 0)] {
        let seen: i64 = sqlx::query_scalar(count).fetch_one(reading.connection()).await.unwrap();
        assert_eq!(seen, expected);
    }
    drop((before, after));
    let states: Vec<_> = Build::all(&pool, PORTFOLIO).await.unwrap();
    assert_eq!(states.iter().map(|b| b.state).collect::<Vec<_>>(), [BuildState::Retired, BuildState::Live]);
    states.into_iter().next().unwrap().remove(&pool, &lease).await.unwrap();
    let left = statuses(&reader).await.unwrap();
    let told: Vec<_> = left.iter().map(|s| (s.schema.as_str(), s.state, s.reason.as_deref())).collect();
    assert_eq!(told, [(beside.schema.as_str(), ViewState::Lagging, Some("it differs"))]);
}

#[tokio::test]
async fn a_live_build_is_never_removed() {
    let (_postgres, _url, pool) = database().await;
    let (lease, live) = live_build(&pool, async |_| {}).await;
    assert!(live.remove(&pool, &lease).await.is_err());
    assert_eq!(Build::all(&pool, PORTFOLIO).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_reader_may_ask_for_a_rebuild_and_a_new_build_answers_it() {
    let (_postgres, url, pool) = database().await;
    let (lease, _live) = live_build(&pool, async |_| {}).await;
    let reader = connect(&url, Role::Reader).await.unwrap();
    assert!(!request_rebuild(&reader, "weather").await.unwrap());
    assert!(!lease.renew(&pool).await.unwrap().rebuild_requested);
    assert!(request_rebuild(&reader, "portfolio").await.unwrap());
    assert!(lease.renew(&pool).await.unwrap().rebuild_requested);
    Build::create(&pool, &lease, id(200)).await.unwrap();
    assert!(!lease.renew(&pool).await.unwrap().rebuild_requested);
}

#[tokio::test]
async fn whoever_waits_for_a_position_is_woken() {
    let (_postgres, url, pool) = database().await;
    let mut listener = sqlx::postgres::PgListener::connect(&url).await.unwrap();
    listener.listen(read_model::POSITION_CHANNEL).await.unwrap();
    let (_lease, _build) = live_build(&pool, async |_| {}).await;
    let mut told = Vec::new();
    for _ in 0..2 {
        let notification = tokio::time::timeout(Duration::from_secs(10), listener.recv()).await.unwrap();
        told.push(notification.unwrap().payload().to_owned());
    }
    assert_eq!(told, ["portfolio 1 0", "portfolio 1 5"]);
}
