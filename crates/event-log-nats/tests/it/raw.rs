//! A plain NATS client: what the server itself says, and who may say what to it.

use std::time::Duration;

use async_nats::{Client, Event, HeaderMap, client::Request};
use event_log::{Append, CONTENT_TYPE};
use event_log_nats::Server;
use serde_json::{Value, json};
use test_kit::{Nats, User};
use tokio::sync::mpsc;

/// Answers come at once or not at all; this only bounds a hanging test.
const WAIT: Duration = Duration::from_secs(10);

pub(crate) struct Raw {
    client: Client,
    violations: mpsc::UnboundedReceiver<String>,
}

impl Raw {
    pub(crate) async fn connect(server: Server) -> Self {
        let (violated, violations) = mpsc::unbounded_channel();
        let client = async_nats::ConnectOptions::new()
            .custom_inbox_prefix(format!("_INBOX_{}", server.user))
            .user_and_password(server.user, server.password)
            .event_callback(move |event| {
                let violated = violated.clone();
                async move {
                    if let Event::ServerError(error) = event {
                        violated.send(error.to_string()).unwrap_or_default();
                    }
                }
            })
            .connect(server.urls)
            .await
            .expect("connected");
        Self { client, violations }
    }

    pub(crate) async fn operator(nats: &Nats) -> Self {
        Self::connect(nats.server(User::Operator)).await
    }

    /// A call of the JetStream API about our stream; an error of the API is a value as well.
    pub(crate) async fn call(&self, api: &str, argument: Value) -> Value {
        // Some calls refuse even an empty argument.
        let argument = if argument.is_null() { String::new() } else { argument.to_string() };
        let request = Request::new().payload(argument.into()).timeout(Some(WAIT));
        let answer = self.client.send_request(format!("$JS.API.{api}.EVENTS"), request).await;
        serde_json::from_slice(&answer.expect("the server answers").payload).expect("JSON")
    }

    /// Changes fields of the stream's configuration, as somebody with too many rights could.
    pub(crate) async fn update(&self, changes: Value) -> Value {
        let mut config = self.call("STREAM.INFO", Value::Null).await["config"].clone();
        for (field, value) in changes.as_object().expect("fields") {
            config[field] = value.clone();
        }
        self.call("STREAM.UPDATE", config).await
    }

    /// Publishes a commit as the log does, once, and returns the server's acknowledgement.
    pub(crate) async fn publish(&self, commit: &Append) -> Value {
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Msg-Id", commit.headers.commit_id.to_string());
        headers.insert("Content-Type", CONTENT_TYPE);
        headers.insert("Cs-Key", commit.headers.key_id.as_str());
        headers.insert("Cs-Signature", commit.headers.signature.as_str());
        headers.insert("Nats-Expected-Stream", "EVENTS");
        headers.insert("Nats-Expected-Last-Subject-Sequence", commit.expected.to_string());
        let request = Request::new().headers(headers).payload(commit.body.clone()).timeout(Some(WAIT));
        let answer = self.client.send_request(commit.subject.to_string(), request).await;
        serde_json::from_slice(&answer.expect("the server answers").payload).expect("JSON")
    }

    /// Whether this user may send a request to a subject: the server answers it or reports a violation.
    pub(crate) async fn may_ask(&mut self, subject: &str) -> bool {
        while self.violations.try_recv().is_ok() {}
        let request = Request::new().payload(json!({}).to_string().into()).timeout(Some(WAIT));
        tokio::select! {
            // "No responders" is an answer too: the request was let through.
            _ = self.client.send_request(subject.to_owned(), request) => true,
            violation = self.violations.recv() => {
                let violation = violation.expect("the connection lives");
                assert!(violation.contains("Permissions Violation"), "{violation}");
                false
            }
        }
    }

    /// Whether this user may receive what is sent to a subject.
    pub(crate) async fn may_receive(&mut self, subject: &str) -> bool {
        while self.violations.try_recv().is_ok() {}
        let subscription = self.client.subscribe(subject.to_owned()).await.expect("sent");
        self.client.flush().await.expect("flushed");
        // The server judges one connection's messages in order: when it has refused this one, it has judged that.
        self.client.publish("forbidden", "".into()).await.expect("sent");
        let mut violation = String::new();
        let mut refused = false;
        while !violation.contains("\"forbidden\"") {
            refused |= violation.contains("Subscription");
            violation = self.violations.recv().await.expect("the connection lives");
        }
        drop(subscription);
        !refused
    }

    pub(crate) async fn leader(&self) -> String {
        let info = self.call("STREAM.INFO", Value::Null).await;
        info["cluster"]["leader"].as_str().expect("there is a leader").to_owned()
    }
}
