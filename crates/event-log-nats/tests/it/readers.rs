//! Readers and auditors see the whole log, never a stale answer where the leader's is promised, and change nothing.

use std::sync::Arc;

use event_log::{AppendError, EventLog, Follower, Limit, Scope};
use event_log_nats::NatsLog;
use test_kit::{Nats, User};

use crate::given::{self, commit, history, subject};

#[tokio::test]
async fn readers_and_auditors_see_what_the_leader_has() {
    for nats in [Nats::start().await.unwrap(), Nats::cluster3().await.unwrap()] {
        let log = given::log(&nats).await;
        for user in [User::Reader, User::Auditor] {
            let reader = Arc::new(NatsLog::connect(nats.connect_options(user)).await.unwrap());
            for n in 1..=20 {
                let subject = subject(n + 1000 * u128::from(user == User::Auditor));
                let positions = history(&log, &subject, 2).await;
                let last = log.get(positions[1]).await.unwrap();
                assert_eq!(reader.head().await.unwrap(), positions[1]);
                assert_eq!(reader.last(&Scope::Stream(subject)).await.unwrap(), last);
                assert_eq!(reader.last(&Scope::All).await.unwrap(), last);
                assert_eq!(reader.last(&Scope::Area("portfolio")).await.unwrap(), last);
                assert_eq!(reader.last(&Scope::Area("skills")).await.unwrap(), None);
                assert_eq!(reader.get(positions[1]).await.unwrap(), last);
                assert_eq!(reader.get(positions[1] + 1).await.unwrap(), None);
            }
            let head = log.head().await.unwrap();
            let mut follower = Follower::new(reader, 0);
            while follower.position() < head {
                follower.next(Limit { count: 7, bytes: 1 << 20 }).await.unwrap();
            }
        }
    }
}

#[tokio::test]
async fn who_reads_does_not_append() {
    let nats = Nats::start().await.unwrap();
    given::provisioned(&nats).await;
    for user in [User::Reader, User::Auditor] {
        let reader = NatsLog::connect(nats.connect_options(user)).await.unwrap();
        match reader.append(commit(&subject(1), 0, 1)).await {
            Err(AppendError::Refused { reason, .. }) => assert_eq!(reason, "the log was opened for reading"),
            other => panic!("{other:?}"),
        }
    }
}
