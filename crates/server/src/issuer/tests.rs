//! What the development issuer gives, and to whom.

use std::{collections::BTreeSet, os::unix::fs::PermissionsExt as _};

use access::{Identity, Issuer, Tokens};
use tokio::task::AbortHandle;

use super::*;

struct Served {
    url: String,
    folder: tempfile::TempDir,
    serving: AbortHandle,
}

impl Served {
    fn key_file(&self) -> PathBuf {
        self.folder.path().join("issuer-key")
    }

    async fn ask(&self, path: &str) -> reqwest::Response {
        client().get(format!("{}{path}", self.url)).send().await.unwrap()
    }

    async fn tokens(&self) -> Tokens {
        let jwks_url = Some(format!("{}/jwks.json", self.url));
        let issuer = Issuer { jwks_url, allow_insecure_loopback: true, ..Issuer::new(ISSUER, AUDIENCE) };
        Tokens::start(vec![issuer]).await.unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

async fn served() -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let personas = Personas::development().unwrap();
    let serving = tokio::spawn(serve(listener, folder.path().join("issuer-key"), personas)).abort_handle();
    Served { url, folder, serving }
}

fn identity(name: &str, system: Option<&str>, known: &Identity) -> Identity {
    Identity {
        issuer: ISSUER.to_owned(),
        subject: name.to_owned(),
        system: system.map(str::to_owned),
        token_id: known.token_id.clone(),
    }
}

#[tokio::test]
async fn every_persona_gets_a_token_that_our_services_take() {
    let served = served().await;
    let tokens = served.tokens().await;
    for persona in Personas::development().unwrap().persona {
        let answer = served.ask(&format!("/token?persona={}", persona.name)).await;
        assert_eq!(answer.headers()["cache-control"], "no-store");
        let verified = tokens.verify(&answer.text().await.unwrap()).await.unwrap();
        let known = verified.identity;
        assert_eq!(known, identity(&persona.name, persona.system.as_deref(), &known));
        assert!(known.token_id.is_some());
        let left = verified.expires_at - get_current_timestamp();
        assert!((LIFETIME_SECONDS - 60..=LIFETIME_SECONDS).contains(&left), "{left} seconds are left");
    }
}

#[tokio::test]
async fn a_token_survives_a_restart_of_the_issuer() {
    let served = served().await;
    let before = served.ask("/token?persona=nurse").await.text().await.unwrap();
    let key = Key::kept_in(&served.key_file()).unwrap();
    assert_eq!(fs::metadata(served.key_file()).unwrap().permissions().mode() & 0o777, 0o600);

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (file, personas) = (served.key_file(), Personas::development().unwrap());
    let serving = tokio::spawn(serve(listener, file, personas)).abort_handle();
    let again = Served { url, folder: tempfile::tempdir().unwrap(), serving };
    let tokens = again.tokens().await;
    assert!(tokens.verify(&before).await.is_ok());
    let minted = key.mint(&Persona { name: "anybody".to_owned(), system: None }).unwrap();
    assert_eq!(tokens.verify(&minted).await.unwrap().identity.subject, "anybody");
}

#[tokio::test]
async fn who_wants_json_gets_json_and_a_stranger_gets_nothing() {
    let served = served().await;
    let asked =
        client().get(format!("{}/token?persona=nurse", served.url)).header("accept", "application/json");
    let answer: serde_json::Value = asked.send().await.unwrap().json().await.unwrap();
    assert_eq!((answer["token_type"].as_str(), answer["expires_in"].as_u64()), (Some("Bearer"), Some(900)));
    assert!(served.tokens().await.verify(answer["access_token"].as_str().unwrap()).await.is_ok());
    assert_eq!(served.ask("/token?persona=nobody").await.status(), 404);
    assert_eq!(served.ask("/token").await.status(), 400);
}

#[tokio::test]
async fn discovery_leads_to_the_keys_and_no_private_part_is_among_them() {
    let served = served().await;
    let document: serde_json::Value =
        served.ask("/.well-known/openid-configuration").await.json().await.unwrap();
    assert_eq!(document["issuer"], ISSUER);
    assert_eq!(document["jwks_uri"], format!("{}/jwks.json", served.url));
    let keys: serde_json::Value = served.ask("/jwks.json").await.json().await.unwrap();
    let members: BTreeSet<&str> = keys["keys"][0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, BTreeSet::from(["alg", "crv", "kid", "kty", "use", "x", "y"]));
}

#[tokio::test]
async fn a_page_that_was_made_to_resolve_here_gets_no_token() {
    let served = served().await;
    for (host, status) in [
        ("attacker.example", 403),
        ("attacker.example:9000", 403),
        ("127.0.0.1.attacker.example", 403),
        ("localhost:9000", 200),
        ("127.0.0.1", 200),
        ("[::1]:9000", 200),
    ] {
        let asked = client().get(format!("{}/token?persona=root", served.url)).header("host", host);
        assert_eq!(asked.send().await.unwrap().status(), status, "{host}");
    }
}

#[tokio::test]
async fn it_listens_on_loopback_only() {
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("issuer-key");
    let refused = serve(listener, file.clone(), Personas::development().unwrap()).await.unwrap_err();
    assert!(refused.to_string().contains("loopback only"), "{refused}");
    assert!(!file.exists());
}

#[test]
fn everybody_of_the_invented_government_has_a_persona() {
    #[derive(Deserialize)]
    struct Government {
        person: Vec<Member>,
    }
    #[derive(Deserialize)]
    struct Member {
        persona: String,
    }
    let government: Government =
        toml::from_str(include_str!("../../../../deploy/dev/government.toml")).unwrap();
    let mut expected: BTreeSet<String> = government.person.into_iter().map(|member| member.persona).collect();
    expected.extend(["root".to_owned(), "outsider".to_owned()]);
    let personas = Personas::development().unwrap();
    assert_eq!(personas.names().map(str::to_owned).collect::<BTreeSet<_>>(), expected);
    assert_eq!(personas.find("gmpp-import").unwrap().system.as_deref(), Some("gmpp-import"));
}
