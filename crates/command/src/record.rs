//! How a decision becomes a signed commit: MACs for private texts, sealing, the body, the signature.

use std::collections::BTreeMap;

use access::Authorised;
use aws_lc_rs::rand;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use codec::{
    Commit, SealedField, StoredEvent,
    chain::Head,
    commit::{Authority, CommandStamp, Decider, FORMAT},
    event::{data, privates},
    sign::Signer,
};
use domain::{Facts, Vocabulary, values::EventId};
use event_log::{Append, Headers, Subject};
use serde_json::value::{RawValue, to_raw_value};
use uuid::Uuid;
use vault::{Class, FieldAddress, KeyOwner, Vault, VaultError};

use crate::{
    Refusal,
    parse::{Header, Owner, Secret},
};

/// A decision to be recorded, besides its events.
pub(crate) struct Decision<'a> {
    pub(crate) log_id: Uuid,
    pub(crate) subject: &'a Subject,
    pub(crate) head: Option<&'a Head>,
    pub(crate) header: &'a Header,
    pub(crate) command_name: &'static str,
    pub(crate) command_data: &'a RawValue,
    pub(crate) command_sha256: &'a str,
    pub(crate) decider: &'static str,
    pub(crate) authorised: &'a Authorised,
    pub(crate) facts: &'a Facts,
    pub(crate) causation_id: Option<Uuid>,
    pub(crate) traceparent: Option<&'a str>,
}

/// A private text in clear, with the MAC that stands for it in command and events.
pub(crate) struct Clear {
    placeholder: String,
    mac: String,
    owner: KeyOwner,
    class: Class,
    text: String,
}

/// The MACs of a command's private texts; the keys are durable before this returns.
pub(crate) async fn macs(
    secrets: &[Secret],
    subject: &Subject,
    vault: &Vault,
) -> Result<Vec<Clear>, Refusal> {
    let mut clears = Vec::with_capacity(secrets.len());
    for secret in secrets {
        let owner = match secret.owner {
            Owner::Case => KeyOwner::Case(subject.to_string()),
            Owner::Person => KeyOwner::Person(subject.id()),
        };
        let class = secret.class;
        let mac = vault.mac(&owner, class, &secret.clear).await.map_err(|error| closed(&error))?;
        let (placeholder, text) = (secret.placeholder.clone(), secret.clear.clone());
        clears.push(Clear { placeholder, mac, owner, class, text });
    }
    Ok(clears)
}

/// The command with MACs in place of the door's placeholders.
pub(crate) fn without_placeholders<C: Vocabulary>(command: &C, clears: &[Clear]) -> C {
    if clears.is_empty() {
        return command.clone();
    }
    let mut text = data(command).get().to_owned();
    for clear in clears {
        let stands = |inner: &str| serde_json::to_string(inner).expect("text");
        let (from, to) = (stands(&clear.placeholder), stands(&clear.mac));
        text = text.replace(&format!("\"private_mac\":{from}"), &format!("\"private_mac\":{to}"));
    }
    let mut reader = serde_json::Deserializer::from_str(&text);
    let command = C::deserialize_data(command.kind().name, &mut reader);
    command.expect("only a text was replaced").expect("it names itself")
}

/// The body of a decision, with its private texts sealed.
pub(crate) async fn commit<E: Vocabulary>(
    decision: &Decision<'_>,
    events: &[E],
    clears: &[Clear],
    vault: &Vault,
) -> Result<Commit, Refusal> {
    let mut stored = Vec::with_capacity(events.len());
    for event in events {
        stored.push(seal(decision, event, clears, vault).await?);
    }
    let Decision { head, header, authorised, facts, .. } = decision;
    let mut salt = [0; 16];
    rand::fill(&mut salt).map_err(|_unspecified| Refusal::of("INTERNAL"))?;
    Ok(Commit {
        format: FORMAT,
        commit_id: Uuid::now_v7(),
        stream: decision.subject.to_string(),
        version: head.map_or(1, |head| head.version + 1),
        prev_sha256: head.map(|head| head.sha256.clone()),
        prev_position: head.map(|head| head.position),
        command: CommandStamp {
            id: header.request_id,
            name: decision.command_name.to_owned(),
            sha256: decision.command_sha256.to_owned(),
            data: decision.command_data.to_owned(),
        },
        actor: facts.actor.clone(),
        authority: Authority {
            basis: authorised.basis.to_owned(),
            grant: authorised.grant,
            delegation: authorised.delegation,
            import: (facts.effective_on < facts.today).then_some(true),
            policy_set_sha256: Some(authorised.policy_set_sha256.clone()),
            policy_ids: authorised.policy_ids.clone(),
            position: authorised.position,
        },
        recorded_at: facts.now,
        effective_on: facts.effective_on,
        correlation_id: header.correlation_id.unwrap_or(header.request_id),
        causation_id: decision.causation_id,
        traceparent: decision.traceparent.map(str::to_owned),
        classification: "INTERNAL".to_owned(),
        framework_version: domain::FRAMEWORK_VERSION,
        policies: vec![],
        decider: Decider { name: decision.decider.to_owned(), version: domain::DECIDER_VERSION },
        facts: to_raw_value(facts).expect("facts have string keys"),
        salt: STANDARD.encode(salt),
        events: stored,
    })
}

async fn seal<E: Vocabulary>(
    decision: &Decision<'_>,
    event: &E,
    clears: &[Clear],
    vault: &Vault,
) -> Result<StoredEvent, Refusal> {
    let (kind, data, id) = (event.kind(), data(event), Uuid::now_v7());
    let mut sealed = BTreeMap::new();
    let found = if clears.is_empty() { vec![] } else { privates(&data) };
    for (path, mac) in found {
        let Some(clear) = clears.iter().find(|clear| clear.mac == mac) else { continue };
        let address = FieldAddress {
            log_id: decision.log_id,
            subject: &decision.subject.to_string(),
            event_id: id,
            event_type: kind.name,
            schema: kind.schema,
            path: &path,
        };
        let field = vault.seal(&clear.owner, clear.class, &clear.text, &address).await;
        let field = field.map_err(|error| closed(&error))?;
        let field = SealedField { key_id: field.key_id, nonce: field.nonce, ciphertext: field.ciphertext };
        sealed.insert(path, field);
    }
    let id = EventId::new(id).expect("a time-ordered UUID is not nil");
    let sealed = (!sealed.is_empty()).then_some(sealed);
    Ok(StoredEvent { id, name: kind.name.to_owned(), schema: kind.schema, data, sealed })
}

/// The commit, signed and ready to be sent.
pub(crate) fn signed(decision: &Decision<'_>, commit: &Commit, signer: &Signer) -> Append {
    let body = commit.encode();
    let expected = decision.head.map_or(0, |head| head.position);
    let signature = signer.sign(decision.log_id, decision.subject, commit.commit_id, expected, &body);
    let headers = Headers {
        commit_id: commit.commit_id,
        key_id: signer.key_id().to_owned(),
        signature,
        traceparent: decision.traceparent.map(str::to_owned),
    };
    Append { subject: decision.subject.clone(), expected, headers, body: body.into() }
}

fn closed(error: &VaultError) -> Refusal {
    tracing::warn!(error = %error, "the vault did not seal");
    Refusal::of("VAULT_UNAVAILABLE")
}
