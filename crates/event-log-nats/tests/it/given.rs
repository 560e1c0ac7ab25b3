//! What the tests start from: a provisioned log on fresh servers.

use bytes::Bytes;
use event_log::{Append, Headers, Subject};
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
    let genesis = genesis(Uuid::new_v4());
    provision(&nats.server(User::Provisioner), nats.settings(), &genesis).await.expect("provisioned");
    NatsLog::connect(nats.connect_options(User::Command)).await.expect("connected")
}
