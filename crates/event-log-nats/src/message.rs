//! A commit as a JetStream message, in both directions.

use async_nats::{HeaderMap, HeaderValue, header, jetstream::message::StreamMessage};
use event_log::{Append, CONTENT_TYPE, Headers, ReadError, Record};
use uuid::Uuid;

use crate::STREAM;

const CONTENT_TYPE_NAME: &str = "Content-Type";
const KEY: &str = "Cs-Key";
const SIGNATURE: &str = "Cs-Signature";
const TRACEPARENT: &str = "traceparent";

/// The headers of a commit, the same on every attempt to append it. Fails with the name of a header whose value
/// could not stand in a message.
pub(crate) fn headers(commit: &Append) -> Result<HeaderMap, &'static str> {
    let mut map = HeaderMap::new();
    map.insert(header::NATS_MESSAGE_ID, commit.headers.commit_id.to_string());
    map.insert(header::NATS_EXPECTED_STREAM, STREAM);
    map.insert(header::NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, commit.expected.to_string());
    map.insert(CONTENT_TYPE_NAME, CONTENT_TYPE);
    map.insert(KEY, printable(KEY, &commit.headers.key_id)?);
    map.insert(SIGNATURE, printable(SIGNATURE, &commit.headers.signature)?);
    if let Some(traceparent) = &commit.headers.traceparent {
        map.insert(TRACEPARENT, printable(TRACEPARENT, traceparent)?);
    }
    Ok(map)
}

/// What is stored reads back as it was sent only if it needs no trimming and no escaping.
fn printable(name: &'static str, value: &str) -> Result<HeaderValue, &'static str> {
    let plain = !value.is_empty() && value.bytes().all(|b| b.is_ascii_graphic());
    if plain { Ok(HeaderValue::from(value)) } else { Err(name) }
}

/// Reads a stored message as a commit; anything else on the stream is an error that names its position.
pub(crate) fn record(message: StreamMessage) -> Result<Record, ReadError> {
    let position = message.sequence;
    let malformed = |reason: String| ReadError::Malformed { position, reason };
    let text = |name: &str| message.headers.get(name).map(|value| value.as_str().to_owned());
    let required = |name: &str| text(name).ok_or_else(|| malformed(format!("no header `{name}`")));

    let subject = message.subject.as_str().parse().map_err(|e| malformed(format!("{e}")))?;
    let media_type = required(CONTENT_TYPE_NAME)?;
    if media_type != CONTENT_TYPE {
        return Err(malformed(format!("the media type is `{media_type}`")));
    }
    let commit_id = required("Nats-Msg-Id")?;
    let commit_id = Uuid::try_parse(&commit_id).map_err(|e| malformed(format!("commit id: {e}")))?;
    let headers = Headers {
        commit_id,
        key_id: required(KEY)?,
        signature: required(SIGNATURE)?,
        traceparent: text(TRACEPARENT),
    };
    Ok(Record { position, stored_at: message.time, subject, headers, body: message.payload })
}

/// Whether a stored commit is the one that was to be appended, byte for byte.
pub(crate) fn is_stored_as(commit: &Append, record: &Record) -> bool {
    record.subject == commit.subject && record.headers == commit.headers && record.body == commit.body
}

#[cfg(test)]
mod tests {
    use event_log::{Subject, conformance};

    use super::*;

    #[test]
    fn a_header_that_would_not_read_back_as_it_was_is_refused() {
        let good =
            conformance::commit(&Subject::new("portfolio", "initiative", Uuid::from_u128(1)), 0, 1, "");
        assert_eq!(headers(&good).map(|map| map.len()), Ok(7));
        for value in ["", "two words", "line\r\nCs-Key: forged", "שלום"] {
            let mut bad = good.clone();
            bad.headers.traceparent = Some(value.into());
            assert_eq!(headers(&bad).err(), Some(TRACEPARENT), "{value:?}");
        }
    }
}
