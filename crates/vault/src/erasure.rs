//! Destroying keys and forbidding it: shredding, legal holds, and what is left to show of a key. The rules stand in
//! the database's triggers, so that nobody gets past them; who may ask, and the events of an erasure, are elsewhere.
//!
//! Shredding removes the wrapped key from its row at once. The old row version leaves the table's files with the next
//! vacuum and the backups with their horizon: until then an erasure is effective but not complete.

use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Class, KeyOwner, Vault, VaultError, owner::Slot, store::within};

/// What may be shown of a data key, before and after it is shredded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    pub key_id: Uuid,
    /// 32 bytes in hex that only this key gives: the proof, later, that it was the right key that was destroyed.
    pub commitment: String,
    pub state: KeyState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    Active,
    /// A legal hold forbids shredding it.
    Held,
    /// Destroyed at that time, by the database's clock.
    Shredded(OffsetDateTime),
}

impl Vault {
    /// Destroys these keys, all or none of them; fields sealed with them read as erased from now on, in other
    /// processes within five minutes. Shredding a shredded key changes nothing. Refused with [`VaultError::Held`]
    /// while a hold is open, with [`VaultError::UnknownKey`] when one of them was never here.
    pub async fn shred(&self, key_ids: &[Uuid]) -> Result<Vec<KeyRecord>, VaultError> {
        let forget = self.keys.forget_on_drop();
        let records = within("shred data keys", async {
            let mut tx = self.store.pool.begin().await?;
            // Locked in one order for all, so that two shreddings of the same keys wait instead of deadlocking.
            sqlx::query("SELECT FROM data_key WHERE key_id = ANY($1) ORDER BY key_id FOR UPDATE")
                .bind(key_ids)
                .execute(&mut *tx)
                .await?;
            sqlx::query(
                "UPDATE data_key SET state = 'SHREDDED', wrapped = NULL, shredded_at = now()
                 WHERE key_id = ANY($1) AND state <> 'SHREDDED'",
            )
            .bind(key_ids)
            .execute(&mut *tx)
            .await?;
            let rows: Vec<RecordRow> = sqlx::query_as(
                "SELECT key_id, commitment, state, shredded_at FROM data_key WHERE key_id = ANY($1) ORDER BY key_id",
            )
            .bind(key_ids)
            .fetch_all(&mut *tx)
            .await?;
            let missing = key_ids.iter().copied().find(|id| rows.iter().all(|row| row.key_id != *id));
            if missing.is_none() {
                tx.commit().await?;
            }
            Ok(missing.map_or(Ok(rows), Err))
        })
        .await?;
        drop(forget);
        self.keys.wipe().await;
        Ok(records.map_err(VaultError::UnknownKey)?.into_iter().map(RecordRow::shown).collect())
    }

    /// Destroys all keys of an owner and class there are now; see [`Vault::shred`].
    pub async fn shred_owner(&self, owner: &KeyOwner, class: Class) -> Result<Vec<KeyRecord>, VaultError> {
        let keys = self.keys_commitment(owner, class).await?;
        self.shred(&keys.iter().map(|key| key.key_id).collect::<Vec<_>>()).await
    }

    /// The keys an owner ever had for a class, oldest first: at most one of them is not shredded.
    pub async fn keys_commitment(
        &self,
        owner: &KeyOwner,
        class: Class,
    ) -> Result<Vec<KeyRecord>, VaultError> {
        let slot = Slot::new(owner, class)?;
        let rows = sqlx::query_as(
            "SELECT key_id, commitment, state, shredded_at FROM data_key
             WHERE owner = $1 AND class = $2 ORDER BY key_id",
        )
        .bind(&slot.owner)
        .bind(&slot.class)
        .fetch_all(&self.store.pool);
        let rows: Vec<RecordRow> = within("list the data keys of an owner", rows).await?;
        Ok(rows.into_iter().map(RecordRow::shown).collect())
    }

    /// Forbids shredding any key of that owner and class, also one made later, until the hold is released. Placing the
    /// same hold again changes nothing. `reference` names the proceeding (not a person); several holds may be open.
    pub async fn place_hold(
        &self,
        hold_id: Uuid,
        owner: &KeyOwner,
        class: Class,
        reference: &str,
    ) -> Result<(), VaultError> {
        let slot = Slot::new(owner, class)?;
        let same = within("place a legal hold", async {
            sqlx::query(
                "INSERT INTO legal_hold (hold_id, owner, class, reference) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (hold_id) DO NOTHING",
            )
            .bind(hold_id)
            .bind(&slot.owner)
            .bind(&slot.class)
            .bind(reference)
            .execute(&self.store.pool)
            .await?;
            sqlx::query_scalar::<_, bool>(
                "SELECT (owner, class, reference) = ($2, $3, $4) AND released_at IS NULL
                 FROM legal_hold WHERE hold_id = $1",
            )
            .bind(hold_id)
            .bind(&slot.owner)
            .bind(&slot.class)
            .bind(reference)
            .fetch_one(&self.store.pool)
            .await
        });
        if same.await? { Ok(()) } else { Err(VaultError::HoldIdReused(hold_id)) }
    }

    /// Ends a hold. Its keys may be shredded again unless another hold is open. Releasing twice changes nothing.
    pub async fn release_hold(&self, hold_id: Uuid) -> Result<(), VaultError> {
        let known = within("release a legal hold", async {
            sqlx::query(
                "UPDATE legal_hold SET released_at = now() WHERE hold_id = $1 AND released_at IS NULL",
            )
            .bind(hold_id)
            .execute(&self.store.pool)
            .await?;
            sqlx::query_scalar("SELECT EXISTS (SELECT FROM legal_hold WHERE hold_id = $1)")
                .bind(hold_id)
                .fetch_one(&self.store.pool)
                .await
        });
        if known.await? { Ok(()) } else { Err(VaultError::UnknownHold(hold_id)) }
    }
}

#[derive(sqlx::FromRow)]
struct RecordRow {
    key_id: Uuid,
    commitment: Vec<u8>,
    state: String,
    shredded_at: Option<OffsetDateTime>,
}

impl RecordRow {
    fn shown(self) -> KeyRecord {
        let state = match self.shredded_at {
            Some(at) => KeyState::Shredded(at),
            None if self.state == "HELD" => KeyState::Held,
            None => KeyState::Active,
        };
        KeyRecord { key_id: self.key_id, commitment: hex::encode(self.commitment), state }
    }
}
