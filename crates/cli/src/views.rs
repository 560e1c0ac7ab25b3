//! `cornerstone views`: how far the read models are, and building one anew beside the live one.

use std::{collections::HashMap, time::Duration};

use contract::operations::v1::{
    ListProjectionsRequest, ListProjectionsResponse, Projection, ProjectionState, RebuildProjectionRequest,
};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::{
    codes::name,
    connection::{Session, unary},
    failure::Failure,
    output::{Output, Table},
};

/// The read models.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// How far each view is
    List {
        /// Stay, and show it as bars until interrupted
        #[arg(long)]
        watch: bool,
    },
    /// Builds a view from nothing beside the live one, compares the two, and swaps
    ///
    /// Needs the role ADMIN. Readers keep the live view meanwhile.
    Rebuild {
        /// As `list` shows it
        name: String,
    },
}

/// How often progress is asked for.
const TICK: Duration = Duration::from_millis(500);

impl Command {
    pub(crate) async fn run(self, session: &Session, output: &Output) -> Result<(), Failure> {
        match self {
            Self::List { watch: false } => {
                show(&list(session).await?, output);
                Ok(())
            }
            Self::List { watch: true } => watch(session, output).await,
            Self::Rebuild { name } => rebuild(name, session, output).await,
        }
    }
}

async fn list(session: &Session) -> Result<ListProjectionsResponse, Failure> {
    Ok(session.projections().list_projections(unary(ListProjectionsRequest {})).await?.into_inner())
}

fn show(answer: &ListProjectionsResponse, output: &Output) {
    if output.json {
        return output.message("cornerstone.operations.v1.ListProjectionsResponse", answer);
    }
    let mut table = Table::new(&["view", "state", "position", "lag", "per second", "left", "reason"]);
    for view in &answer.projections {
        table.row([
            title(view),
            name::<ProjectionState>(view.state).to_owned(),
            view.position.to_string(),
            view.lag.to_string(),
            format!("{:.0}", view.throughput),
            view.estimate_seconds.map(|seconds| format!("{seconds:.0} s")).unwrap_or_default(),
            view.reason.clone(),
        ]);
    }
    output.table(&table);
    output.line(&format!("head of the log: {}", answer.head));
}

fn title(view: &Projection) -> String {
    let shadow = if view.shadow { " (being built)" } else { "" };
    format!("{} v{}{shadow}", view.name, view.version)
}

/// One bar a view; in JSON one line a round.
async fn watch(session: &Session, output: &Output) -> Result<(), Failure> {
    let mut bars = Bars::default();
    while !output.is_closed() {
        let answer = list(session).await?;
        if output.json {
            output.message_line("cornerstone.operations.v1.ListProjectionsResponse", &answer);
        } else {
            bars.show(&answer, |_| true);
        }
        tokio::time::sleep(TICK).await;
    }
    Ok(())
}

#[derive(Default)]
struct Bars {
    all: MultiProgress,
    by_title: HashMap<String, ProgressBar>,
}

impl Bars {
    fn show(&mut self, answer: &ListProjectionsResponse, wanted: impl Fn(&Projection) -> bool) {
        for view in answer.projections.iter().filter(|view| wanted(view)) {
            let title = title(view);
            let bar = self.by_title.entry(title.clone()).or_insert_with(|| self.all.add(bar(&title)));
            bar.set_length(answer.head);
            bar.set_position(view.position);
            let left = view.estimate_seconds.map(|seconds| format!(", {seconds:.0} s left"));
            let state = name::<ProjectionState>(view.state);
            let reason = if view.reason.is_empty() { String::new() } else { format!(": {}", view.reason) };
            bar.set_message(format!("{state}{reason}, {:.0}/s{}", view.throughput, left.unwrap_or_default()));
        }
    }
}

fn bar(title: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix:32} {bar:30} {pos}/{len} {msg}").expect("a template");
    ProgressBar::new(0).with_style(style).with_prefix(title.to_owned())
}

async fn rebuild(name: String, session: &Session, output: &Output) -> Result<(), Failure> {
    let request = RebuildProjectionRequest { name: name.clone() };
    let asked = session.projections().rebuild_projection(unary(request)).await?.into_inner();
    let before = asked.projection.ok_or_else(|| Failure::NoView(name.clone()))?;
    let mut bars = Bars::default();
    // Done when another build is live, or when the new one had to stop.
    let done = loop {
        let now = list(session).await?;
        if !output.json {
            bars.show(&now, |view| view.name == name && view.shadow);
        }
        let mut builds =
            now.projections.into_iter().filter(|view| view.name == name && view.build != before.build);
        if let Some(done) = builds.find(|view| !view.shadow || view.state() == ProjectionState::Stopped) {
            break done;
        }
        tokio::time::sleep(TICK).await;
    };
    if output.json {
        output.message("cornerstone.operations.v1.Projection", &done);
        return Ok(());
    }
    let (state, reason) = (crate::codes::name::<ProjectionState>(done.state), &done.reason);
    let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
    output.line(&format!(
        "{} is {state}{reason}, {} commits, digest {}",
        title(&done),
        done.commits,
        done.digest
    ));
    Ok(())
}
