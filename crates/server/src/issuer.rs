//! An issuer of tokens for development: on loopback only, for the personas of a file, without any login.
//!
//! It speaks as much OIDC as `access` asks of an issuer: discovery, keys, and a token for whoever asks. What the
//! personas may do is on the log.

use std::{
    fs,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result, bail, ensure};
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use axum::{
    Json, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jsonwebtoken::{
    Algorithm, EncodingKey, Header, get_current_timestamp,
    jwk::{Jwk, PublicKeyUse, ThumbprintHash},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::provision::write_private;

#[cfg(test)]
mod tests;

/// The issuer's name. It resolves nowhere: its keys are taken from wherever it listens.
pub const ISSUER: &str = "https://login.cornerstone.localhost";
/// For whom the tokens are meant.
pub const AUDIENCE: &str = "cornerstone";
/// How long a token lasts.
pub const LIFETIME_SECONDS: u64 = 15 * 60;

/// Who gets tokens.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Personas {
    persona: Vec<Persona>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Persona {
    /// Also the subject of its tokens.
    pub name: String,
    /// Set for a ministry's system.
    #[serde(default)]
    pub system: Option<String>,
}

impl Personas {
    /// Those of `deploy/dev/personas.toml`.
    ///
    /// # Errors
    /// Never in a released binary: a test reads them.
    pub fn development() -> Result<Self> {
        toml::from_str(include_str!("../../../deploy/dev/personas.toml")).context("read the personas")
    }

    /// Their names, in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.persona.iter().map(|persona| persona.name.as_str())
    }

    /// The persona of a name.
    pub fn find(&self, name: &str) -> Option<&Persona> {
        self.persona.iter().find(|persona| persona.name == name)
    }
}

/// The key that signs the tokens.
pub struct Key {
    private: EncodingKey,
    public: Jwk,
}

impl Key {
    /// The key of a file, which is made at the first run: tokens survive a restart.
    ///
    /// # Errors
    /// When the file cannot be written or read, or is no key.
    pub fn kept_in(file: &Path) -> Result<Self> {
        if !file.exists() {
            let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
            write_private(file, &STANDARD.encode(made.context("make a key for tokens")?))?;
        }
        let text = fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
        let pkcs8 = STANDARD.decode(text.trim()).with_context(|| format!("decode {}", file.display()))?;
        let private = EncodingKey::from_ec_der(&pkcs8);
        let public = Jwk::from_encoding_key(&private, Algorithm::ES256);
        let mut public = public.with_context(|| format!("{} is not an ES256 key", file.display()))?;
        public.common.key_id = Some(public.thumbprint(ThumbprintHash::SHA256)?);
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self { private, public })
    }

    /// A token for a persona.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn mint(&self, persona: &Persona) -> Result<String> {
        #[derive(Serialize)]
        struct Claims<'a> {
            iss: &'a str,
            sub: &'a str,
            aud: &'a str,
            iat: u64,
            nbf: u64,
            exp: u64,
            jti: Uuid,
            #[serde(skip_serializing_if = "Option::is_none")]
            cs_system: Option<&'a str>,
        }
        let now = get_current_timestamp();
        let claims = Claims {
            iss: ISSUER,
            sub: &persona.name,
            aud: AUDIENCE,
            iat: now,
            nbf: now,
            exp: now + LIFETIME_SECONDS,
            jti: Uuid::new_v4(),
            cs_system: persona.system.as_deref(),
        };
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some("at+jwt".to_owned());
        header.kid.clone_from(&self.public.common.key_id);
        jsonwebtoken::encode(&header, &claims, &self.private).context("sign a token")
    }
}

struct Issuing {
    key: Key,
    personas: Personas,
    url: String,
}

/// Serves until it is dropped, with the key of a file. Refuses to listen on anything but loopback.
///
/// # Errors
/// Another address, a key that cannot be used, a listener that failed.
pub async fn serve(listener: TcpListener, key_file: PathBuf, personas: Personas) -> Result<()> {
    let address = listener.local_addr().context("the issuer's address")?;
    if !address.ip().is_loopback() {
        bail!(
            "the development issuer gives tokens to whoever asks: it listens on loopback only, not on {address}"
        );
    }
    ensure!(personas.names().next().is_some(), "there is nobody to give tokens to");
    let issuing =
        Arc::new(Issuing { key: Key::kept_in(&key_file)?, personas, url: format!("http://{address}") });
    let router = Router::new()
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/jwks.json", get(keys))
        .route("/token", get(token))
        .with_state(issuing);
    axum::serve(listener, router).await.context("serve tokens")
}

async fn discovery(State(issuing): State<Arc<Issuing>>) -> Response {
    let url = &issuing.url;
    let document = json!({
        "issuer": ISSUER,
        "jwks_uri": format!("{url}/jwks.json"),
        "token_endpoint": format!("{url}/token"),
        "id_token_signing_alg_values_supported": ["ES256"],
    });
    Json(document).into_response()
}

async fn keys(State(issuing): State<Arc<Issuing>>) -> Response {
    Json(json!({ "keys": [issuing.key.public] })).into_response()
}

#[derive(Deserialize)]
struct Asked {
    persona: String,
}

/// The token as text, or as JSON for who accepts only that.
async fn token(
    State(issuing): State<Arc<Issuing>>,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Response {
    if !names_loopback(&headers) {
        return (StatusCode::FORBIDDEN, "tokens are given on this machine only\n").into_response();
    }
    let Some(persona) = issuing.personas.find(&asked.persona) else {
        let known: Vec<&str> = issuing.personas.names().collect();
        let text = format!("there is no such persona; known are: {}\n", known.join(", "));
        return (StatusCode::NOT_FOUND, text).into_response();
    };
    let Ok(token) = issuing.key.mint(persona) else {
        return (StatusCode::INTERNAL_SERVER_ERROR, "the token could not be signed\n").into_response();
    };
    let accepts = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let response = if accepts == Some("application/json") {
        let (token_type, expires_in) = ("Bearer", LIFETIME_SECONDS);
        let answer = json!({"access_token": token, "token_type": token_type, "expires_in": expires_in});
        Json(answer).into_response()
    } else {
        token.into_response()
    };
    ([(header::CACHE_CONTROL, "no-store")], response).into_response()
}

/// Whether the caller meant this machine: a web page whose name was made to resolve here names itself.
fn names_loopback(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name =
        host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(host, |(name, _)| name);
    let address: Option<IpAddr> = name.trim_matches(['[', ']']).parse().ok();
    name == "localhost" || address.is_some_and(|address| address.is_loopback())
}
