//! Which tokens count.

use access::{Identity, Issuer, TokenError, Tokens};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, get_current_timestamp};
use serde_json::{Value, json};

use crate::idp::{AUDIENCE, Idp, Key};

const FORGED: TokenError = TokenError::Untrusted("the signature is not valid");
const MALFORMED: TokenError = TokenError::Untrusted("malformed");
const MISSING: TokenError = TokenError::Untrusted("a required claim is missing");

async fn verify(tokens: &Tokens, token: &str) -> Result<Identity, TokenError> {
    tokens.verify(token).await.map(|verified| verified.identity)
}

#[tokio::test]
async fn a_good_token_says_who_calls_and_until_when() {
    let idp = Idp::start().await;
    let tokens = idp.tokens().await;
    let mut claims = idp.claims("nurse");
    claims["aud"] = json!(["other", AUDIENCE]);
    claims["cs_system"] = json!("moh-system");
    let verified = tokens.verify(&idp.key.sign(&claims, |_| {})).await.unwrap();
    let identity = Identity {
        issuer: idp.url.clone(),
        subject: "nurse".to_owned(),
        system: Some("moh-system".to_owned()),
        token_id: Some("t-1".to_owned()),
    };
    assert_eq!(verified.identity, identity);
    assert_eq!(Some(verified.expires_at), claims["exp"].as_u64());
    assert!(!verified.has_expired());
}

#[tokio::test]
async fn a_token_whose_claims_are_wrong_in_one_respect_identifies_nobody() {
    let idp = Idp::start().await;
    let tokens = idp.tokens().await;
    let now = get_current_timestamp();
    let unknown = TokenError::Untrusted("unknown issuer");
    let unclaimed = TokenError::Untrusted("no claims");
    let unprintable = TokenError::Untrusted("an empty or unprintable name");
    let rows = [
        ("iss", json!("https://other.example"), unknown),
        ("iss", json!(format!("{}/", idp.url)), unknown),
        ("iss", json!([idp.url]), unclaimed),
        ("iss", json!(7), unclaimed),
        ("iss", Value::Null, unclaimed),
        ("aud", json!("other"), TokenError::Audience),
        ("aud", json!(["other"]), TokenError::Audience),
        ("aud", json!([]), TokenError::Audience),
        ("aud", json!({"cornerstone": true}), MISSING),
        ("aud", Value::Null, MISSING),
        ("exp", json!(now - 31), TokenError::Expired),
        ("exp", json!(0), TokenError::Expired),
        ("exp", json!(format!("{}", now + 900)), MALFORMED),
        ("exp", json!([now + 900]), MALFORMED),
        ("exp", json!(-1), MISSING),
        ("exp", json!(4_000_000_000.5), TokenError::Untrusted("a fractional expiry")),
        ("exp", Value::Null, MALFORMED),
        ("nbf", json!(now + 60), TokenError::Untrusted("not yet valid")),
        ("nbf", json!("later"), MALFORMED),
        ("sub", json!(""), unprintable),
        ("sub", json!("a\nb"), unprintable),
        ("sub", json!(7), MALFORMED),
        ("sub", Value::Null, MALFORMED),
        ("cs_system", json!(""), unprintable),
        ("cs_system", json!(true), MALFORMED),
        ("jti", json!(7), MALFORMED),
    ];
    for (claim, value, expected) in rows {
        let mut claims = idp.claims("nurse");
        claims[claim] = value.clone();
        let answer = verify(&tokens, &idp.key.sign(&claims, |_| {})).await;
        assert_eq!(answer, Err(expected), "{claim} = {value}");
    }
    for (claim, expected) in [("iss", unclaimed), ("aud", MISSING), ("exp", MALFORMED), ("sub", MALFORMED)] {
        let mut claims = idp.claims("nurse");
        claims.as_object_mut().unwrap().remove(claim);
        assert_eq!(verify(&tokens, &idp.key.sign(&claims, |_| {})).await, Err(expected), "no {claim}");
    }
}

#[tokio::test]
async fn clocks_may_differ_by_half_a_minute() {
    let idp = Idp::start().await;
    let tokens = idp.tokens().await;
    let mut claims = idp.claims("nurse");
    claims["exp"] = json!(get_current_timestamp() - 20);
    assert!(verify(&tokens, &idp.key.sign(&claims, |_| {})).await.is_ok());
    let mut claims = idp.claims("nurse");
    claims["nbf"] = json!(get_current_timestamp() + 20);
    assert!(verify(&tokens, &idp.key.sign(&claims, |_| {})).await.is_ok());
}

#[tokio::test]
async fn a_token_whose_header_is_wrong_in_one_respect_identifies_nobody() {
    let idp = Idp::start().await;
    let tokens = idp.tokens().await;
    type Change = fn(&mut Header);
    let kind = TokenError::Untrusted("not an access token");
    let unnamed = TokenError::Untrusted("no key id");
    let rows: [(&str, Change, TokenError); 9] = [
        ("no kid", |h| h.kid = None, unnamed),
        ("empty kid", |h| h.kid = Some(String::new()), unnamed),
        ("long kid", |h| h.kid = Some("k".repeat(65)), unnamed),
        ("kid is no ASCII", |h| h.kid = Some("מפתח".to_owned()), unnamed),
        (
            "kid is a path",
            |h| h.kid = Some("../../dev/null".to_owned()),
            TokenError::Untrusted("unknown key"),
        ),
        ("no typ", |h| h.typ = None, kind),
        ("an id token", |h| h.typ = Some("JWT".to_owned()), kind),
        ("another kind", |h| h.typ = Some("logout+jwt".to_owned()), kind),
        ("critical", |h| h.crit = Some(vec!["b64".to_owned()]), TokenError::Untrusted("critical headers")),
    ];
    for (name, change, expected) in rows {
        let token = idp.key.sign(&idp.claims("nurse"), change);
        assert_eq!(verify(&tokens, &token).await, Err(expected), "{name}");
    }
    let long_form: Change = |h| h.typ = Some("application/AT+JWT".to_owned());
    assert!(verify(&tokens, &idp.key.sign(&idp.claims("nurse"), long_form)).await.is_ok());
}

#[tokio::test]
async fn an_issuer_that_does_not_know_access_tokens_is_taken_leniently_when_configured() {
    let idp = Idp::start().await;
    let tokens = Tokens::start(vec![Issuer { lenient_type: true, ..idp.issuer() }]).await.unwrap();
    for kind in [None, Some("JWT".to_owned())] {
        let token = idp.key.sign(&idp.claims("nurse"), |header| header.typ = kind);
        assert!(verify(&tokens, &token).await.is_ok());
    }
}

#[tokio::test]
async fn the_algorithm_is_never_the_tokens_choice() {
    let idp = Idp::start().await;
    let tokens = idp.tokens().await;
    let (_, rest) = idp.token("nurse").split_once('.').map(|(h, r)| (h.to_owned(), r.to_owned())).unwrap();
    let (payload, signature) = rest.split_once('.').unwrap();

    let none = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"none","typ":"at+jwt","kid":"{}"}}"#, idp.key.id));
    for token in [format!("{none}.{payload}."), format!("{none}.{payload}.{signature}")] {
        assert_eq!(verify(&tokens, &token).await, Err(TokenError::Untrusted("no header")));
    }

    // The public key, taken for a shared secret.
    let mut header = Header::new(Algorithm::HS256);
    header.typ = Some("at+jwt".to_owned());
    header.kid = Some(idp.key.id.clone());
    for secret in [idp.key.public.to_string(), idp.key.public["x"].as_str().unwrap().to_owned()] {
        let secret = EncodingKey::from_secret(secret.as_bytes());
        let token = jsonwebtoken::encode(&header, &idp.claims("nurse"), &secret).unwrap();
        assert_eq!(verify(&tokens, &token).await, Err(TokenError::Untrusted("another algorithm")));
    }
}

#[tokio::test]
async fn a_key_that_comes_with_the_token_is_not_looked_at() {
    let idp = Idp::start().await;
    let tokens = idp.tokens().await;
    let mut foreign = Key::new("key-1");
    let token = foreign.sign(&idp.claims("nurse"), |header| {
        header.jwk = Some(serde_json::from_value(foreign.public.clone()).unwrap());
        header.jku = Some("https://attacker.example/keys".to_owned());
        header.x5u = Some("https://attacker.example/certificate".to_owned());
    });
    assert_eq!(verify(&tokens, &token).await, Err(FORGED));
    foreign.id = "key-2".to_owned();
    let token = foreign.sign(&idp.claims("nurse"), |_| {});
    assert_eq!(verify(&tokens, &token).await, Err(TokenError::Untrusted("unknown key")));
}

#[tokio::test]
async fn what_is_no_token_identifies_nobody() {
    let idp = Idp::start().await;
    let tokens = idp.tokens().await;
    let good = idp.token("nurse");
    let mut changed = good.clone();
    let last = if changed.pop() == Some('A') { 'Q' } else { 'A' };
    changed.push(last);
    let doubled = format!(r#"{{"iss":"{0}","iss":"{0}"}}"#, idp.url);
    let head = good.split('.').next().unwrap();
    let doubled = format!("{head}.{}.AAAA", URL_SAFE_NO_PAD.encode(doubled));
    let unclaimed = TokenError::Untrusted("no claims");
    for (token, expected) in [
        (String::new(), unclaimed),
        (".".to_owned(), unclaimed),
        ("..".to_owned(), unclaimed),
        (format!("{good}.x"), TokenError::Untrusted("no header")),
        (doubled, unclaimed),
        ("a".repeat(4097), TokenError::Untrusted("too long")),
    ] {
        assert_eq!(verify(&tokens, &token).await, Err(expected), "{token}");
    }
    assert!(matches!(verify(&tokens, &changed).await, Err(FORGED | MALFORMED)));
    assert!(verify(&tokens, &good).await.is_ok());
}
