//! What an auditor asks for, parsed once: where to start, which events, and whether the stored bytes go along.

use std::{collections::HashSet, sync::LazyLock};

use codec::event::{AGGREGATES, schemas};
use contract::{
    audit::v1::{EventFilter, StreamEventsRequest},
    status::Violation,
};
use event_log::Subject;
use uuid::Uuid;

/// What a stream shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The first position, from 1.
    pub from: u64,
    pub filter: Filter,
    /// Send the stored bytes and headers as well.
    pub include_stored: bool,
    /// End at the head that the log had when the stream was opened.
    pub until_head: bool,
}

/// Which events pass; what is empty lets all pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub areas: Vec<String>,
    pub aggregates: Vec<String>,
    /// Names of events, such as `InitiativeAccepted`.
    pub types: Vec<String>,
    pub aggregate_id: Option<Uuid>,
}

/// A misspelt name would show an auditor an empty log, so names that no event has are refused.
static TYPES: LazyLock<HashSet<&str>> =
    LazyLock::new(|| schemas().into_iter().map(|(_, kind, _)| kind.name).collect());

impl Wanted {
    /// Reads a request.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(request: StreamEventsRequest) -> Result<Self, Vec<Violation>> {
        let StreamEventsRequest { from_position: from, filter, include_stored, until_head } = request;
        let EventFilter { areas, aggregates, types, aggregate_id } = filter.unwrap_or_default();
        let mut violations = Vec::new();
        if from == 0 {
            let range = Violation::new("VALIDATION_RANGE").at("from_position");
            violations.push(range.with("min", 1).with("max", u64::MAX));
        }
        let mut known = |field: &str, names: &[String], is_known: &dyn Fn(&str) -> bool| {
            let unknown = names.iter().enumerate().filter(|(_, name)| !is_known(name));
            violations.extend(
                unknown
                    .map(|(at, _)| Violation::new("REFERENCE_UNKNOWN").at(format!("filter.{field}[{at}]"))),
            );
        };
        known("areas", &areas, &|name| AGGREGATES.iter().any(|(area, _)| *area == name));
        known("aggregates", &aggregates, &|name| AGGREGATES.iter().any(|(_, aggregate)| *aggregate == name));
        known("types", &types, &|name| TYPES.contains(name));
        let id = (!aggregate_id.is_empty()).then(|| Uuid::try_parse(&aggregate_id));
        if let Some(Err(_)) = id {
            let format = Violation::new("VALIDATION_FORMAT").at("filter.aggregate_id");
            violations.push(format.with("expected", "UUID"));
        }
        if !violations.is_empty() {
            return Err(violations);
        }
        let filter = Filter { areas, aggregates, types, aggregate_id: id.and_then(Result::ok) };
        Ok(Self { from, filter, include_stored, until_head })
    }
}

impl Filter {
    /// Whether commits on this subject may hold events that pass.
    pub(crate) fn covers(&self, subject: &Subject) -> bool {
        let lets = |names: &[String], name: &str| names.is_empty() || names.iter().any(|n| n == name);
        lets(&self.areas, subject.area())
            && lets(&self.aggregates, subject.aggregate())
            && self.aggregate_id.is_none_or(|id| id == subject.id())
    }

    /// Whether an event of a covered subject passes.
    pub(crate) fn shows(&self, name: &str) -> bool {
        self.types.is_empty() || self.types.iter().any(|kind| kind == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_names_what_exists_is_taken() {
        let id = Uuid::from_u128(7);
        let filter = EventFilter {
            areas: vec!["portfolio".into()],
            aggregates: vec!["initiative".into()],
            types: vec!["InitiativeAccepted".into()],
            aggregate_id: id.to_string(),
        };
        let request = StreamEventsRequest {
            from_position: 3,
            filter: Some(filter.clone()),
            include_stored: true,
            until_head: false,
        };
        let filter = Filter {
            areas: filter.areas,
            aggregates: filter.aggregates,
            types: filter.types,
            aggregate_id: Some(id),
        };
        let wanted = Wanted { from: 3, filter, include_stored: true, until_head: false };
        assert_eq!(Wanted::parse(request), Ok(wanted));
    }

    #[test]
    fn everything_that_is_wrong_is_named_at_once() {
        let filter = EventFilter {
            areas: vec!["portfolio".into(), "portfolios".into()],
            aggregates: vec!["Initiative".into()],
            types: vec!["InitiativeAcepted".into()],
            aggregate_id: "7".into(),
        };
        let request = StreamEventsRequest { filter: Some(filter), ..StreamEventsRequest::default() };
        let unknown = |field: &str| Violation::new("REFERENCE_UNKNOWN").at(field);
        assert_eq!(
            Wanted::parse(request),
            Err(vec![
                Violation::new("VALIDATION_RANGE").at("from_position").with("min", 1).with("max", u64::MAX),
                unknown("filter.areas[1]"),
                unknown("filter.aggregates[0]"),
                unknown("filter.types[0]"),
                Violation::new("VALIDATION_FORMAT").at("filter.aggregate_id").with("expected", "UUID"),
            ])
        );
    }
}
