//! The three primitives the vault is made of: HKDF-SHA256, HMAC-SHA256 and AES-256-GCM. What is derived from what,
//! and what is bound to what, stands with the keys (`kek.rs`, `data_key.rs`), not here.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    hkdf::{self, HKDF_SHA256, KeyType, Okm},
    hmac, rand,
};
use secrecy::{
    ExposeSecret, ExposeSecretMut, SecretBox,
    zeroize::{Zeroize, Zeroizing},
};

pub(crate) const KEY_BYTES: usize = 32;
pub(crate) const NONCE_BYTES: usize = 12;
pub(crate) const TAG_BYTES: usize = 16;

/// 256 secret bits: wiped when dropped, never printed.
pub(crate) struct SecretKey(SecretBox<[u8; KEY_BYTES]>);

impl SecretKey {
    pub(crate) fn random() -> Self {
        Self(SecretBox::init_with_mut(|bytes: &mut [u8; KEY_BYTES]| {
            rand::fill(bytes).expect("the operating system gives random bytes");
        }))
    }

    /// `None` unless there are exactly 32 bytes.
    pub(crate) fn copy_of(bytes: &[u8]) -> Option<Self> {
        let mut key = SecretBox::new(Box::new([0; KEY_BYTES]));
        (bytes.len() == KEY_BYTES).then(|| {
            key.expose_secret_mut().copy_from_slice(bytes);
            Self(key)
        })
    }

    pub(crate) fn bytes(&self) -> &[u8; KEY_BYTES] {
        self.0.expose_secret()
    }

    pub(crate) fn aead_key(&self, info: &[u8]) -> LessSafeKey {
        LessSafeKey::new(derive::<_, UnboundKey>(&NO_SALT, self.bytes(), info, &AES_256_GCM))
    }

    pub(crate) fn mac_key(&self, info: &[u8]) -> hmac::Key {
        derive(&NO_SALT, self.bytes(), info, hmac::HMAC_SHA256)
    }

    /// 32 derived bytes that may be shown to anyone: an identifier or a commitment.
    pub(crate) fn public_bytes(&self, info: &[u8]) -> [u8; 32] {
        derive::<_, Derived>(&NO_SALT, self.bytes(), info, HKDF_SHA256).0
    }
}

/// What RFC 5869 puts in place of an absent salt. Spelt out because the validated module asks for a salt.
const NO_SALT: [u8; 32] = [0; 32];

struct Derived([u8; 32]);

impl From<Okm<'_, hkdf::Algorithm>> for Derived {
    fn from(okm: Okm<'_, hkdf::Algorithm>) -> Self {
        let mut bytes = [0; 32];
        okm.fill(&mut bytes).expect("the length of SHA-256 is 32");
        Self(bytes)
    }
}

fn derive<L: KeyType, T: for<'a> From<Okm<'a, L>>>(salt: &[u8], secret: &[u8], info: &[u8], length: L) -> T {
    hkdf::Salt::new(HKDF_SHA256, salt)
        .extract(secret)
        .expand(&[info], length)
        .expect("32 bytes is within the bound of HKDF")
        .into()
}

pub(crate) fn random_nonce() -> [u8; NONCE_BYTES] {
    let mut nonce = [0; NONCE_BYTES];
    rand::fill(&mut nonce).expect("the operating system gives random bytes");
    nonce
}

/// Encrypts in place and appends the tag. `nonce` must not have been used with this key before.
pub(crate) fn encrypt(key: &LessSafeKey, nonce: [u8; NONCE_BYTES], bound_to: &[u8], plain: &[u8]) -> Vec<u8> {
    // Room for the tag from the start, so that no copy of the plain bytes is left behind by growing.
    let mut text = Vec::with_capacity(plain.len() + TAG_BYTES);
    text.extend_from_slice(plain);
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(bound_to), &mut text)
        .expect("a text of memory size is within the bound of AES-GCM");
    text
}

/// `None` when key, nonce, `bound_to` or the text are not exactly those of the encryption.
pub(crate) fn decrypt(
    key: &LessSafeKey,
    nonce: &[u8],
    bound_to: &[u8],
    encrypted: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut text = Zeroizing::new(encrypted.to_vec());
    let length = key.open_in_place(nonce, Aad::from(bound_to), &mut text).ok()?.len();
    text[length..].zeroize();
    text.truncate(length);
    Some(text)
}

/// The parts one after another, each behind its length in four bytes, big-endian: no two lists of parts look alike.
pub(crate) fn framed(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| 4 + part.len()).sum());
    for part in parts {
        let length = u32::try_from(part.len()).expect("a part is shorter than 4 GiB");
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

#[cfg(test)]
mod tests;
