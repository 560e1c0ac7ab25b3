//! One process of the product: started, killed, stopped in order, started again.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, anyhow, ensure};
use test_kit::eventually;

use crate::programs::{cornerstone, root};

/// A role is ready in a second or two; a debug build on two cores that others keep busy, much later.
const READY_MAX: Duration = Duration::from_secs(120);
/// Calls may take ten seconds to end, then servers have to stop.
const STOP_MAX: Duration = Duration::from_secs(45);

pub(crate) struct Process {
    arguments: Vec<OsString>,
    /// Says whether it is ready.
    ready_url: String,
    log: PathBuf,
    child: Option<Child>,
}

impl Process {
    /// Not started yet. Its output goes to a file named after it, under `dir`.
    pub(crate) fn new(name: &str, dir: &Path, arguments: Vec<OsString>, admin_port: u16) -> Self {
        let ready_url = format!("http://127.0.0.1:{admin_port}/readyz");
        Self { arguments, ready_url, log: dir.join(format!("{name}.log")), child: None }
    }

    /// Starts it unless it runs.
    pub(crate) fn start(&mut self) -> Result<()> {
        if self.child.is_some() {
            return Ok(());
        }
        let log = fs::OpenOptions::new().create(true).append(true).open(&self.log)?;
        let mut command = Command::new(cornerstone()?);
        // The repository: `cornerstone dev` looks there for .tools.
        command.args(&self.arguments).current_dir(root()).stdin(Stdio::null());
        let child = command.stdout(log.try_clone()?).stderr(log).spawn();
        self.child = Some(child.with_context(|| format!("start cornerstone {:?}", self.arguments))?);
        Ok(())
    }

    /// Waits until it says that it is ready.
    pub(crate) async fn ready(&mut self) -> Result<()> {
        let url = self.ready_url.clone();
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build()?;
        let looked = eventually(READY_MAX, async || {
            if let Some(status) = self.ended().map_err(|e| e.to_string())? {
                return Ok(Err(anyhow!("it ended: {status}")));
            }
            let answer = client.get(&url).send().await.map_err(|e| format!("{:#}", anyhow!(e)))?;
            let ready = answer.status().is_success();
            let text = answer.text().await.map_err(|e| e.to_string())?;
            if ready { Ok(Ok(())) } else { Err(text) }
        });
        let ready = looked.await.and_then(|ready| ready);
        ready.with_context(|| format!("{} says:\n{}", self.log.display(), tail(&self.log)))
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child.as_mut().map_or(Ok(None), |child| Ok(child.try_wait()?))
    }

    /// SIGKILL, as the kernel would without memory.
    pub(crate) fn kill9(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// SIGTERM, as a supervisor does; it must end well and in time.
    pub(crate) async fn stop(&mut self) -> Result<()> {
        let Some(child) = self.child.as_mut() else { return Ok(()) };
        test_kit::send_signal("TERM", &[child.id()])?;
        let ended = eventually(STOP_MAX, async || {
            child.try_wait().map_err(|e| e.to_string())?.ok_or_else(|| "it still runs".to_owned())
        });
        let status = ended.await.with_context(|| tail(&self.log))?;
        self.child = None;
        ensure!(status.success(), "it ended with {status}:\n{}", tail(&self.log));
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Nothing can be done about a failure here, and a failing test must keep its own message.
        self.kill9().unwrap_or_default();
    }
}

/// The last lines of a file, for the message of a failure.
pub(crate) fn tail(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
