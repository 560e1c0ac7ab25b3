//! Everything that the read API says about the portfolio, for comparing one moment with another.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use contract::portfolio::v1::{GetInitiativeResponse, InitiativeRow, ListInitiativesRequest};

use crate::Caller;

/// All that is answered about one initiative, whenever it is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    pub row: InitiativeRow,
    pub card: GetInitiativeResponse,
}

/// Every initiative that the caller sees, by id, from the list and one by one, without the moment of the answer.
///
/// # Errors
/// A query fails, or the pages and their total differ.
pub async fn view_of_all(caller: &Caller, token: &str) -> Result<BTreeMap<String, View>> {
    let mut request =
        ListInitiativesRequest { page_size: 200, order_by: "number".to_owned(), ..Default::default() };
    request.read = Some(contract::common::v1::ReadOptions { consistency_token: token.to_owned() });
    let mut all = BTreeMap::new();
    loop {
        let page = caller.list(request.clone()).await?;
        for row in page.initiatives {
            let id = row.initiative_id.parse().context("an initiative's id")?;
            let card = caller.initiative(id, token).await?;
            let view = View { card: GetInitiativeResponse { as_of: None, ..card }, row };
            let twice = all.insert(id.to_string(), view).is_some();
            ensure!(!twice, "{id} is on two pages");
        }
        if page.next_page_token.is_empty() {
            ensure!(u64::try_from(all.len())? == page.total, "{} of {} initiatives", all.len(), page.total);
            return Ok(all);
        }
        request.page_token = page.next_page_token;
    }
}
