//! The service: who may open a stream, how many there are at once, and a note of every opening.

use std::{sync::Arc, time::Duration};

use access::{Gate, Principal};
use contract::{
    audit::v1::{StreamEventsRequest, StreamEventsResponse, audit_service_server::AuditService},
    status,
};
use event_log::EventLog;
use tokio::sync::Semaphore;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic::{Request, Response, Status};
use tracing::{Instrument as _, info, info_span};

use crate::{Limits, Outbox, Wanted, replay};

/// What the policies call it.
const ACTION: &str = "StreamEvents";

/// Streams of one copy of the service at once. Each holds a batch, a queue and a head per aggregate that it met:
/// some ten megabytes at worst.
const STREAMS_MAX: usize = 64;

/// Messages that wait for a reader.
const QUEUE: usize = 16;

/// A role that was taken back ends its holder's streams after so long.
const RECHECK: Duration = Duration::from_secs(30);

/// The audit service.
#[derive(Clone)]
pub struct Api {
    log: Arc<dyn EventLog>,
    gate: Arc<Gate>,
    shutdown: CancellationToken,
    tasks: TaskTracker,
    streams: Arc<Semaphore>,
}

impl Api {
    /// Serves a log behind a gate. `shutdown` ends every stream with a reason; `tasks` tells when they are gone.
    pub fn new(
        log: Arc<dyn EventLog>,
        gate: Arc<Gate>,
        shutdown: CancellationToken,
        tasks: TaskTracker,
    ) -> Self {
        Self { log, gate, shutdown, tasks, streams: Arc::new(Semaphore::new(STREAMS_MAX)) }
    }
}

#[tonic::async_trait]
impl AuditService for Api {
    type StreamEventsStream = ReceiverStream<Result<StreamEventsResponse, Status>>;

    async fn stream_events(
        &self,
        request: Request<StreamEventsRequest>,
    ) -> Result<Response<Self::StreamEventsStream>, Status> {
        let principal = self.gate.principal(request.metadata()).await?;
        self.gate.read_scope_now(&principal, ACTION).await?;
        let wanted = Wanted::parse(request.into_inner()).map_err(|violations| status::status(&violations))?;
        let place = self.streams.clone().try_acquire_owned();
        let place = place.map_err(|_all_taken| status::refuse("TOO_MANY_REQUESTS"))?;
        let (out, messages) = Outbox::new(QUEUE);
        let span = info_span!("audit stream", principal = %principal.reference);
        span.in_scope(|| info!(?wanted, "opened a stream of the log"));
        let stopped = stopped(self.gate.clone(), principal, self.shutdown.clone());
        let log = self.log.clone();
        let stream = async move {
            replay(log, wanted, out, Limits::default(), stopped).await;
            info!("closed a stream of the log");
            drop(place);
        };
        self.tasks.spawn(stream.instrument(span));
        Ok(Response::new(ReceiverStream::new(messages)))
    }
}

/// Until the service shuts down, or the reader may read no longer.
async fn stopped(gate: Arc<Gate>, principal: Principal, shutdown: CancellationToken) -> Status {
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return status::refuse("SHUTTING_DOWN"),
            () = tokio::time::sleep(RECHECK) => {}
        }
        if let Err(status) = gate.read_scope_now(&principal, ACTION).await {
            return status;
        }
    }
}
