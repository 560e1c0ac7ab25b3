//! What every command on the command line may say about how it is to be taken.

use contract::{
    common::v1::{CommandHeader, CommandReceipt, LocalizedText, Role},
    portfolio::v1::ListInitiativesRequest,
};
use uuid::Uuid;

use crate::{
    codes::code,
    connection::{Session, unary},
    failure::Failure,
    output::Output,
    units,
};

/// How the command is to be taken.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "How it is to be taken")]
pub struct Header {
    /// Repeat a command whose outcome is not known: the id that was told then
    #[arg(long, value_name = "UUID")]
    request_id: Option<Uuid>,
    /// The version that you saw; human decisions need it
    #[arg(long, value_name = "N")]
    expected_version: Option<u64>,
    /// Tell what would be recorded, and record nothing
    #[arg(long)]
    validate_only: bool,
    /// The role to act in, when several are held
    #[arg(long, value_parser = code::<Role>)]
    role: Option<i32>,
    /// Code or id of the unit for which the role is held
    #[arg(long, value_name = "CODE")]
    unit: Option<String>,
    /// Reference of the person for whom a system acts
    #[arg(long, value_name = "UUID")]
    on_behalf_of: Option<Uuid>,
    /// The delegation under which you act
    #[arg(long, value_name = "UUID")]
    delegation: Option<Uuid>,
    /// The day for which it holds, ISO 8601; imports may name a day in the past
    #[arg(long, value_name = "DAY")]
    effective_on: Option<String>,
}

impl Header {
    pub(crate) async fn resolve(&self, session: &Session) -> Result<CommandHeader, Failure> {
        let unit_id = match &self.unit {
            Some(code) => units::id_of(code, session).await?,
            None => String::new(),
        };
        let text = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
        Ok(CommandHeader {
            request_id: self.request_id.unwrap_or_else(Uuid::now_v7).to_string(),
            expected_version: self.expected_version,
            validate_only: self.validate_only,
            role: self.role.unwrap_or_default(),
            unit_id,
            on_behalf_of: text(self.on_behalf_of),
            delegation_id: text(self.delegation),
            effective_on: self.effective_on.clone().unwrap_or_default(),
            correlation_id: String::new(),
        })
    }
}

/// The id of an initiative by its number, such as INI-2026-00123; an id stands for itself.
pub(crate) async fn initiative_id(text: &str, session: &Session) -> Result<String, Failure> {
    if let Ok(id) = Uuid::try_parse(text) {
        return Ok(id.to_string());
    }
    let unknown = || Failure::NoInitiative(text.to_owned());
    let number = text.to_uppercase();
    // Nothing but what a number is made of goes into the filter.
    if !number.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return Err(unknown());
    }
    let filter = format!("number = \"{number}\"");
    let request = ListInitiativesRequest { filter, page_size: 1, ..ListInitiativesRequest::default() };
    let found = session.portfolio().list_initiatives(unary(request)).await?.into_inner();
    found.initiatives.into_iter().next().map(|row| row.initiative_id).ok_or_else(unknown)
}

/// Text in Hebrew, English or both; nothing when neither is there.
pub(crate) fn localized(he: Option<String>, en: Option<String>) -> Option<LocalizedText> {
    if he.is_none() && en.is_none() {
        return None;
    }
    let (he, en) = (he.unwrap_or_default(), en.unwrap_or_default());
    Some(LocalizedText { he, en, ..LocalizedText::default() })
}

/// Tells what a command led to.
pub(crate) fn show_receipt(receipt: &CommandReceipt, id: &str, request_id: &str, output: &Output) {
    if output.json {
        let mut json = crate::reflect::json("cornerstone.common.v1.CommandReceipt", receipt);
        json["aggregateId"] = id.into();
        json["requestId"] = request_id.into();
        return output.value(&json);
    }
    let would: Vec<_> = receipt.events.iter().filter(|event| !event.data.is_empty()).collect();
    if !would.is_empty() {
        for event in would {
            output.line(&format!("would record {} {}", event.r#type, output.isolated(&event.data)));
        }
        return;
    }
    let events: Vec<&str> = receipt.events.iter().map(|event| event.r#type.as_str()).collect();
    let events =
        if events.is_empty() { "nothing to record, it holds already".to_owned() } else { events.join(", ") };
    let again = if receipt.duplicate { " (recorded before)" } else { "" };
    output.line(&format!("{events}{again}"));
    output.line(&format!("id       {id}"));
    output.line(&format!("version  {}", receipt.version));
    if receipt.position > 0 {
        output.line(&format!("position {}", receipt.position));
        output.line(&format!("token    {}", receipt.consistency_token));
    }
}
