//! Where third-party code comes from, as far as it can be seen without a network. `.deny.toml` says the same
//! and more to cargo-deny, for those who have it.

use std::{collections::BTreeSet, process::Command};

use serde_json::Value;

use crate::repository::root;

/// One crypto library, aws-lc-rs: two in one process fight over rustls' default, and two must be watched.
const BANNED: [&str; 5] = ["ring", "openssl", "openssl-sys", "native-tls", "rsa"];

/// What cargo answers from what is here.
fn cargo(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO"));
    let output =
        command.args(arguments).args(["--locked", "--offline"]).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn no_second_crypto_library_is_built_in() {
    // Not from `cargo metadata`: it also lists what no feature of ours asks for.
    let tree = cargo(&["tree", "--workspace", "--edges=normal,build", "--prefix=none", "--format={p}"]);
    let built_in: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(built_in.contains("aws-lc-rs"), "the tree is not ours: {built_in:?}");
    assert_eq!(built_in.intersection(&BANNED.into()).collect::<Vec<_>>(), [&""; 0]);
}

#[test]
fn packages_come_from_one_registry_and_say_which_version() {
    let target = format!("--filter-platform={}-unknown-linux-gnu", std::env::consts::ARCH);
    let metadata: Value = serde_json::from_str(&cargo(&["metadata", "--format-version=1", &target])).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let sources: BTreeSet<&str> = packages.iter().filter_map(|package| package["source"].as_str()).collect();
    assert_eq!(sources.len(), 1, "{sources:?}");
    assert!(sources.iter().all(|source| source.starts_with("registry+")), "{sources:?}");
    let ours = packages.iter().filter(|package| package["source"].is_null());
    let asked = ours.flat_map(|package| package["dependencies"].as_array().unwrap());
    let loose = asked.filter(|asked| asked["path"].is_null() && asked["req"] == "*");
    assert_eq!(loose.map(|asked| asked["name"].to_string()).collect::<Vec<_>>(), [""; 0]);
}
