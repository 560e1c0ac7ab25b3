//! What the process says about itself: JSON log lines with trace ids, metrics, traces over OTLP.

use std::{future::Future, sync::OnceLock};

use anyhow::{Context as _, Result};
use http::HeaderMap;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use opentelemetry::{global, propagation::Extractor, trace::TracerProvider as _};
use opentelemetry_otlp::WithExportConfig as _;
use opentelemetry_sdk::{propagation::TraceContextPropagator, trace::SdkTracerProvider};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::config::Telemetry;

static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();

/// Upper bounds in seconds: from a log round trip to the longest deadline.
const SECONDS: &[f64] =
    &[0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// The metrics in Prometheus' text form.
pub fn metrics() -> String {
    METRICS.get().map(PrometheusHandle::render).unwrap_or_default()
}

/// Runs a role with telemetry on, and sends what is left of it at the end.
///
/// # Errors
/// Those of the role, and a filter or collector address that cannot be used.
pub async fn with(options: &Telemetry, role: impl Future<Output = Result<()>>) -> Result<()> {
    let traces = start(options, std::io::stderr)?;
    let done = role.await;
    if let Some(provider) = traces {
        // A collector that is away must not keep a stopping role.
        let flushed = tokio::task::spawn_blocking(move || provider.shutdown());
        let flushed = tokio::time::timeout(std::time::Duration::from_secs(1), flushed).await;
        tracing::debug!(flushed = flushed.is_ok(), "traces sent");
    }
    done
}

/// Starts logging to a writer, metrics, and traces when a collector is named.
///
/// # Errors
/// A filter or collector address that cannot be used.
pub fn start<W>(options: &Telemetry, writer: W) -> Result<Option<SdkTracerProvider>>
where
    W: for<'a> tracing_subscriber::fmt::MakeWriter<'a> + Send + Sync + 'static,
{
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("seconds".to_owned()), SECONDS)?
        .install_recorder();
    if let Ok(handle) = recorder {
        METRICS.get_or_init(|| handle);
    }
    let filter = EnvFilter::try_new(&options.log).with_context(|| format!("log filter `{}`", options.log))?;
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_writer(writer)
        .with_filter(filter);
    let traces = options.otlp.as_deref().map(collector).transpose()?;
    let tracer = traces.as_ref().map(|provider| {
        global::set_text_map_propagator(TraceContextPropagator::new());
        let spans = EnvFilter::new("info");
        tracing_opentelemetry::layer().with_tracer(provider.tracer("cornerstone")).with_filter(spans)
    });
    tracing_subscriber::registry().with(lines).with(tracer).try_init().context("start logging")?;
    Ok(traces)
}

fn collector(endpoint: &str) -> Result<SdkTracerProvider> {
    let exporter = opentelemetry_otlp::SpanExporter::builder().with_tonic().with_endpoint(endpoint).build();
    let exporter = exporter.with_context(|| format!("OTLP collector `{endpoint}`"))?;
    let resource = opentelemetry_sdk::Resource::builder().with_service_name("cornerstone").build();
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}

/// The span of a call. Its trace id is the caller's, or a new one, and stands in every log line below it.
pub fn request_span(rpc: &str, headers: &HeaderMap) -> Span {
    let given = headers.get("traceparent").and_then(|value| value.to_str().ok()).and_then(trace_id);
    let trace_id = given.unwrap_or_else(|| uuid::Uuid::new_v4().simple().to_string());
    let span = tracing::info_span!("request", rpc, trace_id);
    let parent = global::get_text_map_propagator(|propagator| propagator.extract(&Headers(headers)));
    // Without a collector there is nobody to give a parent to.
    let linked = span.set_parent(parent);
    tracing::trace!(linked = linked.is_ok(), "request");
    span
}

/// `00-<32 hex>-<16 hex>-<2 hex>`.
fn trace_id(traceparent: &str) -> Option<String> {
    let id = traceparent.split('-').nth(1)?;
    (id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| id.to_ascii_lowercase())
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}
