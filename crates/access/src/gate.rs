//! The door of every service: from the metadata of a call to a principal, from a principal to what they may do.
//!
//! Only `authorization: Bearer` identifies a caller. Whatever else a call carries, from `x-forwarded-user` to
//! a system's name, is not looked at.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use aws_lc_rs::digest;
use contract::status::{Violation, refuse, status};
use domain::{
    calendar::civil_date,
    values::{CivilDate, OrgUnitId, PersonRef, Timestamp},
};
use moka::future::Cache;
use tonic::{Status, metadata::MetadataMap};
use tracing::warn;

use crate::{
    authority::{Authority, LAG_MAX},
    decide::{Access, Authorised, Denied, Principal, ReadScope, Wish},
    directory::Directory,
    token::{TokenError, Tokens, Verified},
};

/// How many verified tokens are remembered: one each for as many people as are at work at once.
const VERIFIED_MAX: u64 = 10_000;
/// How long a token is not verified again: no longer than it takes to learn that its key is withdrawn.
const VERIFIED_FOR: Duration = crate::token::REFRESH_INTERVAL;

/// Who keeps the references of people: the vault.
#[async_trait]
pub trait Persons: Send + Sync + 'static {
    /// The reference of a login, minted at the first asking.
    async fn person_ref(&self, issuer: &str, subject: &str) -> Result<PersonRef, PersonsError>;
}

/// The reference could not be had.
#[derive(Debug, thiserror::Error)]
#[error("look up the reference of a person")]
pub struct PersonsError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Tokens, grants and policies together.
pub struct Gate {
    tokens: Tokens,
    authority: Authority,
    access: Access,
    persons: Arc<dyn Persons>,
    /// By SHA-256 of the token: what is remembered is of no use to whoever reads our memory.
    verified: Cache<[u8; 32], (Verified, PersonRef)>,
}

impl Gate {
    /// A gate in front of the log that `authority` follows.
    pub fn new(tokens: Tokens, authority: Authority, access: Access, persons: Arc<dyn Persons>) -> Self {
        let verified = Cache::builder().max_capacity(VERIFIED_MAX).time_to_live(VERIFIED_FOR).build();
        Self { tokens, authority, access, persons, verified }
    }

    /// Who may, as the log has it.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The judge.
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// Who calls.
    ///
    /// # Errors
    /// `UNAUTHENTICATED`, `TOKEN_EXPIRED`, `TOKEN_AUDIENCE`, `VAULT_UNAVAILABLE`.
    pub async fn principal(&self, metadata: &MetadataMap) -> Result<Principal, Status> {
        let token = bearer(metadata)?;
        let (verified, reference) = self.verified(token).await?;
        let identity = verified.identity;
        let root = self.authority.directory().is_root(&identity.issuer, &identity.subject);
        Ok(Principal { identity, reference, root })
    }

    /// Whether the principal may call `command` on something of `unit`, and the directory by which it was
    /// judged, no more than two seconds old. Before anybody is turned away, the leader is asked.
    ///
    /// # Errors
    /// `ROLE_FORBIDDEN`, `SCOPE_FORBIDDEN`, `AUTHORITY_BEHIND`, `LOG_DAMAGED`, `LOG_REGRESSED`.
    pub async fn authorise(
        &self,
        principal: &Principal,
        command: &str,
        unit: Option<OrgUnitId>,
        wish: &Wish,
        today: CivilDate,
    ) -> Result<(Authorised, Arc<Directory>), Status> {
        self.judged(command, |directory| {
            self.access.authorise(directory, principal, command, unit, wish, today)
        })
        .await
    }

    /// What the principal may read through `action`, and the directory by which it was judged.
    ///
    /// # Errors
    /// As [`Gate::authorise`], except for the scope.
    pub async fn read_scope(
        &self,
        principal: &Principal,
        action: &str,
        today: CivilDate,
    ) -> Result<(ReadScope, Arc<Directory>), Status> {
        self.judged(action, |directory| self.access.read_scope(directory, principal, action, today)).await
    }

    /// What the principal may read through `action` at this moment.
    ///
    /// # Errors
    /// As [`Gate::read_scope`].
    pub async fn read_scope_now(&self, principal: &Principal, action: &str) -> Result<ReadScope, Status> {
        let micros = time::OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000;
        let now = i64::try_from(micros).ok().and_then(Timestamp::from_micros);
        let today = civil_date(now.expect("the clock shows a year before 10000"));
        self.read_scope(principal, action, today).await.map(|(scope, _)| scope)
    }

    async fn judged<T>(
        &self,
        action: &str,
        judge: impl Fn(&Directory) -> Result<T, Denied>,
    ) -> Result<(T, Arc<Directory>), Status> {
        let directory = self.authority.fresh(LAG_MAX)?;
        if let Ok(allowed) = judge(&directory) {
            return Ok((allowed, directory));
        }
        let directory = self.authority.catch_up().await?;
        match judge(&directory) {
            Ok(allowed) => Ok((allowed, directory)),
            Err(denied) => Err(status(&[Violation::new(denied.reason()).with("command", action)])),
        }
    }

    async fn verified(&self, token: &str) -> Result<(Verified, PersonRef), Status> {
        let hash = digest::digest(&digest::SHA256, token.as_bytes());
        let hash: [u8; 32] = hash.as_ref().try_into().expect("SHA-256 has 32 bytes");
        if let Some(known) = self.verified.get(&hash).await {
            return if known.0.has_expired() { Err(TokenError::Expired.into()) } else { Ok(known) };
        }
        let verified = self.tokens.verify(token).await?;
        let identity = &verified.identity;
        let reference = match self.persons.person_ref(&identity.issuer, &identity.subject).await {
            Ok(reference) => reference,
            Err(error) => {
                warn!(cause = %error.0, "{error}");
                return Err(refuse("VAULT_UNAVAILABLE"));
            }
        };
        self.verified.insert(hash, (verified.clone(), reference)).await;
        Ok((verified, reference))
    }
}

/// The one bearer token of a call.
fn bearer(metadata: &MetadataMap) -> Result<&str, TokenError> {
    let mut values = metadata.get_all("authorization").iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(TokenError::Missing) };
    let text = value.to_str().map_err(|_not_ascii| TokenError::Missing)?;
    let (scheme, token) = text.split_once(' ').ok_or(TokenError::Missing)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim()) } else { Err(TokenError::Missing) }
}
