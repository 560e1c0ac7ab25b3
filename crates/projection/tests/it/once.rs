//! Each commit exactly once: whoever is stopped, fenced or interrupted.

use std::{sync::Arc, time::Duration};

use domain::portfolio::initiative::{Initiative, event::Withdrawn};
use event_log::Limit;
use projection::{Failure, Portfolio, Runner, Settings, View, log_digest, run};
use read_model::{Batch, Build, Lease, Pool, Role, connect, migrate, rows::TimelineEntry};
use test_kit::{Postgres, eventually};
use tokio_util::sync::CancellationToken;

use crate::{
    Database, LIMIT, catch_up,
    events::{id, proposed},
    writer::{LOG_ID, Writer},
};

#[tokio::test]
async fn a_keeper_without_the_lease_stops_and_the_next_one_goes_on() {
    let database = Database::new().await;
    let mut writer = Writer::new().await;
    let mut first = database.begin(Portfolio, writer.log.clone()).await;
    catch_up(&mut first).await.unwrap();
    writer.write::<Initiative>(id(1), [proposed().into()]).await;
    let mut second = database.resume(Portfolio, writer.log.clone()).await.unwrap();
    assert!(matches!(first.step(u64::MAX).await, Err(Failure::Fenced)));
    catch_up(&mut second).await.unwrap();
    writer.write::<Initiative>(id(1), [Withdrawn {}.into()]).await;
    assert!(matches!(first.step(u64::MAX).await, Err(Failure::Fenced)));
    catch_up(&mut second).await.unwrap();
    let told = log_digest(writer.log.clone(), u64::MAX).await.unwrap();
    let build = database.build(&Portfolio).await;
    assert_eq!((build.position, build.commits, build.digest), (3, 3, told.sha256));
    assert_eq!(database.rows::<TimelineEntry>(&Portfolio).await.len(), 2);
}

#[tokio::test]
async fn keepers_killed_again_and_again_apply_everything_once() {
    let database = Database::new().await;
    let mut writer = Writer::new().await;
    for n in 1..=40 {
        writer.write::<Initiative>(id(n), [proposed().into()]).await;
        writer.write::<Initiative>(id(n), [Withdrawn {}.into()]).await;
    }
    let lease = database.lease(&Portfolio).await;
    Build::create(&database.pool, &lease, LOG_ID).await.unwrap();
    let mut kills = 0;
    // Dropping a future at any of its await points is what a kill looks like to the database.
    for milliseconds in 0..100 {
        let mut runner = small_batches(&database, &writer).await;
        let all = catch_up(&mut runner);
        match tokio::time::timeout(Duration::from_millis(milliseconds), all).await {
            Err(_killed) => kills += 1,
            Ok(outcome) => {
                outcome.unwrap();
                break;
            }
        }
    }
    assert!(kills > 1, "{kills}");
    let mut last = small_batches(&database, &writer).await;
    catch_up(&mut last).await.unwrap();
    let told = log_digest(writer.log.clone(), u64::MAX).await.unwrap();
    let build = database.build(&Portfolio).await;
    assert_eq!((build.position, build.commits, build.digest), (81, 81, told.sha256));
    let mut story = database.rows::<TimelineEntry>(&Portfolio).await;
    story.sort_by_key(|entry| entry.position);
    assert_eq!(story.iter().map(|entry| entry.position).collect::<Vec<_>>(), (2..=81).collect::<Vec<_>>());
}

/// A runner of the only build, in batches of three.
async fn small_batches(database: &Database, writer: &Writer) -> Runner {
    let lease = database.lease(&Portfolio).await;
    let build = database.build(&Portfolio).await;
    let limit = Limit { count: 3, bytes: usize::MAX };
    let (pool, view) = (database.pool.clone(), Arc::new(Portfolio));
    Runner::open(pool, writer.log.clone(), view, lease, build, limit).await.unwrap()
}

/// As a projector of its own works, but quickly.
fn quick() -> Settings {
    let ms = Duration::from_millis;
    Settings { lease: ms(2000), idle: ms(5), tick: ms(50), retry: ms(50), ..Settings::default() }
}

#[tokio::test]
async fn a_standby_takes_over_from_a_keeper_that_is_not_heard_of() {
    let database = Database::new().await;
    let mut writer = Writer::new().await;
    let project = |stop: CancellationToken| {
        run(database.pool.clone(), writer.log.clone(), vec![Arc::new(Portfolio)], quick(), stop)
    };
    let stop = CancellationToken::new();
    let active = tokio::spawn(project(CancellationToken::new()));
    reaches(&database.pool, 1).await;
    let standby = tokio::spawn(project(stop.clone()));
    active.abort();
    writer.write::<Initiative>(id(1), [proposed().into()]).await;
    reaches(&database.pool, 2).await;
    assert_eq!(database.rows::<TimelineEntry>(&Portfolio).await.len(), 1);
    stop.cancel();
    standby.await.unwrap();
    // What was given up need not be waited for.
    let next = Lease::acquire(&database.pool, Portfolio.shape(), id(7), LIMIT).await.unwrap();
    assert!(next.is_some());
}

#[tokio::test]
async fn a_projector_outlives_a_crash_of_its_database() {
    let mut postgres = Postgres::start().await.unwrap();
    let url = postgres.fresh_database().unwrap();
    migrate(&url).await.unwrap();
    let pool = connect(&url, Role::Projector).await.unwrap();
    let mut writer = Writer::new().await;
    let stop = CancellationToken::new();
    let views: Vec<Arc<dyn View>> = vec![Arc::new(Portfolio)];
    let running = tokio::spawn(run(pool.clone(), writer.log.clone(), views, quick(), stop.clone()));
    writer.write::<Initiative>(id(1), [proposed().into()]).await;
    reaches(&pool, 2).await;
    postgres.kill9().unwrap();
    for n in 2..=40 {
        writer.write::<Initiative>(id(n), [proposed().into()]).await;
    }
    postgres.restart().await.unwrap();
    reaches(&pool, 41).await;
    let [build] = Build::all(&pool, Portfolio.shape()).await.unwrap().try_into().unwrap();
    let told = log_digest(writer.log.clone(), u64::MAX).await.unwrap();
    let story: Vec<TimelineEntry> = Batch::begin(&pool, &build).await.unwrap().load_all().await.unwrap();
    assert_eq!((build.commits, build.digest, story.len()), (41, told.sha256, 40));
    stop.cancel();
    running.await.unwrap();
}

/// Waits for the view to be there, whatever the database answers meanwhile.
async fn reaches(pool: &Pool, position: u64) {
    let reached = eventually(LIMIT, async || match read_model::position(pool, Portfolio.shape()).await {
        Ok(Some(seen)) if seen == position => Ok(()),
        seen => Err(format!("{seen:?}")),
    });
    reached.await.unwrap();
}
