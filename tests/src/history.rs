//! What clients were told, and whether the log says the same.
//!
//! The check is pure, so that a doctored log or history can show that it is able to fail.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context as _, Result};
use aws_lc_rs::digest;
use uuid::Uuid;

use crate::Stored;

/// What a client knows of one of its commands at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The receipt named where it stands.
    Acknowledged { version: u64, position: u64 },
    /// Accepted, and nothing had to be added.
    Nothing,
    /// Refused whenever it was asked.
    Refused,
    /// At least one try ended without an answer, and none with a receipt.
    Unknown,
}

/// A command and all its tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub request_id: Uuid,
    pub aggregate_id: Uuid,
    pub outcome: Outcome,
}

/// What matters of a stored commit here.
struct Entry<'a> {
    position: u64,
    subject: &'a str,
    version: u64,
    events: u64,
    request_id: Uuid,
    previous: (Option<&'a str>, Option<u64>),
    sha256: String,
}

/// Everything in which the log differs from what clients were told, and from a sound log. Commands of the
/// aggregates named in the history, but not in it, are foreign.
///
/// # Errors
/// A body that is not a commit.
pub fn faults(history: &[Attempt], log: &[Stored]) -> Result<Vec<String>> {
    let bodies = log.iter().map(Stored::json).collect::<Result<Vec<_>>>()?;
    let entries: Vec<Entry<'_>> = log
        .iter()
        .zip(&bodies)
        .map(|(stored, body)| entry(stored, body).with_context(|| format!("commit at {}", stored.position)))
        .collect::<Result<_>>()?;
    let mut faults = chain_faults(&entries);
    faults.extend(promise_faults(history, &entries));
    Ok(faults)
}

fn entry<'a>(stored: &'a Stored, body: &'a serde_json::Value) -> Result<Entry<'a>> {
    let text = |value: &'a serde_json::Value| value.as_str();
    Ok(Entry {
        position: stored.position,
        subject: &stored.subject,
        version: body["version"].as_u64().context("version")?,
        events: body["events"].as_array().context("events")?.len().try_into()?,
        request_id: text(&body["command"]["id"]).context("command.id")?.parse()?,
        previous: (text(&body["prev_sha256"]), text(&body["prev_position"]).and_then(|p| p.parse().ok())),
        sha256: hex::encode(digest::digest(&digest::SHA256, &stored.body)),
    })
}

/// Positions without gaps; in every stream, versions without gaps and each commit chained to the one before.
fn chain_faults(entries: &[Entry<'_>]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut heads: HashMap<&str, &Entry<'_>> = HashMap::new();
    for (expected, entry) in (1..).zip(entries) {
        if entry.position != expected {
            faults.push(format!("position {} where {expected} was expected", entry.position));
        }
        let head = heads.insert(entry.subject, entry);
        let next = head.map_or(1, |head| head.version + head.events);
        if entry.version != next {
            faults.push(format!("{}: version {} where {next} was expected", entry.subject, entry.version));
        }
        let before = (head.map(|head| head.sha256.as_str()), head.map(|head| head.position));
        if entry.previous != before {
            faults.push(format!(
                "{}: commit {} is not chained to the one before",
                entry.subject, entry.position
            ));
        }
    }
    faults
}

fn promise_faults(history: &[Attempt], entries: &[Entry<'_>]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut found: BTreeMap<Uuid, Vec<&Entry<'_>>> = BTreeMap::new();
    for entry in entries {
        found.entry(entry.request_id).or_default().push(entry);
    }
    for attempt in history {
        let stands = found.remove(&attempt.request_id).unwrap_or_default();
        let kept = match (attempt.outcome, stands.as_slice()) {
            (Outcome::Acknowledged { version, position }, [one]) => {
                let there = one.subject.ends_with(&attempt.aggregate_id.to_string());
                there && one.position == position && one.version + one.events - 1 == version
            }
            (Outcome::Unknown, [] | [_]) | (Outcome::Refused | Outcome::Nothing, []) => true,
            _ => false,
        };
        if !kept {
            let at: Vec<(u64, u64)> = stands.iter().map(|one| (one.position, one.version)).collect();
            faults.push(format!("{attempt:?} stands at (position, version) {at:?}"));
        }
    }
    let ours: Vec<String> = history.iter().map(|attempt| attempt.aggregate_id.to_string()).collect();
    for entry in found.into_values().flatten() {
        if ours.iter().any(|id| entry.subject.ends_with(id)) {
            faults.push(format!("{}: commit {} was asked by nobody", entry.subject, entry.position));
        }
    }
    faults
}
