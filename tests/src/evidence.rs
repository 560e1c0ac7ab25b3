//! The log as an auditor receives it.

use std::collections::HashMap;

use anyhow::{Context as _, Result};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use contract::audit::v1::StreamEventsRequest;
use serde_json::{Value, json};

use crate::Caller;

/// A stored commit and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub position: u64,
    pub subject: String,
    pub stored_at: String,
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
}

impl Stored {
    /// The body as JSON.
    ///
    /// # Errors
    /// It is not JSON.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).with_context(|| format!("the body at {}", self.position))
    }
}

impl Stored {
    /// A line of a dump, as `cornerstone log dump` writes them.
    pub fn dump_line(&self) -> String {
        let Self { position, subject, stored_at, headers, body } = self;
        let body_b64 = STANDARD.encode(body);
        json!({ "position": position, "subject": subject, "stored_at": stored_at, "headers": headers, "body_b64": body_b64 })
            .to_string()
    }
}

impl Caller {
    /// The whole log up to its head.
    ///
    /// # Errors
    /// It cannot be read to its end.
    pub async fn log(&self) -> Result<Vec<Stored>> {
        let request = StreamEventsRequest {
            from_position: 1,
            include_stored: true,
            until_head: true,
            ..StreamEventsRequest::default()
        };
        let mut stream = self.audit().stream_events(request).await?.into_inner();
        let mut log = Vec::new();
        while let Some(message) = stream.message().await? {
            if let Some(stored) = message.stored {
                log.push(Stored {
                    position: message.position,
                    subject: stored.subject,
                    stored_at: stored.stored_at,
                    headers: stored.headers,
                    body: stored.body,
                });
            }
        }
        Ok(log)
    }
}
