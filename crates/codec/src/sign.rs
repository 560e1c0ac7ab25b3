//! The writer's signature: what only the command service can have written.
//!
//! Ed25519 over the ASCII lines `cornerstone-commit-v1`, log id, subject, commit id, expected sequence, body
//! SHA-256, each ended by `\n`. Position and time are the server's and are not covered.

use std::collections::{BTreeMap, HashMap};

use aws_lc_rs::{
    encoding::AsBigEndian as _,
    signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::reference::writer_key;
use event_log::{Record, Subject};
use uuid::Uuid;

use crate::{Commit, DomainEvent, sha256_hex};

/// A key that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the writer key is not usable: {0}")]
pub struct KeyError(String);

/// A commit whose signature does not show that the command service wrote it.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SignatureError {
    #[error("the commit at {position} is signed with `{key_id}`, which is not enrolled")]
    UnknownKey { position: u64, key_id: String },
    #[error("the signature of the commit at {position} is not valid")]
    Invalid { position: u64 },
}

/// The private half of a writer's key.
pub struct Signer {
    pair: Ed25519KeyPair,
    key_id: String,
}

impl Signer {
    /// A key from its 32-byte seed.
    ///
    /// # Errors
    /// When the seed has another length.
    pub fn from_seed(seed: &[u8]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|e| KeyError(e.to_string()))?;
        let key_id = key_id(pair.public_key().as_ref());
        Ok(Self { pair, key_id })
    }

    /// A new random seed.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn generate_seed() -> Result<Vec<u8>, KeyError> {
        let pair = Ed25519KeyPair::generate().map_err(|e| KeyError(e.to_string()))?;
        let seed = pair.seed().map_err(|e| KeyError(e.to_string()))?;
        Ok(seed.as_be_bytes().map_err(|e| KeyError(e.to_string()))?.as_ref().to_vec())
    }

    /// The first 8 bytes of SHA-256 of the public key, hex.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The public key, base64.
    pub fn public_key(&self) -> String {
        STANDARD.encode(self.pair.public_key().as_ref())
    }

    /// The signature of a commit, base64.
    pub fn sign(
        &self,
        log_id: Uuid,
        subject: &Subject,
        commit_id: Uuid,
        expected: u64,
        body: &[u8],
    ) -> String {
        let signed = signed_lines(log_id, subject, commit_id, expected, &sha256_hex(body));
        STANDARD.encode(self.pair.sign(signed.as_bytes()).as_ref())
    }
}

/// The id of a public key.
pub fn key_id(public_key: &[u8]) -> String {
    sha256_hex(public_key)[..16].to_owned()
}

/// The lines that are signed.
pub fn signed_lines(log_id: Uuid, subject: &Subject, commit_id: Uuid, expected: u64, sha256: &str) -> String {
    format!("cornerstone-commit-v1\n{log_id}\n{subject}\n{commit_id}\n{expected}\n{sha256}\n")
}

/// The writer keys in force, learnt from the log itself: the genesis enrols the first.
#[derive(Clone, Debug)]
pub struct Keyring {
    log_id: Uuid,
    keys: HashMap<String, Vec<u8>>,
}

impl Keyring {
    /// No keys yet.
    pub fn new(log_id: Uuid) -> Self {
        Self { log_id, keys: HashMap::new() }
    }

    /// Adds a public key, base64.
    ///
    /// # Errors
    /// When it is not base64.
    pub fn enrol(&mut self, public_key: &str) -> Result<(), KeyError> {
        let bytes = STANDARD.decode(public_key).map_err(|e| KeyError(e.to_string()))?;
        self.keys.insert(key_id(&bytes), bytes);
        Ok(())
    }

    /// The keys in force, by id: what a reader keeps to go on from here.
    pub fn keys(&self) -> BTreeMap<String, String> {
        self.keys.iter().map(|(id, key)| (id.clone(), STANDARD.encode(key))).collect()
    }

    /// Learns from an event that enrols or revokes a key.
    ///
    /// # Errors
    /// When an enrolled key is no key.
    pub fn learn(&mut self, event: &DomainEvent) -> Result<(), KeyError> {
        match event {
            DomainEvent::LogOpened(opened) => self.enrol(&opened.writer_key),
            DomainEvent::WriterKey(writer_key::Event::Enrolled(enrolled)) => self.enrol(&enrolled.public_key),
            DomainEvent::WriterKey(writer_key::Event::Revoked(revoked)) => {
                self.keys.remove(&revoked.key_id);
                Ok(())
            }
            DomainEvent::OrgUnit(_)
            | DomainEvent::PersonAccess(_)
            | DomainEvent::PolicySet(_)
            | DomainEvent::Initiative(_) => Ok(()),
        }
    }

    /// Checks the signature of a record whose body is `commit`.
    ///
    /// # Errors
    /// When no key in force made it.
    pub fn verify(&self, record: &Record, commit: &Commit) -> Result<(), SignatureError> {
        let (position, headers) = (record.position, &record.headers);
        let unknown = || SignatureError::UnknownKey { position, key_id: headers.key_id.clone() };
        let key = self.keys.get(&headers.key_id).ok_or_else(unknown)?;
        let lines = signed_lines(
            self.log_id,
            &record.subject,
            headers.commit_id,
            commit.prev_position.unwrap_or(0),
            &sha256_hex(&record.body),
        );
        let signature = STANDARD.decode(&headers.signature).unwrap_or_default();
        let verified = UnparsedPublicKey::new(&ED25519, key).verify(lines.as_bytes(), &signature);
        verified.map_err(|_unspecified| SignatureError::Invalid { position })
    }
}
