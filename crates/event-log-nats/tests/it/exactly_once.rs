//! An append is stored exactly once, whatever is lost or killed on the way.

use std::{sync::Arc, time::Duration};

use event_log::{Append, AppendError, EventLog, Follower, Limit};
use event_log_nats::{ConnectOptions, NatsLog};
use test_kit::{Nats, User, eventually};

use crate::{
    given::{self, commit, history, subject},
    proxy::{Mode, Proxy},
    raw::Raw,
};

const SOON: Duration = Duration::from_secs(10);

/// A log reached through a proxy, and the same log reached directly.
async fn logs(nats: &Nats, proxy: &Proxy, append_deadline: Duration) -> (NatsLog, NatsLog) {
    let direct = given::log(nats).await;
    let mut options = nats.connect_options(User::Command);
    options.server.urls = vec![proxy.url()];
    options.append_deadline = append_deadline;
    (NatsLog::connect(options).await.expect("connected"), direct)
}

async fn becomes(log: &NatsLog, head: u64) {
    let look = eventually(SOON, async || match log.head().await {
        Ok(found) if found == head => Ok(()),
        other => Err(format!("the head is {other:?}")),
    });
    look.await.expect("it comes to that");
}

#[tokio::test]
async fn a_commit_whose_acknowledgement_was_lost_is_found() {
    let nats = Nats::start().await.unwrap();
    let proxy = Proxy::before(&nats.url()).await;
    let (log, direct) = logs(&nats, &proxy, ConnectOptions::APPEND_DEADLINE).await;
    proxy.set(Mode::LoseAnswers);
    let append = tokio::spawn(async move { log.append(commit(&subject(1), 0, 1)).await });
    becomes(&direct, 2).await;
    proxy.cut();
    assert_eq!(append.await.unwrap().unwrap(), 2);
    assert_eq!(direct.head().await.unwrap(), 2);
}

#[tokio::test]
async fn a_commit_that_was_lost_is_sent_again() {
    let nats = Nats::start().await.unwrap();
    let proxy = Proxy::before(&nats.url()).await;
    let (log, direct) = logs(&nats, &proxy, ConnectOptions::APPEND_DEADLINE).await;
    proxy.set(Mode::LoseRequests);
    let append = tokio::spawn(async move { log.append(commit(&subject(1), 0, 1)).await });
    proxy.loses("Nats-Msg-Id").await;
    proxy.cut();
    assert_eq!(append.await.unwrap().unwrap(), 2);
    assert_eq!(direct.head().await.unwrap(), 2);
}

#[tokio::test]
async fn an_outcome_that_cannot_be_learnt_is_called_unknown_and_can_be_asked_again() {
    let nats = Nats::start().await.unwrap();
    let proxy = Proxy::before(&nats.url()).await;
    let (log, direct) = logs(&nats, &proxy, Duration::from_secs(1)).await;
    let commit = commit(&subject(1), 0, 1);
    proxy.set(Mode::LoseAnswers);
    let unknown = log.append(commit.clone()).await;
    let commit_id = commit.headers.commit_id;
    assert!(
        matches!(unknown, Err(AppendError::Unknown { commit_id: id, .. }) if id == commit_id),
        "{unknown:?}"
    );
    proxy.cut();
    let log = NatsLog::connect(nats.connect_options(User::Command)).await.unwrap();
    assert_eq!(log.append(commit).await.unwrap(), 2);
    assert_eq!(direct.head().await.unwrap(), 2);
}

#[tokio::test]
async fn without_a_server_nothing_is_sent_and_that_is_said() {
    let mut nats = Nats::start().await.unwrap();
    given::provisioned(&nats).await;
    let mut options = nats.connect_options(User::Command);
    options.append_deadline = Duration::from_secs(1);
    let log = NatsLog::connect(options).await.unwrap();
    nats.kill9().unwrap();
    let unreachable = eventually(SOON, async || match log.append(commit(&subject(1), 0, 1)).await {
        Err(AppendError::Unavailable { .. }) => Ok(()),
        // The connection was not yet seen to be gone.
        other => Err(format!("{other:?}")),
    });
    unreachable.await.unwrap();
    nats.restart().await.unwrap();
    let appended =
        eventually(SOON, async || log.append(commit(&subject(1), 0, 1)).await.map_err(|e| format!("{e:?}")));
    assert_eq!(appended.await.unwrap(), 2);
    becomes(&log, 2).await;
}

#[tokio::test]
async fn a_commit_id_used_for_something_else_is_a_conflict() {
    for nats in [Nats::start().await.unwrap(), Nats::cluster3().await.unwrap()] {
        let log = given::log(&nats).await;
        let first = commit(&subject(1), 0, 1);
        log.append(first.clone()).await.unwrap();
        let mut elsewhere = commit(&subject(2), 0, 1);
        elsewhere.headers.commit_id = first.headers.commit_id;
        let mut changed = first.clone();
        changed.headers.signature = "YW5vdGhlcg==".into();
        for reused in [elsewhere, changed] {
            let refused = log.append(reused).await;
            assert!(matches!(refused, Err(AppendError::Conflict { .. })), "{refused:?}");
        }
        assert_eq!(log.head().await.unwrap(), 2);
    }
}

/// Writers that append to a subject each until they are told to stop.
struct Writers {
    stop: tokio::sync::watch::Sender<bool>,
    tasks: Vec<tokio::task::JoinHandle<Vec<u64>>>,
}

impl Writers {
    fn start(log: &Arc<NatsLog>, count: u128) -> Self {
        let stop = tokio::sync::watch::Sender::new(false);
        let writer = |n: u128| {
            let (log, stop) = (log.clone(), stop.subscribe());
            tokio::spawn(async move {
                let mut positions = Vec::new();
                while !*stop.borrow() {
                    let next: Append =
                        commit(&subject(n), positions.last().copied().unwrap_or(0), positions.len() as u64);
                    positions.push(log.append(next).await.expect("every append ends well"));
                }
                positions
            })
        };
        let tasks = (1..=count).map(writer).collect();
        Self { stop, tasks }
    }

    /// Ends the writers and compares what they were told with what the log holds: nothing lost, nothing twice.
    async fn end_and_compare(self, log: Arc<NatsLog>) {
        self.stop.send_replace(true);
        let mut told = Vec::new();
        for task in self.tasks {
            told.extend(task.await.expect("a writer ends well"));
        }
        told.sort_unstable();
        let head = log.head().await.expect("head");
        assert_eq!(told, (2..=head).collect::<Vec<_>>());
        let mut follower = Follower::new(log, 0);
        while follower.position() < head {
            follower.next(Limit::default()).await.expect("no gaps");
        }
    }
}

/// Waits until the log has grown by some commits: it works.
async fn grows(log: &NatsLog) {
    let mut start = None;
    let look = eventually(Duration::from_secs(40), async || {
        let head = log.head().await.map_err(|e| e.to_string())?;
        let start = *start.get_or_insert(head);
        if head > start + 50 { Ok(()) } else { Err(format!("the head went from {start} to {head}")) }
    });
    look.await.expect("the log grows");
}

async fn patient_log(nats: &Nats) -> Arc<NatsLog> {
    given::provisioned(nats).await;
    let mut options = nats.connect_options(User::Command);
    options.append_deadline = ConnectOptions::APPEND_DEADLINE_MAX;
    Arc::new(NatsLog::connect(options).await.expect("connected"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_comes_back_and_every_append_ends_once() {
    let mut nats = Nats::start().await.unwrap();
    let log = patient_log(&nats).await;
    let writers = Writers::start(&log, 8);
    for _ in 0..2 {
        grows(&log).await;
        nats.kill9().unwrap();
        nats.restart().await.unwrap();
    }
    grows(&log).await;
    writers.end_and_compare(log).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_leader_is_replaced_and_every_append_ends_once() {
    let mut nats = Nats::cluster3().await.unwrap();
    let log = patient_log(&nats).await;
    let writers = Writers::start(&log, 8);
    grows(&log).await;
    let leader = nats.node(&Raw::operator(&nats).await.leader().await);
    nats.kill9_node(leader).unwrap();
    grows(&log).await;
    nats.restart_node(leader).await.unwrap();
    grows(&log).await;
    writers.end_and_compare(log).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_hangs_is_replaced_and_every_append_ends_once() {
    let nats = Nats::cluster3().await.unwrap();
    let log = patient_log(&nats).await;
    let writers = Writers::start(&log, 8);
    grows(&log).await;
    let leader = nats.node(&Raw::operator(&nats).await.leader().await);
    nats.pause_node(leader).unwrap();
    grows(&log).await;
    nats.resume_node(leader).unwrap();
    grows(&log).await;
    writers.end_and_compare(log).await;
}

#[tokio::test]
async fn a_full_log_refuses_and_keeps_what_it_has() {
    let nats = Nats::start().await.unwrap();
    let settings = event_log_nats::Settings { bytes_max: 64 * 1024, ..nats.settings() };
    let genesis = given::genesis(uuid::Uuid::new_v4());
    event_log_nats::provision(&nats.server(User::Provisioner), settings, &genesis).await.unwrap();
    let log = NatsLog::connect(nats.connect_options(User::Command)).await.unwrap();
    let mut large = commit(&subject(1), 0, 1);
    large.body = vec![b' '; 60 * 1024].into();
    assert_eq!(log.append(large).await.unwrap(), 2);
    let mut more = commit(&subject(2), 0, 1);
    more.body = vec![b' '; 60 * 1024].into();
    let refused = log.append(more).await;
    assert!(matches!(refused, Err(AppendError::Full { .. })), "{refused:?}");
    assert_eq!(history(&log, &subject(3), 1).await, [3]);
}
