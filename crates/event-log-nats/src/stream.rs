//! The stream's configuration: what it is created with, and how another one differs from it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{STREAM, info::Info};

/// How long the server remembers commit ids. It only saves a read-back: repeats are recognised for ever by
/// their expectation. Two minutes of ids cost about 140 bytes each.
const DUPLICATE_WINDOW_NS: u64 = 120_000_000_000;

/// The largest message, headers included, in bytes; a commit body is at most half of it.
const MESSAGE_BYTES_MAX: u64 = 1024 * 1024;

/// How many servers hold the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replicas {
    /// Development: one disk.
    One = 1,
    /// One server may be lost.
    Three = 3,
    /// Two servers may be lost.
    Five = 5,
}

/// What a deployment chooses about its stream; everything else is fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    pub replicas: Replicas,
    /// The most that the log may hold, in bytes; then appends are refused as full. It can be raised later.
    pub bytes_max: u64,
}

/// A field of the configuration that is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` is {found}, not {expected}")]
pub struct Drift {
    pub field: String,
    pub expected: String,
    pub found: String,
}

impl Settings {
    /// The configuration that the stream is created with.
    pub(crate) fn config(self, log_id: Uuid) -> Map<String, Value> {
        let mut config = self.unlabelled();
        let labels = json!({
            "log_id": log_id.to_string(),
            "replicas": (self.replicas as u64).to_string(),
            "bytes_max": self.bytes_max.to_string(),
            "config_sha256": self.config_sha256(),
        });
        config.insert("metadata".into(), labels);
        config
    }

    /// Digest of everything that is fixed when the stream is created, hex: all of the configuration but its
    /// labels and `max_bytes`, which may grow. The genesis commit carries it.
    pub fn config_sha256(self) -> String {
        let mut config = self.unlabelled();
        config.remove("max_bytes");
        // In the order of the names, whatever order the map keeps.
        let config: BTreeMap<String, Value> = config.into_iter().collect();
        let text = serde_json::to_vec(&config).expect("names and plain values are JSON");
        hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &text))
    }

    fn unlabelled(self) -> Map<String, Value> {
        let config = json!({
            "name": STREAM,
            "subjects": ["cs.>"],
            "storage": "file",
            "retention": "limits",
            "discard": "new",
            "num_replicas": self.replicas as u64,
            "max_bytes": self.bytes_max,
            "max_msg_size": MESSAGE_BYTES_MAX,
            "duplicate_window": DUPLICATE_WINDOW_NS,
            "deny_delete": true,
            "deny_purge": true,
            "allow_direct": true,
            "compression": "none",
        });
        match config {
            Value::Object(config) => config,
            _ => unreachable!("the literal above is an object"),
        }
    }

    /// What the stream was provisioned with, by its own labels.
    pub(crate) fn provisioned(info: &Info) -> Result<Self, Drift> {
        let label = |name: &str, expected: &str| {
            let text = info.metadata(name).unwrap_or("absent");
            text.parse::<u64>().map_err(|_not_a_number| Drift {
                field: format!("metadata.{name}"),
                expected: expected.to_owned(),
                found: text.to_owned(),
            })
        };
        let replicas = match label("replicas", "1, 3 or 5")? {
            1 => Replicas::One,
            3 => Replicas::Three,
            5 => Replicas::Five,
            other => {
                return Err(Drift {
                    field: "metadata.replicas".into(),
                    expected: "1, 3 or 5".into(),
                    found: other.to_string(),
                });
            }
        };
        Ok(Self { replicas, bytes_max: label("bytes_max", "a number of bytes")? })
    }

    /// Every field in which a configuration differs from the one that these settings make. A field that we do
    /// not name must be unset: later servers add limits.
    pub(crate) fn drift(self, log_id: Uuid, found: &Map<String, Value>) -> Vec<Drift> {
        let expected = self.config(log_id);
        let mut drifts = differences("", &expected, found);
        drifts.sort_by(|a, b| a.field.cmp(&b.field));
        drifts
    }
}

fn differences(path: &str, expected: &Map<String, Value>, found: &Map<String, Value>) -> Vec<Drift> {
    let names = expected.keys().chain(found.keys().filter(|name| !expected.contains_key(*name)));
    let mut drifts = Vec::new();
    for name in names {
        let (want, have) =
            (expected.get(name).unwrap_or(&Value::Null), found.get(name).unwrap_or(&Value::Null));
        let field = format!("{path}{name}");
        match (want, have) {
            (Value::Object(want), Value::Object(have)) => {
                drifts.extend(differences(&format!("{field}."), want, have));
            }
            _ if want == have
                || (is_unset(want) && is_unset(have))
                || field.starts_with("metadata._nats.") => {}
            _ => drifts.push(Drift { field, expected: shown(want), found: shown(have) }),
        }
    }
    drifts
}

/// The server reports what was left out in several ways: absent, false, 0, -1 (no limit), empty.
fn is_unset(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(set) => !set,
        Value::Number(number) => number.as_i64().is_some_and(|n| n == 0 || n == -1),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(is_unset),
    }
}

fn shown(value: &Value) -> String {
    if value.is_null() { "unset".to_owned() } else { value.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Genesis commits carry these: another digest here means that every existing log is called changed.
    #[test]
    fn the_digest_of_the_configuration_stays_what_it_was() {
        let digest = |replicas| Settings { replicas, bytes_max: 1 }.config_sha256();
        assert_eq!(digest(Replicas::One), "43b76cffb50808c4b2ffaa5ddd792bcf32c069412a29e52be08a536f4c7c4383");
        assert_eq!(
            digest(Replicas::Three),
            "e853da838c159fb3a83611a4e9bea9ffa143fbf91f784f5448fba671f61243f0"
        );
        let roomier = Settings { replicas: Replicas::Three, bytes_max: 2 };
        assert_eq!(roomier.config_sha256(), digest(Replicas::Three));
    }

    #[test]
    fn a_field_that_we_do_not_name_must_be_unset() {
        let settings = Settings { replicas: Replicas::One, bytes_max: 1 };
        let mut found = settings.config(Uuid::from_u128(1));
        for unset in [json!(null), json!(false), json!(0), json!(-1), json!(""), json!([]), json!({})] {
            found.insert("later_limit".into(), unset);
            assert_eq!(settings.drift(Uuid::from_u128(1), &found), []);
        }
        found.insert("later_limit".into(), json!(5));
        let drift = Drift { field: "later_limit".into(), expected: "unset".into(), found: "5".into() };
        assert_eq!(settings.drift(Uuid::from_u128(1), &found), [drift]);
    }
}
