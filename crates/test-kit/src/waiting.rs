//! Waiting for a condition, with a limit and the last value seen.

use std::{
    net::{Ipv4Addr, TcpListener},
    sync::atomic::{AtomicU16, Ordering},
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

/// Ports below those that the kernel gives to outgoing connections (from 32768): a server that is down for a
/// moment finds its port again.
const PORTS: std::ops::Range<u16> = 16_384..32_768;

/// A port of the loopback interface that nobody listens on now, and that this process is given once.
///
/// # Errors
/// No port is free.
pub fn free_port() -> Result<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Processes start at different places, so that tests of two crates rarely look at the same port.
    let start = u16::try_from(std::process::id() % 1024).unwrap_or(0) * 16;
    for _ in PORTS {
        let offset = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_add(start) % (PORTS.end - PORTS.start);
        let port = PORTS.start + offset;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no port of {PORTS:?} is free")
}
