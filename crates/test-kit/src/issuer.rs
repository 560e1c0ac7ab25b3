//! An OIDC issuer of the test's own, on loopback: discovery, one key, tokens for any name.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

const KEY_ID: &str = "test";
/// For whom the tokens are meant.
const AUDIENCE: &str = "cornerstone";
/// Longer than any test.
const TOKEN_SECONDS: u64 = 3600;

/// An issuer that answers as long as it lives.
pub struct Issuer {
    key: EcdsaKeyPair,
    url: String,
    serving: JoinHandle<()>,
}

impl Issuer {
    /// Makes a key and serves it.
    ///
    /// # Errors
    /// No port can be had.
    pub async fn start() -> Result<Self> {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let discovery = json!({ "issuer": url, "jwks_uri": format!("{url}/jwks.json") }).to_string();
        // Uncompressed point: a byte 4, x, y.
        let (x, y) = key.public_key().as_ref()[1..].split_at(32);
        let jwk = json!({ "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": KEY_ID, "x": encoded(x), "y": encoded(y) });
        let keys = json!({ "keys": [jwk] }).to_string();
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A caller that goes away early asks again.
                answer(stream, &discovery, &keys).await.unwrap_or_default();
            }
        });
        Ok(Self { key, url, serving })
    }

    /// As in `iss`; its discovery document is below it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// An ES256 token for a name, as a person's login would get it, meant for the audience `cornerstone`.
    ///
    /// # Errors
    /// The clock shows a day before 1970.
    pub fn token(&self, subject: &str) -> Result<String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let header = json!({ "typ": "at+jwt", "alg": "ES256", "kid": KEY_ID });
        let claims = json!({
            "iss": self.url, "aud": AUDIENCE, "sub": subject, "jti": uuid::Uuid::new_v4(),
            "iat": now, "nbf": now, "exp": now + TOKEN_SECONDS,
        });
        let part = |json: Value| encoded(json.to_string().as_bytes());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes())?;
        Ok(format!("{signed}.{}", encoded(signature.as_ref())))
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

async fn answer(mut stream: TcpStream, discovery: &str, keys: &str) -> Result<()> {
    let mut request = [0; 4096];
    let length = stream.read(&mut request).await?;
    let wants_keys = request[..length].starts_with(b"GET /jwks.json ");
    let body = if wants_keys { keys } else { discovery };
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
    stream.write_all(format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).as_bytes()).await?;
    Ok(stream.shutdown().await?)
}
