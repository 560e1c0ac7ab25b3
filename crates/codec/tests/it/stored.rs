//! What every reader checks: format, hash, chain, signature.

use codec::{
    Commit, DomainEvent,
    chain::{Chain, ChainError},
    commit::{Authority, CommandStamp, Decider, FORMAT},
    genesis::{self, LogOpened, RootPrincipal},
    sha256_hex,
    sign::{Keyring, SignatureError, Signer},
};
use domain::{Actor, Role, portfolio::initiative::Initiative};
use event_log::{Append, Headers, Record, Subject};
use serde_json::value::RawValue;
use time::OffsetDateTime;
use uuid::Uuid;

const LOG_ID: Uuid = Uuid::from_u128(0x109);

fn signer() -> Signer {
    Signer::from_seed(&[7; 32]).unwrap()
}

fn raw(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).unwrap()
}

fn opened() -> LogOpened {
    LogOpened {
        log_id: LOG_ID,
        created_at: "2026-11-24T08:00:00.000000Z".parse().unwrap(),
        writer_key: signer().public_key(),
        root_principals: vec![RootPrincipal {
            issuer: "https://login.example".into(),
            subject: "root".into(),
        }],
        configuration_sha256: sha256_hex(b"configuration"),
    }
}

fn commit(subject: &Subject, n: u128, version: u64, previous: Option<&Record>) -> Commit {
    Commit {
        format: FORMAT,
        commit_id: Uuid::from_u128(0xc0 + n),
        stream: subject.to_string(),
        version,
        prev_sha256: previous.map(|record| sha256_hex(&record.body)),
        prev_position: previous.map(|record| record.position),
        command: CommandStamp {
            id: Uuid::from_u128(0xd0 + n),
            name: "WithdrawInitiative".into(),
            sha256: sha256_hex(b"{}"),
            data: raw("{}"),
        },
        actor: Actor { person: None, system: Some("test".into()), role: Role::System, unit: None, on_behalf_of: None },
        authority: Authority {
            basis: "SERVICE".into(),
            grant: None,
            delegation: None,
            import: None,
            policy_set_sha256: None,
            policy_ids: vec!["employee-proposes".into()],
            position: 1,
        },
        recorded_at: "2026-11-24T08:00:00.000001Z".parse().unwrap(),
        effective_on: "2026-11-24".parse().unwrap(),
        correlation_id: Uuid::from_u128(0xe0),
        causation_id: None,
        traceparent: None,
        classification: "INTERNAL".into(),
        framework_version: 1,
        policies: vec![],
        decider: Decider { name: "initiative".into(), version: 1 },
        facts: raw("{}"),
        salt: "AAAAAAAAAAAAAAAAAAAAAA==".into(),
        events: vec![serde_json::from_str(
            r#"{"id":"00000000-0000-0000-0000-0000000000f0","type":"InitiativeWithdrawn","schema":1,"data":{}}"#,
        )
        .unwrap()],
    }
}

fn record(commit: &Commit, subject: &Subject, position: u64) -> Record {
    let body = commit.encode();
    let expected = commit.prev_position.unwrap_or(0);
    let signature = signer().sign(LOG_ID, subject, commit.commit_id, expected, &body);
    let headers = Headers {
        commit_id: commit.commit_id,
        key_id: signer().key_id().into(),
        signature,
        traceparent: None,
    };
    let stored_at = OffsetDateTime::UNIX_EPOCH;
    Record { position, stored_at, subject: subject.clone(), headers, body: body.into() }
}

fn subject() -> Subject {
    codec::subject::<Initiative>(Uuid::from_u128(1))
}

#[test]
fn the_grammar_of_a_body_is_frozen() {
    let golden = include_str!("../commit.json").trim_end();
    let first = record(&commit(&subject(), 1, 1, None), &subject(), 9_007_199_254_740_993);
    let body = commit(&subject(), 2, 2, Some(&first)).encode();
    assert_eq!(String::from_utf8(body).unwrap(), golden);
    let read = Commit::decode(golden.as_bytes()).unwrap();
    assert_eq!(read.prev_position, Some(9_007_199_254_740_993));
    assert_eq!(read.encode(), golden.as_bytes());
}

#[test]
fn unknown_fields_are_ignored_and_other_formats_refused() {
    let golden = include_str!("../commit.json").trim_end();
    let extended = golden.replacen("{", r#"{"later":{"x":1.5},"#, 1);
    assert_eq!(Commit::decode(extended.as_bytes()).unwrap().encode(), golden.as_bytes());
    for wrong in [golden.replacen("\"format\":1", "\"format\":2", 1), "{}".into(), "null".into()] {
        assert!(Commit::decode(wrong.as_bytes()).is_err(), "{wrong}");
    }
}

#[test]
fn a_chain_accepts_what_continues_it_and_nothing_else() {
    let subject = subject();
    let first = record(&commit(&subject, 1, 1, None), &subject, 2);
    let mut chain = Chain::default();
    chain.accept(&first, &Commit::decode(&first.body).unwrap()).unwrap();
    let good = commit(&subject, 2, 2, Some(&first));
    let refused = |wrong: Commit| {
        let mut chain = chain.clone();
        let record = record(&wrong, &subject, 3);
        chain.accept(&record, &wrong).map(|_| ()).map_err(|ChainError { problem, .. }| problem)
    };
    assert_eq!(refused(good.clone()), Ok(()));
    let problem = |text: &str| Err(text.to_owned());
    assert_eq!(refused(Commit { version: 3, ..good.clone() }), problem("its version is 3, not 2"));
    assert_eq!(refused(Commit { version: 1, ..good.clone() }), problem("its version is 1, not 2"));
    assert_eq!(
        refused(Commit { prev_sha256: Some(sha256_hex(b"other")), ..good.clone() }),
        problem("it names another hash of the commit before")
    );
    assert_eq!(
        refused(Commit { prev_position: Some(1), ..good.clone() }),
        problem("it follows position Some(1)")
    );
    assert_eq!(
        refused(Commit { stream: "cs.portfolio.initiative.x".into(), ..good }),
        problem("its body names the stream `cs.portfolio.initiative.x`")
    );
}

#[test]
fn a_signature_binds_log_subject_commit_expectation_and_body() {
    let Append { subject: root, headers, body, .. } = genesis::commit(&opened(), &signer());
    let stored_at = OffsetDateTime::UNIX_EPOCH;
    let genesis = Record { position: 1, stored_at, subject: root.clone(), headers, body };
    let commit_of = |record: &Record| Commit::decode(&record.body).unwrap();
    let mut keyring = Keyring::new(LOG_ID);
    let read = DomainEvent::decode(&root, &commit_of(&genesis).events[0]).unwrap();
    assert_eq!(read, DomainEvent::LogOpened(opened()));
    keyring.learn(&read).unwrap();
    assert_eq!(keyring.verify(&genesis, &commit_of(&genesis)), Ok(()));

    let subject = subject();
    let first = record(&commit(&subject, 1, 1, None), &subject, 2);
    assert_eq!(keyring.verify(&first, &commit_of(&first)), Ok(()));
    let invalid = Err(SignatureError::Invalid { position: 2 });
    let mut forged = first.clone();
    forged.body = String::from_utf8(first.body.to_vec()).unwrap().replace("INTERNAL", "PUBLIC").into();
    assert_eq!(keyring.verify(&forged, &commit_of(&forged)), invalid);
    let mut moved = first.clone();
    moved.subject = codec::subject::<Initiative>(Uuid::from_u128(2));
    assert_eq!(keyring.verify(&moved, &commit_of(&moved)), invalid);
    let other_log = {
        let mut keyring = Keyring::new(Uuid::from_u128(2));
        keyring.enrol(&signer().public_key()).unwrap();
        keyring
    };
    assert_eq!(other_log.verify(&first, &commit_of(&first)), invalid);
    let mut unknown = first.clone();
    unknown.headers.key_id = "0011223344556677".into();
    let key_id = unknown.headers.key_id.clone();
    assert_eq!(
        keyring.verify(&unknown, &commit_of(&unknown)),
        Err(SignatureError::UnknownKey { position: 2, key_id })
    );
}

#[test]
fn private_texts_are_found_by_their_pointer() {
    let data = raw(r#"{"a":{"private_mac":"00"},"b":[{"private_mac":"01"},{"private_mac":"02","x":1}]}"#);
    let found = codec::event::privates(&data);
    assert_eq!(found, [("/a".to_owned(), "00".to_owned()), ("/b/0".to_owned(), "01".to_owned())]);
}
