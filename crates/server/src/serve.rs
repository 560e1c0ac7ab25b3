//! A port with gRPC services: layers, limits, health, reflection, a shutdown that ends.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use http::{HeaderName, HeaderValue};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic::{
    service::Routes,
    transport::{Server, server::TcpIncoming},
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    cors::{AllowOrigin, CorsLayer},
};

use crate::{
    admin::Readiness,
    layers::{Calls, Limits},
};

/// Streams of one connection at a time.
const STREAMS_MAX: u32 = 256;
/// Calls of one connection at a time; more are told to come back.
const CALLS_MAX: usize = 512;
/// How long calls under way may take to end once a stop was asked for.
const DRAIN_MAX: Duration = Duration::from_secs(10);
/// How often health follows readiness.
const HEALTH_INTERVAL: Duration = Duration::from_secs(1);

/// What one port serves.
pub struct Port {
    pub listener: TcpListener,
    pub routes: Routes,
    pub limits: Limits,
    pub readiness: Arc<Readiness>,
    /// Origins of browser frontends; none turns gRPC-Web off.
    pub origins: Option<Vec<String>>,
    /// Work that outlives its call and must end before the process does.
    pub tasks: TaskTracker,
}

/// Serves until told to stop, then lets calls end, for a bounded time.
///
/// # Errors
/// When the transport fails.
pub async fn serve(port: Port, stop: CancellationToken) -> Result<()> {
    let Port { listener, routes, limits, readiness, origins, tasks } = port;
    let (health, health_service) = tonic_health::server::health_reporter();
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(contract::DESCRIPTORS)
    };
    let routes = routes
        .add_service(health_service)
        .add_service(reflection().build_v1().context("reflection")?)
        .add_service(reflection().build_v1alpha().context("reflection")?);
    let follows = follow_readiness(health, readiness, stop.clone());
    let follows = tokio::spawn(follows);
    let server = Server::builder()
        .http2_keepalive_interval(Some(Duration::from_secs(30)))
        .http2_keepalive_timeout(Some(Duration::from_secs(10)))
        .http2_max_pending_accept_reset_streams(Some(20))
        .http2_max_header_list_size(16 * 1024)
        .max_concurrent_streams(STREAMS_MAX)
        .concurrency_limit_per_connection(CALLS_MAX)
        .load_shed(true)
        .max_connection_age(Duration::from_secs(30 * 60));
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let panics = CatchPanicLayer::custom(|_panic: Box<dyn std::any::Any + Send>| {
        tracing::error!("a handler panicked");
        contract::status::refuse("INTERNAL").into_http::<tonic::body::Body>()
    });
    let drained = stop.clone();
    let serving = async move {
        match origins {
            Some(origins) => {
                let mut server = server
                    .accept_http1(true)
                    .layer(cors(&origins)?)
                    .layer(tonic_web::GrpcWebLayer::new())
                    .layer(panics)
                    .layer(Calls(limits));
                let router = server.add_routes(routes);
                router.serve_with_incoming_shutdown(incoming, stop.cancelled_owned()).await?;
            }
            None => {
                let mut server = server.layer(panics).layer(Calls(limits));
                let router = server.add_routes(routes);
                router.serve_with_incoming_shutdown(incoming, stop.cancelled_owned()).await?;
            }
        }
        anyhow::Ok(())
    };
    let bounded = async {
        drained.cancelled().await;
        tokio::time::sleep(DRAIN_MAX).await;
    };
    let done = tokio::select! {
        done = serving => done,
        () = bounded => {
            tracing::warn!("calls were still open when the time to drain had passed");
            Ok(())
        }
    };
    tasks.close();
    if tokio::time::timeout(DRAIN_MAX, tasks.wait()).await.is_err() {
        tracing::warn!("commands were still under way when the time to drain had passed");
    }
    follows.abort();
    done
}

fn cors(origins: &[String]) -> Result<CorsLayer> {
    let origins: Vec<HeaderValue> = origins
        .iter()
        .map(|origin| origin.parse().with_context(|| format!("origin `{origin}`")))
        .collect::<Result<_>>()?;
    let allowed = ["content-type", "x-grpc-web", "x-user-agent", "grpc-timeout", "authorization"];
    // Without these a browser sees no error at all.
    let exposed = ["grpc-status", "grpc-message", "grpc-status-details-bin"];
    Ok(CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([http::Method::POST])
        .allow_headers(allowed.map(HeaderName::from_static))
        .expose_headers(exposed.map(HeaderName::from_static)))
}

async fn follow_readiness(
    health: tonic_health::server::HealthReporter,
    readiness: Arc<Readiness>,
    stop: CancellationToken,
) {
    let mut was = None;
    loop {
        let stopping = stop.is_cancelled();
        let problems = if stopping { vec![] } else { readiness.problems().await };
        let ready = !stopping && problems.is_empty();
        if was != Some(ready) {
            let serving = tonic_health::ServingStatus::Serving;
            let status = if ready { serving } else { tonic_health::ServingStatus::NotServing };
            health.set_service_status("", status).await;
            tracing::info!(ready, problems = ?problems, "readiness changed");
            was = Some(ready);
        }
        if stopping {
            return;
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(HEALTH_INTERVAL) => {}
        }
    }
}
