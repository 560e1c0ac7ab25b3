//! A released schema is frozen by digest. `CORNERSTONE_WRITE=1` writes the files of new ones.

use std::{collections::BTreeMap, fs, path::PathBuf};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("schemas")
}

fn writing() -> bool {
    std::env::vars().any(|(name, _)| name == "CORNERSTONE_WRITE")
}

#[test]
fn the_checked_in_schemas_are_those_of_the_code() {
    let files = codec::schema::files();
    if writing() {
        fs::create_dir_all(folder()).unwrap();
        for (name, text) in &files {
            fs::write(folder().join(name), text).unwrap();
        }
    }
    for (name, text) in &files {
        let stored = fs::read_to_string(folder().join(name)).unwrap_or_default();
        assert!(&stored == text, "{name} differs: a released schema is frozen, raise its version instead");
    }
    let known = |name: &str| files.contains_key(name) || name == "LOCK";
    for entry in fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(known(&name), "{name} belongs to no event");
    }
}

#[test]
fn a_released_schema_never_changes() {
    let path = folder().join("LOCK");
    let mut lock: BTreeMap<String, String> = fs::read_to_string(&path)
        .unwrap_or_default()
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(digest, name)| (name.to_owned(), digest.to_owned()))
        .collect();
    let schemas = codec::schema::files().into_iter().filter(|(name, _)| name != "asyncapi.json");
    for (name, text) in schemas {
        let digest = codec::sha256_hex(text.as_bytes());
        if writing() {
            lock.entry(name.clone()).or_insert_with(|| digest.clone());
        }
        assert_eq!(lock.get(&name), Some(&digest), "{name} is not the schema that was released");
    }
    if writing() {
        let lines: String = lock.iter().map(|(name, digest)| format!("{digest}  {name}\n")).collect();
        fs::write(path, lines).unwrap();
    }
}
