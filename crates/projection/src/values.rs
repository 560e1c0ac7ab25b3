//! Domain values, and sealed texts, as the rows hold them.

use codec::StoredEvent;
use domain::values::{CivilDate, Code, DocRef, LocalizedText, Money, OrgUnitId, PersonRef, Timestamp};
use event_log::Record;
use read_model::rows;
use time::{Date, OffsetDateTime, format_description::well_known::Iso8601};
use uuid::Uuid;

pub(crate) fn code(code: impl Code) -> String {
    code.code().to_owned()
}

pub(crate) fn text(text: &LocalizedText) -> rows::Text {
    let LocalizedText { he, en, ar, source_lang } = text.clone();
    rows::Text { he, en, ar, source_lang: code(source_lang) }
}

pub(crate) fn money(money: &Money) -> rows::Money {
    rows::Money { currency: money.currency.clone(), minor_units: money.minor_units }
}

pub(crate) fn document(document: &DocRef) -> rows::Document {
    let DocRef { sha256, media_type, bytes, title } = document.clone();
    rows::Document { sha256, media_type, bytes, title }
}

pub(crate) fn date(day: CivilDate) -> Date {
    Date::parse(&day.to_string(), &Iso8601::DATE).expect("a civil date is written in ISO 8601")
}

pub(crate) fn moment(at: Timestamp) -> OffsetDateTime {
    let nanoseconds = i128::from(at.micros()) * 1000;
    OffsetDateTime::from_unix_timestamp_nanos(nanoseconds)
        .expect("a moment of the log is one of the calendar")
}

pub(crate) fn units(units: &[OrgUnitId]) -> Vec<Uuid> {
    units.iter().map(|unit| unit.uuid()).collect()
}

pub(crate) fn people(people: &[PersonRef]) -> Vec<Uuid> {
    people.iter().map(|person| person.uuid()).collect()
}

/// The private texts of an event, as sealed, with the place that each is bound to.
pub(crate) fn sealed<'a>(
    record: &'a Record,
    event: &'a StoredEvent,
) -> impl Iterator<Item = rows::SealedText> + 'a {
    event.sealed.iter().flatten().map(|(path, field)| rows::SealedText {
        event_id: event.id.uuid(),
        path: path.clone(),
        subject_id: record.subject.id(),
        subject: record.subject.to_string(),
        position: record.position,
        event_type: event.name.clone(),
        schema: event.schema.into(),
        sealed: rows::Sealed {
            key_id: field.key_id,
            nonce: field.nonce.clone(),
            ciphertext: field.ciphertext.clone(),
        },
    })
}
