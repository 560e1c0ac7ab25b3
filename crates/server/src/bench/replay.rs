//! How fast an auditor receives the log, from the genesis to its head.

use std::time::Instant;

use anyhow::{Context as _, Result};
use contract::audit::v1::{StreamEventsRequest, audit_service_client::AuditServiceClient};
use serde::Serialize;
use tonic::{Request, transport::Channel};

use super::{
    Plan,
    product::Product,
    report::{self, number},
    slices::median,
};

/// Times that the log is streamed; the middle counts.
const RUNS: usize = 5;

/// A replay of the whole log.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Replay {
    /// Whether the stored bytes were asked for as well.
    stored: bool,
    commits: u64,
    events: usize,
    events_per_second: f64,
    events_per_second_min: f64,
    events_per_second_max: f64,
    megabytes_per_second: f64,
}

pub(super) async fn measure(product: &Product) -> Result<Vec<Replay>> {
    let progress = Plan::progress(RUNS * 2, "replay");
    let bearer = product.bearers(&["auditor"]).await?.remove(0);
    let client = AuditServiceClient::new(Channel::from_shared(product.api_url())?.connect().await?);
    let mut replays = Vec::new();
    for stored in [false, true] {
        progress.set_message(if stored { "with the stored bytes" } else { "events alone" });
        let (mut commits, mut events, mut bytes) = (0, 0, 0);
        let mut seconds = Vec::new();
        for _ in 0..RUNS {
            let mut request = Request::new(StreamEventsRequest {
                from_position: 1,
                filter: None,
                include_stored: stored,
                until_head: true,
            });
            request.metadata_mut().insert("authorization", bearer.clone());
            let start = Instant::now();
            let mut stream = { client.clone() }.stream_events(request).await?.into_inner();
            (events, bytes) = (0, 0);
            while let Some(part) = stream.message().await.context("a part of the stream")? {
                commits = part.position;
                events += part.cloud_events.len();
                bytes += part.cloud_events.iter().map(String::len).sum::<usize>();
                bytes += part.stored.map_or(0, |stored| stored.body.len());
            }
            seconds.push(start.elapsed().as_secs_f64());
            progress.inc(1);
        }
        seconds.sort_by(f64::total_cmp);
        #[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are small")]
        let per_second = |count: usize, seconds: f64| count as f64 / seconds;
        replays.push(Replay {
            stored,
            commits,
            events,
            events_per_second: per_second(events, median(&seconds)),
            events_per_second_min: per_second(events, seconds[RUNS - 1]),
            events_per_second_max: per_second(events, seconds[0]),
            megabytes_per_second: per_second(bytes, median(&seconds)) / 1e6,
        });
    }
    progress.finish_and_clear();
    Ok(replays)
}

pub(super) fn table(replays: &[Replay]) -> String {
    let row = |replay: &Replay| {
        let (least, most) = (number(replay.events_per_second_min), number(replay.events_per_second_max));
        vec![
            if replay.stored { "events and stored bytes" } else { "events" }.to_owned(),
            replay.commits.to_string(),
            replay.events.to_string(),
            format!("{} ({least} to {most})", number(replay.events_per_second)),
            number(replay.megabytes_per_second),
        ]
    };
    report::table(
        "Replay of the log to an auditor",
        &["streamed", "commits", "events", "events/s (of runs)", "MB/s"],
        replays.iter().map(row).collect(),
    )
}
