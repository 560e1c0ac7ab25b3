//! Loads the invented government and its initiatives through the public API. Loading twice adds nothing.

use std::collections::HashMap;

use anyhow::{Context as _, Result};
use contract::{
    Enumeration as _,
    common::v1::{Language, LocalizedText, Role},
    reference::v1::{
        GrantRoleRequest, RegisterOrgUnitRequest, RegisterPersonRequest, ResolvePersonRequest, UnitKind,
    },
};
use serde::Deserialize;

use crate::issuer::ISSUER;

use super::{
    client::{Client, done, header, id},
    initiatives,
};

const GOVERNMENT: &str = include_str!("../../../../deploy/dev/government.toml");

/// From when everything invented holds.
const FROM: &str = "2026-01-01";

#[derive(Deserialize)]
struct Government {
    unit: Vec<Unit>,
    person: Vec<Person>,
}

#[derive(Deserialize)]
struct Unit {
    code: String,
    kind: String,
    he: String,
    en: String,
    parent: Option<String>,
}

#[derive(Deserialize)]
struct Person {
    persona: String,
    name: String,
    email: String,
    unit: String,
    roles: Vec<Granted>,
}

#[derive(Deserialize)]
struct Granted {
    role: String,
    unit: String,
    #[serde(default)]
    may_import: bool,
}

/// A text in Hebrew and perhaps English.
pub(crate) fn text(he: &str, en: &str) -> Option<LocalizedText> {
    let source_lang = Language::He.into();
    Some(LocalizedText { he: he.to_owned(), en: en.to_owned(), ar: String::new(), source_lang })
}

/// Units, people, their roles; then the initiatives, unless only the government is wanted.
///
/// # Errors
/// The first refusal, in words.
pub(super) async fn load(server: String, issuer: String, with_initiatives: bool) -> Result<usize> {
    let government: Government = toml::from_str(GOVERNMENT).context("deploy/dev/government.toml")?;
    let client = Client::connect(server, issuer).await?;
    let admin = government.person.iter().find(|person| person.persona == "admin").context("an admin")?;
    let center = government.unit.iter().find(|unit| unit.code == admin.unit).context("the admin's unit")?;
    // The root principals of the genesis may do just this much: the first unit and the first administrator.
    unit(&client, "root", center).await?;
    let mut people = HashMap::new();
    people.insert("admin".to_owned(), person(&client, "root", admin).await?);
    for one in government.unit.iter().filter(|unit| unit.code != center.code) {
        unit(&client, "admin", one).await?;
    }
    for one in government.person.iter().filter(|person| person.persona != "admin") {
        people.insert(one.persona.clone(), person(&client, "admin", one).await?);
    }
    if with_initiatives { initiatives::load(&client, &people).await } else { Ok(0) }
}

async fn unit(client: &Client, persona: &str, unit: &Unit) -> Result<()> {
    let request = RegisterOrgUnitRequest {
        header: header("register-unit", &unit.code),
        org_unit_id: id("unit", &unit.code),
        code: unit.code.clone(),
        kind: UnitKind::wire(&unit.kind),
        name: text(&unit.he, &unit.en),
        parent_id: unit.parent.as_ref().map(|parent| id("unit", parent)).unwrap_or_default(),
        from: FROM.to_owned(),
    };
    let request = client.asked(persona, request).await?;
    let call = client.units.clone();
    let call = async move { { call }.register_org_unit(request).await };
    done(&format!("register the unit {}", unit.code), call, |r| r.receipt).await.map(drop)
}

async fn person(client: &Client, by: &str, person: &Person) -> Result<String> {
    let (issuer, subject) = (ISSUER.to_owned(), person.persona.clone());
    let asked = client.asked(by, ResolvePersonRequest { issuer, subject }).await?;
    let resolved = client.identity.clone().resolve_person(asked).await;
    let person_id = resolved.with_context(|| format!("resolve {}", person.persona))?.into_inner().person_id;
    let request = RegisterPersonRequest {
        header: header("register-person", &person.persona),
        person_id: person_id.clone(),
        display_name: person.name.clone(),
        email: person.email.clone(),
        unit_id: id("unit", &person.unit),
    };
    let (asked, mut people) = (client.asked(by, request).await?, client.people.clone());
    done(&format!("register {}", person.persona), people.register_person(asked), |r| r.receipt).await?;
    for granted in &person.roles {
        let key = format!("{}:{}:{}", person.persona, granted.role, granted.unit);
        let request = GrantRoleRequest {
            header: header("grant", &key),
            person_id: person_id.clone(),
            grant_id: id("grant", &key),
            role: Role::wire(&granted.role),
            org_unit_id: id("unit", &granted.unit),
            from: FROM.to_owned(),
            to: String::new(),
            may_import: granted.may_import,
        };
        let asked = client.asked(by, request).await?;
        done(&format!("grant {key}"), people.grant_role(asked), |r| r.receipt).await?;
    }
    Ok(person_id)
}
