//! Where the servers of a test keep their data: in memory when there is room, since every one of them flushes
//! every write. A killed process leaves its memory-backed files behind as it leaves those on a disk.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use anyhow::{Context, Result};
use tempfile::TempDir;

const MEMORY: &str = "/dev/shm";

/// A server's data is some 50 MB; in less than this many kilobytes, others would be short of room.
const MEMORY_KB_MIN: u64 = 2 * 1024 * 1024;

const PREFIX: &str = "cornerstone-test-";

/// A new folder that goes when it is dropped. What a killed test left behind goes now.
pub(crate) fn fresh() -> Result<TempDir> {
    static BASE: LazyLock<PathBuf> = LazyLock::new(|| {
        let base = if has_room(Path::new(MEMORY)) { MEMORY.into() } else { std::env::temp_dir() };
        sweep(&base);
        base
    });
    let base = BASE.as_path();
    TempDir::with_prefix_in(format!("{PREFIX}{}-", std::process::id()), base)
        .with_context(|| format!("make a folder in {}", base.display()))
}

fn has_room(folder: &Path) -> bool {
    let Ok(output) = Command::new("df").arg("-Pk").arg(folder).output() else { return false };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let free = text.lines().nth(1).and_then(|line| line.split_whitespace().nth(3)?.parse::<u64>().ok());
    free.is_some_and(|kb| kb >= MEMORY_KB_MIN)
}

/// Removes the folders of processes that are gone.
fn sweep(base: &Path) {
    for entry in fs::read_dir(base).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next());
        if owner.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            // Somebody else's tests may be sweeping as well.
            fs::remove_dir_all(entry.path()).unwrap_or_default();
        }
    }
}
