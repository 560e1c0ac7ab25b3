//! How a command is to be taken: the part that all requests share. What it asks is in `reference` and `initiative`.

use contract::CommandRequest;
use domain::{
    Role,
    values::{CivilDate, DelegationId, OrgUnitId, PersonRef},
};
use uuid::Uuid;

use super::fields::Fields;

/// The header of a request and the id of its aggregate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The command's id: a repeat returns the first result for ever.
    pub request_id: Uuid,
    /// Whom the command addresses.
    pub aggregate_id: Uuid,
    /// The number of events that the caller saw.
    pub expected_version: Option<u64>,
    /// Decide and record nothing.
    pub validate_only: bool,
    /// The capacity to act in; none means the first that is allowed.
    pub role: Option<Role>,
    /// The unit for which the role is held.
    pub unit: Option<OrgUnitId>,
    /// The person for whom a system acts.
    pub on_behalf_of: Option<PersonRef>,
    /// The delegation under which the caller acts.
    pub delegation: Option<DelegationId>,
    /// The day for which the facts hold; none means today.
    pub effective_on: Option<CivilDate>,
    /// What the command belongs to; none means itself.
    pub correlation_id: Option<Uuid>,
}

/// The header of a request; `None` when violations were collected. A missing header is one without a request id.
pub fn header<R: CommandRequest>(request: &R, fields: &mut Fields) -> Option<Header> {
    let aggregate_id = fields.id(R::ID_FIELD, request.aggregate_id());
    let given = request.header().cloned().unwrap_or_default();
    fields.inside("header", |fields| {
        let request_id = fields.id("request_id", &given.request_id);
        let role = fields.optional_code("role", &given.role);
        let unit = fields.optional_id("unit_id", &given.unit_id);
        let on_behalf_of = fields.optional_id("on_behalf_of", &given.on_behalf_of);
        let delegation = fields.optional_id("delegation_id", &given.delegation_id);
        let effective_on = fields.optional_date("effective_on", &given.effective_on);
        let correlation_id = fields.optional_id("correlation_id", &given.correlation_id);
        Some(Header {
            request_id: request_id?,
            aggregate_id: aggregate_id?,
            expected_version: given.expected_version,
            validate_only: given.validate_only,
            role: role?,
            unit: unit?,
            on_behalf_of: on_behalf_of?,
            delegation: delegation?,
            effective_on: effective_on?,
            correlation_id: correlation_id?,
        })
    })
}
