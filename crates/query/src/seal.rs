//! Sealed tokens: where a caller stood in a list or a stream, readable and forgeable by nobody but us.
//!
//! AES-256-GCM under one key of the deployment, bound to the rpc by the associated data. A token carries no
//! authority: whoever brings it is authorised anew, and its fingerprint ties it to one query of one caller.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    digest,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};

/// Longer tokens are not ours: titles are the longest keys in them.
const TOKEN_BYTES_MAX: usize = 8 * 1024;

/// What a token belongs to: a digest of the query's arguments, of who asks, and in which scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub(crate) struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// The fingerprint of these parts, in this order. Parts are framed by their lengths, so that no two lists of
    /// parts run together.
    pub(crate) fn of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let digest = context.finish();
        Self(digest.as_ref()[..16].try_into().expect("SHA-256 has more than 16 bytes"))
    }
}

/// Seals and opens the tokens of every rpc.
pub struct Sealer(RandomizedNonceKey);

impl Sealer {
    /// A sealer under the deployment's key: every copy of the service must have the same one. A new key makes all
    /// tokens given out before invalid, which costs their holders a first page.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(RandomizedNonceKey::new(&AES_256_GCM, key).expect("AES-256 takes 32 bytes"))
    }

    pub(crate) fn seal(&self, rpc: &str, content: &impl Serialize) -> String {
        let mut sealed = serde_json::to_vec(content).expect("tokens are plain values");
        let nonce = self.0.seal_in_place_append_tag(Aad::from(rpc.as_bytes()), &mut sealed);
        let nonce = nonce.expect("a token is far shorter than the cipher's limit");
        let mut bytes = nonce.as_ref().to_vec();
        bytes.extend(sealed);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// What was sealed for this rpc, or `None` for anything else, whatever is wrong with it.
    pub(crate) fn open<T: DeserializeOwned>(&self, rpc: &str, token: &str) -> Option<T> {
        if token.len() > TOKEN_BYTES_MAX {
            return None;
        }
        let mut bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (nonce, sealed) = bytes.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let content = self.0.open_in_place(nonce, Aad::from(rpc.as_bytes()), sealed).ok()?;
        serde_json::from_slice(content).ok()
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_only_for_its_rpc_under_its_key_and_unchanged() {
        let sealer = Sealer::new(&[7; 32]);
        let token = sealer.seal("List", &("here", 3));
        let opened = |sealer: &Sealer, rpc: &str, token: &str| sealer.open::<(String, i32)>(rpc, token);
        assert_eq!(opened(&sealer, "List", &token), Some(("here".to_owned(), 3)));
        assert_eq!(opened(&sealer, "Watch", &token), None);
        assert_eq!(opened(&Sealer::new(&[8; 32]), "List", &token), None);
        assert_eq!(sealer.open::<(i32, i32)>("List", &token), None);
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            // The last letter carries spare bits, which a strict decoder refuses as well.
            assert_eq!(opened(&sealer, "List", &changed), None, "{at}");
        }
        for wrong in ["", "AAAA", "not base64 !", &"A".repeat(TOKEN_BYTES_MAX + 1)] {
            assert_eq!(opened(&sealer, "List", wrong), None, "{wrong:.20}");
        }
    }

    #[test]
    fn two_tokens_of_the_same_place_look_different() {
        let sealer = Sealer::new(&[7; 32]);
        assert_ne!(sealer.seal("List", &1), sealer.seal("List", &1));
    }

    #[test]
    fn parts_do_not_run_together() {
        let of = |parts: &[&str]| Fingerprint::of(parts.iter().map(|part| part.as_bytes()));
        assert_eq!(of(&["ab", "c"]), of(&["ab", "c"]));
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_ne!(of(&["ab"]), of(&["ab", ""]));
    }
}
