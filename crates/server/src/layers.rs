//! What every call passes: a span with its trace id, a deadline of our own, a clear word on oversize.
//!
//! tonic answers a passed deadline with CANCELLED and an oversized message with OUT_OF_RANGE; clients branch
//! on DEADLINE_EXCEEDED and RESOURCE_EXHAUSTED.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use contract::status::{self, Violation};
use http::{HeaderMap, Request, Response};
use tonic::{Code, body::Body};
use tower::{Layer, Service};
use tracing::Instrument as _;

/// Limits of one listener.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For callers that name no deadline.
    pub deadline: Duration,
    /// The largest request, in bytes.
    pub request_bytes_max: usize,
}

impl Limits {
    /// The largest answer, in bytes: 4 MiB.
    pub const ANSWER_BYTES_MAX: usize = 4 << 20;
    /// Commands: 5 s, 1 MiB.
    pub const COMMANDS: Self = Self { deadline: Duration::from_secs(5), request_bytes_max: 1 << 20 };
    /// Queries and audit: 10 s, 1 MiB.
    pub const QUERIES: Self = Self { deadline: Duration::from_secs(10), request_bytes_max: 1 << 20 };
}

/// The longest deadline that is honoured.
const DEADLINE_MAX: Duration = Duration::from_secs(30);

/// Our answer leaves this long before the caller gives up.
const MARGIN: Duration = Duration::from_millis(20);

/// The layer.
#[derive(Clone)]
pub struct Calls(pub Limits);

impl<S> Layer<S> for Calls {
    type Service = Call<S>;

    fn layer(&self, inner: S) -> Call<S> {
        Call { inner, limits: self.0 }
    }
}

/// The service around another.
#[derive(Clone)]
pub struct Call<S> {
    inner: S,
    limits: Limits,
}

impl<S> Service<Request<Body>> for Call<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let limits = self.limits;
        let deadline = deadline(request.headers()).unwrap_or(limits.deadline).min(DEADLINE_MAX);
        let rpc = request.uri().path().trim_start_matches('/').to_owned();
        let span = crate::telemetry::request_span(&rpc, request.headers());
        // The ready service is used, its clone waits for the next call.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let started = Instant::now();
        let answered = async move {
            let response = tokio::time::timeout(deadline.saturating_sub(MARGIN), inner.call(request)).await;
            let response = match response {
                Ok(response) => response?,
                Err(_elapsed) => status::refuse("DEADLINE_EXCEEDED").into_http(),
            };
            let response = oversize_told(response, limits);
            observed(&rpc, &response, started.elapsed());
            Ok(response)
        };
        Box::pin(answered.instrument(span))
    }
}

/// `grpc-timeout`: up to eight digits and a unit.
fn deadline(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(number * 3600)),
        "M" => Some(Duration::from_secs(number * 60)),
        "S" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_millis(number)),
        "u" => Some(Duration::from_micros(number)),
        "n" => Some(Duration::from_nanos(number)),
        _ => None,
    }
}

fn oversize_told(response: Response<Body>, limits: Limits) -> Response<Body> {
    let headers = response.headers();
    let out_of_range = headers.get("grpc-status").is_some_and(|status| status == "11");
    let named = headers.get("grpc-status-details-bin").is_some();
    if !out_of_range || named {
        return response;
    }
    status::status(&[Violation::new("REQUEST_TOO_LARGE").with("max", limits.request_bytes_max)]).into_http()
}

fn observed(rpc: &str, response: &Response<Body>, took: Duration) {
    let code = response.headers().get("grpc-status").and_then(|value| value.to_str().ok()?.parse().ok());
    let code = Code::from_i32(code.unwrap_or(0));
    let (service, method) = rpc.split_once('/').unwrap_or((rpc, ""));
    let labels =
        [("service", service.to_owned()), ("method", method.to_owned()), ("code", format!("{code:?}"))];
    metrics::histogram!("rpc_server_seconds", &labels).record(took);
    let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    match code {
        Code::Internal | Code::DataLoss | Code::Unknown => {
            tracing::error!(rpc, code = ?code, millis, "call failed");
        }
        Code::Unavailable | Code::DeadlineExceeded => {
            tracing::warn!(rpc, code = ?code, millis, "call failed");
        }
        _ => tracing::info!(rpc, code = ?code, millis, "call answered"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_read_as_grpc_writes_it() {
        let read = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("grpc-timeout", text.parse().unwrap());
            deadline(&headers)
        };
        assert_eq!(read("250m"), Some(Duration::from_millis(250)));
        assert_eq!(read("99999999H"), Some(Duration::from_secs(99_999_999 * 3600)));
        for wrong in ["", "m", "999999999m", "5x", "-1S", "1.5S"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
