//! The promises of a writer's key.

use super::*;
use crate::{
    Vocabulary,
    scenario::{Scenario, given},
};

fn after(history: impl IntoIterator<Item = Event>) -> Scenario<WriterKey> {
    given(history)
}

fn enrol(key_id: &str) -> Enrol {
    Enrol { key_id: key_id.to_owned(), public_key: "AAAA".to_owned() }
}

fn enrolled(key_id: &str) -> Event {
    let Enrol { key_id, public_key } = enrol(key_id);
    Enrolled { key_id, public_key }.into()
}

fn revoke() -> Revoke {
    Revoke { reason: "lost".to_owned() }
}

fn revoked() -> Event {
    Revoked { key_id: "0a".to_owned(), reason: "lost".to_owned() }.into()
}

#[test]
fn a_key_is_enrolled_once() {
    after([])
        .when(enrol("0a"))
        .then([enrolled("0a")])
        .when(enrol("0a"))
        .then_nothing()
        .when(enrol("0b"))
        .then_refused(&[Reason::AlreadyExists]);
}

#[test]
fn a_revoked_key_stays_revoked() {
    after([enrolled("0a")]).when(revoke()).then([revoked()]).when(revoke()).then_nothing();
    after([enrolled("0a"), revoked()]).when(enrol("0a")).then_refused(&[Reason::AlreadyExists]);
}

#[test]
fn a_key_that_was_not_enrolled_is_not_found() {
    after([]).when(revoke()).then_refused(&[Reason::NotFound]);
}

#[test]
fn a_key_has_no_ministry_and_rests_on_nobody() {
    use crate::Command as _;
    for command in [Command::from(enrol("0a")), Command::from(revoke())] {
        assert_eq!(command.references(), References::default());
        assert_eq!(command.creates(), command.kind().name == "EnrolWriterKey");
        assert_eq!(WriterKey::default().unit(&command), None);
    }
}
