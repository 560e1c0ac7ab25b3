//! `cornerstone portfolio`: the list, one initiative with its story, and changes as they happen.

mod show;

use contract::{
    common::v1::ReadOptions,
    portfolio::v1::{
        Confidence, GetInitiativeRequest, InitiativeRow, ListInitiativesRequest, ListInitiativesResponse,
        Stage, Status, WatchInitiativesRequest, WatchInitiativesResponse, watch_initiatives_response::Change,
    },
};
use futures::StreamExt as _;

use crate::{
    codes::name,
    connection::{Session, unary},
    failure::Failure,
    header::initiative_id,
    output::{Output, Table, money},
    resume::Resume,
};

/// The portfolio as it reads.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// What do we have, where, in which stage, on track?
    List(List),
    /// One initiative with its whole story
    Show {
        /// Id or number
        initiative: String,
        /// From a command's receipt: wait until its effect is seen
        #[arg(long, value_name = "TOKEN")]
        consistency_token: Option<String>,
    },
    /// Changes of the list as they happen, until interrupted
    Watch {
        /// As in `list`
        #[arg(long, default_value = "")]
        filter: String,
        /// From an earlier watch
        #[arg(long, value_name = "TOKEN", default_value = "")]
        resume_token: String,
    },
}

#[derive(Debug, clap::Args)]
pub struct List {
    /// AIP-160, such as 'status = ACTIVE AND ministry = "MOH"'
    #[arg(long, default_value = "")]
    filter: String,
    /// Words in Hebrew or English
    #[arg(long, default_value = "")]
    text: String,
    /// Such as 'stage, updated_at desc'
    #[arg(long, default_value = "")]
    order_by: String,
    /// Confidence and cost as of that day, ISO 8601
    #[arg(long, value_name = "DAY", default_value = "")]
    effective_on: String,
    /// From a command's receipt: wait until its effect is seen
    #[arg(long, value_name = "TOKEN", default_value = "")]
    consistency_token: String,
    /// How many lines at most; 0 shows all
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
}

impl Command {
    pub(crate) async fn run(self, session: &Session, output: &Output) -> Result<(), Failure> {
        match self {
            Self::List(list) => list.run(session, output).await,
            Self::Show { initiative, consistency_token } => {
                let initiative_id = initiative_id(&initiative, session).await?;
                let read = consistency_token.map(|consistency_token| ReadOptions { consistency_token });
                let request = unary(GetInitiativeRequest { read, initiative_id });
                show::show(&session.portfolio().get_initiative(request).await?.into_inner(), output);
                Ok(())
            }
            Self::Watch { filter, resume_token } => watch(filter, resume_token, session, output).await,
        }
    }
}

/// More rows in one answer than the server gives by default, so that a long list takes few questions.
const PAGE: usize = 500;

impl List {
    async fn run(self, session: &Session, output: &Output) -> Result<(), Failure> {
        let limit = if self.limit == 0 { usize::MAX } else { self.limit };
        let token = self.consistency_token;
        let mut request = ListInitiativesRequest {
            read: (!token.is_empty()).then_some(ReadOptions { consistency_token: token }),
            page_size: i32::try_from(limit.min(PAGE)).unwrap_or(i32::MAX),
            page_token: String::new(),
            filter: self.filter,
            text: self.text,
            order_by: self.order_by,
            effective_on: self.effective_on,
        };
        let mut all = ListInitiativesResponse::default();
        loop {
            let page = session.portfolio().list_initiatives(unary(request.clone())).await?.into_inner();
            request.page_token.clone_from(&page.next_page_token);
            all.initiatives.extend(page.initiatives);
            (all.as_of, all.total, all.next_page_token) = (page.as_of, page.total, page.next_page_token);
            if all.next_page_token.is_empty() || all.initiatives.len() >= limit {
                break;
            }
        }
        all.initiatives.truncate(limit);
        show_list(&all, output);
        Ok(())
    }
}

fn show_list(list: &ListInitiativesResponse, output: &Output) {
    if output.json {
        return output.message("cornerstone.portfolio.v1.ListInitiativesResponse", list);
    }
    let words = [
        ("מספר", "number"),
        ("כותרת", "title"),
        ("משרד", "ministry"),
        ("מצב", "status"),
        ("שלב", "stage"),
        ("ביטחון", "confidence"),
        ("עלות כוללת", "whole life"),
        ("עודכן", "updated"),
    ];
    let mut table = Table::new(&words.map(|(he, en)| output.word(he, en)));
    for row in &list.initiatives {
        table.row(cells(row, output));
    }
    output.table(&table);
    let as_of = list.as_of.clone().unwrap_or_default();
    let shown = list.initiatives.len();
    output.line(&format!("{shown} of {}, as of position {}, {}", list.total, as_of.position, as_of.time));
}

fn cells(row: &InitiativeRow, output: &Output) -> [String; 8] {
    [
        row.number.clone(),
        output.text(row.title.as_ref()).to_owned(),
        row.ministry.clone(),
        name::<Status>(row.status).to_owned(),
        name::<Stage>(row.stage).to_owned(),
        confidence(row),
        money(row.whole_life_cost.as_ref()),
        row.updated_at.chars().take(16).collect(),
    ]
}

/// Our rating, and the source's word when it says more.
fn confidence(row: &InitiativeRow) -> String {
    let rating = name::<Confidence>(row.confidence_independent);
    let source = row.confidence_source_rating.as_str();
    if source.is_empty() || source.eq_ignore_ascii_case(rating) {
        rating.to_owned()
    } else {
        source.to_owned()
    }
}

async fn watch(
    filter: String,
    mut resume_token: String,
    session: &Session,
    output: &Output,
) -> Result<(), Failure> {
    let mut resume = Resume::default();
    loop {
        let request = WatchInitiativesRequest { resume_token: resume_token.clone(), filter: filter.clone() };
        let ended = match session.portfolio().watch_initiatives(request).await {
            Err(status) => status,
            Ok(answer) => {
                let mut changes = answer.into_inner();
                loop {
                    match changes.next().await {
                        Some(Ok(change)) => {
                            resume.progressed();
                            resume_token.clone_from(&change.resume_token);
                            show_change(&change, output);
                        }
                        Some(Err(status)) => break status,
                        None => break tonic::Status::unavailable("the stream ended"),
                    }
                    if output.is_closed() {
                        return Ok(());
                    }
                }
            }
        };
        resume.after(ended, session).await?;
    }
}

fn show_change(message: &WatchInitiativesResponse, output: &Output) {
    if output.json {
        return output.message_line("cornerstone.portfolio.v1.WatchInitiativesResponse", message);
    }
    match &message.change {
        Some(Change::Changed(row)) => {
            let [number, title, ministry, status, stage, ..] = cells(row, output);
            output.line(&format!("{number}  {status}  {stage}  {ministry}  {}", output.isolated(&title)));
        }
        Some(Change::Removed(id)) => output.line(&format!("{id}  no longer matches")),
        Some(Change::Heartbeat(_)) | None => {}
    }
}
