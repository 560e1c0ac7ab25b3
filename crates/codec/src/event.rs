//! Stored events and domain events, in both directions.

use domain::{
    Aggregate, Recorded, Vocabulary,
    portfolio::initiative::{self, Initiative},
    reference::{
        org_unit::{self, OrgUnit},
        person_access::{self, PersonAccess},
        policy_set::{self, PolicySet},
        writer_key::{self, WriterKey},
    },
    values::EventId,
};
use event_log::Subject;
use serde_json::value::RawValue;

use crate::{
    Commit, StoredEvent,
    genesis::{self, LogOpened},
    upcast::{UPCASTS, upcast},
};

/// An event that this version cannot read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    #[error("`{name}` is not an event of `{aggregate}`")]
    UnknownType { aggregate: String, name: String },
    #[error("`{name}` has schema {schema}, newer than {known}")]
    NewerSchema { name: String, schema: u16, known: u16 },
    #[error("read the payload of `{name}`")]
    Payload { name: String, source: serde_json::Error },
    #[error("`{0}` is not an aggregate of this version")]
    UnknownAggregate(String),
}

/// An event of any aggregate. To add an aggregate: a variant, and a line in `domain_events!`.
macro_rules! domain_events {
    ($($variant:ident($aggregate:ty, $event:ty)),+ $(,)?) => {
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[expect(clippy::large_enum_variant, reason = "events are handled one at a time")]
        pub enum DomainEvent { LogOpened(LogOpened), $($variant($event)),+ }

        /// The frozen table of subject tokens: area and aggregate.
        pub const AGGREGATES: &[(&str, &str)] =
            &[(genesis::AREA, genesis::AGGREGATE), $((<$aggregate>::AREA, <$aggregate>::NAME)),+];

        impl DomainEvent {
            /// Reads a stored event of a subject.
            ///
            /// # Errors
            /// When this version does not know the aggregate, the event or its schema.
            pub fn decode(subject: &Subject, stored: &StoredEvent) -> Result<Self, DecodeError> {
                match (subject.area(), subject.aggregate()) {
                    (genesis::AREA, genesis::AGGREGATE) => genesis::read(stored).map(Self::LogOpened),
                    $((<$aggregate>::AREA, <$aggregate>::NAME) => decode::<$aggregate>(stored).map(Self::$variant),)+
                    _ => Err(DecodeError::UnknownAggregate(subject.to_string())),
                }
            }
        }

        /// The JSON Schema of every event, by aggregate.
        pub fn schemas() -> Vec<((&'static str, &'static str), domain::Type, schemars::Schema)> {
            let mut all = vec![genesis::schema()];
            $(all.extend(<$event as Vocabulary>::schemas().into_iter()
                .map(|(kind, schema)| ((<$aggregate>::AREA, <$aggregate>::NAME), kind, schema)));)+
            all
        }
    };
}

domain_events! {
    OrgUnit(OrgUnit, org_unit::Event),
    PersonAccess(PersonAccess, person_access::Event),
    PolicySet(PolicySet, policy_set::Event),
    WriterKey(WriterKey, writer_key::Event),
    Initiative(Initiative, initiative::Event),
}

/// Reads a stored event of a known aggregate.
///
/// # Errors
/// As [`DomainEvent::decode`].
pub fn decode<A: Aggregate>(stored: &StoredEvent) -> Result<A::Event, DecodeError> {
    let unknown = || DecodeError::UnknownType { aggregate: A::NAME.to_owned(), name: stored.name.clone() };
    let known = A::Event::TYPES.iter().find(|kind| kind.name == stored.name).ok_or_else(unknown)?;
    if stored.schema > known.schema {
        let (name, schema) = (stored.name.clone(), stored.schema);
        return Err(DecodeError::NewerSchema { name, schema, known: known.schema });
    }
    let payload = |source| DecodeError::Payload { name: stored.name.clone(), source };
    let older;
    let data = if stored.schema == known.schema {
        &stored.data
    } else {
        older = upcast(UPCASTS, known.name, stored.schema, known.schema, &stored.data).map_err(payload)?;
        &older
    };
    let mut reader = serde_json::Deserializer::from_str(data.get());
    let event = A::Event::deserialize_data(&stored.name, &mut reader).map_err(payload)?;
    event.ok_or_else(unknown)
}

/// The payload of an event or command, as it will stand in the body.
pub fn data(item: &impl Vocabulary) -> Box<RawValue> {
    let mut bytes = Vec::with_capacity(512);
    item.serialize_data(&mut serde_json::Serializer::new(&mut bytes)).expect("payloads have string keys");
    RawValue::from_string(String::from_utf8(bytes).expect("JSON is UTF-8")).expect("serde_json writes JSON")
}

/// What `evolve` may know of the events of a commit.
pub fn recorded(commit: &Commit, event_id: EventId) -> Recorded {
    let by = commit.actor.human();
    Recorded { event_id, effective_on: commit.effective_on, recorded_at: commit.recorded_at, by }
}

/// The JSON pointers of the private texts in a payload, with their MACs, in document order.
pub fn privates(data: &RawValue) -> Vec<(String, String)> {
    let value: serde_json::Value = serde_json::from_str(data.get()).expect("a raw value is JSON");
    let mut found = Vec::new();
    walk(&value, &mut String::new(), &mut found);
    found
}

fn walk(value: &serde_json::Value, path: &mut String, found: &mut Vec<(String, String)>) {
    let length = path.len();
    let mut step = |key: &str, inner: &serde_json::Value, found: &mut Vec<(String, String)>| {
        path.push('/');
        path.push_str(key);
        walk(inner, path, found);
        path.truncate(length);
    };
    if let Some(mac) = private_mac(value) {
        found.push((path.clone(), mac.to_owned()));
    } else if let Some(object) = value.as_object() {
        object.iter().for_each(|(key, inner)| step(key, inner, found));
    } else if let Some(array) = value.as_array() {
        array.iter().enumerate().for_each(|(at, inner)| step(&at.to_string(), inner, found));
    }
}

fn private_mac(value: &serde_json::Value) -> Option<&str> {
    let object = value.as_object().filter(|object| object.len() == 1)?;
    object.get("private_mac")?.as_str()
}
