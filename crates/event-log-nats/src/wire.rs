//! The few JetStream calls that the log is made of, each bounded in time and asked of the leader.
//!
//! Reads that any replica may answer are in `read.rs`.

use std::time::Duration;

use async_nats::{
    Client, HeaderMap,
    client::Request,
    jetstream::{
        self, ErrorCode,
        response::Response,
        stream::{LastRawMessageErrorKind, RawMessageError},
    },
};
use bytes::Bytes;
use event_log::{ReadError, Record};
use serde_json::Value;

use crate::{STREAM, info::Info, message};

/// How long one request waits for its answer. A leader that is there answers within milliseconds; three seconds
/// leave room for a slow disk and keep several attempts inside the deadline of an append.
pub(crate) const REQUEST_WAIT: Duration = Duration::from_secs(3);

#[derive(Clone)]
pub(crate) struct Wire {
    pub(crate) client: Client,
    pub(crate) api_prefix: &'static str,
    jetstream: jetstream::Context,
    stream: jetstream::stream::Stream<()>,
}

/// The server's answer to one publish.
#[derive(Debug)]
pub(crate) enum Ack {
    /// Stored now.
    Stored(u64),
    /// A message with this id is stored at the position.
    Duplicate(u64),
    /// The server says no, with its code.
    Error { status: usize, code: ErrorCode, text: String },
    /// No answer that tells whether it is stored.
    None(String),
}

impl Wire {
    pub(crate) async fn new(client: Client, api_prefix: &'static str) -> Self {
        let jetstream = jetstream::context::ContextBuilder::new()
            .timeout(REQUEST_WAIT)
            .api_prefix(api_prefix)
            .build(client.clone());
        let stream = jetstream.get_stream_no_info(STREAM).await.expect("the constant is a stream name");
        Self { client, api_prefix, jetstream, stream }
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.client.connection_state() == async_nats::connection::State::Connected
    }

    /// Publishes once and waits for the acknowledgement, which must come from our stream.
    pub(crate) async fn publish(
        &self,
        subject: &str,
        headers: HeaderMap,
        body: Bytes,
        wait: Duration,
    ) -> Ack {
        let request = Request::new().headers(headers).payload(body).timeout(Some(wait));
        let answer = match self.client.send_request(subject.to_owned(), request).await {
            Ok(answer) => answer,
            Err(e) => return Ack::None(e.to_string()),
        };
        match serde_json::from_slice::<Response<jetstream::publish::PublishAck>>(&answer.payload) {
            Ok(Response::Ok(ack)) if ack.stream != STREAM => {
                Ack::None(format!("acknowledged by stream `{}`", ack.stream))
            }
            Ok(Response::Ok(ack)) if ack.duplicate => Ack::Duplicate(ack.sequence),
            Ok(Response::Ok(ack)) => Ack::Stored(ack.sequence),
            Ok(Response::Err { error }) => {
                Ack::Error { status: error.code(), code: error.error_code(), text: error.to_string() }
            }
            Err(e) => Ack::None(format!("unreadable acknowledgement: {e}")),
        }
    }

    /// The stream's configuration and state, as the leader knows them; `None` when there is no stream.
    pub(crate) async fn info(&self) -> Result<Option<Info>, ReadError> {
        let answer = self.call("STREAM.INFO", &Value::Null).await?;
        match answer {
            Response::Ok(value) => serde_json::from_value(value).map(Some).map_err(unavailable),
            Response::Err { error } if error.error_code() == ErrorCode::STREAM_NOT_FOUND => Ok(None),
            Response::Err { error } => Err(unavailable(error)),
        }
    }

    /// The last position of the stream.
    pub(crate) async fn head(&self) -> Result<u64, ReadError> {
        let info = self.info().await?;
        info.map(|info| info.state.last_seq)
            .ok_or_else(|| ReadError::Unavailable { reason: "there is no stream".to_owned() })
    }

    /// One call of the JetStream API that names the stream.
    pub(crate) async fn call(&self, api: &str, argument: &Value) -> Result<Response<Value>, ReadError> {
        self.jetstream.request(format!("{api}.{STREAM}"), argument).await.map_err(unavailable)
    }

    /// The message at a position.
    pub(crate) async fn at(&self, position: u64) -> Result<Option<Record>, ReadError> {
        found(self.stream.raw_message_builder().sequence(position).send().await)
    }

    /// The first message of the filter after a position.
    pub(crate) async fn next(&self, filter: String, after: u64) -> Result<Option<Record>, ReadError> {
        found(self.stream.raw_message_builder().sequence(after + 1).next_by_subject(filter).send().await)
    }

    /// The last message of the filter.
    pub(crate) async fn last(&self, filter: String) -> Result<Option<Record>, ReadError> {
        found(self.stream.raw_message_builder().last_by_subject(filter).send().await)
    }
}

fn found(
    answer: Result<jetstream::message::StreamMessage, RawMessageError>,
) -> Result<Option<Record>, ReadError> {
    match answer {
        Ok(stored) => message::record(stored).map(Some),
        Err(e) if e.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
        Err(e) => Err(unavailable(e)),
    }
}

pub(crate) fn unavailable(error: impl std::error::Error) -> ReadError {
    let mut reason = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        reason = format!("{reason}: {cause}");
        source = cause.source();
    }
    ReadError::Unavailable { reason }
}
