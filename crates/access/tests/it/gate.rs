//! From a call's metadata to what the caller may do.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use access::{Access, Authority, Gate, Identity, Persons, PolicySet, Principal, Wish, gate::PersonsError};
use async_trait::async_trait;
use contract::status::explain;
use domain::{
    Role,
    values::{CivilDate, PersonRef},
};
use tonic::metadata::MetadataMap;

use crate::{
    given::{Cluster, Writer, person, unit},
    idp::Idp,
};

fn today() -> CivilDate {
    "2026-06-15".parse().unwrap()
}

/// References derived from logins, and how often they were asked for.
#[derive(Default)]
struct Registry {
    asked: AtomicUsize,
    away: AtomicBool,
}

#[async_trait]
impl Persons for Registry {
    async fn person_ref(&self, _issuer: &str, subject: &str) -> Result<PersonRef, PersonsError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.away.load(Ordering::SeqCst) {
            return Err(PersonsError("away".into()));
        }
        Ok(person(subject))
    }
}

struct Place {
    idp: Idp,
    writer: Writer,
    cluster: Arc<Cluster>,
    registry: Arc<Registry>,
    gate: Gate,
}

async fn place() -> Place {
    let idp = Idp::start().await;
    let mut writer = Writer::new().await;
    writer.ministry("MOH").await;
    writer.grants("nurse", Role::Employee, "MOH").await;
    let cluster = Cluster::of(&writer.log);
    let authority = Authority::start(cluster.clone()).await.unwrap();
    let access = Access::new(PolicySet::embedded().unwrap());
    let registry = Arc::new(Registry::default());
    let gate = Gate::new(idp.tokens().await, authority, access, registry.clone());
    Place { idp, writer, cluster, registry, gate }
}

fn metadata(pairs: &[(&'static str, &str)]) -> MetadataMap {
    let mut metadata = MetadataMap::new();
    for (key, value) in pairs {
        metadata.append(*key, value.parse().unwrap());
    }
    metadata
}

fn calling(token: &str) -> MetadataMap {
    metadata(&[("authorization", &format!("Bearer {token}"))])
}

#[tokio::test]
async fn a_bearer_token_makes_a_principal_and_is_verified_once() {
    let place = place().await;
    let call = calling(&place.idp.token("nurse"));
    let expected = Principal {
        identity: Identity {
            issuer: place.idp.url.clone(),
            subject: "nurse".to_owned(),
            system: None,
            token_id: Some("t-1".to_owned()),
        },
        reference: person("nurse"),
        root: false,
    };
    for _ in 0..3 {
        assert_eq!(place.gate.principal(&call).await.unwrap(), expected);
    }
    assert_eq!(place.registry.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn nothing_but_the_bearer_token_says_who_calls() {
    let place = place().await;
    let spoofs = [
        ("x-forwarded-user", "admin"),
        ("x-user-id", "admin"),
        ("x-remote-user", "admin"),
        ("grpc-metadata-authorization", "Bearer admin"),
        ("x-authorization", "Bearer admin"),
        ("proxy-authorization", "Bearer admin"),
        ("forwarded", "for=admin"),
        ("x-forwarded-client-cert", "Subject=admin"),
        ("nats-request-info", "{\"acc\":\"admin\"}"),
        ("baggage", "user=admin"),
        ("cs-system", "gmpp-import"),
        ("on-behalf-of", "admin"),
        ("cookie", "session=admin"),
    ];
    let refused = place.gate.principal(&metadata(&spoofs)).await.unwrap_err();
    assert_eq!(explain(&refused).reason, "UNAUTHENTICATED");

    let mut call = calling(&place.idp.token("nurse"));
    let honest = place.gate.principal(&call).await.unwrap();
    for (key, value) in spoofs {
        call.append(key, value.parse().unwrap());
    }
    assert_eq!(place.gate.principal(&call).await.unwrap(), honest);
}

#[tokio::test]
async fn whatever_is_not_one_bearer_token_is_refused_with_its_reason() {
    let place = place().await;
    let token = place.idp.token("nurse");
    let mut expired = place.idp.claims("nurse");
    expired["exp"] = 1.into();
    let expired = place.idp.key.sign(&expired, |_| {});
    let mut elsewhere = place.idp.claims("nurse");
    elsewhere["aud"] = "other".into();
    let elsewhere = place.idp.key.sign(&elsewhere, |_| {});
    let twice = [("authorization", format!("Bearer {token}")), ("authorization", format!("Bearer {token}"))];
    let twice: Vec<_> = twice.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let rows = [
        (metadata(&[]), "UNAUTHENTICATED"),
        (metadata(&twice), "UNAUTHENTICATED"),
        (metadata(&[("authorization", token.as_str())]), "UNAUTHENTICATED"),
        (metadata(&[("authorization", "Bearer")]), "UNAUTHENTICATED"),
        (metadata(&[("authorization", "Bearer ")]), "UNAUTHENTICATED"),
        (metadata(&[("authorization", &format!("Basic {token}"))]), "UNAUTHENTICATED"),
        (metadata(&[("authorization", &format!("Bearer {token} {token}"))]), "UNAUTHENTICATED"),
        (calling(&expired), "TOKEN_EXPIRED"),
        (calling(&elsewhere), "TOKEN_AUDIENCE"),
    ];
    for (call, expected) in rows {
        let refused = place.gate.principal(&call).await.unwrap_err();
        assert_eq!(explain(&refused).reason, expected, "{call:?}");
    }
    place.registry.away.store(true, Ordering::SeqCst);
    let refused = place.gate.principal(&calling(&token)).await.unwrap_err();
    assert_eq!(explain(&refused).reason, "VAULT_UNAVAILABLE");
}

#[tokio::test]
async fn a_root_principal_is_who_the_genesis_names_and_nobody_of_another_issuer() {
    let place = place().await;
    let posing = place.gate.principal(&calling(&place.idp.token("root"))).await.unwrap();
    assert!(!posing.root);
}

#[tokio::test]
async fn before_anybody_is_turned_away_the_leader_is_asked() {
    let Place { idp, mut writer, cluster, gate, .. } = place().await;
    let nurse = gate.principal(&calling(&idp.token("nurse"))).await.unwrap();
    let accept = async || {
        gate.authorise(&nurse, "AcceptInitiative", Some(unit("MOH")), &Wish::default(), today()).await
    };
    let denied = accept().await.unwrap_err();
    assert_eq!(explain(&denied).reason, "ROLE_FORBIDDEN");
    assert!(explain(&denied).en.contains("AcceptInitiative"));

    let position = writer.grants("nurse", Role::MinistryLead, "MOH").await;
    let (allowed, directory) = accept().await.unwrap();
    assert_eq!((allowed.actor.role, allowed.position), (Role::MinistryLead, position));
    assert_eq!(directory.position(), position);

    let (scope, _) = gate.read_scope(&nurse, "ReadPortfolio", today()).await.unwrap();
    assert_eq!(
        (scope.ministries, scope.roles),
        (vec![unit("MOH")], vec![Role::Employee, Role::MinistryLead])
    );

    *cluster.away.write().unwrap() = true;
    let denied = gate.authorise(&nurse, "GrantRole", None, &Wish::default(), today()).await.unwrap_err();
    assert_eq!(explain(&denied).reason, "AUTHORITY_BEHIND");
}
