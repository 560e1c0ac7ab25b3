//! Who may use whom: the manifests against the tables of README.md.

use std::collections::{BTreeMap, BTreeSet};

use crate::repository::{manifests, read, rust_files, table};

/// Used by generated code only, so no source of ours names it.
const USED_BY_GENERATED_CODE: [(&str, &str); 1] = [("contract", "tonic-prost")];

type Arrows = BTreeMap<String, BTreeSet<String>>;

fn arrows(text: &Arrows) -> BTreeSet<String> {
    let all = text.iter().flat_map(|(from, to)| to.iter().map(move |to| format!("{from} -> {to}")));
    all.collect()
}

#[test]
fn the_arrows_between_crates_are_those_of_the_readme() {
    let manifests = manifests();
    let ours: BTreeSet<String> = manifests.iter().map(|m| m.name.clone()).collect();
    let drawn: Arrows = manifests
        .into_iter()
        .map(|m| (m.name, m.dependencies.intersection(&ours).cloned().collect()))
        .collect();
    let listed = table(&read("README.md"), "arrows");
    assert_eq!(drawn.keys().collect::<Vec<_>>(), listed.keys().collect::<Vec<_>>(), "crates drawn, listed");
    let (drawn, listed) = (arrows(&drawn), arrows(&listed));
    assert_eq!(drawn.difference(&listed).collect::<Vec<_>>(), [""; 0], "in a manifest, not in README.md");
    assert_eq!(listed.difference(&drawn).collect::<Vec<_>>(), [""; 0], "in README.md, in no manifest");
}

#[test]
fn tests_of_a_crate_use_what_it_may_use_and_the_test_kit() {
    let ours: BTreeSet<String> = manifests().into_iter().map(|m| m.name).collect();
    let listed = table(&read("README.md"), "arrows");
    for manifest in manifests() {
        let mut more: BTreeSet<_> = manifest.dev_dependencies.intersection(&ours).collect();
        more.retain(|name| *name != "test-kit" && !listed[&manifest.name].contains(*name));
        assert_eq!(more, BTreeSet::new(), "dev-dependencies of {}", manifest.name);
    }
}

#[test]
fn a_confined_library_is_used_only_where_the_readme_says() {
    for (library, places) in table(&read("README.md"), "confined") {
        let using = manifests().into_iter().filter(|m| m.dependencies.contains(&library));
        assert_eq!(using.map(|m| m.name).collect::<BTreeSet<_>>(), places, "crates that use {library}");
    }
}

#[test]
fn a_dependency_in_a_manifest_is_used() {
    let sources = rust_files();
    let mut unused = Vec::new();
    for manifest in manifests() {
        let of_crate = |path: &std::path::Path| path.starts_with(&manifest.folder);
        for dependency in &manifest.dependencies {
            let named = dependency.replace('-', "_");
            let word =
                |text: &str| text.split(|c: char| c != '_' && !c.is_alphanumeric()).any(|w| w == named);
            let used = sources.iter().any(|(path, text)| of_crate(path) && word(text));
            if !used && !USED_BY_GENERATED_CODE.contains(&(&manifest.name, dependency)) {
                unused.push(format!("{} -> {dependency}", manifest.name));
            }
        }
    }
    assert_eq!(unused, [""; 0], "in a manifest, in no source");
}

#[test]
fn a_table_names_a_crate_and_what_it_may_use() {
    let text =
        "<!-- t -->\n| crate | may use |\n|---|---|\n| `a` | `b` `c` | why `x` |\n| `b` | – | |\n<!-- /t -->";
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    let expected = BTreeMap::from([("a".to_owned(), set(&["b", "c"])), ("b".to_owned(), set(&[]))]);
    assert_eq!(table(text, "t"), expected);
}
