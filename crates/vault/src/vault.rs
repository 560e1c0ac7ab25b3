//! The vault as its callers see it: person references, sealing, opening. Shredding and holds are in `erasure.rs`.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::Arc,
};

use moka::future::Cache;
use tracing::{error, warn};
use uuid::Uuid;

use crate::{
    Class, Corruption, FieldAddress, Kek, KeyOwner, MIGRATOR, Opened, Sealed, VaultError,
    cache::KeyCache,
    data_key::DataKey,
    owner::Slot,
    store::{Store, StoredKey},
};

const PEOPLE_MAX: u64 = 10_000;
/// A living key can vanish between being met and being read only by being shredded; that does not happen three times.
const KEY_ATTEMPTS_MAX: usize = 3;

/// Seals and opens personal data. Cheap to clone; clones share connections and cached keys.
#[derive(Clone)]
pub struct Vault {
    pub(crate) store: Store,
    pub(crate) keys: KeyCache,
    kek: Arc<Kek>,
    people: Cache<[u8; 32], Uuid>,
}

impl Vault {
    /// Connects to a migrated vault. The first key-encryption key ever given becomes the vault's; any other is
    /// refused, since under it everybody would get a second reference.
    pub async fn connect(url: &str, kek: Kek) -> Result<Self, VaultError> {
        let store = Store::connect(url).await?;
        let needed = MIGRATOR.iter().map(|migration| migration.version).max().expect("there are migrations");
        let found = store.migrated_to().await?;
        if found.is_none_or(|version| version < needed) {
            return Err(VaultError::NotMigrated { found, needed });
        }
        let stored = store.adopt_kek(kek.id()).await?;
        if stored != kek.id() {
            return Err(VaultError::WrongKek { stored, given: kek.id().to_owned() });
        }
        let people = Cache::new(PEOPLE_MAX);
        Ok(Self { store, keys: KeyCache::new(), kek: Arc::new(kek), people })
    }

    /// The random reference of the person a token names by issuer and subject: minted once, the same ever after.
    /// Neither is stored or kept in memory, only a keyed MAC of both.
    pub async fn person_ref(&self, issuer: &str, subject: &str) -> Result<Uuid, VaultError> {
        let lookup = self.kek.blind(issuer, subject);
        if let Some(person) = self.people.get(&lookup).await {
            return Ok(person);
        }
        let person = self.store.find_or_insert_person(&lookup, Uuid::new_v4()).await?;
        self.people.insert(lookup, person).await;
        Ok(person)
    }

    /// A keyed MAC of the text in hex: equal for equal texts of one owner and class as long as their key lives,
    /// and otherwise telling nothing. The key is durable when this returns.
    pub async fn mac(&self, owner: &KeyOwner, class: Class, clear: &str) -> Result<String, VaultError> {
        Ok(self.living_key(owner, class).await?.mac(clear))
    }

    /// Seals a text of at most [`crate::TEXT_BYTES_MAX`] bytes for one place on the log. The key is made if the owner
    /// has none, or none any more, and is durable when this returns.
    pub async fn seal(
        &self,
        owner: &KeyOwner,
        class: Class,
        clear: &str,
        at: &FieldAddress<'_>,
    ) -> Result<Sealed, VaultError> {
        self.living_key(owner, class).await?.seal(clear, at)
    }

    /// Opens one field; see [`Vault::open_many`].
    pub async fn open(&self, sealed: &Sealed, at: &FieldAddress<'_>) -> Result<Opened, VaultError> {
        let opened = self.open_many(&[(sealed, *at)]).await?;
        Ok(opened.into_iter().next().expect("one field in, one out"))
    }

    /// Opens the fields of a list in its order, asking the database at most once. Fails only where the database
    /// answers but refuses; a database that is away makes the fields it is needed for [`Opened::Unavailable`].
    pub async fn open_many(&self, fields: &[(&Sealed, FieldAddress<'_>)]) -> Result<Vec<Opened>, VaultError> {
        let found = self.find_keys(fields.iter().map(|(sealed, _)| sealed.key_id).collect()).await?;
        let open = |(sealed, at): &(&Sealed, FieldAddress<'_>)| match &found[&sealed.key_id] {
            Found::Living(key) => {
                key.open(sealed, at).map_or_else(|why| alarm(sealed, at, why), Opened::Plain)
            }
            Found::Shredded => Opened::Erased,
            Found::Away => Opened::Unavailable,
            Found::Corrupt(why) => alarm(sealed, at, *why),
        };
        Ok(fields.iter().map(open).collect())
    }

    async fn living_key(&self, owner: &KeyOwner, class: Class) -> Result<Arc<DataKey>, VaultError> {
        let slot = Slot::new(owner, class)?;
        if let Some(key) = self.keys.of_slot(&slot).await {
            return Ok(key);
        }
        let read_after = self.keys.moment();
        let key = Arc::new(self.find_or_create(&slot).await?);
        self.keys.keep(&key, read_after).await;
        Ok(key)
    }

    async fn find_or_create(&self, slot: &Slot) -> Result<DataKey, VaultError> {
        for _ in 0..KEY_ATTEMPTS_MAX {
            if let Some(row) = self.store.find_living(slot).await? {
                let key_id = row.key_id;
                return DataKey::of_row(&self.kek, row)
                    .map_err(|source| VaultError::CorruptKey { key_id, source });
            }
            let key = DataKey::random(slot);
            if self.store.insert(&key.to_row(&self.kek)).await? {
                return Ok(key);
            }
        }
        Err(VaultError::KeyContended { owner: slot.owner.clone() })
    }

    async fn find_keys(&self, ids: HashSet<Uuid>) -> Result<HashMap<Uuid, Found>, VaultError> {
        let mut found = HashMap::with_capacity(ids.len());
        let mut missing = Vec::new();
        for id in ids {
            // An id that neither the cache nor a row below answers for was never here.
            let key = self.keys.of_id(id).await.map_or(Found::Corrupt(Corruption::UnknownKey), Found::Living);
            if !matches!(key, Found::Living(_)) {
                missing.push(id);
            }
            found.insert(id, key);
        }
        if missing.is_empty() {
            return Ok(found);
        }
        let read_after = self.keys.moment();
        match self.store.find_by_ids(&missing).await {
            Ok(rows) => {
                for row in rows {
                    let id = row.key_id;
                    let key = Found::of_row(&self.kek, row);
                    if let Found::Living(key) = &key {
                        self.keys.keep(key, read_after).await;
                    }
                    found.insert(id, key);
                }
            }
            Err(error @ VaultError::Unavailable { .. }) => {
                warn!(error = &error as &dyn std::error::Error, "sealed fields cannot be opened now");
                found.extend(missing.into_iter().map(|id| (id, Found::Away)));
            }
            Err(error) => return Err(error),
        }
        Ok(found)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("kek", &self.kek).finish_non_exhaustive()
    }
}

/// What the vault knows about a key id.
enum Found {
    Living(Arc<DataKey>),
    Shredded,
    Away,
    Corrupt(Corruption),
}

impl Found {
    fn of_row(kek: &Kek, row: StoredKey) -> Self {
        if row.wrapped.is_none() {
            return Self::Shredded;
        }
        DataKey::of_row(kek, row).map_or_else(Self::Corrupt, |key| Self::Living(Arc::new(key)))
    }
}

fn alarm(sealed: &Sealed, at: &FieldAddress<'_>, why: Corruption) -> Opened {
    error!(
        alarm = "vault_corrupt",
        key.id = %sealed.key_id,
        log.id = %at.log_id,
        subject = at.subject,
        event.id = %at.event_id,
        path = at.path,
        %why,
        "a sealed field is corrupt"
    );
    Opened::Corrupt
}
