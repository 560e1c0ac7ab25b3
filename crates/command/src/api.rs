//! The command services: one door for every command, and who the caller is.

mod identity;

use std::{sync::Arc, time::Instant};

use contract::{
    Handles,
    common::v1::{CommandReceipt, RecordedEvent},
    consistency, status,
};
use domain::{
    Aggregate,
    portfolio::initiative::Initiative,
    reference::{
        org_unit::OrgUnit, person_access::PersonAccess, policy_set::PolicySet, writer_key::WriterKey,
    },
};
use tokio_util::task::TaskTracker;
use tonic::{Request, Response, Status};

use crate::{
    Caller, Order, Receipt, Refusal, Shell,
    parse::{self, Parse},
    stream::Streams,
};

/// Where the streams of an aggregate are kept.
pub trait Keeps<A: Aggregate> {
    fn streams(&self) -> &Streams<A>;
}

macro_rules! aggregates {
    ($($field:ident: $aggregate:ty),+ $(,)?) => {
        /// The folded aggregates of this process, one field per kind.
        #[derive(Default)]
        pub struct Kept { $($field: Streams<$aggregate>),+ }

        impl Kept {
            $(#[doc = concat!("The streams of `", stringify!($field), "`.")]
            pub fn $field(&self) -> &Streams<$aggregate> { &self.$field })+
        }

        $(impl Keeps<$aggregate> for Kept {
            fn streams(&self) -> &Streams<$aggregate> { &self.$field }
        })+
    };
}

aggregates! {
    org_units: OrgUnit,
    people: PersonAccess,
    policy_sets: PolicySet,
    writer_keys: WriterKey,
    initiatives: Initiative,
}

/// Carries out every command of every area.
#[derive(Clone)]
pub struct Api {
    pub shell: Arc<Shell>,
    pub kept: Arc<Kept>,
    /// Commands under way: a caller that goes does not take an append with it, a shutdown waits for them.
    pub tasks: TaskTracker,
}

#[tonic::async_trait]
impl<R> Handles<R> for Api
where
    R: Parse,
    Kept: Keeps<R::Aggregate>,
{
    async fn handle(&self, request: Request<R>) -> Result<Response<R::Response>, Status> {
        let started = Instant::now();
        let outcome = self.carry_out(request).await;
        let reason = outcome.as_ref().err().map_or_else(|| "OK".to_owned(), |s| status::explain(s).reason);
        metrics::counter!("command_outcomes_total", "command" => R::NAME, "reason" => reason.clone())
            .increment(1);
        metrics::histogram!("command_seconds", "command" => R::NAME).record(started.elapsed());
        tracing::info!(command = R::NAME, reason, "command {} {reason}", R::NAME);
        outcome.map(Response::new)
    }
}

impl Api {
    async fn carry_out<R>(&self, request: Request<R>) -> Result<R::Response, Status>
    where
        R: Parse,
        Kept: Keeps<R::Aggregate>,
    {
        let principal = self.shell.gate.principal(request.metadata()).await?;
        let traceparent = request.metadata().get("traceparent").and_then(|value| value.to_str().ok());
        let traceparent = traceparent.filter(|text| is_traceparent(text)).map(str::to_owned);
        let asked = parse::request(request.into_inner()).map_err(|wrong| Refusal::from(wrong).status())?;
        let order = Order { caller: Caller::Principal(principal), asked, traceparent, causation_id: None };
        let api = self.clone();
        let task = async move { api.shell.carry_out(api.kept.streams(), &order).await };
        let receipt = self.tasks.spawn(task).await.map_err(|_panicked| status::refuse("INTERNAL"))?;
        Ok(self.answer(receipt.map_err(|refusal| refusal.status())?).into())
    }

    fn answer(&self, receipt: Receipt) -> CommandReceipt {
        let Receipt { version, position, duplicate, commit_id, recorded_at, events, validated } = receipt;
        let mut payloads = validated.into_iter();
        let events = events.into_iter().map(|(id, kind, schema)| RecordedEvent {
            event_id: if id.is_nil() { String::new() } else { id.to_string() },
            r#type: kind,
            schema: schema.into(),
            data: payloads.next().unwrap_or_default(),
        });
        CommandReceipt {
            version,
            position,
            consistency_token: consistency::token(self.shell.log.log_id(), position),
            duplicate,
            events: events.collect(),
            commit_id: commit_id.map(|id| id.to_string()).unwrap_or_default(),
            recorded_at,
        }
    }
}

/// W3C Trace Context: what is recorded for ever is nothing but numbers.
fn is_traceparent(text: &str) -> bool {
    let is_hex = |part: &str| part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([2, 32, 16, 2]) && parts.iter().all(|part| is_hex(part))
}
