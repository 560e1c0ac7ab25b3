//! OIDC access tokens: who is calling.
//!
//! The algorithms are pinned in the configuration and never read from a header; a header's `kid` is nothing but
//! a key of a map, and its `jwk`, `jku` and `x5u` are not looked at. Where the keys come from is in [`keys`].

use std::{fmt, net::IpAddr, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use contract::status::refuse;
use jsonwebtoken::{Algorithm, Header, Validation, errors::ErrorKind};
use reqwest::Url;
use serde::Deserialize;
use tokio::task::AbortHandle;

mod keys;

pub use keys::{IssuerError, REFRESH_INTERVAL, STALE_MAX};

use keys::Keys;

/// The longest token looked at, in bytes.
pub const TOKEN_BYTES_MAX: usize = 4096;
/// How far the clocks of issuer and service may differ.
pub const LEEWAY: Duration = Duration::from_secs(30);
/// The longest key id, in ASCII characters.
pub const KEY_ID_LENGTH_MAX: usize = 64;

/// Whose tokens count, and for whom they must be meant.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// Exactly as in `iss`.
    pub url: String,
    /// One of `aud`.
    pub audience: String,
    /// The only signature algorithms taken from it; asymmetric ones.
    #[serde(default = "default_algorithms")]
    pub algorithms: Vec<Algorithm>,
    /// Where its keys are; absent: where its discovery document says.
    #[serde(default)]
    pub jwks_url: Option<String>,
    /// Take tokens whose `typ` is not `at+jwt`, from issuers that do not know RFC 9068.
    #[serde(default)]
    pub lenient_type: bool,
    /// Take keys over `http` from this very machine: for development.
    #[serde(default)]
    pub allow_insecure_loopback: bool,
}

fn default_algorithms() -> Vec<Algorithm> {
    vec![Algorithm::ES256]
}

impl Issuer {
    /// The usual settings: ES256, keys by discovery over https, `at+jwt` only.
    pub fn new(url: &str, audience: &str) -> Self {
        Self {
            url: url.to_owned(),
            audience: audience.to_owned(),
            algorithms: default_algorithms(),
            jwks_url: None,
            lenient_type: false,
            allow_insecure_loopback: false,
        }
    }
}

/// Who a verified token speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub issuer: String,
    /// Within the issuer.
    pub subject: String,
    /// The name of a ministry's system, from the claim `cs_system`; absent for a person.
    pub system: Option<String>,
    /// The claim `jti`.
    pub token_id: Option<String>,
}

/// An identity, and until when the token vouches for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    pub identity: Identity,
    /// Seconds since 1970, as in `exp`.
    pub expires_at: u64,
}

impl Verified {
    /// Whether the token has expired, leeway included.
    pub fn has_expired(&self) -> bool {
        self.expires_at.saturating_add(LEEWAY.as_secs()) < jsonwebtoken::get_current_timestamp()
    }
}

/// Why a token identifies nobody. Says nothing that came from the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("no bearer token")]
    Missing,
    #[error("not a token of a trusted issuer: {0}")]
    Untrusted(&'static str),
    #[error("the token has expired")]
    Expired,
    #[error("the token is meant for another audience")]
    Audience,
}

impl TokenError {
    /// The reason as clients see it.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Missing | Self::Untrusted(_) => "UNAUTHENTICATED",
            Self::Expired => "TOKEN_EXPIRED",
            Self::Audience => "TOKEN_AUDIENCE",
        }
    }
}

impl From<TokenError> for tonic::Status {
    fn from(error: TokenError) -> Self {
        refuse(error.reason())
    }
}

/// Verifies the tokens of the configured issuers. Their keys are refreshed in the background while it lives.
pub struct Tokens {
    issuers: Vec<Trusted>,
    refreshing: Vec<AbortHandle>,
}

struct Trusted {
    issuer: Issuer,
    validation: Validation,
    keys: Arc<Keys>,
}

/// What counts of a token's claims; everything else is left alone.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    exp: serde_json::Number,
    #[serde(default)]
    jti: Option<String>,
    #[serde(default)]
    cs_system: Option<String>,
}

impl Tokens {
    /// Starts with the keys that can be had now; an issuer that cannot be reached is asked again when a token
    /// of it comes.
    ///
    /// # Errors
    /// A configuration that cannot be right: no https, a symmetric algorithm, one issuer twice.
    pub async fn start(issuers: Vec<Issuer>) -> Result<Self, IssuerError> {
        let mut trusted: Vec<Trusted> = Vec::new();
        for issuer in issuers {
            if trusted.iter().any(|other| other.issuer.url == issuer.url) {
                return Err(IssuerError::Twice { issuer: issuer.url });
            }
            trusted.push(Trusted::new(issuer)?);
        }
        let mut refreshing = Vec::new();
        for Trusted { keys, .. } in &trusted {
            keys.refresh().await;
            refreshing.push(tokio::spawn(keys.clone().keep_fresh()).abort_handle());
        }
        Ok(Self { issuers: trusted, refreshing })
    }

    /// Who the token speaks for.
    ///
    /// # Errors
    /// When it does not verify, whatever the reason.
    pub async fn verify(&self, token: &str) -> Result<Verified, TokenError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(TokenError::Untrusted("too long"));
        }
        let claimed = claimed_issuer(token).ok_or(TokenError::Untrusted("no claims"))?;
        let trusted = self.issuers.iter().find(|trusted| trusted.issuer.url == claimed);
        trusted.ok_or(TokenError::Untrusted("unknown issuer"))?.verify(token).await
    }
}

impl Drop for Tokens {
    fn drop(&mut self) {
        self.refreshing.iter().for_each(AbortHandle::abort);
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.issuers.iter().map(|trusted| &trusted.issuer)).finish()
    }
}

impl Trusted {
    fn new(issuer: Issuer) -> Result<Self, IssuerError> {
        let mut validation = Validation::default();
        validation.algorithms.clone_from(&issuer.algorithms);
        validation.set_issuer(&[&issuer.url]);
        validation.set_audience(&[&issuer.audience]);
        validation.set_required_spec_claims(&["iss", "aud", "exp", "sub"]);
        validation.validate_nbf = true;
        validation.leeway = LEEWAY.as_secs();
        let keys = Arc::new(Keys::new(&issuer)?);
        Ok(Self { issuer, validation, keys })
    }

    async fn verify(&self, token: &str) -> Result<Verified, TokenError> {
        let header =
            jsonwebtoken::decode_header(token).map_err(|_unreadable| TokenError::Untrusted("no header"))?;
        let key_id = self.look_at(&header)?;
        let key = self.keys.find(key_id).await.ok_or(TokenError::Untrusted("unknown key"))?;
        let claims = match jsonwebtoken::decode::<Claims>(token, &key, &self.validation) {
            Ok(decoded) => decoded.claims,
            Err(error) => return Err(refusal(error.kind())),
        };
        let Claims { iss, sub, exp, jti, cs_system } = claims;
        let printable = |text: &String| !text.is_empty() && !text.chars().any(char::is_control);
        if ![Some(&sub), cs_system.as_ref()].into_iter().flatten().all(printable) {
            return Err(TokenError::Untrusted("an empty or unprintable name"));
        }
        let expires_at = exp.as_u64().ok_or(TokenError::Untrusted("a fractional expiry"))?;
        let identity = Identity { issuer: iss, subject: sub, system: cs_system, token_id: jti };
        Ok(Verified { identity, expires_at })
    }

    fn look_at<'a>(&self, header: &'a Header) -> Result<&'a str, TokenError> {
        if !self.issuer.algorithms.contains(&header.alg) {
            return Err(TokenError::Untrusted("another algorithm"));
        }
        // RFC 7515: what is critical and not understood makes the token invalid, and we understand nothing.
        if header.crit.is_some() {
            return Err(TokenError::Untrusted("critical headers"));
        }
        let kind = header.typ.as_deref().unwrap_or_default().to_ascii_lowercase();
        let is_access_token = matches!(kind.as_str(), "at+jwt" | "application/at+jwt");
        if !is_access_token && !self.issuer.lenient_type {
            return Err(TokenError::Untrusted("not an access token"));
        }
        let key_id = header.kid.as_deref().filter(|id| is_key_id(id));
        key_id.ok_or(TokenError::Untrusted("no key id"))
    }
}

/// Whether a key may go by that id.
fn is_key_id(id: &str) -> bool {
    (1..=KEY_ID_LENGTH_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The issuer that the token claims: it says whose keys to try, and is verified with them.
fn claimed_issuer(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Claimed {
        iss: String,
    }
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice::<Claimed>(&payload).ok().map(|claimed| claimed.iss)
}

fn refusal(kind: &ErrorKind) -> TokenError {
    match kind {
        ErrorKind::ExpiredSignature => TokenError::Expired,
        ErrorKind::InvalidAudience => TokenError::Audience,
        ErrorKind::MissingRequiredClaim(_) => TokenError::Untrusted("a required claim is missing"),
        ErrorKind::ImmatureSignature => TokenError::Untrusted("not yet valid"),
        ErrorKind::InvalidSignature => TokenError::Untrusted("the signature is not valid"),
        _ => TokenError::Untrusted("malformed"),
    }
}

/// A URL that may be asked for keys: https, or this very machine when that is allowed.
fn trusted_url(issuer: &Issuer, url: &str) -> Result<Url, IssuerError> {
    let refused = |problem: &str| IssuerError::Url { url: url.to_owned(), problem: problem.to_owned() };
    let parsed = Url::parse(url).map_err(|e| refused(&e.to_string()))?;
    match parsed.scheme() {
        "https" => Ok(parsed),
        "http" if issuer.allow_insecure_loopback && is_loopback(&parsed) => Ok(parsed),
        _ => Err(refused("neither https nor an allowed loopback address")),
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    host == "localhost" || address.is_some_and(|address| address.is_loopback())
}
