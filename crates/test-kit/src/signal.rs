//! Signals to processes that a test started.

use std::process::Command;

use anyhow::{Result, ensure};

/// Sends a signal (`KILL`, `TERM`, `STOP`, `CONT`) to processes; one that is gone already is fine.
///
/// # Errors
/// There is no shell to send it with.
pub fn send(signal: &str, pids: &[u32]) -> Result<()> {
    let pids: Vec<String> = pids.iter().map(u32::to_string).collect();
    // The shell's own `kill`: the program is not on every machine.
    let script = "signal=$1; shift; for pid; do kill -s \"$signal\" \"$pid\" 2>/dev/null; done; true";
    let status = Command::new("sh").args(["-c", script, "kill", signal]).args(&pids).status()?;
    ensure!(status.success(), "the signal {signal} could not be sent to {pids:?}");
    Ok(())
}
