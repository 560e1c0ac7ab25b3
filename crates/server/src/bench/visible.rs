//! From a command to a query that shows it: the query carries the command's consistency token and waits.

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use contract::{
    common::v1::ReadOptions,
    portfolio::v1::{
        GetInitiativeRequest, ListInitiativesRequest,
        portfolio_query_service_client::PortfolioQueryServiceClient,
    },
};
use serde::Serialize;
use tonic::transport::Channel;

use super::{
    Plan,
    callers::Callers,
    catch_up::Views,
    product::Product,
    report::{self, number},
    slices::{latencies, micros, millis},
};

/// Initiatives that take turns.
const INITIATIVES: usize = 16;
/// Lines of a list, as a frontend shows them.
const PAGE: i32 = 20;

/// What one caller saw who waited for each answer.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Visible {
    query: &'static str,
    times: u64,
    command_p50_ms: f64,
    /// From the command's answer to the query's.
    query_p50_ms: f64,
    query_p99_ms: f64,
    /// From sending the command to the query's answer.
    both_p50_ms: f64,
    both_p99_ms: f64,
}

pub(super) async fn measure(plan: &Plan, product: &Product) -> Result<Vec<Visible>> {
    let progress = Plan::progress(2, "visible");
    let callers = Callers::connect(product, &product.api_url(), 1).await?;
    let own = callers.histories(INITIATIVES, 1).await?;
    let client = PortfolioQueryServiceClient::new(Channel::from_shared(product.api_url())?.connect().await?);
    Views::connect(product).await?.at_rest().await?;
    let mut measured = Vec::new();
    for query in ["GetInitiative", "ListInitiatives"] {
        progress.set_message(query);
        let (mut command, mut after, mut both) = (latencies(), latencies(), latencies());
        let start = Instant::now();
        for initiative in own.iter().cycle() {
            let asked = Instant::now();
            let receipt = callers.revise(0, *initiative, false).await?;
            let answered = Instant::now();
            let read = Some(ReadOptions { consistency_token: receipt.consistency_token });
            let initiative_id = initiative.id.to_string();
            let as_of = if query == "GetInitiative" {
                let request = callers.asked(*initiative, GetInitiativeRequest { read, initiative_id });
                { client.clone() }.get_initiative(request).await?.into_inner().as_of
            } else {
                let request = ListInitiativesRequest { read, page_size: PAGE, ..Default::default() };
                { client.clone() }
                    .list_initiatives(callers.asked(*initiative, request))
                    .await?
                    .into_inner()
                    .as_of
            };
            let as_of = as_of.context("as of when")?.position;
            ensure!(as_of >= receipt.position, "an answer as of {as_of} does not show {}", receipt.position);
            if start.elapsed() > plan.length {
                break;
            }
            command.saturating_record(micros(answered - asked));
            after.saturating_record(micros(answered.elapsed()));
            both.saturating_record(micros(asked.elapsed()));
        }
        progress.inc(1);
        measured.push(Visible {
            query,
            times: both.len(),
            command_p50_ms: millis(&command, 0.5),
            query_p50_ms: millis(&after, 0.5),
            query_p99_ms: millis(&after, 0.99),
            both_p50_ms: millis(&both, 0.5),
            both_p99_ms: millis(&both, 0.99),
        });
    }
    progress.finish_and_clear();
    Ok(measured)
}

pub(super) fn table(measured: &[Visible]) -> String {
    let row = |seen: &Visible| {
        vec![
            seen.query.to_owned(),
            seen.times.to_string(),
            number(seen.command_p50_ms),
            number(seen.query_p50_ms),
            number(seen.query_p99_ms),
            number(seen.both_p50_ms),
            number(seen.both_p99_ms),
        ]
    };
    report::table(
        "From a command to a query that shows it",
        &["query", "times", "command p50 ms", "query p50 ms", "p99 ms", "both p50 ms", "p99 ms"],
        measured.iter().map(row).collect(),
    )
}
