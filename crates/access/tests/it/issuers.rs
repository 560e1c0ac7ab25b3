//! How keys are had: where from, how often, and for how long without the issuer.

use std::{sync::atomic::Ordering, time::Duration};

use access::{
    Issuer, TokenError, Tokens,
    token::{IssuerError, REFRESH_INTERVAL, STALE_MAX},
};
use axum::http::StatusCode;
use futures::future::join_all;
use jsonwebtoken::Algorithm;
use serde_json::json;

use crate::idp::{AUDIENCE, Idp, Key};

const UNKNOWN_KEY: TokenError = TokenError::Untrusted("unknown key");

/// Lets time pass for timers, without waiting. It runs on afterwards: sockets live in real time.
async fn passes(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_storm_of_unknown_keys_leads_to_one_fetch() {
    let idp = Idp::start().await;
    let strange: Vec<String> = (0..200)
        .map(|n| idp.key.sign(&idp.claims("nurse"), |header| header.kid = Some(format!("key-{n}-of-nobody"))))
        .collect();
    let tokens = idp.tokens().await;
    assert_eq!(idp.fetches(), 1);
    let storm = async || join_all(strange.iter().map(|token| tokens.verify(token))).await;
    assert!(storm().await.iter().all(|answer| *answer == Err(UNKNOWN_KEY)));
    assert_eq!(idp.fetches(), 1, "within the cooldown of the first fetch");

    passes(Duration::from_secs(11)).await;
    assert!(storm().await.iter().all(|answer| *answer == Err(UNKNOWN_KEY)));
    assert!(storm().await.iter().all(|answer| *answer == Err(UNKNOWN_KEY)));
    assert_eq!(idp.fetches(), 2);
}

#[tokio::test]
async fn a_new_key_counts_as_soon_as_a_token_names_it_and_a_withdrawn_one_until_the_next_fetch() {
    let idp = Idp::start().await;
    let tokens = idp.tokens().await;
    let old = idp.token("nurse");
    let next = Key::new("key-2");
    idp.publish(&[&next]);
    assert!(tokens.verify(&old).await.is_ok());

    passes(Duration::from_secs(11)).await;
    assert!(tokens.verify(&next.sign(&idp.claims("nurse"), |_| {})).await.is_ok());
    assert_eq!(tokens.verify(&old).await, Err(UNKNOWN_KEY));
}

#[tokio::test]
async fn keys_are_fetched_again_every_five_minutes() {
    let idp = Idp::start().await;
    let _tokens = idp.tokens().await;
    let next = Key::new("key-2");
    idp.publish(&[&idp.key, &next]);
    // The refresher must have begun to wait before time passes.
    tokio::task::yield_now().await;
    passes(REFRESH_INTERVAL + Duration::from_millis(1)).await;
    let limit = Duration::from_secs(10);
    let again = async {
        while idp.fetches() < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(limit, again).await.expect("a second fetch");
}

#[tokio::test]
async fn without_the_issuer_its_last_keys_count_for_an_hour() {
    let idp = Idp::start().await;
    let tokens = idp.tokens().await;
    let token = idp.token("nurse");
    idp.stop();
    passes(STALE_MAX - Duration::from_secs(60)).await;
    assert!(tokens.verify(&token).await.is_ok());
    passes(Duration::from_secs(61)).await;
    assert_eq!(tokens.verify(&token).await, Err(UNKNOWN_KEY));
}

#[tokio::test]
async fn an_issuer_that_answers_wrongly_does_not_take_away_its_last_keys() {
    let idp = Idp::start().await;
    let tokens = idp.tokens().await;
    let (token, stranger) = (idp.token("nurse"), Key::new("key-9").sign(&idp.claims("nurse"), |_| {}));
    let oversize = format!("{{\"keys\":[{}]}}", " ".repeat(64 * 1024));
    for instead in [
        (StatusCode::INTERNAL_SERVER_ERROR, "down".to_owned()),
        (StatusCode::OK, "<html>".to_owned()),
        (StatusCode::OK, r#"{"keys":[]}"#.to_owned()),
        (StatusCode::OK, oversize),
        (StatusCode::FOUND, format!("{}/jwks.json", idp.url)),
    ] {
        *idp.answers.instead.lock().unwrap() = Some(instead.clone());
        passes(Duration::from_secs(11)).await;
        assert_eq!(tokens.verify(&stranger).await, Err(UNKNOWN_KEY), "{}", instead.0);
        assert!(tokens.verify(&token).await.is_ok(), "{}", instead.0);
    }
}

#[tokio::test]
async fn an_issuer_that_was_away_at_the_start_is_asked_when_its_token_comes() {
    let idp = Idp::start().await;
    *idp.answers.instead.lock().unwrap() = Some((StatusCode::SERVICE_UNAVAILABLE, String::new()));
    let tokens = idp.tokens().await;
    let token = idp.token("nurse");
    assert_eq!(tokens.verify(&token).await, Err(UNKNOWN_KEY));
    *idp.answers.instead.lock().unwrap() = None;
    passes(Duration::from_secs(11)).await;
    assert!(tokens.verify(&token).await.is_ok());
}

#[tokio::test]
async fn a_discovery_document_speaks_for_its_own_issuer_and_leads_only_to_trusted_places() {
    let idp = Idp::start().await;
    let token = idp.token("nurse");
    let jwks = format!("{}/jwks.json", idp.url);
    for document in [
        json!({"issuer": "https://other.example", "jwks_uri": jwks}),
        json!({"issuer": format!("{}/", idp.url), "jwks_uri": jwks}),
        json!({"issuer": idp.url, "jwks_uri": "http://192.0.2.1/jwks.json"}),
        json!({"issuer": idp.url, "jwks_uri": "file:///etc/passwd"}),
        json!({"issuer": idp.url}),
    ] {
        *idp.answers.discovery.lock().unwrap() = document.clone();
        let tokens = idp.tokens().await;
        assert_eq!(tokens.verify(&token).await, Err(UNKNOWN_KEY), "{document}");
    }
    assert_eq!(idp.answers.fetches.load(Ordering::SeqCst), 0);

    let given = Tokens::start(vec![Issuer { jwks_url: Some(jwks), ..idp.issuer() }]).await.unwrap();
    assert!(given.verify(&token).await.is_ok());
}

#[tokio::test]
async fn keys_that_may_not_sign_are_passed_over() {
    let idp = Idp::start().await;
    let mut encrypts = Key::new("encrypts");
    encrypts.public["use"] = json!("enc");
    let mut other_algorithm = Key::new("other-algorithm");
    other_algorithm.public["alg"] = json!("ES384");
    let mut unnamed = Key::new("unnamed");
    unnamed.public.as_object_mut().unwrap().remove("kid");
    let mut shared = Key::new("shared");
    shared.public = json!({"kty": "oct", "k": "c2VjcmV0", "kid": "shared"});
    let mut strange = Key::new("strange");
    strange.public = json!("no key at all");
    let mut second = Key::new("key-1");
    second.public["kid"] = json!("key-1");
    let bad = [&encrypts, &other_algorithm, &unnamed, &shared, &strange];
    idp.publish(&[&bad[..], &[&idp.key, &second]].concat());
    let tokens = idp.tokens().await;
    for key in bad {
        let answer = tokens.verify(&key.sign(&idp.claims("nurse"), |_| {})).await;
        assert_eq!(answer, Err(UNKNOWN_KEY), "{}", key.id);
    }
    assert!(tokens.verify(&idp.token("nurse")).await.is_ok());
    let twice = tokens.verify(&second.sign(&idp.claims("nurse"), |_| {})).await;
    assert_eq!(twice, Err(TokenError::Untrusted("the signature is not valid")));
}

#[tokio::test]
async fn each_issuer_signs_for_itself() {
    let (ministry, auditors) = (Idp::start().await, Idp::start().await);
    let tokens = Tokens::start(vec![ministry.issuer(), auditors.issuer()]).await.unwrap();
    assert!(tokens.verify(&ministry.token("nurse")).await.is_ok());
    let theirs = tokens.verify(&auditors.token("auditor")).await.unwrap();
    assert_eq!(theirs.identity.issuer, auditors.url);
    let posing = ministry.key.sign(&auditors.claims("auditor"), |_| {});
    assert_eq!(tokens.verify(&posing).await, Err(TokenError::Untrusted("the signature is not valid")));
}

#[tokio::test]
async fn an_issuer_that_cannot_be_trusted_is_refused_at_the_start() {
    let issuer = |url: &str| Issuer::new(url, AUDIENCE);
    let insecure = |url: &str| Issuer { allow_insecure_loopback: true, ..issuer(url) };
    let symmetric =
        Issuer { algorithms: vec![Algorithm::ES256, Algorithm::HS256], ..issuer("https://a.example") };
    let none = Issuer { algorithms: vec![], ..issuer("https://a.example") };
    let keys_elsewhere =
        Issuer { jwks_url: Some("http://a.example/jwks".into()), ..issuer("https://a.example") };
    let refused = async |issuers: Vec<Issuer>| match Tokens::start(issuers).await {
        Err(IssuerError::Url { .. }) => "url",
        Err(IssuerError::Algorithms { .. }) => "algorithms",
        Err(IssuerError::Twice { .. }) => "twice",
        Err(IssuerError::Client { .. }) => "client",
        Ok(_) => "nothing",
    };
    for (issuers, expected) in [
        (vec![issuer("http://login.example")], "url"),
        (vec![insecure("http://login.example")], "url"),
        (vec![insecure("http://127.0.0.1.example")], "url"),
        (vec![issuer("http://127.0.0.1:9")], "url"),
        (vec![issuer("login.example")], "url"),
        (vec![keys_elsewhere], "url"),
        (vec![symmetric], "algorithms"),
        (vec![none], "algorithms"),
        (vec![insecure("http://127.0.0.1:9"), insecure("http://127.0.0.1:9")], "twice"),
        (vec![insecure("http://[::1]:9")], "nothing"),
    ] {
        let told = format!("{issuers:?}");
        assert_eq!(refused(issuers).await, expected, "{told}");
    }
}
