//! A view is a function of the log: a rebuild gives the same rows, beside the live ones, and takes their place.

use std::{sync::Arc, time::Duration};

use domain::{
    portfolio::initiative::{Initiative, event::Withdrawn},
    reference::org_unit::{OrgUnit, UnitKind},
    scenario::unit,
};
use event_log::{Limit, memory::MemoryLog};
use projection::{Portfolio, Reference, Settings, View, run, views};
use read_model::{Build, BuildState, ViewState, ViewStatus, request_rebuild, statuses};
use test_kit::eventually;
use tokio_util::sync::CancellationToken;

use crate::{
    Database, LIMIT, catch_up,
    events::{id, measured, proposed, registered},
    writer::{LOG_ID, Writer},
};

/// As a projector works, but quickly and in small batches.
fn quick() -> Settings {
    let ms = Duration::from_millis;
    let batch = Limit { count: 7, bytes: usize::MAX };
    Settings { batch, lease: ms(2000), idle: ms(5), tick: ms(50), retry: ms(50) }
}

/// A government with thirty initiatives.
async fn history() -> Writer {
    let mut writer = Writer::new().await;
    let moh = registered("MOH", UnitKind::Ministry, None);
    writer.write::<OrgUnit>(unit(1).uuid(), [moh.into()]).await;
    for n in 1..=30 {
        writer.write::<Initiative>(id(n), [proposed().into()]).await;
    }
    for n in 1..=10 {
        writer.write::<Initiative>(id(n), [Withdrawn {}.into()]).await;
    }
    writer
}

#[tokio::test]
async fn a_rebuild_from_nothing_gives_the_same_rows_in_any_batches() {
    let writer = history().await;
    let (one, other) = (Database::new().await, Database::new().await);
    catch_up(&mut one.begin(Portfolio, writer.log.clone()).await).await.unwrap();
    catch_up(&mut one.begin(Reference, writer.log.clone()).await).await.unwrap();
    let stop = CancellationToken::new();
    let running = tokio::spawn(run(other.pool.clone(), writer.log.clone(), views(), quick(), stop.clone()));
    let reached = eventually(LIMIT, async || {
        let seen = statuses(&other.pool).await.unwrap();
        let live = |status: &&ViewStatus| status.state == ViewState::Live && status.position == 42;
        if seen.iter().filter(live).count() == 2 { Ok(()) } else { Err(format!("{seen:?}")) }
    });
    reached.await.unwrap();
    stop.cancel();
    running.await.unwrap();
    assert_eq!(one.digests(&Portfolio).await, other.digests(&Portfolio).await);
    assert_eq!(one.digests(&Reference).await, other.digests(&Reference).await);
    let rows: i64 = one.digests(&Portfolio).await.iter().map(|table| table.rows).sum();
    assert!(rows > 100, "{rows}");
}

/// What is told of a view once a condition holds.
async fn once(database: &Database, holds: impl Fn(&[ViewStatus]) -> bool) -> Vec<ViewStatus> {
    let told = eventually(LIMIT, async || {
        let seen = statuses(&database.pool).await.unwrap();
        if holds(&seen) { Ok(seen) } else { Err(format!("{seen:?}")) }
    });
    told.await.unwrap()
}

#[tokio::test]
async fn a_view_is_rebuilt_beside_the_live_one_on_request_and_swapped() {
    let mut writer = history().await;
    let database = Database::new().await;
    let stop = CancellationToken::new();
    let views: Vec<Arc<dyn View>> = vec![Arc::new(Portfolio)];
    let running = tokio::spawn(run(database.pool.clone(), writer.log.clone(), views, quick(), stop.clone()));
    let is_live = |seen: &[ViewStatus]| seen.len() == 1 && seen[0].state == ViewState::Live;
    let first = once(&database, is_live).await[0].schema.clone();
    assert!(request_rebuild(&database.pool, "portfolio").await.unwrap());
    writer.write::<Initiative>(id(99), [proposed().into()]).await;
    let second =
        once(&database, |seen| is_live(seen) && seen[0].schema != first && seen[0].position == 43).await;
    assert_eq!((second[0].reason.as_deref(), second[0].shadow), (None, false));
    let builds = Build::all(&database.pool, Portfolio.shape()).await.unwrap();
    let states: Vec<_> = builds.iter().map(|build| (build.schema.as_str(), build.state)).collect();
    assert_eq!(
        states,
        [(first.as_str(), BuildState::Retired), (second[0].schema.as_str(), BuildState::Live)]
    );

    // A row that no event explains is found by the next rebuild, told, and gone.
    let mut tx = database.pool.begin().await.unwrap();
    let path = "SELECT set_config('search_path', $1, true)";
    sqlx::query(path).bind(&second[0].schema).execute(&mut *tx).await.unwrap();
    sqlx::query("UPDATE initiative_count SET total = 7").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    assert!(request_rebuild(&database.pool, "portfolio").await.unwrap());
    let third = once(&database, |seen| is_live(seen) && seen[0].schema != second[0].schema).await;
    assert_eq!(third[0].reason.as_deref(), Some("differs in initiative_count"));
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn a_stopped_view_says_why_and_stays_when_a_rebuild_meets_the_same_damage() {
    let mut writer = history().await;
    let database = Database::new().await;
    writer.write::<Initiative>(id(1), [measured("2026-11-24", 1).into()]).await;
    let stop = CancellationToken::new();
    let views: Vec<Arc<dyn View>> = vec![Arc::new(Portfolio)];
    let running = tokio::spawn(run(database.pool.clone(), writer.log.clone(), views, quick(), stop.clone()));
    once(&database, |seen| seen.len() == 1 && seen[0].state == ViewState::Quarantined).await;

    let mut unsigned = writer.commit(&codec::subject::<Initiative>(id(2)), vec![]);
    unsigned.events.push(writer.stored(&domain::portfolio::initiative::Event::from(Withdrawn {})));
    let first = std::mem::replace(&mut writer.signer, codec::sign::Signer::from_seed(&[9; 32]).unwrap());
    writer.append(&unsigned).await;
    writer.signer = first;
    let stopped = once(&database, |seen| seen[0].state == ViewState::Stopped).await;
    let reason = stopped[0].reason.clone().unwrap();
    assert!(reason.starts_with("SIGNATURE_INVALID: the commit at 44 is signed with"), "{reason}");
    assert_eq!((stopped.len(), stopped[0].position), (1, 43));

    // The log is as damaged as before, so the build beside stops at the same place and the live one stays.
    assert!(request_rebuild(&database.pool, "portfolio").await.unwrap());
    let both =
        once(&database, |seen| seen.len() == 2 && seen.iter().all(|s| s.state == ViewState::Stopped)).await;
    assert_eq!(both.iter().map(|s| (s.shadow, s.position)).collect::<Vec<_>>(), [(false, 43), (true, 43)]);
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn a_view_of_another_log_is_rebuilt_from_this_one_on_request() {
    let writer = history().await;
    let database = Database::new().await;
    let views = || -> Vec<Arc<dyn View>> { vec![Arc::new(Portfolio)] };
    let stop = CancellationToken::new();
    let running = tokio::spawn(run(database.pool.clone(), writer.log, views(), quick(), stop.clone()));
    once(&database, |seen| seen.len() == 1 && seen[0].state == ViewState::Live).await;
    stop.cancel();
    running.await.unwrap();

    let stop = CancellationToken::new();
    let other = Arc::new(MemoryLog::new(id(0x99)));
    let running = tokio::spawn(run(database.pool.clone(), other, views(), quick(), stop.clone()));
    let stopped = once(&database, |seen| seen[0].state == ViewState::Stopped).await;
    let reason = format!("LOG_REPLACED: the view follows the log {LOG_ID}, this is the log {}", id(0x99));
    assert_eq!((stopped.len(), stopped[0].reason.as_ref()), (1, Some(&reason)));
    assert!(request_rebuild(&database.pool, "portfolio").await.unwrap());
    let rebuilt = once(&database, |seen| seen.len() == 1 && seen[0].state == ViewState::Live).await;
    assert_eq!((rebuilt[0].position, rebuilt[0].reason.as_deref()), (0, None));
    stop.cancel();
    running.await.unwrap();
}
