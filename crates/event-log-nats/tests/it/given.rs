//! What the tests start from: a provisioned log on fresh servers, and commits.

use bytes::Bytes;
use event_log::{Append, EventLog, Headers, Subject, conformance};
use event_log_nats::{NatsLog, provision};
use test_kit::{Nats, User};
use uuid::Uuid;

pub(crate) fn genesis(log_id: Uuid) -> Append {
    Append {
        subject: Subject::new("log", "genesis", log_id),
        expected: 0,
        headers: Headers {
            commit_id: Uuid::from_u128(0xfeed),
            key_id: "0011223344556677".into(),
            signature: "c2lnbmF0dXJl".into(),
            traceparent: None,
        },
        body: Bytes::from_static(b"{}"),
    }
}

/// A fresh log that every node holds, opened to append.
pub(crate) async fn log(nats: &Nats) -> NatsLog {
    nats.log(&genesis(Uuid::new_v4())).await.expect("a log")
}

pub(crate) async fn provisioned(nats: &Nats) -> Uuid {
    let log_id = Uuid::new_v4();
    let server = nats.server(User::Provisioner);
    provision(&server, nats.settings(), &genesis(log_id)).await.expect("provisioned");
    log_id
}

pub(crate) fn subject(n: u128) -> Subject {
    Subject::new("portfolio", "initiative", Uuid::from_u128(n))
}

/// The `n`th commit of a subject.
pub(crate) fn commit(subject: &Subject, expected: u64, n: u64) -> Append {
    conformance::commit(subject, expected, n, &format!("commit {n}"))
}

/// Appends commits to one subject and returns their positions.
pub(crate) async fn history(log: &NatsLog, subject: &Subject, count: u64) -> Vec<u64> {
    let mut positions = Vec::new();
    for n in 0..count {
        let expected = positions.last().copied().unwrap_or(0);
        positions.push(log.append(commit(subject, expected, n)).await.expect("appended"));
    }
    positions
}
