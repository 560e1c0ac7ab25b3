//! The promises of the policies in force.

use super::*;
use crate::scenario::given;

fn activate(sha256: &str) -> Activate {
    let (schema, policies) = ("entity Person;".to_owned(), format!("// {sha256}"));
    Activate { sha256: sha256.to_owned(), schema, policies }
}

fn activated(sha256: &str) -> Event {
    let Activate { sha256, schema, policies } = activate(sha256);
    Activated { sha256, schema, policies }.into()
}

#[test]
fn a_set_is_activated_with_its_text_and_only_when_it_is_not_in_force() {
    given::<PolicySet>([])
        .when(activate("a"))
        .then([activated("a")])
        .when(activate("a"))
        .then_nothing()
        .when(activate("b"))
        .then([activated("b")])
        .when(activate("a"))
        .then([activated("a")]);
}

#[test]
fn the_policies_have_no_ministry_and_rest_on_nobody() {
    use crate::Command as _;
    let command = Command::from(activate("a"));
    assert_eq!(command.references(), References::default());
    assert!(!command.creates());
    assert_eq!(PolicySet::default().unit(&command), None);
}
