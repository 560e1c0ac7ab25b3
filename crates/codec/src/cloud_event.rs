//! What the outside sees: each event as a CloudEvents 1.0 structured JSON event. A rendering, not evidence.

use event_log::Record;
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::Commit;

/// One event of a commit.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize)]
pub struct CloudEvent<'a> {
    pub specversion: &'static str,
    pub id: String,
    pub source: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub subject: String,
    pub time: String,
    pub datacontenttype: &'static str,
    pub dataschema: String,
    /// Position in 20 digits, a dot, the index within the commit: sorts as text.
    pub sequence: String,
    pub traceparent: Option<&'a str>,
    pub recordedtime: String,
    pub effectiveon: String,
    pub aggregateversion: String,
    pub commitid: String,
    pub commandid: String,
    pub commandtype: &'a str,
    pub correlationid: String,
    pub causationid: Option<String>,
    pub actorrole: &'static str,
    pub actor: Option<String>,
    pub actorunit: Option<String>,
    pub onbehalfof: Option<String>,
    pub policyset: Option<&'a str>,
    pub commitsha256: String,
    pub data: &'a RawValue,
}

/// The events of a commit, in order, with their domain names beside them.
pub fn render<'a>(log_id: Uuid, record: &Record, commit: &'a Commit) -> Vec<(&'a str, CloudEvent<'a>)> {
    use domain::values::Code as _;
    let subject = &record.subject;
    let sha256 = crate::sha256_hex(&record.body);
    let rendered = commit.events.iter().enumerate().map(|(index, event)| {
        let kind = snake(&event.name);
        let actor = &commit.actor;
        let rendered = CloudEvent {
            specversion: "1.0",
            id: event.id.to_string(),
            source: format!("urn:cornerstone:log:{log_id}"),
            kind: format!("cornerstone.{}.{kind}.v{}", subject.area(), event.schema),
            subject: format!("{}/{}", subject.aggregate(), subject.id()),
            time: commit.recorded_at.to_string(),
            datacontenttype: "application/json",
            dataschema: format!("urn:cornerstone:schema:{}.{kind}.v{}", subject.area(), event.schema),
            sequence: format!("{:020}.{index}", record.position),
            traceparent: commit.traceparent.as_deref(),
            recordedtime: rfc3339(record.stored_at),
            effectiveon: commit.effective_on.to_string(),
            aggregateversion: format!("{:020}", commit.version + index as u64),
            commitid: commit.commit_id.to_string(),
            commandid: commit.command.id.to_string(),
            commandtype: &commit.command.name,
            correlationid: commit.correlation_id.to_string(),
            causationid: commit.causation_id.map(|id| id.to_string()),
            actorrole: actor.role.code(),
            actor: actor.person.map(|p| p.to_string()).or_else(|| actor.system.clone()),
            actorunit: actor.unit.map(|unit| unit.to_string()),
            onbehalfof: actor.on_behalf_of.map(|person| person.to_string()),
            policyset: commit.authority.policy_set_sha256.as_deref(),
            commitsha256: sha256.clone(),
            data: &event.data,
        };
        (event.name.as_str(), rendered)
    });
    rendered.collect()
}

/// `InitiativeProposed` is `initiative_proposed`.
pub fn snake(name: &str) -> String {
    let mut text = String::new();
    for (at, letter) in name.char_indices() {
        if letter.is_ascii_uppercase() && at > 0 {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

/// RFC 3339 with nanoseconds.
pub fn rfc3339(moment: time::OffsetDateTime) -> String {
    moment.format(&time::format_description::well_known::Rfc3339).expect("the log's clock is within range")
}
