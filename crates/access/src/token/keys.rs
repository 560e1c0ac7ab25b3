//! The keys of one issuer: fetched with bounds, cached, refreshed.
//!
//! A key id that nobody knows leads to one fetch in ten seconds, however many ask. When the issuer cannot be
//! reached, what was fetched last counts for an hour.

use std::{collections::HashMap, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, Jwk, PublicKeyUse},
};
use reqwest::Url;
use serde::{Deserialize, de::DeserializeOwned};
use tokio::{sync::Mutex, time::Instant};
use tracing::warn;

use super::{Issuer, is_key_id, is_loopback, trusted_url};

/// How often keys are fetched.
pub const REFRESH_INTERVAL: Duration = Duration::from_secs(5 * 60);
/// How long keys count when they cannot be fetched again.
pub const STALE_MAX: Duration = Duration::from_secs(60 * 60);
/// How long after a fetch no unknown key id leads to another.
const COOLDOWN: Duration = Duration::from_secs(10);
/// The longest document taken from an issuer.
const DOCUMENT_BYTES_MAX: usize = 64 * 1024;
/// An issuer that answers later than that is not there.
const FETCH_WAIT: Duration = Duration::from_secs(5);

/// An issuer that cannot be trusted as configured.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    #[error("the issuer `{issuer}` is configured twice")]
    Twice { issuer: String },
    #[error("the algorithms of `{issuer}` must be asymmetric, and at least one")]
    Algorithms { issuer: String },
    #[error("take keys from `{url}`: {problem}")]
    Url { url: String, problem: String },
    #[error("make a client for `{issuer}`")]
    Client { issuer: String, source: reqwest::Error },
}

/// Why keys could not be fetched.
#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("fetch `{url}`")]
    Http { url: Url, source: reqwest::Error },
    #[error("fetch `{url}`: it answered {status}")]
    Status { url: Url, status: reqwest::StatusCode },
    #[error("fetch `{url}`: more than {DOCUMENT_BYTES_MAX} bytes")]
    TooLarge { url: Url },
    #[error("fetch `{url}`: not the document expected")]
    Malformed { url: Url, source: serde_json::Error },
    #[error("fetch `{url}`: the discovery document is another issuer's")]
    OtherIssuer { url: Url },
    #[error("fetch `{url}`: no usable key")]
    NoKeys { url: Url },
    #[error(transparent)]
    Refused(#[from] IssuerError),
}

/// The cache of one issuer's keys.
pub(super) struct Keys {
    issuer: Issuer,
    client: reqwest::Client,
    known: ArcSwap<Known>,
    /// When the last attempt began; held while one is under way.
    attempted: Mutex<Option<Instant>>,
}

#[derive(Default)]
struct Known {
    keys: HashMap<String, Arc<DecodingKey>>,
    fetched: Option<Instant>,
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

#[derive(Deserialize)]
struct Published {
    keys: Vec<serde_json::Value>,
}

impl Keys {
    pub(super) fn new(issuer: &Issuer) -> Result<Self, IssuerError> {
        if issuer.algorithms.is_empty() || issuer.algorithms.iter().any(|algorithm| is_symmetric(*algorithm))
        {
            return Err(IssuerError::Algorithms { issuer: issuer.url.clone() });
        }
        let url = trusted_url(issuer, issuer.jwks_url.as_ref().unwrap_or(&issuer.url))?;
        trusted_url(issuer, &issuer.url)?;
        // Redirects could lead from a trusted address to any other.
        let client =
            reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(FETCH_WAIT);
        let client = if is_loopback(&url) { client.no_proxy() } else { client };
        let client =
            client.build().map_err(|source| IssuerError::Client { issuer: issuer.url.clone(), source })?;
        let (known, attempted) = (ArcSwap::default(), Mutex::default());
        Ok(Self { issuer: issuer.clone(), client, known, attempted })
    }

    /// The key of that id, if need be after asking the issuer.
    pub(super) async fn find(&self, key_id: &str) -> Option<Arc<DecodingKey>> {
        let known = self.known.load_full();
        if let Some(key) = known.key(key_id) {
            return Some(key);
        }
        let mut attempted = self.attempted.lock().await;
        // Whoever held the lock before us may have fetched it.
        if let Some(key) = self.known.load().key(key_id) {
            return Some(key);
        }
        if attempted.is_none_or(|at| at.elapsed() >= COOLDOWN) {
            *attempted = Some(Instant::now());
            self.fetch_and_keep().await;
        }
        self.known.load().key(key_id)
    }

    /// Fetches the keys now. What is known stays when that fails.
    pub(super) async fn refresh(&self) {
        let mut attempted = self.attempted.lock().await;
        *attempted = Some(Instant::now());
        self.fetch_and_keep().await;
    }

    #[expect(clippy::infinite_loop, reason = "the owner aborts it")]
    pub(super) async fn keep_fresh(self: Arc<Self>) {
        loop {
            tokio::time::sleep(REFRESH_INTERVAL).await;
            self.refresh().await;
        }
    }

    async fn fetch_and_keep(&self) {
        match self.fetch().await {
            Ok(keys) => self.known.store(Arc::new(Known { keys, fetched: Some(Instant::now()) })),
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                warn!(issuer = self.issuer.url, cause, "{error}");
            }
        }
    }

    async fn fetch(&self) -> Result<HashMap<String, Arc<DecodingKey>>, FetchError> {
        let url = match &self.issuer.jwks_url {
            Some(url) => trusted_url(&self.issuer, url)?,
            None => self.discover().await?,
        };
        let published: Published = self.document(&url).await?;
        let mut keys = HashMap::new();
        for (id, key) in published.keys.into_iter().filter_map(|key| usable(key, &self.issuer.algorithms)) {
            keys.entry(id).or_insert(Arc::new(key));
        }
        if keys.is_empty() { Err(FetchError::NoKeys { url }) } else { Ok(keys) }
    }

    async fn discover(&self) -> Result<Url, FetchError> {
        let base = self.issuer.url.trim_end_matches('/');
        let url = trusted_url(&self.issuer, &format!("{base}/.well-known/openid-configuration"))?;
        let discovery: Discovery = self.document(&url).await?;
        if discovery.issuer != self.issuer.url {
            return Err(FetchError::OtherIssuer { url });
        }
        Ok(trusted_url(&self.issuer, &discovery.jwks_uri)?)
    }

    async fn document<T: DeserializeOwned>(&self, url: &Url) -> Result<T, FetchError> {
        let failed = |source| FetchError::Http { url: url.clone(), source };
        let mut response = self.client.get(url.clone()).send().await.map_err(failed)?;
        if response.status() != reqwest::StatusCode::OK {
            return Err(FetchError::Status { url: url.clone(), status: response.status() });
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            body.extend_from_slice(&chunk);
            if body.len() > DOCUMENT_BYTES_MAX {
                return Err(FetchError::TooLarge { url: url.clone() });
            }
        }
        serde_json::from_slice(&body).map_err(|source| FetchError::Malformed { url: url.clone(), source })
    }
}

impl Known {
    fn key(&self, id: &str) -> Option<Arc<DecodingKey>> {
        let counts = self.fetched.is_some_and(|at| at.elapsed() <= STALE_MAX);
        if counts { self.keys.get(id).cloned() } else { None }
    }
}

fn is_symmetric(algorithm: Algorithm) -> bool {
    matches!(algorithm, Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512)
}

/// A published key that may sign tokens with a pinned algorithm; anything else is passed over.
fn usable(published: serde_json::Value, algorithms: &[Algorithm]) -> Option<(String, DecodingKey)> {
    let jwk: Jwk = serde_json::from_value(published).ok()?;
    let id = jwk.common.key_id.clone().filter(|id| is_key_id(id))?;
    let signs = jwk.common.public_key_use.as_ref().is_none_or(|purpose| *purpose == PublicKeyUse::Signature);
    let pinned = match jwk.common.key_algorithm {
        Some(algorithm) => Algorithm::try_from(algorithm).is_ok_and(|known| algorithms.contains(&known)),
        None => !matches!(jwk.algorithm, AlgorithmParameters::OctetKey(_)),
    };
    if signs && pinned { DecodingKey::from_jwk(&jwk).ok().map(|key| (id, key)) } else { None }
}
