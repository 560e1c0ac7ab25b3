//! `cornerstone log`: the log as events to read, and as a file to verify without us.
//!
//! A dump is JSON Lines: position, subject, stored_at, headers, body_b64. `tests/python/verify_log.py` checks one.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use contract::audit::v1::{EventFilter, StreamEventsRequest, StreamEventsResponse};
use futures::StreamExt as _;
use serde::Serialize;
use serde_json::Value;

use crate::{connection::Session, failure::Failure, output::Output, resume::Resume};

/// The log as auditors read it.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Shows events from a position on, and stays with the log until interrupted
    ///
    /// With --json each line is one CloudEvents 1.0 event.
    Stream(Stream),
    /// Writes every commit as it is stored into a file that anybody can verify
    Dump {
        /// A file that does not exist yet; one JSON object a line
        file: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
pub struct Stream {
    /// The first position
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    from: u64,
    /// Areas such as portfolio; may be repeated
    #[arg(long)]
    area: Vec<String>,
    /// Aggregates such as initiative; may be repeated
    #[arg(long)]
    aggregate: Vec<String>,
    /// Events such as InitiativeAccepted; may be repeated
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<String>,
    /// One aggregate
    #[arg(long, value_name = "UUID", default_value = "")]
    id: String,
    /// End at the head instead of waiting for more
    #[arg(long)]
    until_head: bool,
    /// Show the stored commits, as a dump has them, instead of events
    #[arg(long)]
    stored: bool,
}

impl Command {
    pub(crate) async fn run(self, session: &Session, output: &Output) -> Result<(), Failure> {
        match self {
            Self::Stream(stream) => stream.run(session, output).await,
            Self::Dump { file } => dump(&file, session, output).await,
        }
    }
}

impl Stream {
    async fn run(self, session: &Session, output: &Output) -> Result<(), Failure> {
        let request = StreamEventsRequest {
            from_position: self.from,
            filter: Some(EventFilter {
                areas: self.area,
                aggregates: self.aggregate,
                types: self.types,
                aggregate_id: self.id,
            }),
            include_stored: self.stored,
            until_head: self.until_head,
        };
        each(request, session, |message| {
            if let Some(line) = stored(&message) {
                output.line(&serde_json::to_string(&line).expect("string keys"));
            } else {
                message.cloud_events.iter().for_each(|event| show(event, output));
            }
            Ok(!output.is_closed())
        })
        .await
    }
}

/// Gives every message to `take` until it says no more, opening the stream again where it was interrupted.
async fn each(
    mut request: StreamEventsRequest,
    session: &Session,
    mut take: impl FnMut(StreamEventsResponse) -> Result<bool, Failure>,
) -> Result<(), Failure> {
    let mut resume = Resume::default();
    loop {
        let ended = match session.audit().stream_events(request.clone()).await {
            Err(status) => status,
            Ok(answer) => {
                let mut messages = answer.into_inner();
                loop {
                    match messages.next().await {
                        Some(Ok(message)) => {
                            resume.progressed();
                            request.from_position = message.position + 1;
                            if !take(message)? {
                                return Ok(());
                            }
                        }
                        Some(Err(status)) => break status,
                        None => return Ok(()),
                    }
                }
            }
        };
        resume.after(ended, session).await?;
    }
}

/// A CloudEvent as one line to read: position, time, type, subject, role.
fn show(event: &str, output: &Output) {
    if output.json {
        return output.line(event);
    }
    let event: Value = serde_json::from_str(event).unwrap_or_default();
    let text = |name: &str| event[name].as_str().unwrap_or_default();
    let sequence = text("sequence").trim_start_matches('0');
    let time: String = text("time").chars().take(19).collect();
    let kind = text("type").trim_start_matches("cornerstone.");
    output.line(&format!("{sequence:>10}  {time}  {kind:<48}  {}  {}", text("subject"), text("actorrole")));
}

/// A line of a dump.
#[derive(Serialize)]
struct Line<'a> {
    position: u64,
    subject: &'a str,
    stored_at: &'a str,
    headers: BTreeMap<&'a str, &'a str>,
    body_b64: String,
}

fn stored(message: &StreamEventsResponse) -> Option<Line<'_>> {
    let stored = message.stored.as_ref()?;
    Some(Line {
        position: message.position,
        subject: &stored.subject,
        stored_at: &stored.stored_at,
        headers: stored.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
        body_b64: STANDARD.encode(&stored.body),
    })
}

async fn dump(path: &Path, session: &Session, output: &Output) -> Result<(), Failure> {
    let failed = |source| Failure::Write { path: path.into(), source };
    // Evidence is not written over.
    let mut file = BufWriter::new(File::create_new(path).map_err(failed)?);
    let request = StreamEventsRequest {
        from_position: 1,
        include_stored: true,
        until_head: true,
        ..StreamEventsRequest::default()
    };
    let mut last = 0;
    each(request, session, |message| {
        if let Some(line) = stored(&message) {
            serde_json::to_writer(&mut file, &line).map_err(|e| failed(e.into()))?;
            file.write_all(b"\n").map_err(failed)?;
            last = message.position;
        }
        Ok(true)
    })
    .await?;
    file.into_inner().map_err(|e| failed(e.into_error()))?.sync_all().map_err(failed)?;
    if output.json {
        output.value(&serde_json::json!({"file": path, "commits": last}));
    } else {
        output.line(&format!("{last} commits in {}", path.display()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use contract::audit::v1::StoredCommit;

    use super::*;

    #[test]
    fn a_line_of_a_dump_has_what_verification_needs() {
        let commit = StoredCommit {
            subject: "cs.portfolio.initiative.0".into(),
            stored_at: "2026-11-24T08:00:00Z".into(),
            headers: [("Cs-Key".to_owned(), "00".to_owned())].into(),
            body: b"{}".to_vec(),
        };
        let message =
            StreamEventsResponse { position: 7, stored: Some(commit), ..StreamEventsResponse::default() };
        assert_eq!(
            serde_json::to_string(&stored(&message).unwrap()).unwrap(),
            r#"{"position":7,"subject":"cs.portfolio.initiative.0","stored_at":"2026-11-24T08:00:00Z","headers":{"Cs-Key":"00"},"body_b64":"e30="}"#
        );
    }
}
