//! An issuer of tokens: a real HTTP server on the loopback, and the keys behind it.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use access::{Issuer, Tokens};
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
    routing::get,
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, get_current_timestamp, jwk::Jwk};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::AbortHandle};

pub(crate) const AUDIENCE: &str = "cornerstone";

/// A signing key and the id it goes by.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) private: EncodingKey,
    pub(crate) public: Value,
}

impl Key {
    pub(crate) fn new(id: &str) -> Self {
        let pair =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        let private = EncodingKey::from_ec_der(pair.as_ref());
        let mut jwk = Jwk::from_encoding_key(&private, Algorithm::ES256).unwrap();
        jwk.common.key_id = Some(id.to_owned());
        Self { id: id.to_owned(), private, public: serde_json::to_value(jwk).unwrap() }
    }

    /// A token with these claims, and a header that is changed in one respect.
    pub(crate) fn sign(&self, claims: &Value, change: impl FnOnce(&mut Header)) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some(self.id.clone());
        change(&mut header);
        jsonwebtoken::encode(&header, claims, &self.private).unwrap()
    }
}

/// What the server answers.
#[derive(Default)]
pub(crate) struct Answers {
    pub(crate) discovery: Mutex<Value>,
    pub(crate) keys: Mutex<Value>,
    /// Answer every request so instead.
    pub(crate) instead: Mutex<Option<(StatusCode, String)>>,
    /// How often keys were asked for.
    pub(crate) fetches: AtomicUsize,
}

pub(crate) struct Idp {
    pub(crate) url: String,
    pub(crate) key: Key,
    pub(crate) answers: Arc<Answers>,
    serving: AbortHandle,
}

impl Idp {
    /// Serves one key.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answers = Arc::new(Answers::default());
        let discovery = json!({"issuer": url, "jwks_uri": format!("{url}/jwks.json"), "other": [1]});
        *answers.discovery.lock().unwrap() = discovery;
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discover))
            .route("/jwks.json", get(jwks))
            .with_state(answers.clone());
        let serving =
            tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }).abort_handle();
        let key = Key::new("key-1");
        let idp = Self { url, key, answers, serving };
        idp.publish(&[&idp.key]);
        idp
    }

    pub(crate) fn publish(&self, keys: &[&Key]) {
        let keys: Vec<&Value> = keys.iter().map(|key| &key.public).collect();
        *self.answers.keys.lock().unwrap() = json!({"keys": keys});
    }

    /// Takes no more connections, and answers nothing on those that are still open.
    pub(crate) fn stop(&self) {
        *self.answers.instead.lock().unwrap() = Some((StatusCode::SERVICE_UNAVAILABLE, String::new()));
        self.serving.abort();
    }

    pub(crate) fn fetches(&self) -> usize {
        self.answers.fetches.load(Ordering::SeqCst)
    }

    /// How a service is told of it.
    pub(crate) fn issuer(&self) -> Issuer {
        Issuer { allow_insecure_loopback: true, ..Issuer::new(&self.url, AUDIENCE) }
    }

    pub(crate) async fn tokens(&self) -> Tokens {
        Tokens::start(vec![self.issuer()]).await.unwrap()
    }

    /// What a good token claims.
    pub(crate) fn claims(&self, subject: &str) -> Value {
        let now = get_current_timestamp();
        json!({"iss": self.url, "aud": AUDIENCE, "sub": subject, "exp": now + 900, "iat": now, "jti": "t-1"})
    }

    pub(crate) fn token(&self, subject: &str) -> String {
        self.key.sign(&self.claims(subject), |_| {})
    }
}

impl Drop for Idp {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn discover(State(answers): State<Arc<Answers>>) -> Response {
    answer(&answers, &answers.discovery)
}

async fn jwks(State(answers): State<Arc<Answers>>) -> Response {
    answers.fetches.fetch_add(1, Ordering::SeqCst);
    answer(&answers, &answers.keys)
}

fn answer(answers: &Answers, usual: &Mutex<Value>) -> Response {
    match answers.instead.lock().unwrap().clone() {
        Some((status, location)) if status.is_redirection() => {
            (status, [(LOCATION, location)]).into_response()
        }
        Some((status, body)) => (status, body).into_response(),
        None => axum::Json(usual.lock().unwrap().clone()).into_response(),
    }
}
