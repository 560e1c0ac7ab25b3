//! JSON Schemas of every event, and the AsyncAPI document over them: generated, checked in, frozen by digest.
//!
//! `codec/schemas/LOCK` holds the digest of each released schema. A change of one is a new version plus an
//! upcaster, never an edit; `tests/schemas.rs` keeps it so and writes new files when told to.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{cloud_event::snake, event::schemas};

/// File name and pretty text of every schema.
pub fn files() -> BTreeMap<String, String> {
    let pretty = |value: &Value| serde_json::to_string_pretty(&sorted(value)).expect("JSON") + "\n";
    let mut files: BTreeMap<String, String> = schemas()
        .into_iter()
        .map(|((area, _), kind, schema)| {
            (format!("{area}.{}.v{}.json", snake(kind.name), kind.schema), pretty(schema.as_value()))
        })
        .collect();
    files.insert("asyncapi.json".to_owned(), pretty(&asyncapi()));
    files
}

/// Keys in order, whatever other crates of a build make of JSON maps: what is frozen must not depend on that.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let mut keys: Vec<&String> = object.keys().collect();
            keys.sort();
            keys.into_iter().map(|key| (key.clone(), sorted(&object[key]))).collect()
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// AsyncAPI 3.1: one channel per kind of aggregate, one message per event.
fn asyncapi() -> Value {
    let (mut channels, mut operations) = (BTreeMap::new(), BTreeMap::new());
    let mut messages: BTreeMap<(&str, &str), BTreeMap<String, Value>> = BTreeMap::new();
    for ((area, aggregate), kind, _) in schemas() {
        let file = format!("{area}.{}.v{}", snake(kind.name), kind.schema);
        let message = json!({
            "name": format!("cornerstone.{file}"),
            "contentType": "application/json",
            "payload": { "schemaFormat": "application/schema+json;version=draft-2020-12", "schema": { "$ref": format!("./{file}.json") } },
        });
        messages.entry((area, aggregate)).or_default().insert(kind.name.to_owned(), message);
    }
    for ((area, aggregate), messages) in messages {
        let channel = json!({
            "address": format!("cs.{area}.{aggregate}.{{id}}"),
            "parameters": { "id": { "description": "the aggregate's UUID" } },
            "messages": messages,
        });
        channels.insert(aggregate, channel);
        let name = format!("read_{aggregate}");
        let reference = json!({ "$ref": format!("#/channels/{aggregate}") });
        operations.insert(name, json!({ "action": "receive", "channel": reference }));
    }
    json!({
        "asyncapi": "3.1.0",
        "info": {
            "title": "Cornerstone event log",
            "version": "1.0.0",
            "description": "Events of decisions on innovation in government. A message holds a commit: all events of one decision.",
        },
        "channels": channels,
        "operations": operations,
    })
}
