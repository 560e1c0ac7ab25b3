//! What can go wrong, said so that a person knows what to do next; and the exit code of each.

use std::path::PathBuf;

use contract::reasons;
use prost::Message as _;
use tonic::{Code, Status};
use tonic_types::pb;

use crate::{
    import::{MappingError, SourceError},
    output::{Lang, Output},
};

/// Why a command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The server says no. `request_id` is that of the command, when it was one.
    #[error("the server refused")]
    Refused { status: Box<Status>, request_id: Option<String> },
    #[error("`{url}` is not an address")]
    Address { url: String, source: tonic::transport::Error },
    #[error("read `{path}`")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("write `{path}`")]
    Write { path: PathBuf, source: std::io::Error },
    #[error("the token is not one line of visible characters")]
    Token,
    #[error("fetch a token for persona `{persona}` from `{issuer}`")]
    Persona { persona: String, issuer: String, source: reqwest::Error },
    #[error("the issuer `{issuer}` gives no token for persona `{persona}`: {answer}")]
    NoPersona { persona: String, issuer: String, answer: String },
    #[error("`{0}` is no unit: `cornerstone units list` shows them")]
    NoUnit(String),
    #[error("`{0}` is neither an id nor the number of an initiative in your scope")]
    NoInitiative(String),
    #[error("there is no view named `{0}`: `cornerstone views list` shows them")]
    NoView(String),
    #[error("there is no rpc `{0}`: name it as Service/Method")]
    NoRpc(String),
    #[error("the data is not a `{message}`: {problem}")]
    Data { message: String, problem: String },
    #[error("no edition of the mapping has the file name of `{path}`")]
    NoEdition { path: PathBuf },
    #[error(
        "the units {missing:?} are not registered: `cornerstone units apply {}` does that, for administrators",
        file.display()
    )]
    NoUnits { missing: Vec<String>, file: PathBuf },
    #[error("the import is not complete")]
    ImportIncomplete,
    #[error(transparent)]
    Mapping(#[from] MappingError),
    #[error(transparent)]
    Source(#[from] SourceError),
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self::Refused { status: Box::new(status), request_id: None }
    }
}

impl Failure {
    /// See [`crate::EXIT_CODES`].
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Refused { status, .. } => match status.code() {
                Code::FailedPrecondition | Code::AlreadyExists | Code::Aborted => 3,
                Code::InvalidArgument | Code::OutOfRange => 4,
                Code::Unauthenticated | Code::PermissionDenied => 5,
                Code::NotFound => 6,
                Code::Unavailable | Code::DeadlineExceeded | Code::ResourceExhausted => 7,
                Code::DataLoss => 8,
                Code::Ok | Code::Cancelled | Code::Unknown | Code::Unimplemented | Code::Internal => 1,
            },
            Self::NoUnit(_) | Self::NoInitiative(_) | Self::NoView(_) => 6,
            Self::ImportIncomplete => 9,
            _ => 1,
        }
    }

    /// Tells it on the error stream.
    pub(crate) fn show(&self, output: &Output) {
        if let Self::Refused { status, request_id } = self {
            let explanation = Explanation::of(status);
            explanation.lines(output.lang).iter().for_each(|line| output.error(line));
            if let Some(next) = explanation.next(status.code(), request_id.as_deref()) {
                output.error(&format!("next: {next}"));
            }
            return;
        }
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        output.error(&text);
    }
}

/// One thing that is wrong, in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    reason: String,
    field: String,
    he: String,
    en: String,
}

/// What a status says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Explanation {
    first: Said,
    violations: Vec<Said>,
    /// How many there are, when not all could be told.
    total: Option<usize>,
}

impl Explanation {
    /// Reads a status; one that did not come from a service of ours speaks for itself.
    pub(crate) fn of(status: &Status) -> Self {
        let mut all = Self::default();
        let body = pb::Status::decode(status.details()).unwrap_or_default();
        for detail in &body.details {
            all.read(detail.type_url.rsplit('/').next().unwrap_or_default(), &detail.value);
        }
        if all.first.reason.is_empty() {
            let text = status.message().to_owned();
            let reason = format!("{:?}", status.code());
            all.first = Said { reason, field: String::new(), he: text.clone(), en: text };
        }
        all
    }

    fn read(&mut self, name: &str, value: &[u8]) {
        match name {
            "google.rpc.ErrorInfo" => {
                let info = pb::ErrorInfo::decode(value).unwrap_or_default();
                self.total = info.metadata.get("violations_total").and_then(|total| total.parse().ok());
                self.first.reason = info.reason;
            }
            "google.rpc.LocalizedMessage" => {
                let text = pb::LocalizedMessage::decode(value).unwrap_or_default();
                let into = if text.locale == "he-IL" { &mut self.first.he } else { &mut self.first.en };
                *into = text.message;
            }
            "google.rpc.BadRequest" => {
                let found = pb::BadRequest::decode(value).unwrap_or_default().field_violations;
                self.violations.extend(found.into_iter().map(|violation| Said {
                    he: violation.localized_message.map(|text| text.message).unwrap_or_default(),
                    en: violation.description,
                    reason: violation.reason,
                    field: violation.field,
                }));
            }
            "google.rpc.PreconditionFailure" => {
                let found = pb::PreconditionFailure::decode(value).unwrap_or_default().violations;
                self.violations.extend(found.into_iter().map(|violation| Said {
                    // This detail has one text; the Hebrew one is that of the table, without its values.
                    he: reasons::find(&violation.r#type).map_or("", |reason| reason.he).to_owned(),
                    en: violation.description,
                    reason: violation.r#type,
                    field: violation.subject,
                }));
            }
            _ => {}
        }
    }

    /// The first reason, then the others, one a line.
    pub(crate) fn lines(&self, lang: Lang) -> Vec<String> {
        let first = self.first.line(lang);
        let others: Vec<String> =
            self.violations.iter().map(|said| said.line(lang)).filter(|line| *line != first).collect();
        let mut lines = vec![first];
        if self.violations.len() > 1 {
            lines.extend(others.iter().map(|line| format!("    {line}")));
        }
        if let Some(total) = self.total {
            lines.push(format!("    {} of {total} violations were told", self.violations.len()));
        }
        lines
    }

    /// In one line, for reports.
    pub(crate) fn in_english(&self) -> String {
        match &self.violations[..] {
            [] | [_] => self.first.line(Lang::En),
            many => many.iter().map(|said| said.line(Lang::En)).collect::<Vec<_>>().join("; "),
        }
    }

    /// What the caller can do about it.
    fn next(&self, code: Code, request_id: Option<&str>) -> Option<String> {
        let next = match self.first.reason.as_str() {
            "UNAUTHENTICATED" | "TOKEN_EXPIRED" | "TOKEN_AUDIENCE" => {
                "give a token with --token-file, or a persona of a development system with --persona"
            }
            "ROLE_FORBIDDEN" => "`cornerstone whoami` tells the roles held today; --role chooses one",
            "EXPECTED_VERSION_REQUIRED" | "VERSION_CONFLICT" => {
                "read it with `cornerstone portfolio show`, and name the version seen with --expected-version"
            }
            "COMMAND_ID_REUSED" => "leave --request-id out for a new command",
            "CLASSIFICATION_INCOMPLETE" => "classify it with `cornerstone initiative reclassify`",
            "REFERENCE_UNKNOWN" => "`cornerstone units list` shows the units, `whoami` people's references",
            "READ_MODEL_BEHIND" | "READ_MODEL_UNAVAILABLE" => {
                "`cornerstone views list` tells how far they are"
            }
            "LOG_DAMAGED" | "LOG_REGRESSED" => {
                "nothing can be trusted from there on: call those who keep the log"
            }
            _ => match code {
                Code::NotFound => "`cornerstone portfolio list` shows what is in your scope",
                Code::Unavailable | Code::DeadlineExceeded | Code::Aborted | Code::ResourceExhausted => {
                    let same = request_id.map(|id| format!("send the same command with --request-id {id}"));
                    return Some(same.unwrap_or_else(|| "try again".to_owned()));
                }
                _ => return None,
            },
        };
        Some(next.to_owned())
    }
}

impl Said {
    fn line(&self, lang: Lang) -> String {
        let text = match lang {
            Lang::He if !self.he.is_empty() => &self.he,
            Lang::He | Lang::En => &self.en,
        };
        let Self { reason, field, .. } = self;
        // The server's texts begin with the field when there is one.
        if field.is_empty() || text.starts_with(field) {
            format!("{reason}: {text}")
        } else {
            format!("{reason}: {field}: {text}")
        }
    }
}

#[cfg(test)]
mod tests {
    use contract::status::{Violation, refuse, status};

    use super::*;

    #[test]
    fn everything_that_is_wrong_is_told_in_the_language_asked_for() {
        let status = status(&[
            Violation::new("VALIDATION_LENGTH")
                .at("title.he")
                .with("min", 5)
                .with("max", 160)
                .with("actual", 2),
            Violation::new("VALIDATION_REQUIRED").at("origin"),
        ]);
        let explanation = Explanation::of(&status);
        assert_eq!(
            explanation.lines(Lang::En),
            [
                "VALIDATION_REQUIRED: origin: the field is required",
                "    VALIDATION_LENGTH: title.he: the length must be 5 to 160, it is 2",
            ]
        );
        assert_eq!(
            explanation.lines(Lang::He)[1],
            "    VALIDATION_LENGTH: title.he: האורך חייב להיות בין 5 ל-160, ניתנו 2"
        );
        assert_eq!(Failure::from(status).exit_code(), 4);
    }

    #[test]
    fn of_very_many_violations_it_is_told_how_many_there_are() {
        let required = |at| Violation::new("VALIDATION_REQUIRED").at(format!("beneficiaries[{at}].group"));
        let all: Vec<Violation> = (0..200).map(required).collect();
        let lines = Explanation::of(&status(&all)).lines(Lang::En);
        let told = lines.len() - 1;
        assert!(told > 1 && told < 200, "{told}");
        assert_eq!(lines.last(), Some(&format!("    {told} of 200 violations were told")));
    }

    #[test]
    fn a_single_refusal_is_told_once_with_what_to_do_next() {
        let status = refuse("LOG_UNAVAILABLE");
        let explanation = Explanation::of(&status);
        assert_eq!(explanation.lines(Lang::En).len(), 1);
        assert_eq!(
            explanation.next(status.code(), Some("0198")).as_deref(),
            Some("send the same command with --request-id 0198")
        );
        assert_eq!(Failure::from(status).exit_code(), 7);
    }

    #[test]
    fn a_status_of_somebody_else_speaks_for_itself() {
        let explanation = Explanation::of(&Status::unavailable("tcp connect error"));
        assert_eq!(explanation.lines(Lang::He), ["Unavailable: tcp connect error"]);
        assert_eq!(explanation.next(Code::Unavailable, None).as_deref(), Some("try again"));
    }
}
