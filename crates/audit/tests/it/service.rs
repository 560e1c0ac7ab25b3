//! The door of the service.

use std::sync::Arc;

use access::{Access, Authority, Gate, Persons, PolicySet, Tokens, gate::PersonsError};
use async_trait::async_trait;
use audit::Api;
use contract::{
    audit::v1::{StreamEventsRequest, audit_service_server::AuditService as _},
    status::explain,
};
use domain::values::PersonRef;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic::{Code, Request};

use crate::given::Writer;

struct Nobody;

#[async_trait]
impl Persons for Nobody {
    async fn person_ref(&self, _: &str, _: &str) -> Result<PersonRef, PersonsError> {
        Err(PersonsError("there is nobody".into()))
    }
}

#[tokio::test]
async fn nobody_opens_a_stream_without_a_token() {
    let log = Writer::new().await.log;
    let tokens = Tokens::start(vec![]).await.unwrap();
    let authority = Authority::start(log.clone()).await.unwrap();
    let access = Access::new(PolicySet::embedded().unwrap());
    let gate = Arc::new(Gate::new(tokens, authority, access, Arc::new(Nobody)));
    let tasks = TaskTracker::new();
    let api = Api::new(log, gate, CancellationToken::new(), tasks.clone());
    let mut signed = Request::new(StreamEventsRequest { from_position: 1, ..Default::default() });
    let foreign = "Bearer eyJhbGciOiJFUzI1NiJ9.e30.c2ln".parse().unwrap();
    let anonymous = Request::new(StreamEventsRequest { from_position: 1, ..Default::default() });
    signed.metadata_mut().insert("authorization", foreign);
    for request in [anonymous, signed] {
        let refused = api.stream_events(request).await.map(|_| ()).unwrap_err();
        assert_eq!(
            (refused.code(), explain(&refused).reason.as_str()),
            (Code::Unauthenticated, "UNAUTHENTICATED")
        );
    }
    assert!(tasks.is_empty());
}
