//! Unwrapped data keys kept in memory for a short while, so that working for a warm owner asks the database nothing.
//! The cache is bounded in number and time; shredding here empties it at once, shredding elsewhere within
//! [`KEY_LIFE`].

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use moka::future::Cache;
use uuid::Uuid;

use crate::{data_key::DataKey, owner::Slot};

/// How long another process may still use a key after it was shredded.
const KEY_LIFE: Duration = Duration::from_secs(5 * 60);
const KEYS_MAX: u64 = 10_000;

#[derive(Clone)]
pub(crate) struct KeyCache {
    by_slot: Cache<Slot, Arc<DataKey>>,
    by_id: Cache<Uuid, Arc<DataKey>>,
    shreddings: Arc<AtomicU64>,
}

/// Taken before a key is read from the database: a key read before a shredding must not be kept after it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment(u64);

impl KeyCache {
    pub(crate) fn new() -> Self {
        Self {
            by_slot: Cache::builder().max_capacity(KEYS_MAX).time_to_live(KEY_LIFE).build(),
            by_id: Cache::builder().max_capacity(KEYS_MAX).time_to_live(KEY_LIFE).build(),
            shreddings: Arc::default(),
        }
    }

    pub(crate) async fn of_slot(&self, slot: &Slot) -> Option<Arc<DataKey>> {
        self.by_slot.get(slot).await
    }

    pub(crate) async fn of_id(&self, id: Uuid) -> Option<Arc<DataKey>> {
        self.by_id.get(&id).await
    }

    pub(crate) fn moment(&self) -> Moment {
        Moment(self.shreddings.load(Ordering::SeqCst))
    }

    pub(crate) async fn keep(&self, key: &Arc<DataKey>, read_after: Moment) {
        self.by_slot.insert(key.slot.clone(), Arc::clone(key)).await;
        self.by_id.insert(key.key_id, Arc::clone(key)).await;
        // Kept first and checked then: a shredding in between either empties the cache after us or is seen here.
        if self.moment() != read_after {
            self.by_slot.invalidate(&key.slot).await;
            self.by_id.invalidate(&key.key_id).await;
        }
    }

    /// Begins wiping forgotten keys from memory now rather than with the next use of the cache, which frees what it
    /// dropped a little later.
    pub(crate) async fn wipe(&self) {
        self.by_slot.run_pending_tasks().await;
        self.by_id.run_pending_tasks().await;
    }

    /// Forgets every key when dropped, so also when a shredding fails or is abandoned half way and nobody knows
    /// whether it happened. Shredding is rare enough to forget them all.
    pub(crate) fn forget_on_drop(&self) -> Forget<'_> {
        Forget(self)
    }
}

pub(crate) struct Forget<'a>(&'a KeyCache);

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.0.shreddings.fetch_add(1, Ordering::SeqCst);
        self.0.by_slot.invalidate_all();
        self.0.by_id.invalidate_all();
    }
}

#[cfg(test)]
mod tests {
    use test_kit::eventually;

    use super::*;
    use crate::{Class, KeyOwner};

    fn key() -> Arc<DataKey> {
        let owner = KeyOwner::Person(Uuid::from_u128(7));
        Arc::new(DataKey::random(&Slot::new(&owner, Class::Incidental).unwrap()))
    }

    async fn kept(cache: &KeyCache, key: &DataKey) -> (bool, bool) {
        (cache.of_slot(&key.slot).await.is_some(), cache.of_id(key.key_id).await.is_some())
    }

    #[tokio::test]
    async fn a_key_is_kept_until_something_is_shredded() {
        let (cache, key) = (KeyCache::new(), key());
        cache.keep(&key, cache.moment()).await;
        assert_eq!(kept(&cache, &key).await, (true, true));
        drop(cache.forget_on_drop());
        assert_eq!(kept(&cache, &key).await, (false, false));
        let freed = eventually(Duration::from_secs(5), async || {
            cache.wipe().await;
            let count = Arc::strong_count(&key);
            if count == 1 { Ok(()) } else { Err(format!("{count} references")) }
        });
        freed.await.unwrap();
    }

    #[tokio::test]
    async fn a_key_read_before_a_shredding_is_not_kept_after_it() {
        let (cache, key) = (KeyCache::new(), key());
        let read_after = cache.moment();
        drop(cache.forget_on_drop());
        cache.keep(&key, read_after).await;
        assert_eq!(kept(&cache, &key).await, (false, false));
    }
}
