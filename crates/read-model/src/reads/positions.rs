//! How far the live views are, followed for those who wait: one listener, however many wait.
//!
//! A notification is a wake-up only. The position is read from the table, after each of them, after a lost
//! connection, and now and then without any.

use std::time::Duration;

use sqlx::postgres::PgListener;
use tokio::{
    sync::watch::{self, Receiver, Sender},
    task::AbortHandle,
    time::{sleep, timeout},
};
use tracing::{debug, warn};

use crate::{Error, POSITION_CHANNEL, Pool, Shape, error::doing, position};

/// Bounds how long a lost notification delays somebody.
const UNWOKEN_WAIT_MAX: Duration = Duration::from_millis(500);
/// A server that restarts is back within seconds.
const RECONNECT_WAIT: Duration = Duration::from_millis(250);

/// Follows the positions of some views for as long as it lives. It keeps one connection of the pool.
pub struct Positions {
    views: Vec<(Shape, Receiver<u64>)>,
    following: AbortHandle,
}

impl Positions {
    /// Starts to follow these views.
    pub fn follow(pool: Pool, shapes: &[Shape]) -> Self {
        let channels = shapes.iter().map(|shape| (*shape, watch::channel(0)));
        let (told, views) = channels.map(|(shape, (tell, hear))| ((shape, tell), (shape, hear))).unzip();
        let following = tokio::spawn(follow(pool, told)).abort_handle();
        Self { views, following }
    }

    /// The position of a followed view, as last read: never ahead of the view; 0 while nothing was read.
    ///
    /// # Panics
    /// When the view is not among those followed.
    pub fn of(&self, shape: Shape) -> Receiver<u64> {
        let found = self.views.iter().find(|(followed, _)| followed.name == shape.name);
        found.expect("the view is followed").1.clone()
    }
}

impl Drop for Positions {
    fn drop(&mut self) {
        self.following.abort();
    }
}

#[expect(clippy::infinite_loop, reason = "the owner aborts it")]
async fn follow(pool: Pool, views: Vec<(Shape, Sender<u64>)>) {
    let mut reachable = true;
    loop {
        let Err(error) = listen(&pool, &views, &mut reachable).await;
        if std::mem::take(&mut reachable) {
            warn!(error = &error as &dyn std::error::Error, "the positions of the views are not known");
        }
        sleep(RECONNECT_WAIT).await;
    }
}

async fn listen(
    pool: &Pool,
    views: &[(Shape, Sender<u64>)],
    reachable: &mut bool,
) -> Result<std::convert::Infallible, Error> {
    const DOING: &str = "listen for the positions of the views";
    let mut listener = doing(DOING, PgListener::connect_with(pool)).await?;
    doing(DOING, listener.listen(POSITION_CHANNEL)).await?;
    loop {
        // Several commits at once are one look.
        while listener.next_buffered().is_some() {}
        for (shape, told) in views {
            let position = position(pool, *shape).await?.unwrap_or(0);
            told.send_if_modified(|known| std::mem::replace(known, position) != position);
        }
        *reachable = true;
        match timeout(UNWOKEN_WAIT_MAX, listener.try_recv()).await {
            Ok(heard) => {
                if doing(DOING, async { heard }).await?.is_none() {
                    debug!("the connection was lost, notifications may be");
                }
            }
            Err(_nothing_heard) => {}
        }
    }
}
