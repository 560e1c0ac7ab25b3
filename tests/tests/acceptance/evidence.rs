//! What an auditor takes home, checked without any code of the product; and what must not be in it.

use std::{fs, path::Path, process::Command};

use acceptance::{Running, given, python, root};
use anyhow::{Context as _, Result};
use serde_json::Value;
use uuid::Uuid;

/// The exit codes of tests/python/verify_log.py.
const SOUND: i32 = 0;
const POSITION_MISSING: i32 = 10;

fn verify(dump: &Path) -> Result<(i32, String)> {
    let script = root().join("tests/python/verify_log.py");
    let output = Command::new(python()?).arg(script).arg(dump).output()?;
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Ok((output.status.code().context("it was killed")?, said))
}

#[tokio::test]
async fn a_dump_is_sound_by_an_independent_reader_and_a_doctored_one_is_not() -> Result<()> {
    let running = Running::shared().await?;
    let nurse = running.persona("nurse").await?;
    nurse.give(given::proposal(Uuid::now_v7(), &running.unit("MOHHOSP").await?)).await?;
    let path = running.scratch().join(format!("{}.jsonl", Uuid::new_v4()));
    running.cli("auditor", &["log", "dump", &path.to_string_lossy()])?;
    let dump = fs::read_to_string(&path)?;
    let lines: Vec<&str> = dump.lines().collect();
    let (code, said) = verify(&path)?;
    assert_eq!(code, SOUND, "{said}");

    let without_one = [&lines[..lines.len() / 2], &lines[lines.len() / 2 + 1..]].concat().join("\n");
    fs::write(&path, without_one)?;
    let (code, said) = verify(&path)?;
    assert_eq!(code, POSITION_MISSING, "{said}");
    Ok(())
}

#[tokio::test]
async fn no_name_and_no_address_of_a_person_is_on_the_log() -> Result<()> {
    let running = Running::shared().await?;
    let log = running.persona("auditor").await?.log().await?;
    let government: toml::Table = fs::read_to_string(root().join("deploy/dev/government.toml"))?.parse()?;
    let people = government["person"].as_array().context("people")?;
    let secrets = people.iter().flat_map(|person| [&person["name"], &person["email"]]);
    let secrets: Vec<&str> = secrets.filter_map(toml::Value::as_str).collect();
    let registered =
        log.iter().filter(|stored| String::from_utf8_lossy(&stored.body).contains("PersonRegistered"));
    assert!(secrets.len() > 10 && registered.count() > 5, "there are people to look for");
    for stored in &log {
        let body = stored.json()?;
        let texts = strings(&body);
        for secret in &secrets {
            assert!(texts.iter().all(|text| !text.contains(secret)), "{secret} at {}", stored.position);
        }
    }
    Ok(())
}

/// Every text of a document, unescaped.
fn strings(json: &Value) -> Vec<&str> {
    match json {
        Value::String(text) => vec![text],
        Value::Array(values) => values.iter().flat_map(strings).collect(),
        Value::Object(fields) => fields.values().flat_map(strings).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => vec![],
    }
}
