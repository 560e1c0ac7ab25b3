//! Where the servers' programs are.

use std::{
    env,
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};

/// `CORNERSTONE_NATS_SERVER`, else the workspace's `.tools`, else the search path.
pub(crate) fn nats_server() -> Result<PathBuf> {
    if let Some(named) = variable("CORNERSTONE_NATS_SERVER") {
        return Ok(named.into());
    }
    let private =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|dir| dir.join(".tools/bin/nats-server"));
    match private.chain(on_search_path("nats-server")).find(|path| path.is_file()) {
        Some(path) => Ok(path),
        None => bail!("nats-server is not installed: `tests/run` and `deploy/up` put it into .tools"),
    }
}

/// A program of Postgres: the search path, else the newest that the distribution installed.
pub(crate) fn postgres(program: &str) -> Result<PathBuf> {
    let mut installed: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|version| version.ok())
        .filter_map(|version| Some((version.file_name().to_str()?.parse().ok()?, version.path())))
        .map(|(version, path)| (version, path.join("bin").join(program)))
        .collect();
    installed.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    let installed = installed.into_iter().map(|(_, path)| path);
    match on_search_path(program).chain(installed).find(|path| path.is_file()) {
        Some(path) => Ok(path),
        None => bail!("Postgres' `{program}` is not installed: `tests/run` and `deploy/up` install it"),
    }
}

fn on_search_path(program: &str) -> impl Iterator<Item = PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    folders.into_iter().map(move |folder| folder.join(program))
}

fn variable(name: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests have no command line of their own to configure them"
    )]
    env::var(name).ok()
}
