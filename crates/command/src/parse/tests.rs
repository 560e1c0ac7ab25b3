//! What each request takes and refuses. The table of a service is complete when every field of every request
//! that can be wrong is refused in it, which the protos' descriptors tell.

mod delivery;
mod initiative;
mod parts;
mod reference;
mod texts;
mod whole;

use std::collections::BTreeSet;

use contract::common::v1 as common;
use domain::{Reason, Rejection, values::Code as _};
use prost::Message as _;
use prost_types::{DescriptorProto, FileDescriptorSet, field_descriptor_proto::Type};

use super::{Fields, Parse};

/// A change of a valid message, and the one violation that it leads to.
type Wrong<M> = (fn(&mut M), Reason, &'static str);

#[derive(Default)]
struct Table {
    requests: BTreeSet<String>,
}

impl Table {
    fn request<R: Parse + Clone>(&mut self, valid: &R, wrong: &[Wrong<R>]) {
        self.requests.insert(R::NAME.to_owned());
        assert_eq!(refusals(valid.clone()), [], "{}", R::NAME);
        let mut paths = BTreeSet::new();
        for (change, reason, path) in wrong {
            let mut changed = valid.clone();
            change(&mut changed);
            assert_eq!(refusals(changed), [(*reason, (*path).to_owned())], "{} {path}", R::NAME);
            paths.insert(path.split(['.', '[']).next().unwrap_or_default().to_owned());
        }
        // The first two fields are the header and the id.
        assert_eq!(paths, can_be_wrong(&message(&format!("{}Request", R::NAME)), 2), "{}", R::NAME);
    }

    fn covers(&self, service: &str) {
        let files = FileDescriptorSet::decode(contract::DESCRIPTORS).unwrap().file;
        let service = files.iter().flat_map(|file| &file.service).find(|s| s.name() == service).unwrap();
        let expected: BTreeSet<String> = service.method.iter().map(|m| m.name().to_owned()).collect();
        assert_eq!(self.requests, expected);
    }
}

/// Checks a message inside a request, which stands at `path` in it.
fn part<R: Parse + Clone>(name: &str, path: &str, valid: &R, wrong: &[Wrong<R>]) {
    assert_eq!(refusals(valid.clone()), []);
    let mut paths = BTreeSet::new();
    for (change, reason, at) in wrong {
        let mut changed = valid.clone();
        change(&mut changed);
        let at = format!("{path}.{at}");
        assert_eq!(refusals(changed), [(*reason, at.clone())], "{name} {at}");
        paths.insert(at[path.len() + 1..].split(['.', '[']).next().unwrap_or_default().to_owned());
    }
    assert_eq!(paths, can_be_wrong(&message(name), 0), "{name}");
}

fn refusals<R: Parse>(request: R) -> Vec<(Reason, String)> {
    let mut fields = Fields::default();
    let parsed = request.parse(&mut fields);
    let refused = refused(fields);
    assert_eq!(parsed.is_none(), !refused.is_empty(), "a command exactly when nothing was refused");
    refused
}

/// Reasons and paths; each refusal has the values that its texts name.
fn refused(fields: Fields) -> Vec<(Reason, String)> {
    let Err(rejections) = fields.finish() else { return vec![] };
    let of = |rejection: &Rejection| {
        let texts = contract::reasons::find(rejection.reason.code()).unwrap();
        for (key, _) in texts.en.split('{').skip(1).filter_map(|rest| rest.split_once('}')) {
            assert!(rejection.params.iter().any(|(known, _)| *known == key), "{rejection:?} lacks {key}");
        }
        (rejection.reason, rejection.field.clone().unwrap())
    };
    rejections.all().iter().map(of).collect()
}

fn message(name: &str) -> DescriptorProto {
    let files = FileDescriptorSet::decode(contract::DESCRIPTORS).unwrap().file;
    let mut messages = files.into_iter().flat_map(|file| file.message_type);
    messages.find(|message| message.name() == name).unwrap()
}

/// The names of the fields after the first ones, without those that take every value.
fn can_be_wrong(message: &DescriptorProto, skip: usize) -> BTreeSet<String> {
    let fields = message.field.iter().skip(skip).filter(|field| field.r#type() != Type::Bool);
    fields.map(|field| field.name().to_owned()).collect()
}

const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const OTHER_ID: &str = "01890a5d-ac96-774b-bcce-b302099a8058";
const DAY: &str = "2026-11-24";
/// In the form that people write.
const NO_DAY: &str = "24.11.2026";
/// No number of any list.
const NO_CODE: i32 = 99;

/// A text of so many characters in Hebrew.
fn hebrew(chars: usize) -> Option<common::LocalizedText> {
    Some(common::LocalizedText { he: "א".repeat(chars), ..Default::default() })
}

fn letters(chars: usize) -> String {
    "a".repeat(chars)
}

fn shekels(agorot: i64) -> Option<common::Money> {
    Some(common::Money { currency: String::new(), minor_units: agorot })
}

fn document() -> Option<common::DocRef> {
    let media_type = "application/pdf".into();
    Some(common::DocRef { sha256: "0a".repeat(32), media_type, bytes: 1, title: "דוח".into() })
}

#[test]
fn every_reason_of_the_domain_is_in_the_table_of_reasons() {
    let unknown: Vec<&str> = Reason::ALL
        .iter()
        .map(|reason| reason.code())
        .filter(|r| contract::reasons::find(r).is_none())
        .collect();
    assert_eq!(unknown, [""; 0]);
}
