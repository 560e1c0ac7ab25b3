//! `cornerstone units`: which units there are, and registering those that a file describes.

use std::path::PathBuf;

use contract::{
    Enumeration as _,
    common::v1::{CommandHeader, LocalizedText, Role},
    reference::v1::{ListOrgUnitsRequest, OrgUnit, RegisterOrgUnitRequest, UnitKind},
};
use uuid::Uuid;

use crate::{
    codes,
    connection::{Session, unary},
    failure::Failure,
    import::{Unit, unit_id, units_of},
    output::{Output, Table},
};

/// Organisational units.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Shows all units, the closed ones too
    List,
    /// Registers the units that a file describes in `[[unit]]` and that are not there yet
    ///
    /// Needs the role ADMIN. Doing it twice registers nothing twice.
    Apply {
        /// A mapping of an import, or any TOML file with such tables
        file: PathBuf,
    },
}

impl Command {
    pub(crate) async fn run(self, session: &Session, output: &Output) -> Result<(), Failure> {
        match self {
            Self::List => show(&list(session).await?, output),
            Self::Apply { file } => apply(&units_of(&file)?, session, output).await?,
        }
        Ok(())
    }
}

/// All units.
pub(crate) async fn list(session: &Session) -> Result<Vec<OrgUnit>, Failure> {
    let request = unary(ListOrgUnitsRequest::default());
    Ok(session.reference().list_org_units(request).await?.into_inner().org_units)
}

/// The id of a unit by its code; an id stands for itself.
pub(crate) async fn id_of(code: &str, session: &Session) -> Result<String, Failure> {
    if Uuid::try_parse(code).is_ok() {
        return Ok(code.to_owned());
    }
    let mut units = list(session).await?.into_iter();
    let found = units.find(|unit| unit.code.eq_ignore_ascii_case(code));
    found.map(|unit| unit.org_unit_id).ok_or_else(|| Failure::NoUnit(code.to_owned()))
}

fn show(units: &[OrgUnit], output: &Output) {
    if output.json {
        let units: Vec<_> =
            units.iter().map(|unit| crate::reflect::json("cornerstone.reference.v1.OrgUnit", unit)).collect();
        return output.value(&units.into());
    }
    let mut table = Table::new(&["code", "kind", output.word("שם", "name"), "active", "id"]);
    for unit in units {
        let kind = codes::name::<UnitKind>(unit.kind).to_owned();
        let active = if unit.active { "yes" } else { "no" };
        let name = output.text(unit.name.as_ref()).to_owned();
        table.row([unit.code.clone(), kind, name, active.to_owned(), unit.org_unit_id.clone()]);
    }
    output.table(&table);
}

async fn apply(units: &[Unit], session: &Session, output: &Output) -> Result<(), Failure> {
    let known = list(session).await?;
    let mut registered = 0;
    for unit in units.iter().filter(|unit| !known.iter().any(|known| known.code == unit.code)) {
        let request = registration(unit);
        let request_id = request.header.as_ref().map(|header| header.request_id.clone());
        let answer = session.org_units().register_org_unit(unary(request)).await;
        answer.map_err(|status| Failure::Refused { status: Box::new(status), request_id })?;
        registered += 1;
        if !output.json {
            output.line(&format!("registered {}, {}", unit.code, output.isolated(&unit.name)));
        }
    }
    let there = units.len() - registered;
    if output.json {
        output.value(&serde_json::json!({"registered": registered, "known": there}));
    } else {
        output.line(&format!("{registered} units registered, {there} were there"));
    }
    Ok(())
}

/// Ids follow from the code, so that a second attempt is recognised.
fn registration(unit: &Unit) -> RegisterOrgUnitRequest {
    let id = unit_id(&unit.code);
    let is_hebrew = unit.name.chars().any(|c| ('א'..='ת').contains(&c));
    let name = match is_hebrew {
        true => LocalizedText { he: unit.name.clone(), ..LocalizedText::default() },
        false => LocalizedText { en: unit.name.clone(), ..LocalizedText::default() },
    };
    RegisterOrgUnitRequest {
        header: Some(CommandHeader {
            request_id: Uuid::new_v5(&id, b"register").to_string(),
            role: Role::Admin.into(),
            ..CommandHeader::default()
        }),
        org_unit_id: id.to_string(),
        code: unit.code.clone(),
        kind: UnitKind::wire(&unit.kind),
        name: Some(name),
        parent_id: String::new(),
        from: unit.from.clone(),
    }
}
