//! Reasons become gRPC statuses here and nowhere else.
//!
//! Every status carries `google.rpc.ErrorInfo` with the reason that decided its code, `LocalizedMessage`
//! twice (`he-IL` and `en`: a deviation from one-of-each, so that a client need not announce its language),
//! and all violations in `BadRequest` or `PreconditionFailure`, as far as a trailer can carry them: when there are
//! more, `violations_total` in the metadata says how many.

use std::collections::HashMap;

use prost::Message as _;
use prost_types::Any;
use tonic::{Code, Status, metadata::MetadataMap};
use tonic_types::pb;

use crate::reasons::{self, REASONS, Reason};

/// `ErrorInfo.domain` of everything said here.
pub const DOMAIN: &str = "cornerstone.gov";

/// The most bytes that a status may have. It travels in base64 in a trailer, of which some clients take 8 KiB
/// altogether; more than they take, and they see no status at all.
const STATUS_BYTES_MAX: usize = 5632;
/// The most bytes of one text, and of one value in the metadata: a status of one violation fits in any case.
const TEXT_BYTES_MAX: usize = 600;
const VALUE_BYTES_MAX: usize = 500;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// A name of the table of reasons.
    pub reason: String,
    /// The path of the field in the request, when there is one.
    pub field: Option<String>,
    /// Values for the texts.
    pub params: Vec<(String, String)>,
}

impl Violation {
    /// A violation without a field or parameters.
    pub fn new(reason: &str) -> Self {
        Self { reason: reason.to_owned(), field: None, params: Vec::new() }
    }

    /// The same about a field.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// The same with a parameter.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl std::fmt::Display) -> Self {
        self.params.push((key.to_owned(), format!("{value}")));
        self
    }

    fn known(&self) -> (usize, &'static Reason) {
        let at = REASONS.iter().position(|reason| reason.name == self.reason);
        let at = at.or_else(|| REASONS.iter().position(|reason| reason.name == "INTERNAL"));
        let at = at.expect("INTERNAL is in the table");
        (at, &REASONS[at])
    }

    fn text(&self, template: &str) -> String {
        let mut text = template.to_owned();
        for (key, value) in &self.params {
            text = text.replace(&format!("{{{key}}}"), value);
        }
        let text = match &self.field {
            Some(field) => format!("{field}: {text}"),
            None => text,
        };
        clipped(&text, TEXT_BYTES_MAX)
    }
}

/// The status of one reason.
pub fn refuse(reason: &str) -> Status {
    status(&[Violation::new(reason)])
}

/// The status of everything that is wrong: its code is that of the first by precedence. Of very many violations
/// it tells as many as fit, by precedence.
///
/// # Panics
/// Without a violation: a refusal has a reason.
pub fn status(violations: &[Violation]) -> Status {
    let mut sorted: Vec<&Violation> = violations.iter().collect();
    sorted.sort_by_key(|violation| violation.known().0);
    let first = *sorted.first().expect("a refusal has a reason");
    let reason = first.known().1;
    let message = format!("{}: {}", reason.name, first.text(reason.en));
    let mut told = Told { reason, first, total: sorted.len(), message, violations: Vec::new() };
    for violation in sorted {
        told.violations.push(violation);
        if told.encode().len() > STATUS_BYTES_MAX {
            told.violations.pop();
            break;
        }
    }
    let details = told.encode().into();
    Status::with_details_and_metadata(reason.code, told.message, details, MetadataMap::new())
}

/// What a status tells, growing violation by violation.
struct Told<'a> {
    reason: &'static Reason,
    first: &'a Violation,
    total: usize,
    message: String,
    violations: Vec<&'a Violation>,
}

impl Told<'_> {
    fn encode(&self) -> Vec<u8> {
        let Self { reason, .. } = self;
        let values = self.first.params.iter();
        let mut metadata: HashMap<String, String> =
            values.map(|(key, value)| (key.clone(), clipped(value, VALUE_BYTES_MAX))).collect();
        if self.violations.len() < self.total {
            metadata.insert("violations_total".to_owned(), self.total.to_string());
        }
        let info = pb::ErrorInfo { reason: reason.name.to_owned(), domain: DOMAIN.to_owned(), metadata };
        let mut details = vec![any("google.rpc.ErrorInfo", &info)];
        details.extend(violation_details(&self.violations));
        if reason.code == Code::Unavailable {
            let retry_delay = Some(prost_types::Duration { seconds: 0, nanos: 250_000_000 });
            details.push(any("google.rpc.RetryInfo", &pb::RetryInfo { retry_delay }));
        }
        for (locale, template) in [("he-IL", reason.he), ("en", reason.en)] {
            let message =
                pb::LocalizedMessage { locale: locale.to_owned(), message: self.first.text(template) };
            details.push(any("google.rpc.LocalizedMessage", &message));
        }
        pb::Status { code: reason.code.into(), message: self.message.clone(), details }.encode_to_vec()
    }
}

/// The beginning of a text, with an ellipsis when something is left out.
fn clipped(text: &str, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(bytes_max - '…'.len_utf8());
    format!("{}…", &text[..end])
}

fn violation_details(violations: &[&Violation]) -> Vec<Any> {
    let (arguments, others): (Vec<&Violation>, Vec<&Violation>) =
        violations.iter().partition(|violation| violation.known().1.code == Code::InvalidArgument);
    let mut details = Vec::new();
    if !arguments.is_empty() {
        let field_violations = arguments.iter().map(|violation| pb::bad_request::FieldViolation {
            field: violation.field.clone().unwrap_or_default(),
            description: violation.text(violation.known().1.en),
            reason: violation.reason.clone(),
            localized_message: Some(pb::LocalizedMessage {
                locale: "he-IL".to_owned(),
                message: violation.text(violation.known().1.he),
            }),
        });
        let bad_request = pb::BadRequest { field_violations: field_violations.collect() };
        details.push(any("google.rpc.BadRequest", &bad_request));
    }
    if !others.is_empty() {
        let violations = others.iter().map(|violation| pb::precondition_failure::Violation {
            r#type: violation.reason.clone(),
            subject: violation.field.clone().unwrap_or_default(),
            description: violation.text(violation.known().1.en),
        });
        let failure = pb::PreconditionFailure { violations: violations.collect() };
        details.push(any("google.rpc.PreconditionFailure", &failure));
    }
    details
}

fn any(name: &str, message: &impl prost::Message) -> Any {
    Any { type_url: format!("type.googleapis.com/{name}"), value: message.encode_to_vec() }
}

/// What a status says, read back: for clients and tests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explained {
    /// The deciding reason.
    pub reason: String,
    /// All violations as (reason, field).
    pub violations: Vec<(String, String)>,
    /// The Hebrew text.
    pub he: String,
    /// The English text.
    pub en: String,
}

/// Reads the details of a status.
pub fn explain(status: &Status) -> Explained {
    let mut explained = Explained::default();
    let Ok(body) = pb::Status::decode(status.details()) else { return explained };
    for detail in body.details {
        let value = detail.value.as_slice();
        match detail.type_url.rsplit('/').next().unwrap_or_default() {
            "google.rpc.ErrorInfo" => {
                explained.reason = pb::ErrorInfo::decode(value).unwrap_or_default().reason;
            }
            "google.rpc.LocalizedMessage" => {
                let message = pb::LocalizedMessage::decode(value).unwrap_or_default();
                if message.locale == "he-IL" {
                    explained.he = message.message;
                } else {
                    explained.en = message.message;
                }
            }
            "google.rpc.BadRequest" => {
                let found = pb::BadRequest::decode(value).unwrap_or_default().field_violations;
                explained.violations.extend(found.into_iter().map(|v| (v.reason, v.field)));
            }
            "google.rpc.PreconditionFailure" => {
                let found = pb::PreconditionFailure::decode(value).unwrap_or_default().violations;
                explained.violations.extend(found.into_iter().map(|v| (v.r#type, v.subject)));
            }
            _ => {}
        }
    }
    explained
}

/// The code of a reason, for those who count.
pub fn code_of(reason: &str) -> Code {
    reasons::find(reason).map_or(Code::Internal, |known| known.code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_takes_the_code_of_the_first_by_precedence_and_names_all() {
        let status = status(&[
            Violation::new("STATE_FORBIDS")
                .with("state", "ACTIVE")
                .with("allowed_commands", "StopInitiative"),
            Violation::new("VALIDATION_LENGTH")
                .at("title.he")
                .with("min", 5)
                .with("max", 160)
                .with("actual", 2),
        ]);
        assert_eq!(status.code(), Code::InvalidArgument);
        let violation = |reason: &str, field: &str| (reason.to_owned(), field.to_owned());
        assert_eq!(
            explain(&status),
            Explained {
                reason: "VALIDATION_LENGTH".into(),
                violations: vec![violation("VALIDATION_LENGTH", "title.he"), violation("STATE_FORBIDS", "")],
                he: "title.he: האורך חייב להיות בין 5 ל-160, ניתנו 2".into(),
                en: "title.he: the length must be 5 to 160, it is 2".into(),
            }
        );
    }

    /// The details as they stand, which [`explain`] does not tell in full.
    fn metadata(status: &Status) -> HashMap<String, String> {
        let body = pb::Status::decode(status.details()).unwrap();
        pb::ErrorInfo::decode(body.details[0].value.as_slice()).unwrap().metadata
    }

    #[test]
    fn of_too_many_violations_a_status_tells_what_fits_and_how_many_there_are() {
        let state = Violation::new("STATE_FORBIDS").with("state", "ACTIVE").with("allowed_commands", "Stop");
        let lengths = (0..60).map(|n| {
            let field = format!("beneficiaries[{n}].group.en");
            Violation::new("VALIDATION_LENGTH").at(field).with("min", 5).with("max", 160).with("actual", 2)
        });
        let scope = Violation::new("SCOPE_FORBIDDEN");
        let all: Vec<Violation> = [state].into_iter().chain(lengths).chain([scope]).collect();
        let status = status(&all);
        // Base64 makes four bytes of three.
        assert!(status.details().len() * 4 / 3 + status.message().len() < 8 * 1024);
        assert_eq!(metadata(&status), [("violations_total".to_owned(), "62".to_owned())].into());
        let told = explain(&status);
        assert_eq!((status.code(), told.reason.as_str()), (Code::PermissionDenied, "SCOPE_FORBIDDEN"));
        let fields = told.violations.len() - 1;
        let lengths = (0..fields).map(|n| ("VALIDATION_LENGTH", format!("beneficiaries[{n}].group.en")));
        let expected = lengths.chain([("SCOPE_FORBIDDEN", String::new())]);
        let expected: Vec<_> = expected.map(|(reason, field)| (reason.to_owned(), field)).collect();
        assert_eq!(told.violations, expected);
        assert!((20..60).contains(&fields), "{fields} of 60");
    }

    #[test]
    fn whatever_its_values_a_violation_is_told() {
        let long = "ש".repeat(20_000);
        let status = status(&[Violation::new("VALIDATION_LENGTH")
            .at("title.he")
            .with("min", &long)
            .with("max", &long)
            .with("actual", &long)]);
        assert!(status.details().len() <= STATUS_BYTES_MAX);
        assert_eq!(explain(&status).violations, [("VALIDATION_LENGTH".to_owned(), "title.he".to_owned())]);
        assert!(metadata(&status)["min"].ends_with("ש…"));
    }

    #[test]
    fn few_violations_need_no_count() {
        assert_eq!(metadata(&refuse("ROLE_FORBIDDEN")), HashMap::new());
    }
}
