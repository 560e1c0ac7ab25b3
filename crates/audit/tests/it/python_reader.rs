//! The independent Python reader: it finds a sound dump sound, and tells each class of damage from the others.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use codec::{cloud_event::rfc3339, sign::Signer};
use event_log::{EventLog as _, Limit, Record, Scope};
use serde_json::{Value, json};

use crate::given::{LOG_ID, Writer, initiative, unit};

/// One line of a dump; what `cornerstone log dump` writes.
fn line(record: &Record) -> Value {
    json!({
        "position": record.position,
        "subject": record.subject.to_string(),
        "stored_at": rfc3339(record.stored_at),
        "headers": {
            "Nats-Msg-Id": record.headers.commit_id,
            "Content-Type": event_log::CONTENT_TYPE,
            "Cs-Key": record.headers.key_id,
            "Cs-Signature": record.headers.signature,
        },
        "body_b64": STANDARD.encode(&record.body),
    })
}

async fn dump(writer: &Writer) -> Vec<Value> {
    let records = writer.log.read(&Scope::All, 0, Limit::default()).await.unwrap();
    records.iter().map(line).collect()
}

/// The interpreter in .tools, which has what the tests need, else the system's.
fn python() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let private = root.join(".tools/bin/python3");
    if private.is_file() { private } else { "python3".into() }
}

fn verify(lines: &[Value]) -> Output {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    for line in lines {
        writeln!(file, "{line}").unwrap();
    }
    let reader = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/python/verify_log.py");
    let run = Command::new(python()).arg(reader).arg(file.path()).output();
    let output = run.expect("python3 is installed: `deploy/tools/install tests` sees to it");
    let said = String::from_utf8_lossy(&output.stderr);
    // 1 is Python's own: the reader could not be run at all.
    assert_ne!(output.status.code(), Some(1), "{said}`deploy/tools/install tests` installs what it needs");
    output
}

/// Replaces a text in the body of a line, and signs it anew when told to.
fn rewrite(line: &mut Value, from: &str, to: &str, signer: Option<&Signer>) {
    let body = STANDARD.decode(line["body_b64"].as_str().unwrap()).unwrap();
    let text = String::from_utf8(body).unwrap();
    assert!(text.contains(from), "{text} has no {from}");
    let text = text.replacen(from, to, 1);
    line["body_b64"] = STANDARD.encode(&text).into();
    if let Some(signer) = signer {
        let subject = line["subject"].as_str().unwrap().parse().unwrap();
        let commit_id = line["headers"]["Nats-Msg-Id"].as_str().unwrap().parse().unwrap();
        let commit: Value = serde_json::from_str(&text).unwrap();
        let expected = commit["prev_position"].as_str().map_or(0, |position| position.parse().unwrap());
        let signature = signer.sign(LOG_ID, &subject, commit_id, expected, text.as_bytes());
        line["headers"]["Cs-Signature"] = signature.into();
        line["headers"]["Cs-Key"] = signer.key_id().into();
    }
}

/// 1 genesis, 2 proposal, 3 unit, 4 a second key, 5 withdrawal with that key, 6 the key is revoked.
async fn written() -> (Writer, Vec<Value>) {
    let mut writer = Writer::new().await;
    let title = json!({"title": "חדשנות \"בממשלה\"\n\u{7}", "amount": -12});
    let commit = writer.commit(&initiative(1), &["InitiativeProposed", "InterestDeclared"], &title);
    writer.append(&initiative(1), &commit).await;
    writer.write(&unit(2), &["OrgUnitRegistered"]).await;
    writer.enrol(8).await;
    writer.write(&initiative(1), &["InitiativeWithdrawn"]).await;
    writer.revoke(8).await;
    let lines = dump(&writer).await;
    (writer, lines)
}

#[tokio::test]
async fn a_sound_dump_is_found_sound() {
    let (_, lines) = written().await;
    let found = verify(&lines);
    let said = String::from_utf8(found.stdout).unwrap() + &String::from_utf8(found.stderr).unwrap();
    assert_eq!(said, format!("sound: log {LOG_ID}, 6 commits, 7 events, 4 aggregates\n"));
    assert_eq!(found.status.code(), Some(0));
}

#[tokio::test]
async fn each_kind_of_damage_has_its_own_answer() {
    type Damage = fn(&mut Vec<Value>, &Signer, &Signer);
    let damages: [(&str, i32, Damage); 14] = [
        ("a byte of a body", 15, |lines, _, _| rewrite(&mut lines[1], "INTERNAL", "EXTERNAL", None)),
        ("a line is dropped", 10, |lines, _, _| drop(lines.remove(2))),
        ("two lines are swapped", 10, |lines, _, _| lines.swap(1, 2)),
        ("the first line is dropped", 10, |lines, _, _| drop(lines.remove(0))),
        ("signed by nobody known", 16, |lines, _, unknown| rewrite(&mut lines[2], "{", "{", Some(unknown))),
        ("signed by a key not yet enrolled", 16, |lines, _, _| {
            let late = Signer::from_seed(&[8; 32]).unwrap();
            rewrite(&mut lines[1], "{", "{", Some(&late));
        }),
        ("a version is skipped", 14, |lines, first, _| {
            rewrite(&mut lines[2], "\"version\":1,\"command", "\"version\":2,\"command", Some(first));
        }),
        ("history is rewritten by the writer", 13, |lines, first, _| {
            rewrite(&mut lines[1], "INTERNAL", "EXTERNAL", Some(first));
        }),
        ("another subject", 11, |lines, _, _| lines[1]["subject"] = lines[2]["subject"].clone()),
        ("a subject with a wildcard", 11, |lines, _, _| {
            lines[1]["subject"] = "cs.portfolio.initiative.*".into();
        }),
        ("white space", 12, |lines, first, _| rewrite(&mut lines[1], "{", "{ ", Some(first))),
        ("a float", 12, |lines, first, _| rewrite(&mut lines[1], "-12", "-1.5", Some(first))),
        ("keys out of order", 12, |lines, first, _| {
            let (ordered, other) = (
                "\"facts\":{},\"salt\":\"AQEBAQEBAQEBAQEBAQEBAQ==\"",
                "\"salt\":\"AQEBAQEBAQEBAQEBAQEBAQ==\",\"facts\":{}",
            );
            rewrite(&mut lines[1], ordered, other, Some(first));
        }),
        ("another command than its digest says", 17, |lines, first, _| {
            rewrite(&mut lines[1], "-12", "-13", Some(first));
        }),
    ];
    let first = Signer::from_seed(&[7; 32]).unwrap();
    let unknown = Signer::from_seed(&[66; 32]).unwrap();
    for (what, code, damage) in damages {
        let (_, mut lines) = written().await;
        damage(&mut lines, &first, &unknown);
        let found = verify(&lines);
        let said = String::from_utf8_lossy(&found.stderr).into_owned();
        assert_eq!(found.status.code(), Some(code), "{what}: {said}");
    }
}

#[tokio::test]
async fn a_dump_without_its_genesis_and_a_file_that_is_none_are_refused() {
    let (_, mut lines) = written().await;
    lines[0] = lines[2].clone();
    lines[0]["position"] = 1.into();
    lines.truncate(1);
    assert_eq!(verify(&lines).status.code(), Some(18));
    assert_eq!(verify(&[]).status.code(), Some(2));
    assert_eq!(verify(&[json!({"position": 1})]).status.code(), Some(2));
}
