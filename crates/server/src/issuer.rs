//! temporary issuer
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use axum::{
    Json, Router,
    extract::{Query, State},
    routing::get,
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as B},
};
use serde_json::{Value, json};
use std::{path::PathBuf, sync::Arc};
pub const ISSUER: &str = "https://login.cornerstone.localhost";
pub struct Personas;
impl Personas {
    pub fn development() -> anyhow::Result<Self> {
        Ok(Self)
    }
}
struct S {
    pair: EcdsaKeyPair,
    url: String,
}
pub async fn serve(l: tokio::net::TcpListener, k: PathBuf, _p: Personas) -> anyhow::Result<()> {
    if !k.exists() {
        let doc =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        std::fs::write(&k, STANDARD.encode(doc.as_ref()))?;
    }
    let der = STANDARD.decode(std::fs::read_to_string(&k)?)?;
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der).unwrap();
    let url = format!("http://{}", l.local_addr()?);
    let s = Arc::new(S { pair, url });
    let r = Router::new()
        .route("/.well-known/openid-configuration", get(|State(s): State<Arc<S>>| async move { Json(json!({"issuer": ISSUER, "jwks_uri": format!("{}/jwks.json", s.url)})) }))
        .route("/jwks.json", get(|State(s): State<Arc<S>>| async move { let p = s.pair.public_key().as_ref(); Json(json!({"keys":[{"kty":"EC","crv":"P-256","alg":"ES256","use":"sig","kid":"dev","x":B.encode(&p[1..33]),"y":B.encode(&p[33..65])}]})) }))
        .route("/token", get(|State(s): State<Arc<S>>, Query(q): Query<std::collections::HashMap<String,String>>| async move {
            let p = q.get("persona").cloned().unwrap_or_default();
            let now = time::OffsetDateTime::now_utc().unix_timestamp();
            let mut c = json!({"iss": ISSUER, "sub": p, "aud": "cornerstone", "iat": now, "nbf": now, "exp": now + 900, "jti": uuid::Uuid::new_v4()});
            if p.ends_with("-import") { c["cs_system"] = Value::String(p.clone()); }
            let h = B.encode(json!({"alg":"ES256","typ":"at+jwt","kid":"dev"}).to_string());
            let m = format!("{h}.{}", B.encode(c.to_string()));
            let sig = s.pair.sign(&SystemRandom::new(), m.as_bytes()).unwrap();
            format!("{m}.{}", B.encode(sig.as_ref()))
        }))
        .with_state(s);
    axum::serve(l, r).await?;
    Ok(())
}
