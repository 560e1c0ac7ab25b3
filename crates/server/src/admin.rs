//! Health, readiness, metrics and version, on a private port.

use std::{future::Future, net::SocketAddr, pin::Pin, sync::Arc};

use anyhow::{Context as _, Result};
use axum::{Json, Router, extract::State, http::StatusCode, routing::get};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

type Check = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync>;

/// What must hold before a role is ready, by name.
#[derive(Default)]
pub struct Readiness {
    checks: Vec<(&'static str, Check)>,
}

impl Readiness {
    /// The same with another condition.
    #[must_use]
    pub fn with<F, Fut>(mut self, name: &'static str, check: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.checks.push((name, Box::new(move || Box::pin(check()))));
        self
    }

    /// Every condition that does not hold, with its problem.
    pub async fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        for (name, check) in &self.checks {
            if let Err(problem) = check().await {
                problems.push((*name, problem));
            }
        }
        problems
    }
}

/// Serves until told to stop.
///
/// # Errors
/// When the address is taken.
pub async fn serve(listen: SocketAddr, readiness: Arc<Readiness>, stop: CancellationToken) -> Result<()> {
    let listener = TcpListener::bind(listen).await;
    let listener = listener.with_context(|| format!("listen on {listen}: choose another --admin-listen"))?;
    let routes = Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/metrics", get(async || crate::telemetry::metrics()))
        .route("/version", get(version))
        .route("/readyz", get(ready))
        .with_state(readiness);
    axum::serve(listener, routes).with_graceful_shutdown(stop.cancelled_owned()).await.context("admin port")
}

async fn ready(State(readiness): State<Arc<Readiness>>) -> (StatusCode, Json<Value>) {
    let problems = readiness.problems().await;
    let code = if problems.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let named: serde_json::Map<String, Value> =
        problems.into_iter().map(|(name, problem)| (name.to_owned(), json!(problem))).collect();
    (code, Json(json!({ "ready": code == StatusCode::OK, "problems": named })))
}

async fn version() -> Json<Value> {
    let policies = access::PolicySet::embedded().map(|set| set.sha256().to_owned()).unwrap_or_default();
    Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "decider": domain::DECIDER_VERSION,
        "commit_format": codec::commit::FORMAT,
        "policies_sha256": policies,
    }))
}
