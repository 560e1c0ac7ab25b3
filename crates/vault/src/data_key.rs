//! A data key at work: sealing, opening and comparing the texts of one owner and class. Keys are stored in
//! `store.rs`; here nothing is async and nothing is shared.

use base64::prelude::{BASE64_STANDARD, Engine};
use secrecy::SecretString;
use uuid::Uuid;

use crate::{
    Corruption, FieldAddress, Kek, Sealed, TEXT_BYTES_MAX, VaultError,
    crypto::{NONCE_BYTES, SecretKey, decrypt, encrypt, framed, random_nonce},
    owner::Slot,
    padding::{pad, unpad},
    store::StoredKey,
};

pub(crate) struct DataKey {
    pub(crate) key_id: Uuid,
    pub(crate) slot: Slot,
    secret: SecretKey,
}

impl DataKey {
    pub(crate) fn random(slot: &Slot) -> Self {
        Self { key_id: Uuid::now_v7(), slot: slot.clone(), secret: SecretKey::random() }
    }

    /// The key of a stored row, after checking that it is the very key that was committed to when it was made: AES-GCM
    /// alone would let a ciphertext be built that opens to two texts under two keys.
    pub(crate) fn of_row(kek: &Kek, row: StoredKey) -> Result<Self, Corruption> {
        if row.kek_id != kek.id() {
            return Err(Corruption::ForeignKek);
        }
        let secret = row.wrapped.and_then(|wrapped| kek.unwrap(&wrapped, row.key_id, &row.slot));
        let key = Self { key_id: row.key_id, secret: secret.ok_or(Corruption::WrappedKey)?, slot: row.slot };
        if key.commitment() == row.commitment[..] { Ok(key) } else { Err(Corruption::Commitment) }
    }

    pub(crate) fn to_row(&self, kek: &Kek) -> StoredKey {
        StoredKey {
            key_id: self.key_id,
            slot: self.slot.clone(),
            kek_id: kek.id().to_owned(),
            wrapped: Some(kek.wrap(&self.secret, self.key_id, &self.slot)),
            commitment: self.commitment().to_vec(),
        }
    }

    /// Identifies the key without telling anything about it, so it may be published and outlives the key.
    fn commitment(&self) -> [u8; 32] {
        self.secret.public_bytes(b"cornerstone-dek-commit-v1")
    }

    pub(crate) fn mac(&self, clear: &str) -> String {
        let key = self.secret.mac_key(b"cornerstone-dek-mac-v1");
        hex::encode(aws_lc_rs::hmac::sign(&key, clear.as_bytes()))
    }

    pub(crate) fn seal(&self, clear: &str, at: &FieldAddress<'_>) -> Result<Sealed, VaultError> {
        self.seal_with(random_nonce(), clear, at)
    }

    fn seal_with(
        &self,
        nonce: [u8; NONCE_BYTES],
        clear: &str,
        at: &FieldAddress<'_>,
    ) -> Result<Sealed, VaultError> {
        let padded =
            pad(clear).ok_or(VaultError::TooLong { bytes: clear.len(), bytes_max: TEXT_BYTES_MAX })?;
        let bound_to = at.bound_to(self.key_id);
        let encrypted = encrypt(&self.field_key(&bound_to), nonce, &bound_to, &padded);
        Ok(Sealed {
            key_id: self.key_id,
            nonce: BASE64_STANDARD.encode(nonce),
            ciphertext: BASE64_STANDARD.encode(encrypted),
        })
    }

    pub(crate) fn open(&self, sealed: &Sealed, at: &FieldAddress<'_>) -> Result<SecretString, Corruption> {
        let decoded = |text: &str| BASE64_STANDARD.decode(text).map_err(|_not_base64| Corruption::Encoding);
        let (nonce, encrypted) = (decoded(&sealed.nonce)?, decoded(&sealed.ciphertext)?);
        let bound_to = at.bound_to(self.key_id);
        let padded = decrypt(&self.field_key(&bound_to), &nonce, &bound_to, &encrypted);
        let padded = padded.ok_or(Corruption::NotAuthentic)?;
        unpad(&padded).map(SecretString::from).ok_or(Corruption::Padding)
    }

    /// A key for this field alone, so that random nonces never come near their bound under one key.
    fn field_key(&self, bound_to: &[u8]) -> aws_lc_rs::aead::LessSafeKey {
        self.secret.aead_key(&framed(&[b"cornerstone-field-v1", bound_to]))
    }
}

#[cfg(test)]
mod tests;
