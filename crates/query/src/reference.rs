//! Queries on reference data: the units.

use std::{sync::Arc, time::Duration};

use access::Gate;
use contract::{
    Enumeration as _,
    reference::v1::{
        ListOrgUnitsRequest, ListOrgUnitsResponse, OrgUnit, UnitKind,
        reference_query_service_server::ReferenceQueryService,
    },
};
use read_model::{REFERENCE, reads, rows};
use tonic::{Request, Response, Status};

use crate::{
    Caller, Failure, Reader,
    portfolio::text,
    reader::{as_of, time_of},
};

/// The query service for reference data.
pub struct ReferenceQueries {
    gate: Arc<Gate>,
    reader: Arc<Reader>,
}

impl ReferenceQueries {
    pub fn new(gate: Arc<Gate>, reader: Arc<Reader>) -> Self {
        Self { gate, reader }
    }
}

#[tonic::async_trait]
impl ReferenceQueryService for ReferenceQueries {
    async fn list_org_units(
        &self,
        request: Request<ListOrgUnitsRequest>,
    ) -> Result<Response<ListOrgUnitsResponse>, Status> {
        let time = time_of(request.metadata());
        let (caller, _) = Caller::of(&self.gate, request.metadata(), "ReadReference").await?;
        Ok(Response::new(list_org_units(&self.reader, &caller, request.get_ref(), time).await?))
    }
}

/// All units, the closed ones too, in the order of codes.
///
/// # Errors
/// The view is behind or away.
pub async fn list_org_units(
    reader: &Reader,
    caller: &Caller,
    request: &ListOrgUnitsRequest,
    time: Duration,
) -> Result<ListOrgUnitsResponse, Failure> {
    let token = request.read.as_ref().map_or("", |read| &read.consistency_token);
    let mut snapshot = reader.snapshot(REFERENCE, &caller.audience, token, time).await?;
    let units = reads::org_units(&mut snapshot).await?;
    Ok(ListOrgUnitsResponse {
        as_of: Some(as_of(REFERENCE, &snapshot)),
        org_units: units.into_iter().map(unit).collect(),
    })
}

fn unit(unit: rows::OrgUnit) -> OrgUnit {
    OrgUnit {
        org_unit_id: unit.org_unit_id.to_string(),
        code: unit.code,
        kind: UnitKind::wire(&unit.kind),
        name: Some(text(unit.name)),
        parent_id: unit.parent_id.map(|id| id.to_string()).unwrap_or_default(),
        ministry_id: unit.ministry_id.to_string(),
        active: unit.ended.is_none(),
        version: unit.version,
    }
}
