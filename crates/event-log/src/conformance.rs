//! The promises of a log, as one suite that every implementation passes.
//!
//! Each promise is a function over subjects of its own; [`run`] calls all of them on one log, one after the
//! other. The log may already hold a genesis commit: each promise counts from the head that it finds.

use std::{
    fmt::Debug,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::future::join_all;
use uuid::Uuid;

use crate::{
    Append, AppendError, BODY_BYTES_MAX, EventLog, Follower, Headers, Limit, Record, Scope, Subject,
};

/// Runs every promise against a log that nobody else writes to, and that holds at most a genesis commit.
///
/// # Panics
/// When a promise is broken.
pub async fn run(log: impl EventLog) {
    let log = Arc::new(log);
    positions_are_dense_and_ordered(&log).await;
    what_was_appended_is_what_is_read(&*log).await;
    an_expectation_that_is_not_met_changes_nothing(&*log).await;
    a_repeated_append_returns_the_first_position(&*log).await;
    a_late_repeat_is_still_recognised(&*log).await;
    of_many_racing_appends_exactly_one_wins(&log).await;
    an_oversized_body_is_refused(&*log).await;
    a_scope_shows_its_commits_and_no_others(&*log).await;
    limits_bound_a_read(&*log).await;
}

/// How long a replica may lag behind its leader before a read counts as wrong.
const LAG_MAX: Duration = Duration::from_secs(10);

/// A commit of the suite: `n` tells the commits of one subject apart, `text` goes into its body.
pub fn commit(subject: &Subject, expected: u64, n: u64, text: &str) -> Append {
    Append {
        subject: subject.clone(),
        expected,
        headers: Headers {
            commit_id: commit_id(subject, n),
            key_id: "0011223344556677".into(),
            signature: "c2lnbmF0dXJl".into(),
            traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into()),
        },
        body: Bytes::from(format!("{{\"text\":\"{text}\"}}")),
    }
}

/// Commit ids are unique across subjects.
fn commit_id(subject: &Subject, n: u64) -> Uuid {
    let (_, low) = subject.id().as_u64_pair();
    Uuid::from_u64_pair(low, n)
}

fn subject(n: u128) -> Subject {
    Subject::new("portfolio", "initiative", Uuid::from_u128(n))
}

async fn append(log: &impl EventLog, commit: Append) -> u64 {
    log.append(commit).await.expect("the append is in order")
}

/// Reads again until the answer is the one expected: a replica may lag, but not for ever.
async fn reads<T: PartialEq + Debug>(expected: T, read: impl AsyncFn() -> T) {
    let start = Instant::now();
    loop {
        let found = read().await;
        if found == expected {
            return;
        }
        assert!(start.elapsed() < LAG_MAX, "still read {found:?}, not {expected:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn bodies(log: &impl EventLog, subject: &Subject) -> Vec<String> {
    let records = log.read(&Scope::Stream(subject.clone()), 0, Limit::default()).await.expect("readable");
    records.iter().map(|r| String::from_utf8_lossy(&r.body).into_owned()).collect()
}

async fn positions(log: &impl EventLog, scope: &Scope, after: u64) -> Vec<u64> {
    let records = log.read(scope, after, Limit::default()).await.expect("readable");
    records.iter().map(|r| r.position).collect()
}

async fn positions_are_dense_and_ordered(log: &Arc<impl EventLog>) {
    let start = log.head().await.expect("head");
    for n in 0..20 {
        let appended = append(&**log, commit(&subject(100 + u128::from(n)), 0, n, "x")).await;
        assert_eq!(appended, start + 1 + n);
    }
    let mut follower = Follower::new(log.clone(), 0);
    let mut seen = Vec::new();
    while follower.position() < start + 20 {
        let batch = follower.next(Limit { count: 7, bytes: 1 << 20 }).await.expect("contiguous");
        seen.extend(batch.iter().map(|r| r.position));
    }
    assert_eq!(seen, (1..=start + 20).collect::<Vec<_>>());
    assert_eq!(log.head().await.expect("head"), start + 20);
    assert!(log.get(start + 21).await.expect("get").is_none());
}

async fn what_was_appended_is_what_is_read(log: &impl EventLog) {
    let sent = commit(&subject(9), 0, 1, "\u{5e9}\u{5dc}\u{5d5}\u{5dd}");
    let position = append(log, sent.clone()).await;
    let read = log.get(position).await.expect("get").expect("there");
    let stored_at = read.stored_at;
    let expected =
        Record { position, stored_at, subject: sent.subject, headers: sent.headers, body: sent.body };
    assert_eq!(read, expected);
    let scope = Scope::Stream(expected.subject.clone());
    reads(vec![expected], async || log.read(&scope, 0, Limit::default()).await.expect("readable")).await;
}

async fn an_expectation_that_is_not_met_changes_nothing(log: &impl EventLog) {
    let s = subject(1);
    let first = append(log, commit(&s, 0, 1, "first")).await;
    for (expected, id) in [(0, 2), (first + 1, 3)] {
        let refused = log.append(commit(&s, expected, id, "late")).await;
        assert!(matches!(refused, Err(AppendError::Conflict { .. })), "{refused:?}");
    }
    reads(vec!["{\"text\":\"first\"}".to_owned()], async || bodies(log, &s).await).await;
    assert_eq!(log.head().await.expect("head"), first);
}

async fn a_repeated_append_returns_the_first_position(log: &impl EventLog) {
    let s = subject(2);
    let first = append(log, commit(&s, 0, 1, "once")).await;
    assert_eq!(append(log, commit(&s, 0, 1, "once")).await, first);
    assert_eq!(log.head().await.expect("head"), first);
}

async fn a_late_repeat_is_still_recognised(log: &impl EventLog) {
    let s = subject(3);
    let first = append(log, commit(&s, 0, 1, "once")).await;
    let second = append(log, commit(&s, first, 2, "then")).await;
    let third = append(log, commit(&s, second, 3, "then")).await;
    assert_eq!(append(log, commit(&s, first, 2, "then")).await, second);
    assert_eq!(log.head().await.expect("head"), third);
}

async fn of_many_racing_appends_exactly_one_wins(log: &Arc<impl EventLog>) {
    let s = subject(4);
    let mut won = Vec::new();
    for round in 0..10 {
        let expected = won.last().copied().unwrap_or(0);
        let racing = (0..8).map(|n| {
            let (log, s) = (log.clone(), s.clone());
            async move { log.append(commit(&s, expected, round * 8 + n, &n.to_string())).await }
        });
        let outcomes = join_all(racing).await;
        let winners: Vec<u64> = outcomes.iter().filter_map(|o| o.as_ref().ok().copied()).collect();
        assert_eq!(winners.len(), 1, "round {round}: {outcomes:?}");
        let lost = outcomes.iter().filter(|o| matches!(o, Err(AppendError::Conflict { .. }))).count();
        assert_eq!(lost, 7, "round {round}: {outcomes:?}");
        won.extend(winners);
    }
    let scope = Scope::Stream(s);
    reads(won, async || positions(&**log, &scope, 0).await).await;
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
    let (one, area, absent) = (Scope::Stream(one), Scope::Area("reference"), Scope::Stream(subject(7)));
    for (scope, after, expected) in [
        (&one, 0, vec![first, third]),
        (&one, first, vec![third]),
        (&one, third, vec![]),
        (&area, 0, vec![second]),
        (&absent, 0, vec![]),
    ] {
        reads(expected, async || positions(log, scope, after).await).await;
    }
    let last = async |scope: &Scope| log.last(scope).await.expect("last").map(|r| r.position);
    assert_eq!(last(&one).await, Some(third));
    assert_eq!(last(&area).await, Some(second));
    assert_eq!(last(&absent).await, None);
    assert_eq!(last(&Scope::All).await, Some(third));
}

async fn limits_bound_a_read(log: &impl EventLog) {
    let s = subject(8);
    let mut all = Vec::new();
    for n in 0..10 {
        let expected = all.last().copied().unwrap_or(0);
        all.push(append(log, commit(&s, expected, n, &"x".repeat(1000))).await);
    }
    let scope = Scope::Stream(s);
    reads(all, async || positions(log, &scope, 0).await).await;
    let read =
        async |count, bytes| log.read(&scope, 0, Limit { count, bytes }).await.expect("readable").len();
    reads(3, async || read(3, 1 << 20).await).await;
    reads(true, async || (1..=4).contains(&read(10, 4096).await)).await;
    reads(1, async || read(10, 1).await).await;
}
