//! The promises of a log, as one suite that every implementation passes.
//!
//! Each promise is a function over a fresh log; [`run`] calls all of them. The log may already hold a genesis
//! commit: the suite counts from the head that it finds.

use std::{future::Future, sync::Arc};

use bytes::Bytes;
use futures::future::join_all;
use uuid::Uuid;

use crate::{Append, AppendError, BODY_BYTES_MAX, EventLog, Follower, Headers, Limit, Scope, Subject};

/// Runs every promise against a fresh log.
///
/// # Panics
/// When a promise is broken.
pub async fn run<L, F, Fut>(fresh: F)
where
    L: EventLog,
    F: Fn() -> Fut,
    Fut: Future<Output = L>,
{
    positions_are_dense_and_ordered(Arc::new(fresh().await)).await;
    an_expectation_that_is_not_met_changes_nothing(&fresh().await).await;
    a_repeated_append_returns_the_first_position(&fresh().await).await;
    a_late_repeat_is_still_recognised(&fresh().await).await;
    of_many_racing_appends_exactly_one_wins(Arc::new(fresh().await)).await;
    an_oversized_body_is_refused(&fresh().await).await;
    a_scope_shows_its_commits_and_no_others(&fresh().await).await;
    limits_bound_a_read(&fresh().await).await;
}

/// A commit of the suite: `commit` names it, `text` is its body.
pub fn commit(subject: &Subject, expected: u64, commit: u128, text: &str) -> Append {
    Append {
        subject: subject.clone(),
        expected,
        headers: Headers {
            commit_id: Uuid::from_u128(commit),
            key_id: "0011223344556677".into(),
            signature: "c2lnbmF0dXJl".into(),
            traceparent: None,
        },
        body: Bytes::from(format!("{{\"text\":\"{text}\"}}")),
    }
}

fn subject(n: u128) -> Subject {
    Subject::new("portfolio", "initiative", Uuid::from_u128(n))
}

async fn append(log: &impl EventLog, commit: Append) -> u64 {
    log.append(commit).await.expect("the append is in order")
}

async fn stream(log: &impl EventLog, subject: &Subject) -> Vec<String> {
    let records = log.read(&Scope::Stream(subject.clone()), 0, Limit::default()).await.expect("readable");
    records.iter().map(|r| String::from_utf8_lossy(&r.body).into_owned()).collect()
}

async fn positions_are_dense_and_ordered(log: Arc<impl EventLog>) {
    let start = log.head().await.expect("head");
    for n in 0..20 {
        assert_eq!(append(&*log, commit(&subject(100 + n), 0, n, "x")).await, start + 1 + n as u64);
    }
    let mut follower = Follower::new(log.clone(), 0);
    let mut seen = Vec::new();
    while seen.len() < usize::try_from(start).expect("small") + 20 {
        let batch = follower.next(Limit { count: 7, bytes: 1 << 20 }).await.expect("contiguous");
        seen.extend(batch.iter().map(|r| r.position));
    }
    assert_eq!(seen, (1..=start + 20).collect::<Vec<_>>());
    assert_eq!(log.head().await.expect("head"), start + 20);
    assert_eq!(log.get(start + 3).await.expect("get").expect("there").headers.commit_id, Uuid::from_u128(2));
    assert!(log.get(start + 21).await.expect("get").is_none());
}

async fn an_expectation_that_is_not_met_changes_nothing(log: &impl EventLog) {
    let s = subject(1);
    let first = append(log, commit(&s, 0, 1, "first")).await;
    for (expected, id) in [(0, 2), (first + 1, 3)] {
        let refused = log.append(commit(&s, expected, id, "late")).await;
        assert!(matches!(refused, Err(AppendError::Conflict { .. })), "{refused:?}");
    }
    assert_eq!(stream(log, &s).await, ["{\"text\":\"first\"}"]);
    assert_eq!(log.head().await.expect("head"), first);
}

async fn a_repeated_append_returns_the_first_position(log: &impl EventLog) {
    let s = subject(2);
    let first = append(log, commit(&s, 0, 1, "once")).await;
    assert_eq!(append(log, commit(&s, 0, 1, "once")).await, first);
    assert_eq!(stream(log, &s).await.len(), 1);
}

async fn a_late_repeat_is_still_recognised(log: &impl EventLog) {
    let s = subject(3);
    let first = append(log, commit(&s, 0, 1, "once")).await;
    let second = append(log, commit(&s, first, 2, "then")).await;
    let third = append(log, commit(&s, second, 3, "then")).await;
    assert_eq!(append(log, commit(&s, first, 2, "then")).await, second);
    assert_eq!(log.head().await.expect("head"), third);
}

async fn of_many_racing_appends_exactly_one_wins(log: Arc<impl EventLog>) {
    let s = subject(4);
    let mut expected = 0;
    for round in 0..10_u128 {
        let racing = (0..8_u128).map(|n| {
            let (log, s) = (log.clone(), s.clone());
            async move { log.append(commit(&s, expected, round * 8 + n, &n.to_string())).await }
        });
        let outcomes = join_all(racing).await;
        let won: Vec<u64> = outcomes.iter().filter_map(|o| o.as_ref().ok().copied()).collect();
        assert_eq!(won.len(), 1, "round {round}: {outcomes:?}");
        let lost = outcomes.iter().filter(|o| matches!(o, Err(AppendError::Conflict { .. }))).count();
        assert_eq!(lost, 7, "round {round}: {outcomes:?}");
        expected = won[0];
    }
    assert_eq!(stream(&*log, &s).await.len(), 10);
}

async fn an_oversized_body_is_refused(log: &impl EventLog) {
    let s = subject(5);
    let mut large = commit(&s, 0, 1, "");
    large.body = Bytes::from(vec![b' '; BODY_BYTES_MAX + 1]);
    let refused = log.append(large.clone()).await;
    assert!(matches!(refused, Err(AppendError::TooLarge { .. })), "{refused:?}");
    large.body = Bytes::from(vec![b' '; BODY_BYTES_MAX]);
    append(log, large).await;
}

async fn a_scope_shows_its_commits_and_no_others(log: &impl EventLog) {
    let (one, unit) = (subject(6), Subject::new("reference", "org_unit", Uuid::from_u128(6)));
    let first = append(log, commit(&one, 0, 1, "a")).await;
    let second = append(log, commit(&unit, 0, 2, "b")).await;
    let third = append(log, commit(&one, first, 3, "c")).await;
    let positions = |scope: Scope, after: u64| async move {
        let records = log.read(&scope, after, Limit::default()).await.expect("readable");
        records.iter().map(|r| r.position).collect::<Vec<_>>()
    };
    assert_eq!(positions(Scope::Stream(one.clone()), 0).await, [first, third]);
    assert_eq!(positions(Scope::Stream(one.clone()), first).await, [third]);
    assert_eq!(positions(Scope::Area("reference"), 0).await, [second]);
    assert_eq!(positions(Scope::Stream(subject(7)), 0).await, Vec::<u64>::new());
    let last = |scope: Scope| async move { log.last(&scope).await.expect("last").map(|r| r.position) };
    assert_eq!(last(Scope::Stream(one)).await, Some(third));
    assert_eq!(last(Scope::Area("reference")).await, Some(second));
    assert_eq!(last(Scope::Stream(subject(7))).await, None);
}

async fn limits_bound_a_read(log: &impl EventLog) {
    let s = subject(8);
    let mut expected = 0;
    for n in 0..10 {
        expected = append(log, commit(&s, expected, n, &"x".repeat(1000))).await;
    }
    let read = |count, bytes| {
        let scope = Scope::Stream(s.clone());
        async move { log.read(&scope, 0, Limit { count, bytes }).await.expect("readable").len() }
    };
    assert_eq!(read(3, 1 << 20).await, 3);
    assert!((1..=4).contains(&read(10, 4096).await));
    assert_eq!(read(10, 1).await, 1);
}
