//! For whom is read: a principal and what the gate said they may read.

use access::{Gate, Principal, ReadScope};
use read_model::{Scope, reads::Audience};
use tonic::{Status, metadata::MetadataMap};
use uuid::Uuid;

use crate::seal::Fingerprint;

/// The role that sees the proposers who asked to stay hidden from their own line management.
const SEES_HIDDEN_PROPOSERS: &str = "COG_PM";

/// Somebody who asks, with the scope that holds for this call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The reference of the person or system.
    pub id: Uuid,
    pub audience: Audience,
}

impl Caller {
    /// The caller of a request, if they may do `action`, and the principal to ask about again later.
    pub(crate) async fn of(
        gate: &Gate,
        metadata: &MetadataMap,
        action: &str,
    ) -> Result<(Self, Principal), Status> {
        let principal = gate.principal(metadata).await?;
        let scope = gate.read_scope_now(&principal, action).await?;
        Ok((Self::with(&principal, &scope), principal))
    }

    /// The caller with a scope that the gate gave.
    pub(crate) fn with(principal: &Principal, scope: &ReadScope) -> Self {
        let audience = Audience {
            scope: Scope {
                government: scope.government,
                ministries: scope.ministries.iter().map(|id| id.uuid()).collect(),
                units: scope.units.iter().map(|id| id.uuid()).collect(),
                person: Some(scope.person.uuid()),
            },
            hidden_proposers: scope.allowed_by(SEES_HIDDEN_PROPOSERS),
        };
        Self { id: principal.reference.uuid(), audience }
    }

    /// The fingerprint of a query of this caller in this scope: a token of anybody else's does not fit it.
    pub(crate) fn fingerprint(&self, arguments: &[&str]) -> Fingerprint {
        let Audience { scope, hidden_proposers } = &self.audience;
        let ids = |ids: &[Uuid]| ids.iter().flat_map(|id| *id.as_bytes()).collect::<Vec<u8>>();
        let flags = [u8::from(scope.government), u8::from(*hidden_proposers)];
        let person = scope.person.unwrap_or_default();
        let (ministries, units) = (ids(&scope.ministries), ids(&scope.units));
        let caller: [&[u8]; 5] = [self.id.as_bytes(), &flags, &ministries, &units, person.as_bytes()];
        Fingerprint::of(caller.into_iter().chain(arguments.iter().map(|argument| argument.as_bytes())))
    }
}
