//! `cornerstone whoami`: the caller's reference, and the roles held today.

use contract::{
    common::v1::Role,
    reference::v1::{WhoAmIRequest, WhoAmIResponse},
};

use crate::{
    codes,
    connection::{Session, unary},
    failure::Failure,
    output::{Output, Table},
};

pub(crate) async fn run(session: &Session, output: &Output) -> Result<(), Failure> {
    let me = session.identity().who_am_i(unary(WhoAmIRequest {})).await?.into_inner();
    if output.json {
        output.message("cornerstone.reference.v1.WhoAmIResponse", &me);
        return Ok(());
    }
    let WhoAmIResponse { person_id, system, roles, root } = me;
    let who = if system.is_empty() { format!("person {person_id}") } else { format!("system {system}") };
    output.line(&format!("{who}{}", if root { ", root principal of the log" } else { "" }));
    let mut table = Table::new(&["role", "unit", "until", "grant", "delegation"]);
    for held in roles {
        let until = if held.to.is_empty() { "revoked".to_owned() } else { held.to };
        let role = codes::name::<Role>(held.role).to_owned();
        table.row([role, held.unit_code, until, held.grant_id, held.delegation_id]);
    }
    output.table(&table);
    Ok(())
}
