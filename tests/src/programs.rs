//! Where the programs are that these tests run.

use std::{
    env,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ stands in the repository")
}

/// The product, built with the same profile into the same folder as the test that runs.
pub(crate) fn cornerstone() -> Result<PathBuf> {
    let test = env::current_exe()?;
    let folder = test.ancestors().nth(2).context("a test stands in target/<profile>/deps")?;
    let built = folder.join("cornerstone");
    ensure!(
        built.is_file(),
        "{} is not there: `cargo build -p server --bin cornerstone` builds it, and so does `tests/run`",
        built.display()
    );
    Ok(built)
}

/// Python with the packages of deploy/tools/requirements-test.txt.
///
/// # Errors
/// It is not installed.
pub fn python() -> Result<PathBuf> {
    let python = root().join(".tools/bin/python3");
    ensure!(python.is_file(), "{} is not there: `deploy/tools/install tests` makes it", python.display());
    Ok(python)
}
