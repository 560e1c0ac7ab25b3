//! Who the caller is here, and the references of people who will be.

use access::authority::LAG_MAX;
use contract::{
    Enumeration as _,
    common::v1::Role,
    reference::v1::{
        HeldRole, ResolvePersonRequest, ResolvePersonResponse, WhoAmIRequest, WhoAmIResponse,
        identity_service_server::IdentityService,
    },
    status::{self, Violation},
};
use domain::{calendar::civil_date, values::Code as _};
use tonic::{Request, Response, Status};

use super::Api;

#[tonic::async_trait]
impl IdentityService for Api {
    async fn who_am_i(&self, request: Request<WhoAmIRequest>) -> Result<Response<WhoAmIResponse>, Status> {
        let gate = &self.shell.gate;
        let principal = gate.principal(request.metadata()).await?;
        let directory = gate.authority().fresh(LAG_MAX)?;
        let held = directory.held(principal.reference, civil_date((self.shell.clock)()));
        let roles = held.into_iter().map(|held| HeldRole {
            grant_id: held.grant.to_string(),
            role: Role::wire(held.role.code()),
            unit_id: held.unit.to_string(),
            unit_code: directory.unit(held.unit).map(|unit| unit.code.clone()).unwrap_or_default(),
            to: held.to.map(|day| day.to_string()).unwrap_or_default(),
            delegation_id: held.delegation.map(|d| d.id.to_string()).unwrap_or_default(),
        });
        let roles = roles.collect();
        let system = principal.identity.system.clone().unwrap_or_default();
        let person_id = principal.reference.to_string();
        Ok(Response::new(WhoAmIResponse { person_id, system, roles, root: principal.root }))
    }

    async fn resolve_person(
        &self,
        request: Request<ResolvePersonRequest>,
    ) -> Result<Response<ResolvePersonResponse>, Status> {
        let gate = &self.shell.gate;
        let principal = gate.principal(request.metadata()).await?;
        let today = civil_date((self.shell.clock)());
        gate.read_scope(&principal, "ResolvePerson", today).await?;
        let ResolvePersonRequest { issuer, subject } = request.into_inner();
        let missing: Vec<Violation> = [("issuer", &issuer), ("subject", &subject)]
            .into_iter()
            .filter(|(_, value)| value.trim().is_empty())
            .map(|(field, _)| Violation::new("VALIDATION_REQUIRED").at(field))
            .collect();
        if !missing.is_empty() {
            return Err(status::status(&missing));
        }
        let person = self.shell.vault.person_ref(&issuer, &subject).await.map_err(|error| {
            tracing::warn!(error = %error, "the vault did not mint a reference");
            status::refuse("VAULT_UNAVAILABLE")
        })?;
        Ok(Response::new(ResolvePersonResponse { person_id: person.to_string() }))
    }
}
