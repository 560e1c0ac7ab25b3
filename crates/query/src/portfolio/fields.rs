//! The fields by which initiatives are filtered. To add one: a line here and its column in
//! `read_model::reads::column`; say so in `ListInitiativesRequest.filter`.

use contract::portfolio::v1::{Confidence, Facet, Horizon, InnovationType, Novelty, Origin, Stage, Status};
use read_model::reads::column;

use crate::filter::{Field, Kind, codes};

const NOW: &[Field] =
    &fields(column::CONFIDENCE_SELF, column::CONFIDENCE_INDEPENDENT, column::REPORTED_YEARS);
const THEN: &[Field] =
    &fields(column::CONFIDENCE_SELF_THEN, column::CONFIDENCE_INDEPENDENT_THEN, column::REPORTED_YEARS_THEN);

/// The fields as they are now, or as they were on an effective day.
pub(super) fn fields_of(on_a_day: bool) -> &'static [Field] {
    if on_a_day { THEN } else { NOW }
}

const fn fields(
    confidence_self: &'static str,
    confidence_independent: &'static str,
    reported_years: &'static str,
) -> [Field; 21] {
    [
        field("number", Kind::Text, column::NUMBER),
        field("status", Kind::Code(codes::<Status>), column::STATUS),
        field("stage", Kind::OrderedCode(codes::<Stage>), column::STAGE),
        field("primary_facet", Kind::Code(codes::<Facet>), column::PRIMARY_FACET),
        field("innovation_types", Kind::Codes(codes::<InnovationType>), column::INNOVATION_TYPES),
        field("primary_type", Kind::Code(codes::<InnovationType>), column::PRIMARY_TYPE),
        field("novelty", Kind::Code(codes::<Novelty>), column::NOVELTY),
        field("horizon", Kind::Code(codes::<Horizon>), column::HORIZON),
        field("origin", Kind::Code(codes::<Origin>), column::ORIGIN),
        field("ministry", Kind::Text, column::MINISTRY),
        field("lead_org_unit_id", Kind::Id, column::LEAD_ORG_UNIT_ID),
        field("owner_manager_id", Kind::Id, column::OWNER_MANAGER_ID),
        field("proposer_id", Kind::Id, column::PROPOSER_ID),
        field("confidence_self", Kind::Code(codes::<Confidence>), confidence_self),
        field("confidence_independent", Kind::Code(codes::<Confidence>), confidence_independent),
        field("classified", Kind::Truth, column::CLASSIFIED),
        field("tags", Kind::Texts, column::TAGS),
        field("source_system", Kind::Text, column::SOURCE_SYSTEM),
        field("reported_years", Kind::Years, reported_years),
        field("proposed_on", Kind::Day, column::PROPOSED_ON),
        field("updated_at", Kind::Moment, column::UPDATED_AT),
    ]
}

const fn field(name: &'static str, kind: Kind, column: &'static str) -> Field {
    Field { name, kind, column }
}
