//! What an auditor takes home, checked without any code of the product; and what must not be in it.

use std::{fs, path::Path, process::Command};

use acceptance::{Running, given, python, root};
use anyhow::{Context as _, Result};
use contract::portfolio::v1::{DeclineInitiativeRequest, DeclineReason, sealed_text::State};
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
    let secrets = people()?;
    let registered =
        log.iter().filter(|stored| String::from_utf8_lossy(&stored.body).contains("PersonRegistered"));
    assert!(registered.count() > 5, "people were registered");
    for stored in &log {
        let body = stored.json()?;
        let texts = strings(&body);
        for secret in &secrets {
            assert!(
                texts.iter().all(|text| !text.contains(secret.as_str())),
                "{secret} at {}",
                stored.position
            );
        }
    }
    Ok(())
}

#[tokio::test]
async fn feedback_is_read_by_whom_it_concerns_and_stands_sealed_on_the_log() -> Result<()> {
    const FEEDBACK: &str =
        "תודה על ההצעה. מרפאות הקהילה מתקינות ברבעון הבא מערכת תורים אחידה, ולכן אין צורך בה.";
    let running = Running::shared().await?;
    let (nurse, lead) = (running.persona("nurse").await?, running.persona("moh-lead").await?);
    let (id, unit) = (Uuid::now_v7(), running.unit("MOHHOSP").await?);
    nurse.give(given::proposal(id, &unit)).await?;
    let version = lead.give(given::review(id)).await?.version;
    let decline = DeclineInitiativeRequest {
        header: given::seen(version),
        initiative_id: id.to_string(),
        reason_code: DeclineReason::HandledAsBusinessAsUsual.into(),
        feedback: given::hebrew(FEEDBACK),
        similar_initiative_id: String::new(),
    };
    let token = lead.give(decline).await?.consistency_token;
    let read = nurse.initiative(id, &token).await?.decline_feedback.context("feedback")?;
    assert_eq!((read.state(), read.text.context("a text")?.he.as_str()), (State::Plain, FEEDBACK));
    for stored in running.persona("auditor").await?.log().await? {
        let body = stored.json()?;
        assert!(strings(&body).iter().all(|text| !text.contains(FEEDBACK)), "at {}", stored.position);
    }
    Ok(())
}

#[tokio::test]
async fn nothing_private_is_in_the_logs_of_the_processes() -> Result<()> {
    let running = Running::shared().await?;
    let token = running.token("nurse").await?;
    running
        .persona("nurse")
        .await?
        .give(given::proposal(Uuid::now_v7(), &running.unit("MOHHOSP").await?))
        .await?;
    let mut secrets = people()?;
    secrets.push(token.rsplit('.').next().context("a signature")?.to_owned());
    for file in fs::read_dir(running.var().join("keys"))? {
        let secret = fs::read_to_string(file?.path())?;
        // Configuration files hold passwords among other lines; those passwords have files of their own.
        secrets.extend((!secret.trim().contains(char::is_whitespace)).then(|| secret.trim().to_owned()));
    }
    let mut looked_at = 0;
    for file in fs::read_dir(running.var().join("log"))? {
        let path = file?.path();
        let text = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
        looked_at += text.len();
        for secret in secrets.iter().filter(|secret| secret.len() > 3) {
            assert!(!text.contains(secret.as_str()), "{secret} is in {}", path.display());
        }
    }
    assert!(secrets.len() > 30 && looked_at > 500, "{} secrets, {looked_at} bytes", secrets.len());
    Ok(())
}

/// Names and addresses of everybody in the invented government.
fn people() -> Result<Vec<String>> {
    let government: toml::Table = fs::read_to_string(root().join("deploy/dev/government.toml"))?.parse()?;
    let people = government["person"].as_array().context("people")?;
    let private = people.iter().flat_map(|person| [&person["name"], &person["email"]]);
    let private: Vec<String> = private.filter_map(toml::Value::as_str).map(str::to_owned).collect();
    assert!(private.len() > 10, "there are people");
    Ok(private)
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
