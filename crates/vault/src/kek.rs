//! The key-encryption key: read from a file, kept only as the keys derived from it. It wraps data keys and blinds
//! the identities that person references are found by. Where the file comes from in production is not decided here.

use std::{
    fmt, fs,
    io::{self, Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use aws_lc_rs::{aead::LessSafeKey, hmac};
use base64::prelude::{BASE64_STANDARD, Engine};
use secrecy::zeroize::Zeroizing;
use uuid::Uuid;

use crate::{
    crypto::{NONCE_BYTES, SecretKey, decrypt, encrypt, framed, random_nonce},
    owner::Slot,
};

/// A key file holds 44 characters and perhaps a line end; whatever is longer is another file.
const FILE_BYTES_MAX: usize = 64;

/// The key that wraps all data keys of one vault. Changing it means rewrapping them and blinding every identity
/// anew, which is an operation of its own, so a vault refuses a key other than its first.
pub struct Kek {
    id: String,
    wrapping: LessSafeKey,
    blinding: hmac::Key,
}

/// Why a key file is not usable. Never tells what stands in it.
#[derive(Debug, thiserror::Error)]
pub enum KekError {
    #[error("read the key file {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("create the key file {}", path.display())]
    Create { path: PathBuf, source: io::Error },
    #[error("the key file {} has mode {mode:04o}: only its owner may read it (0600)", path.display())]
    Exposed { path: PathBuf, mode: u32 },
    #[error("the key file {} does not hold 32 bytes in base64", path.display())]
    Malformed { path: PathBuf },
}

impl Kek {
    /// Reads 32 bytes, as base64 text, from a file that nobody but its owner can read.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, KekError> {
        let path = path.as_ref();
        let text = read_private(path)?;
        let malformed = || KekError::Malformed { path: path.to_owned() };
        let bytes = BASE64_STANDARD.decode(text.trim_ascii()).map_err(|_would_show_a_byte| malformed())?;
        let key = SecretKey::copy_of(&Zeroizing::new(bytes)).ok_or_else(malformed)?;
        Ok(Self::of(&key))
    }

    /// Makes a random key and its file, mode 0600: for development and tests. Never replaces a file, since the
    /// data keys wrapped by a lost key are lost with it.
    pub fn generate_file(path: impl AsRef<Path>) -> Result<Self, KekError> {
        let path = path.as_ref();
        let key = SecretKey::random();
        let mut text = Zeroizing::new(BASE64_STANDARD.encode(key.bytes()));
        text.push('\n');
        let create = || {
            let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()
        };
        create().map_err(|source| KekError::Create { path: path.to_owned(), source })?;
        Ok(Self::of(&key))
    }

    pub(crate) fn of(key: &SecretKey) -> Self {
        Self {
            id: hex::encode(&key.public_bytes(b"cornerstone-kek-id-v1")[..8]),
            wrapping: key.aead_key(b"cornerstone-kek-wrap-v1"),
            blinding: key.mac_key(b"cornerstone-kek-person-v1"),
        }
    }

    /// Derived from the key, so the same file always has the same id. Not secret.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Nonce, encrypted key, tag: 60 bytes, bound to the key's id, its owner and class, and this key.
    pub(crate) fn wrap(&self, key: &SecretKey, key_id: Uuid, slot: &Slot) -> Vec<u8> {
        let nonce = random_nonce();
        let encrypted = encrypt(&self.wrapping, nonce, &self.binding(key_id, slot), key.bytes());
        [nonce.as_slice(), &encrypted].concat()
    }

    /// `None` when the bytes were not wrapped by this key for that key id, owner and class.
    pub(crate) fn unwrap(&self, wrapped: &[u8], key_id: Uuid, slot: &Slot) -> Option<SecretKey> {
        let (nonce, encrypted) = wrapped.split_at_checked(NONCE_BYTES)?;
        let bytes = decrypt(&self.wrapping, nonce, &self.binding(key_id, slot), encrypted)?;
        SecretKey::copy_of(&bytes)
    }

    /// What a token's identity is looked up by; says nothing about it without this key.
    pub(crate) fn blind(&self, issuer: &str, subject: &str) -> [u8; 32] {
        let tag = hmac::sign(&self.blinding, &framed(&[issuer.as_bytes(), subject.as_bytes()]));
        tag.as_ref().try_into().expect("HMAC-SHA256 gives 32 bytes")
    }

    fn binding(&self, key_id: Uuid, slot: &Slot) -> Vec<u8> {
        framed(&[self.id.as_bytes(), key_id.as_bytes(), slot.owner.as_bytes(), slot.class.as_bytes()])
    }
}

impl fmt::Debug for Kek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kek").field("id", &self.id).finish_non_exhaustive()
    }
}

fn read_private(path: &Path) -> Result<Zeroizing<Vec<u8>>, KekError> {
    let failed = |source| KekError::Read { path: path.to_owned(), source };
    let file = fs::File::open(path).map_err(failed)?;
    // The mode of the open file, not of the path: the path may name another file by now.
    let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(KekError::Exposed { path: path.to_owned(), mode });
    }
    let mut text = Zeroizing::new(Vec::with_capacity(FILE_BYTES_MAX));
    file.take(FILE_BYTES_MAX as u64).read_to_end(&mut text).map_err(failed)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;

    use super::*;
    use crate::{Class, KeyOwner};

    fn slot(person: u128) -> Slot {
        Slot::new(&KeyOwner::Person(Uuid::from_u128(person)), Class::Incidental).unwrap()
    }

    fn refusal(path: &Path) -> String {
        Kek::load(path).unwrap_err().to_string()
    }

    #[test]
    fn a_generated_file_loads_as_the_same_key() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kek");
        let made = Kek::generate_file(&path).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        let loaded = Kek::load(&path).unwrap();
        assert_eq!((mode, loaded.id()), (0o600, made.id()));
        assert_eq!(loaded.blind("issuer", "dana"), made.blind("issuer", "dana"));
    }

    #[test]
    fn an_existing_key_file_is_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kek");
        let first = Kek::generate_file(&path).unwrap();
        let KekError::Create { source, .. } = Kek::generate_file(&path).unwrap_err() else { panic!() };
        assert_eq!(source.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(Kek::load(&path).unwrap().id(), first.id());
    }

    #[test]
    fn a_key_file_others_can_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kek");
        Kek::generate_file(&path).unwrap();
        for mode in [0o640, 0o604, 0o620] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let said = format!(
                "the key file {} has mode {mode:04o}: only its owner may read it (0600)",
                path.display()
            );
            assert_eq!(refusal(&path), said);
        }
    }

    #[test]
    fn a_file_that_holds_no_key_is_refused_without_quoting_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kek");
        Kek::generate_file(&path).unwrap();
        for text in [
            "",
            "secret!",
            &BASE64_STANDARD.encode([7; 31]),
            &BASE64_STANDARD.encode([7; 33]),
            &"A".repeat(4000),
        ] {
            fs::write(&path, text).unwrap();
            assert_eq!(
                refusal(&path),
                format!("the key file {} does not hold 32 bytes in base64", path.display())
            );
        }
    }

    #[test]
    fn a_wrapped_key_opens_only_as_the_key_it_was() {
        let kek = Kek::of(&SecretKey::random());
        let key = SecretKey::random();
        let id = Uuid::from_u128(1);
        let wrapped = kek.wrap(&key, id, &slot(7));
        assert_eq!(wrapped.len(), 60);
        let opened = |kek: &Kek, id, slot: &Slot| kek.unwrap(&wrapped, id, slot).map(|key| *key.bytes());
        assert_eq!(opened(&kek, id, &slot(7)), Some(*key.bytes()));
        assert_eq!(opened(&kek, Uuid::from_u128(2), &slot(7)), None);
        assert_eq!(opened(&kek, id, &slot(8)), None);
        assert_eq!(opened(&Kek::of(&SecretKey::random()), id, &slot(7)), None);
        let official = Slot::new(&KeyOwner::Person(Uuid::from_u128(7)), Class::Official).unwrap();
        assert_eq!(opened(&kek, id, &official), None);
    }

    /// Computed by an independent program from the description alone: stored rows depend on it.
    #[test]
    fn ids_wrapped_keys_and_blinded_identities_are_what_they_always_were() {
        let kek = Kek::of(&SecretKey::copy_of(&(100..132).collect::<Vec<u8>>()).unwrap());
        let wrapped = "000102030405060708090a0b7f1dfbc169be0cfd37e4910fd1cc3267b90db90f8b6bed9362c88d75\
                       76434f538d9730ab83fc1f7967dd5cbc3cd6393d";
        let opened = kek.unwrap(&hex::decode(wrapped).unwrap(), Uuid::from_u128(0x11), &slot(7));
        let dek: Vec<u8> = (0..32).collect();
        assert_eq!(opened.map(|key| key.bytes().to_vec()), Some(dek));
        let blinded = hex::encode(kek.blind("https://id.gov.il", "dana"));
        let golden = "0cd496e3ea1d3265c2ac6e1147389f77184e4736e20b8eb0b991ef063f98f96d".to_owned();
        assert_eq!((kek.id(), blinded), ("b5c6abdf7a06ad20", golden));
    }

    #[test]
    fn issuer_and_subject_do_not_run_into_each_other() {
        let kek = Kek::of(&SecretKey::random());
        assert_ne!(kek.blind("issuer", "dana"), kek.blind("issue", "rdana"));
    }

    #[test]
    fn nothing_of_the_key_is_printed() {
        let kek = Kek::of(&SecretKey::random());
        assert_eq!(format!("{kek:?}"), format!("Kek {{ id: \"{}\", .. }}", kek.id()));
    }
}
