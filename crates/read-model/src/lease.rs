//! Who keeps a view: one at a time, by a lease with an epoch. The clock is the database's.

use std::time::Duration;

use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::{Error, Shape, error::doing};

/// The right to write one view. Every write names its epoch, so that a keeper who lost it without noticing
/// changes nothing any more.
#[derive(Clone, Debug)]
pub struct Lease {
    pub(crate) shape: Shape,
    pub(crate) epoch: i64,
    pub(crate) duration: Duration,
}

/// What a keeper learns by renewing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renewed {
    /// Somebody asked for a rebuild.
    pub rebuild_requested: bool,
}

impl Lease {
    /// Takes the lease unless somebody else holds it. Registers the view when it is new.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn acquire(
        pool: &PgPool,
        shape: Shape,
        owner: Uuid,
        duration: Duration,
    ) -> Result<Option<Self>, Error> {
        let register = "INSERT INTO public.view (name, version) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        let take = "UPDATE public.view
               SET lease_owner = $3, lease_epoch = lease_epoch + 1,
                   lease_until = clock_timestamp() + make_interval(secs => $4)
             WHERE name = $1 AND version = $2
               AND (lease_owner IS NULL OR lease_owner = $3 OR lease_until < clock_timestamp())
            RETURNING lease_epoch";
        let epoch: Option<i64> = doing("take the lease of a view", async {
            let mut tx = pool.begin().await?;
            // An epoch that a crash of the server takes back would be given out twice.
            sqlx::query("SELECT set_config('synchronous_commit', 'on', true)").execute(&mut *tx).await?;
            sqlx::query(register).bind(shape.name).bind(shape.version).execute(&mut *tx).await?;
            let take = sqlx::query_scalar(take).bind(shape.name).bind(shape.version);
            let epoch = take.bind(owner).bind(duration.as_secs_f64()).fetch_optional(&mut *tx).await?;
            tx.commit().await?;
            Ok(epoch)
        })
        .await?;
        Ok(epoch.map(|epoch| Self { shape, epoch, duration }))
    }

    /// Holds the lease for another while.
    ///
    /// # Errors
    /// [`Error::Fenced`] when it is somebody else's now.
    pub async fn renew(&self, pool: &PgPool) -> Result<Renewed, Error> {
        let mut connection = doing("renew the lease of a view", pool.acquire()).await?;
        self.hold(&mut connection).await
    }

    /// Gives the lease up, so that another keeper need not wait for its end. Nothing happens when it is somebody
    /// else's by now.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn release(self, pool: &PgPool) -> Result<(), Error> {
        let release = "UPDATE public.view SET lease_owner = NULL, lease_until = NULL
                        WHERE name = $1 AND version = $2 AND lease_epoch = $3";
        let release = sqlx::query(release).bind(self.shape.name).bind(self.shape.version).bind(self.epoch);
        doing("give up the lease of a view", release.execute(pool)).await?;
        Ok(())
    }

    /// Renews, in a transaction perhaps: the row is locked until its end, so nobody takes the lease meanwhile.
    pub(crate) async fn hold(&self, connection: &mut PgConnection) -> Result<Renewed, Error> {
        let renew = "UPDATE public.view SET lease_until = clock_timestamp() + make_interval(secs => $4)
                      WHERE name = $1 AND version = $2 AND lease_epoch = $3
                  RETURNING rebuild_requested_at IS NOT NULL";
        let renew = sqlx::query_scalar(renew).bind(self.shape.name).bind(self.shape.version);
        let renew = renew.bind(self.epoch).bind(self.duration.as_secs_f64()).fetch_optional(connection);
        let held: Option<bool> = doing("renew the lease of a view", renew).await?;
        held.map(|rebuild_requested| Renewed { rebuild_requested }).ok_or(Error::Fenced(self.shape.name))
    }
}
