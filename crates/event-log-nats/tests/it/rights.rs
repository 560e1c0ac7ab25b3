//! Who may say what to the server: the immutability of the log rests on it.

use event_log::EventLog;
use event_log_nats::{ConnectError, NatsLog};
use test_kit::{Nats, User};

use crate::{given, raw::Raw};

/// What can be asked, and by whom of provisioner, command, reader, auditor.
const RIGHTS: [(&str, [bool; 4]); 22] = [
    ("cs.portfolio.initiative.00000000-0000-0000-0000-000000000001", [false, true, false, false]),
    ("cs.log.genesis.00000000-0000-0000-0000-000000000001", [true, true, false, false]),
    ("elsewhere", [false, false, false, false]),
    ("$JS.API.STREAM.INFO.EVENTS", [true, true, true, false]),
    ("$JS.API.DIRECT.GET.EVENTS", [false, true, true, false]),
    ("LOG.STREAM.INFO.EVENTS", [false, false, false, true]),
    ("LOG.DIRECT.GET.EVENTS", [false, false, false, true]),
    ("$JS.API.STREAM.MSG.GET.EVENTS", [true, true, false, false]),
    ("$JS.API.STREAM.CREATE.EVENTS", [true, false, false, false]),
    ("$JS.API.STREAM.UPDATE.EVENTS", [true, false, false, false]),
    ("$JS.API.STREAM.DELETE.EVENTS", [false, false, false, false]),
    ("$JS.API.STREAM.PURGE.EVENTS", [false, false, false, false]),
    ("$JS.API.STREAM.MSG.DELETE.EVENTS", [false, false, false, false]),
    ("$JS.API.STREAM.SNAPSHOT.EVENTS", [false, false, false, false]),
    ("$JS.API.STREAM.RESTORE.EVENTS", [false, false, false, false]),
    ("$JS.API.STREAM.LEADER.STEPDOWN.EVENTS", [false, false, false, false]),
    ("$JS.API.STREAM.PEER.REMOVE.EVENTS", [false, false, false, false]),
    // A second stream or a consumer could republish into the log.
    ("$JS.API.STREAM.CREATE.OTHER", [false, false, false, false]),
    ("$JS.API.CONSUMER.CREATE.EVENTS", [false, false, false, false]),
    ("$JS.API.CONSUMER.CREATE.EVENTS.c", [false, false, false, false]),
    ("$JS.API.CONSUMER.DURABLE.CREATE.EVENTS.c", [false, false, false, false]),
    ("$JS.API.ACCOUNT.PURGE.LOG", [false, false, false, false]),
];

const USERS: [User; 4] = [User::Provisioner, User::Command, User::Reader, User::Auditor];

#[tokio::test]
async fn everybody_may_do_what_they_are_for_and_nothing_else() {
    let nats = Nats::start().await.unwrap();
    given::provisioned(&nats).await;
    for (column, user) in USERS.into_iter().enumerate() {
        let mut raw = Raw::connect(nats.server(user)).await;
        for (subject, rights) in RIGHTS {
            assert_eq!(raw.may_ask(subject).await, rights[column], "{user:?} asks {subject}");
        }
    }
}

#[tokio::test]
async fn nobody_receives_what_is_meant_for_others() {
    let nats = Nats::start().await.unwrap();
    given::provisioned(&nats).await;
    for (user, own) in USERS.into_iter().zip(["provisioner", "command", "reader", "auditor"]) {
        let mut raw = Raw::connect(nats.server(user)).await;
        assert!(raw.may_receive(&format!("_INBOX_{own}.x")).await, "{user:?}");
        for foreign in ["cs.>", "_INBOX_other.>", "_INBOX.>", "$JS.>", ">"] {
            assert!(!raw.may_receive(foreign).await, "{user:?} receives {foreign}");
        }
    }
}

#[tokio::test]
async fn a_wrong_password_opens_nothing() {
    let nats = Nats::start().await.unwrap();
    let mut options = nats.connect_options(User::Command);
    options.server.password = "guess".into();
    let refused = NatsLog::connect(options).await.err();
    assert!(matches!(refused, Some(ConnectError::Server { .. })), "{refused:?}");
}

#[tokio::test]
async fn an_encrypted_log_is_opened_by_who_trusts_its_authority() {
    let (nats, other) = (Nats::cluster3_tls().await.unwrap(), Nats::cluster3_tls().await.unwrap());
    let log = given::log(&nats).await;
    assert_eq!(given::history(&log, &given::subject(1), 3).await, [2, 3, 4]);
    let reader = NatsLog::connect(nats.connect_options(User::Auditor)).await.unwrap();
    assert_eq!(reader.head().await.unwrap(), 4);

    let mut options = nats.connect_options(User::Command);
    for ca in [None, other.server(User::Command).ca] {
        options.server.ca = ca;
        let refused = NatsLog::connect(options.clone()).await.err();
        assert!(matches!(refused, Some(ConnectError::Server { .. })), "{refused:?}");
    }
}
