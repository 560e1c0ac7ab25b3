//! How files look.

use std::path::Path;

use crate::repository::{files, read, root, rust_files};

/// A longer file has a second subject.
const LINES_MAX: usize = 450;

/// What is never committed; this file is exempt, as it must name them.
const NEVER: [&str; 6] =
    ["todo!", "unimplemented!", "#[ignore", "AssertSqlSafe", "thread::sleep", "danger_accept_invalid"];

/// Where packages come from is the machine's affair: these are named nowhere but in Cargo.lock, which is cargo's.
const REGISTRY_HOSTS: [&str; 6] = [
    concat!("crates", ".io"),
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
    concat!("npmjs", ".org"),
    concat!("deb.debian", ".org"),
    concat!("proxy.golang", ".org"),
];

fn offenders(wrong: impl Fn(&Path, &str) -> bool) -> Vec<String> {
    let found = rust_files().into_iter().filter(|(path, text)| wrong(path, text));
    found.map(|(path, _)| path.display().to_string()).collect()
}

#[test]
fn every_file_opens_by_saying_what_it_is_for() {
    assert_eq!(offenders(|_, text| !text.starts_with("//! ")), [""; 0]);
}

#[test]
fn no_file_is_too_long() {
    assert_eq!(offenders(|_, text| text.lines().count() > LINES_MAX), [""; 0], "over {LINES_MAX} lines");
}

#[test]
fn a_module_has_the_name_of_its_file() {
    assert_eq!(offenders(|path, _| path.ends_with("mod.rs")), [""; 0]);
}

#[test]
fn nothing_is_left_for_later_skipped_or_waited_for_blindly() {
    for never in NEVER {
        let wrong = |path: &Path, text: &str| !path.ends_with("rules/tidy.rs") && text.contains(never);
        assert_eq!(offenders(wrong), [""; 0], "{never}");
    }
}

#[test]
fn no_registry_is_named() {
    let mut named = Vec::new();
    for path in files().into_iter().filter(|path| !path.ends_with("Cargo.lock")) {
        let text = String::from_utf8_lossy(&std::fs::read(root().join(&path)).unwrap()).into_owned();
        let hosts = REGISTRY_HOSTS.iter().filter(|host| text.contains(**host));
        named.extend(hosts.map(|host| format!("{}: {host}", path.display())));
    }
    assert_eq!(named, [""; 0]);
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut broken = Vec::new();
    for path in files().into_iter().filter(|path| path.extension().is_some_and(|e| e == "md")) {
        for link in read(&path).split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap_or_default();
            let outside = target.is_empty() || target.contains("://");
            let folder = path.parent().expect("a file stands in a folder");
            if !outside && !root().join(folder).join(target).exists() {
                broken.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert_eq!(broken, [""; 0]);
}
