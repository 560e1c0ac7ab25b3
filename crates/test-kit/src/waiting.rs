//! Waiting for a condition, with a limit and the last value seen.

use std::{
    net::{Ipv4Addr, TcpListener},
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

/// Between two looks at a condition.
const LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// Looks until the condition gives a value.
///
/// # Errors
/// After `limit`: the last reason why not.
pub async fn eventually<T>(limit: Duration, mut look: impl AsyncFnMut() -> Result<T, String>) -> Result<T> {
    let start = Instant::now();
    loop {
        match look().await {
            Ok(value) => return Ok(value),
            Err(last) if start.elapsed() > limit => bail!("not so after {limit:?}: {last}"),
            Err(_) => tokio::time::sleep(LOOK_INTERVAL).await,
        }
    }
}

/// A port of the loopback interface that nobody listens on now.
///
/// # Errors
/// No port is free.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
