//! What may be added to but never edited: golden files, which prove that everything ever stored still reads,
//! and migrations, which databases have already run. `CORNERSTONE_WRITE=1` adds the digests of new ones.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use aws_lc_rs::digest;

use crate::repository::{files, read, root};

/// In the format of `sha256sum`, so that `sha256sum -c` can check it too.
const LIST: &str = "tests/frozen.sha256";

fn is_frozen(path: &Path) -> bool {
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
    let crates = path.starts_with("crates");
    crates && (folder == "golden" || folder == "migrations")
}

fn sha256(path: &PathBuf) -> String {
    hex::encode(digest::digest(&digest::SHA256, &fs::read(root().join(path)).unwrap()))
}

#[test]
fn golden_files_and_migrations_are_only_ever_added() {
    let mut listed: BTreeMap<String, String> = read(LIST)
        .lines()
        .map(|line| line.split_once("  ").expect("a digest, two blanks, a path"))
        .map(|(digest, path)| (path.to_owned(), digest.to_owned()))
        .collect();
    let frozen = files().into_iter().filter(|path| is_frozen(path));
    let present: BTreeMap<String, String> =
        frozen.map(|path| (path.display().to_string(), sha256(&path))).collect();
    if std::env::vars().any(|(name, _)| name == "CORNERSTONE_WRITE") {
        for (path, digest) in &present {
            listed.entry(path.clone()).or_insert_with(|| digest.clone());
        }
        let lines: String = listed.iter().map(|(path, digest)| format!("{digest}  {path}\n")).collect();
        fs::write(root().join(LIST), lines).unwrap();
    }
    let edited = listed.iter().filter(|(path, digest)| present.get(*path) != Some(digest));
    assert_eq!(edited.map(|(path, _)| path).collect::<Vec<_>>(), [""; 0], "edited or gone: add a new one");
    let unlisted = present.keys().filter(|path| !listed.contains_key(*path));
    assert_eq!(unlisted.collect::<Vec<_>>(), [""; 0], "new: `just gen` lists them");
}
