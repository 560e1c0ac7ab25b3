//! The story of an initiative: each event as it stands on the log, without its private texts.

use codec::event::privates;
use read_model::rows::TimelineEntry;
use serde_json::Value;

use super::case::At;
use crate::values::{code, date, moment};

/// The event, without its private texts.
pub(super) fn entry(at: &At<'_>) -> Result<TimelineEntry, String> {
    let mut data = serde_json::from_str(at.stored.data.get()).map_err(|error| error.to_string())?;
    for (path, _) in privates(&at.stored.data) {
        remove(&mut data, &path);
    }
    let actor = &at.commit.actor;
    Ok(TimelineEntry {
        event_id: at.event_id(),
        initiative_id: at.initiative_id(),
        position: at.position(),
        version: at.version,
        r#type: at.stored.name.clone(),
        schema: at.stored.schema.into(),
        recorded_at: moment(at.commit.recorded_at),
        effective_on: date(at.effective_on()),
        actor_role: code(actor.role),
        actor_person_id: actor.person.map(|person| person.uuid()),
        actor_system: actor.system.clone(),
        actor_unit_id: actor.unit.map(|unit| unit.uuid()),
        on_behalf_of_id: actor.on_behalf_of.map(|person| person.uuid()),
        data,
    })
}

/// Removes what a JSON pointer points to; an element of a list leaves null, so that the others keep their places.
fn remove(data: &mut Value, path: &str) {
    let Some((parent, name)) = path.rsplit_once('/') else { return };
    match data.pointer_mut(parent) {
        Some(Value::Object(fields)) => {
            fields.remove(name);
        }
        Some(Value::Array(elements)) => {
            let element = name.parse().ok().and_then(|at: usize| elements.get_mut(at));
            if let Some(element) = element {
                *element = Value::Null;
            }
        }
        Some(_) | None => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_private_text_leaves_no_trace_in_the_story() {
        let mut data = json!({ "a": { "b": 1, "c": 2 }, "list": [1, 2] });
        for path in ["/a/b", "/list/0", "/nowhere/0", "no pointer"] {
            remove(&mut data, path);
        }
        assert_eq!(data, json!({ "a": { "c": 2 }, "list": [null, 2] }));
    }
}
