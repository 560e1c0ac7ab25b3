//! Rows of `views/reference.sql`, which says what each column holds.

use serde::{Deserialize, Serialize};
use time::Date;
use uuid::Uuid;

use super::{Text, tables};

/// An organisational unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrgUnit {
    pub org_unit_id: Uuid,
    pub version: u64,
    pub position: u64,
    pub code: String,
    pub kind: String,
    pub name: Text,
    pub parent_id: Option<Uuid>,
    pub ministry_id: Uuid,
    pub registered_from: Date,
    pub ended: Option<String>,
    pub ended_from: Option<Date>,
    pub merged_into_id: Option<Uuid>,
}

/// A person; name and address are sealed texts of the event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    pub person_id: Uuid,
    pub version: u64,
    pub position: u64,
    pub org_unit_id: Uuid,
    pub event_id: Uuid,
}

tables! {
    OrgUnit = "org_unit" by org_unit_id: Uuid;
    Person = "person" by person_id: Uuid;
}
