//! Changes: at least once each, resumed anywhere without loss, ended with a reason.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use contract::{
    portfolio::v1::{WatchInitiativesRequest, WatchInitiativesResponse, watch_initiatives_response::Change},
    status::explain,
};
use futures::{FutureExt as _, StreamExt as _};
use query::{
    Caller, Failure, Pace,
    portfolio::{Changes, Recheck, watch},
};
use read_model::{Scope, rows::Initiative};
use test_kit::eventually;
use tokio::time::timeout;
use tonic::Status;
use uuid::Uuid;

use crate::{
    lines::{Dice, id, ministry, person, population, titled},
    world::{TIME, World, board, caller, lead, told, violation, violations},
};

fn unchanged(caller: &Caller) -> Recheck {
    let caller = caller.clone();
    Box::new(move || {
        let caller = caller.clone();
        async move { Ok(caller) }.boxed()
    })
}

async fn open(world: &World, caller: &Caller, filter: &str, token: &str) -> Result<Changes, Failure> {
    let request = WatchInitiativesRequest { resume_token: token.to_owned(), filter: filter.to_owned() };
    watch(&world.reader, caller.clone(), &request, TIME, unchanged(caller)).await
}

async fn next(changes: &mut Changes) -> Result<WatchInitiativesResponse, Status> {
    timeout(TIME, changes.next()).await.expect("a message in time").expect("a reason before the end")
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Seen {
    Changed(Uuid),
    Removed(Uuid),
    Heartbeat(u64),
}

fn seen(message: &WatchInitiativesResponse) -> Seen {
    match message.change.as_ref().unwrap() {
        Change::Changed(row) => Seen::Changed(row.initiative_id.parse().unwrap()),
        Change::Removed(id) => Seen::Removed(id.parse().unwrap()),
        Change::Heartbeat(beat) => Seen::Heartbeat(beat.position),
    }
}

/// The next messages up to this many that are no heartbeats.
async fn changes(stream: &mut Changes, count: usize) -> Vec<WatchInitiativesResponse> {
    let mut found = Vec::new();
    while found.len() < count {
        let message = next(stream).await.unwrap();
        if !matches!(seen(&message), Seen::Heartbeat(_)) {
            found.push(message);
        }
    }
    found
}

async fn begun(world: &World, caller: &Caller, filter: &str) -> (Changes, String) {
    let mut stream = open(world, caller, filter, "").await.unwrap();
    let first = next(&mut stream).await.unwrap();
    assert_eq!(seen(&first), Seen::Heartbeat(world.portfolio.position()));
    (stream, first.resume_token)
}

#[tokio::test]
async fn a_stream_begins_now_and_tells_what_changes_or_no_longer_matches() {
    let mut world = World::with(&[titled(1, "ישנה")]).await;
    let (mut stream, _) = begun(&world, &lead(&[ministry(0)]), "status = ACTIVE").await;
    let elsewhere = Initiative { ministry_id: ministry(1), ..titled(3, "אחרת") };
    world.portfolio.put(&[titled(2, "חדשה"), elsewhere.clone()]).await;
    world.portfolio.put(&[elsewhere, Initiative { status: "STOPPED".to_owned(), ..titled(1, "ישנה") }]).await;
    world.portfolio.put(&[titled(4, "חדשה")]).await;
    let found: Vec<Seen> = changes(&mut stream, 3).await.iter().map(seen).collect();
    assert_eq!(found, [Seen::Changed(id(2)), Seen::Removed(id(1)), Seen::Changed(id(4))]);
}

#[tokio::test]
async fn a_line_is_told_as_it_now_is_without_a_hidden_proposer() {
    let mut world = World::new().await;
    let (mut stream, _) = begun(&world, &lead(&[ministry(0)]), "").await;
    let line = Initiative { proposer_id: Some(person(1)), proposer_hidden: true, ..titled(1, "חדשה") };
    world.portfolio.put(&[line]).await;
    let [message] = changes(&mut stream, 1).await.try_into().unwrap();
    let Some(Change::Changed(row)) = message.change else { panic!("{message:?}") };
    assert_eq!((row.title.unwrap().he.as_str(), row.proposer_id.as_str(), row.version), ("חדשה", "", 3));
}

#[tokio::test]
async fn a_stream_resumed_from_any_message_misses_nothing_that_came_after_it() {
    let mut world = World::new().await;
    let lines = population(40);
    let caller = lead(&[ministry(0), ministry(1)]);
    let (mut stream, first) = begun(&world, &caller, "").await;
    let mut dice = Dice(11);
    // Several lines at each position, and some lines again and again.
    let mut last_changed: Vec<(Uuid, u64)> = Vec::new();
    for _ in 0..12 {
        let mut some: Vec<Initiative> = (0..4).map(|_| dice.one(&lines)).collect();
        some.sort_by_key(|line| line.initiative_id);
        some.dedup_by_key(|line| line.initiative_id);
        world.portfolio.put(&some).await;
        for line in some.iter().filter(|i| i.ministry_id == ministry(0) || i.ministry_id == ministry(1)) {
            last_changed.retain(|(id, _)| *id != line.initiative_id);
            last_changed.push((line.initiative_id, world.portfolio.position()));
        }
    }
    world.portfolio.put(&[titled(1000, "אחרונה")]).await;
    last_changed.push((id(1000), world.portfolio.position()));
    last_changed.sort_by_key(|(id, position)| (*position, *id));
    let everything: Vec<Uuid> = last_changed.iter().map(|(id, _)| *id).collect();

    // In the order of the log, each line where it changed last, from the beginning and from every message on.
    let mut all = open(&world, &caller, "", &first).await.unwrap();
    let all = changes(&mut all, everything.len()).await;
    assert_eq!(
        all.iter().map(seen).collect::<Vec<_>>(),
        everything.iter().copied().map(Seen::Changed).collect::<Vec<_>>()
    );
    for (at, message) in all.iter().enumerate().take(all.len() - 1) {
        let mut resumed = open(&world, &caller, "", &message.resume_token).await.unwrap();
        let rest: Vec<Seen> =
            changes(&mut resumed, everything.len() - at - 1).await.iter().map(seen).collect();
        let expected: Vec<Seen> = everything[at + 1..].iter().copied().map(Seen::Changed).collect();
        assert_eq!(rest, expected, "after message {at}");
    }
    // The stream that was open all the time heard of each of them too.
    let mut heard = BTreeSet::new();
    while heard.len() < everything.len() {
        heard.extend(changes(&mut stream, 1).await.iter().map(seen));
    }
    assert_eq!(heard, everything.into_iter().map(Seen::Changed).collect());
}

#[tokio::test]
async fn a_quiet_stream_gives_tokens_that_move_on() {
    let pace = Pace { heartbeat: Duration::from_millis(30), ..Pace::default() };
    let mut world = World::at(pace, None).await;
    let caller = lead(&[ministry(1)]);
    let (mut stream, _) = begun(&world, &caller, "").await;
    // Nothing of theirs.
    world.portfolio.put(&[titled(1, "אחרת")]).await;
    let quiet = loop {
        let message = next(&mut stream).await.unwrap();
        if seen(&message) == Seen::Heartbeat(world.portfolio.position()) {
            break message;
        }
    };
    let theirs = Initiative { ministry_id: ministry(1), ..titled(2, "שלהם") };
    world.portfolio.put(&[theirs]).await;
    let mut resumed = open(&world, &caller, "", &quiet.resume_token).await.unwrap();
    assert_eq!(seen(&changes(&mut resumed, 1).await[0]), Seen::Changed(id(2)));
}

#[tokio::test]
async fn a_token_fits_the_filter_and_the_caller_that_it_was_given_for() {
    let world = World::with(&[titled(1, "תור")]).await;
    let caller = lead(&[ministry(0)]);
    let (_stream, token) = begun(&world, &caller, "stage:*").await;
    let invalid = [violation("RESUME_TOKEN_INVALID", "resume_token")];
    for (caller, filter, token) in [
        (&caller, "", token.as_str()),
        (&caller, "stage:*", &token[1..]),
        (&lead(&[ministry(1)]), "stage:*", &token),
        (&board(), "stage:*", &token),
    ] {
        let refused = open(&world, caller, filter, token).await.err().unwrap();
        assert_eq!(violations(refused), invalid, "{filter} of {caller:?}");
    }
    let refused = violations(open(&world, &caller, "colour = RED", "made up").await.err().unwrap());
    assert_eq!(refused, [violation("FILTER_INVALID", "filter"), invalid[0].clone()]);
    // A page's token is no stream's.
    let page = contract::portfolio::v1::ListInitiativesRequest { page_size: 1, ..Default::default() };
    let page = world.list(&board(), page).await.unwrap();
    assert_eq!(page.next_page_token, "");
}

#[tokio::test]
async fn a_stream_ends_with_its_reason() {
    let reason = |status: &Status| (status.code(), explain(status).reason);
    let ended = |name: &str| (tonic::Code::Unavailable, name.to_owned());

    let pace = Pace { age: Duration::from_millis(50), ..Pace::default() };
    let world = World::at(pace, None).await;
    let (mut stream, _) = begun(&world, &board(), "").await;
    assert_eq!(reason(&next(&mut stream).await.unwrap_err()), ended("STREAM_ROTATED"));
    assert!(stream.next().await.is_none());

    let world = World::new().await;
    let (mut stream, _) = begun(&world, &board(), "").await;
    world.shutdown.cancel();
    assert_eq!(reason(&next(&mut stream).await.unwrap_err()), ended("SHUTTING_DOWN"));
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn a_reader_who_does_not_read_is_ended_and_loses_nothing() {
    let pace = Pace { patience: Duration::from_millis(50), ..Pace::default() };
    let mut world = World::at(pace, None).await;
    let at_work = Arc::new(());
    let held = at_work.clone();
    let recheck: Recheck = Box::new(move || {
        let _held = &held;
        async { Ok(board()) }.boxed()
    });
    let request = WatchInitiativesRequest::default();
    let mut stream = watch(&world.reader, board(), &request, TIME, recheck).await.unwrap();
    let lines = population(200);
    world.portfolio.put(&lines).await;
    let given_up = eventually(TIME, async || match Arc::strong_count(&at_work) {
        1 => Ok(()),
        _ => Err("the stream is still fed".to_owned()),
    });
    given_up.await.unwrap();
    let (mut heard, mut token) = (BTreeSet::new(), String::new());
    let status = loop {
        match next(&mut stream).await {
            Ok(message) => {
                token.clone_from(&message.resume_token);
                heard.extend(Some(seen(&message)).filter(|seen| !matches!(seen, Seen::Heartbeat(_))));
            }
            Err(status) => break status,
        }
    };
    assert_eq!(
        (status.code(), explain(&status).reason.as_str()),
        (tonic::Code::ResourceExhausted, "STREAM_TOO_SLOW")
    );
    assert!(heard.len() < 200, "{} were kept for a reader who did not read", heard.len());
    let mut resumed = open(&world, &board(), "", &token).await.unwrap();
    heard.extend(changes(&mut resumed, 200 - heard.len()).await.iter().map(seen));
    assert_eq!(heard, lines.iter().map(|line| Seen::Changed(line.initiative_id)).collect());
}

#[tokio::test]
async fn a_scope_that_changes_ends_the_stream_and_its_tokens() {
    let pace = Pace { heartbeat: Duration::from_millis(30), ..Pace::default() };
    let world = World::at(pace, None).await;
    let before = caller(Scope { person: Some(person(1)), ministries: vec![ministry(0)], ..Scope::default() });
    let mut after = before.clone();
    after.audience.scope.ministries.clear();
    let (now, given) = (Arc::new(Mutex::new(before.clone())), after.clone());
    let asked = now.clone();
    let recheck: Recheck = Box::new(move || {
        let caller = asked.lock().unwrap().clone();
        async move { Ok(caller) }.boxed()
    });
    let request = WatchInitiativesRequest::default();
    let mut stream = watch(&world.reader, before, &request, TIME, recheck).await.unwrap();
    let first = next(&mut stream).await.unwrap();
    *now.lock().unwrap() = given;
    let status = loop {
        if let Err(status) = next(&mut stream).await {
            break status;
        }
    };
    assert_eq!(explain(&status).reason, "STREAM_ROTATED");
    let refused = open(&world, &after, "", &first.resume_token).await.err().unwrap();
    assert_eq!(told(refused).reason, "RESUME_TOKEN_INVALID");
}

#[tokio::test]
async fn a_caller_who_may_no_longer_watch_is_told_so() {
    let pace = Pace { heartbeat: Duration::from_millis(30), ..Pace::default() };
    let world = World::at(pace, None).await;
    let recheck: Recheck = Box::new(|| async { Err(contract::status::refuse("ROLE_FORBIDDEN")) }.boxed());
    let request = WatchInitiativesRequest::default();
    let mut stream = watch(&world.reader, board(), &request, TIME, recheck).await.unwrap();
    assert_eq!(explain(&next(&mut stream).await.unwrap_err()).reason, "ROLE_FORBIDDEN");
}
