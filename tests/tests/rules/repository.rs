//! The repository as files, manifests and tables of README.md.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// What is made here, or kept by another tool.
const NOT_OURS: [&str; 5] = [".git", ".tools", "target", "var", "__pycache__"];

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ stands in the repository")
}

/// Every file of ours, relative to the root, in order.
pub(crate) fn files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let entry = entry.unwrap();
            let kind = entry.file_type().unwrap();
            if kind.is_dir() && !NOT_OURS.iter().any(|name| entry.file_name() == *name) {
                folders.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path().strip_prefix(root()).unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// Every Rust file with its text.
pub(crate) fn rust_files() -> Vec<(PathBuf, String)> {
    let rust = files().into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs"));
    rust.map(|path| (path.clone(), read(&path))).collect()
}

pub(crate) fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A crate as its manifest has it.
pub(crate) struct Manifest {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    /// What the crate and its build script are made with.
    pub(crate) dependencies: BTreeSet<String>,
    /// What its tests are made with besides.
    pub(crate) dev_dependencies: BTreeSet<String>,
}

pub(crate) fn manifests() -> Vec<Manifest> {
    let found: Vec<Manifest> = files()
        .into_iter()
        .filter(|path| path.ends_with("Cargo.toml") && path.parent() != Some(Path::new("")))
        .map(|path| {
            let manifest: toml::Table = read(&path).parse().unwrap();
            let keys = |section: &str| -> BTreeSet<String> {
                let table = manifest.get(section).and_then(toml::Value::as_table);
                table.into_iter().flat_map(|table| table.keys().cloned()).collect()
            };
            Manifest {
                name: manifest["package"]["name"].as_str().unwrap().to_owned(),
                folder: path.parent().unwrap().to_owned(),
                dependencies: keys("dependencies").union(&keys("build-dependencies")).cloned().collect(),
                dev_dependencies: keys("dev-dependencies"),
            }
        })
        .collect();
    assert!(found.len() > 10, "the manifests were not found");
    found
}

/// A table between `<!-- name -->` and `<!-- /name -->`: what the first column names, and what the second does.
pub(crate) fn table(text: &str, name: &str) -> BTreeMap<String, BTreeSet<String>> {
    let (_, rest) = text.split_once(&format!("<!-- {name} -->")).expect("the table's opening mark");
    let (rows, _) = rest.split_once(&format!("<!-- /{name} -->")).expect("the table's closing mark");
    let rows = rows.lines().filter(|row| row.starts_with("| `"));
    let table: BTreeMap<_, _> = rows
        .map(|row| {
            let cells: Vec<&str> = row.split('|').collect();
            let named = |cell: &str| -> BTreeSet<String> {
                cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
            };
            (named(cells[1]).pop_first().unwrap(), named(cells[2]))
        })
        .collect();
    assert!(!table.is_empty(), "the table {name} has no rows");
    table
}
