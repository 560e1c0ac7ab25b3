//! How fast a view is built from nothing, beside the live one.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use contract::operations::v1::{
    ListProjectionsRequest, Projection, RebuildProjectionRequest,
    projection_service_client::ProjectionServiceClient,
};
use serde::Serialize;
use tonic::{
    Request,
    metadata::{Ascii, MetadataValue},
    transport::Channel,
};

use super::{
    Plan,
    product::Product,
    report::{self, number},
};

const VIEW: &str = "portfolio";
const LOOK_INTERVAL: Duration = Duration::from_millis(25);
/// For the live view to reach the head, and for the new one to be built and swapped.
const WAIT_MAX: Duration = Duration::from_secs(600);

/// A build of a view.
#[derive(Clone, Debug, Serialize)]
pub(super) struct CatchUp {
    view: &'static str,
    commits: u64,
    /// While history was applied.
    commits_per_second: f64,
    building_seconds: f64,
    /// From the asking to the swap: the comparison with the live view included.
    until_live_seconds: f64,
}

/// The service about the views, as an administrator uses it.
pub(super) struct Views {
    client: ProjectionServiceClient<Channel>,
    bearer: MetadataValue<Ascii>,
}

impl Views {
    pub(super) async fn connect(product: &Product) -> Result<Self> {
        let client = ProjectionServiceClient::new(Channel::from_shared(product.api_url())?.connect().await?);
        Ok(Self { client, bearer: product.bearers(&["admin"]).await?.remove(0) })
    }

    fn asked<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("authorization", self.bearer.clone());
        request
    }

    /// The builds of the view, and the log's head.
    async fn look(&self) -> Result<(Vec<Projection>, u64)> {
        let answer = self.client.clone().list_projections(self.asked(ListProjectionsRequest {})).await?;
        let answer = answer.into_inner();
        let builds = answer.projections.into_iter().filter(|build| build.name == VIEW);
        Ok((builds.collect(), answer.head))
    }

    /// Waits until the live view has applied all of the log, so that it does not compete with what is measured.
    pub(super) async fn at_rest(&self) -> Result<()> {
        let end = Instant::now() + WAIT_MAX;
        loop {
            let (builds, _) = self.look().await?;
            if builds.iter().any(|build| !build.shadow && build.lag == 0) {
                return Ok(());
            }
            ensure!(Instant::now() < end, "the view `{VIEW}` did not reach the head: {builds:?}");
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
    }
}

pub(super) async fn measure(product: &Product) -> Result<CatchUp> {
    let views = Views::connect(product).await?;
    views.at_rest().await?;
    let (_, head) = views.look().await?;
    let progress = Plan::progress(usize::try_from(head)?, "catch-up");
    progress.set_message("building the portfolio from nothing");
    let rebuild = RebuildProjectionRequest { name: VIEW.to_owned() };
    let asked = Instant::now();
    { views.client.clone() }.rebuild_projection(views.asked(rebuild)).await.context("ask for it")?;

    // Name, position and time when the new build was first seen, and when it was last seen to advance.
    let mut first: Option<(String, u64, Instant)> = None;
    let mut last = (0, asked);
    loop {
        let (builds, _) = views.look().await?;
        let now = Instant::now();
        match builds.iter().find(|build| build.shadow) {
            Some(build) => {
                first.get_or_insert_with(|| (build.build.clone(), build.position, now));
                if build.position > last.0 {
                    last = (build.position, now);
                }
                progress.set_position(build.position);
            }
            None if first.is_some() => break,
            None => {}
        }
        ensure!(asked.elapsed() < WAIT_MAX, "the view `{VIEW}` was not built within {WAIT_MAX:?}");
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
    let until_live_seconds = asked.elapsed().as_secs_f64();
    progress.finish_and_clear();
    let (build, from, began) = first.context("it was never seen")?;
    let building_seconds = (last.1 - began).as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are small")]
    let commits_per_second = (last.0 - from) as f64 / building_seconds;
    let (builds, _) = views.look().await?;
    ensure!(builds.iter().any(|live| live.build == build), "`{build}` did not become live: {builds:?}");
    Ok(CatchUp { view: VIEW, commits: head, commits_per_second, building_seconds, until_live_seconds })
}

pub(super) fn table(built: &CatchUp) -> String {
    let row = vec![
        built.view.to_owned(),
        built.commits.to_string(),
        number(built.commits_per_second),
        number(built.building_seconds),
        number(built.until_live_seconds),
    ];
    let columns = ["view", "commits", "commits/s", "building s", "until live s"];
    report::table("A view built from nothing", &columns, vec![row])
}
