//! One stored payload per event and schema version ever released, read by today's code.
//!
//! The files under `golden/` are added to, never edited. The newest version of each is also written back to
//! the same bytes.

use std::{fs, path::PathBuf};

use codec::{
    DomainEvent, StoredEvent,
    event::{AGGREGATES, schemas},
};
use event_log::Subject;
use uuid::Uuid;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden")
}

struct Golden {
    name: String,
    stored: StoredEvent,
    subject: Subject,
}

/// `<area>.<aggregate>.<EventName>.v<schema>.json`, one per line of a released event.
fn corpus() -> Vec<Golden> {
    let mut files: Vec<_> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let parts: Vec<&str> = name.trim_end_matches(".json").split('.').collect();
        let [area, aggregate, event, version] = parts[..] else { panic!("{name} is not named as it should") };
        let data = fs::read_to_string(path).unwrap();
        let stored = format!(
            r#"{{"id":"{}","type":"{event}","schema":{},"data":{}}}"#,
            Uuid::from_u128(1),
            version.trim_start_matches('v'),
            data.trim_end()
        );
        let subject = Subject::new(area, aggregate, Uuid::from_u128(1));
        Golden { stored: serde_json::from_str(&stored).unwrap(), subject, name }
    };
    files.iter().map(read).collect()
}

#[test]
fn everything_ever_stored_still_reads() {
    for golden in corpus() {
        let read = DomainEvent::decode(&golden.subject, &golden.stored);
        assert!(read.is_ok(), "{}: {read:?}", golden.name);
    }
}

#[test]
fn every_event_has_a_golden_file() {
    let names: Vec<String> = corpus().into_iter().map(|golden| golden.name).collect();
    for ((area, aggregate), kind, _) in schemas() {
        let wanted = format!("{area}.{aggregate}.{}.v{}.json", kind.name, kind.schema);
        assert!(names.contains(&wanted), "{wanted} is missing");
    }
}

#[test]
fn the_newest_version_is_written_as_it_was_stored() {
    for golden in corpus() {
        let newest = schemas()
            .iter()
            .any(|(_, kind, _)| kind.name == golden.stored.name && kind.schema == golden.stored.schema);
        if !newest {
            continue;
        }
        let written = match DomainEvent::decode(&golden.subject, &golden.stored).unwrap() {
            DomainEvent::LogOpened(event) => serde_json::to_string(&event).unwrap(),
            DomainEvent::OrgUnit(event) => codec::event::data(&event).get().to_owned(),
            DomainEvent::PersonAccess(event) => codec::event::data(&event).get().to_owned(),
            DomainEvent::PolicySet(event) => codec::event::data(&event).get().to_owned(),
            DomainEvent::WriterKey(event) => codec::event::data(&event).get().to_owned(),
            DomainEvent::Initiative(event) => codec::event::data(&event).get().to_owned(),
        };
        assert_eq!(written, golden.stored.data.get(), "{}", golden.name);
    }
}

#[test]
fn subject_tokens_are_frozen() {
    let tokens: Vec<String> = AGGREGATES.iter().map(|(area, name)| format!("{area}.{name}")).collect();
    let frozen = [
        "log.genesis",
        "reference.org_unit",
        "reference.person_access",
        "reference.policy_set",
        "reference.writer_key",
        "portfolio.initiative",
    ];
    assert_eq!(tokens, frozen);
}
