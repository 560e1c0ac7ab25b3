//! Callers of the public API: ministries' systems that propose initiatives and revise their own.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use anyhow::{Context as _, Result, bail};
use contract::{
    common::v1::{CommandHeader, CommandReceipt},
    portfolio::v1::{
        Beneficiary, Classification, FacetWeights, Horizon, InitiativeDetails, InnovationType, Novelty,
        Origin, ProposeInitiativeRequest, ReviseInitiativeDetailsRequest,
        initiative_command_service_client::InitiativeCommandServiceClient,
    },
    status,
};
use tokio::task::JoinSet;
use tonic::{
    Request, Response, Status,
    metadata::{Ascii, MetadataValue},
    transport::Channel,
};
use uuid::Uuid;

use crate::dev::{client::id, seed::text};

use super::{product::Product, slices::Work};

/// Callers that share an HTTP/2 connection, as the threads of one system do.
const CALLERS_PER_CONNECTION: usize = 16;

/// Who proposes, and for which unit.
pub(super) const PROPOSERS: [(&str, &str); 5] = [
    ("nurse", "MOHHOSP"),
    ("teacher", "MOE"),
    ("mof-employee", "TAX"),
    ("molsa-employee", "BTL"),
    ("mot-employee", "MOT"),
];

const SUMMARY: &str = "מטופל קובע שעה לבדיקת דם ומקבל תזכורת, במקום לעמוד בתור מן הבוקר, והמעבדה יודעת מראש \
    לכמה מטופלים להיערך בכל שעה ובכל סניף.";
const PROBLEM: &str = "מטופלים ממתינים שעות לבדיקות דם, העומס מרוכז בשעות הבוקר, ומי שאינו יכול להמתין מוותר על \
    הבדיקה ומגיע מאוחר יותר לחדר המיון במצב קשה יותר.";
const SOLUTION: &str = "קביעת שעה מראש דרך האתר, הטלפון והסניף מפזרת את העומס על פני היום ומקצרת את ההמתנה לרבע \
    שעה לכל היותר.";

/// Connections to the API, and the tokens of those who propose.
pub(super) struct Callers {
    clients: Vec<InitiativeCommandServiceClient<Channel>>,
    bearers: Vec<MetadataValue<Ascii>>,
    turn: AtomicU64,
}

/// An initiative, and who proposed it.
#[derive(Clone, Copy)]
pub(super) struct Own {
    pub(super) id: Uuid,
    proposer: usize,
}

impl Callers {
    /// Connections for so many callers, to the API of a product or of a part of it.
    pub(super) async fn connect(product: &Product, api_url: &str, callers: usize) -> Result<Arc<Self>> {
        let mut clients = Vec::new();
        for _ in 0..callers.div_ceil(CALLERS_PER_CONNECTION) {
            let channel = Channel::from_shared(api_url.to_owned())?.connect().await?;
            clients.push(InitiativeCommandServiceClient::new(channel));
        }
        let bearers = product.bearers(&PROPOSERS.map(|(persona, _)| persona)).await?;
        Ok(Arc::new(Self { clients, bearers, turn: AtomicU64::new(0) }))
    }

    fn client(&self, caller: usize) -> InitiativeCommandServiceClient<Channel> {
        self.clients[caller / CALLERS_PER_CONNECTION % self.clients.len()].clone()
    }

    /// Proposes an initiative.
    pub(super) async fn propose(&self, caller: usize) -> Result<(Own, CommandReceipt)> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let proposer = usize::try_from(turn).unwrap_or_default() % PROPOSERS.len();
        let own = Own { id: Uuid::now_v7(), proposer };
        let request = self.asked(own, proposal(own, turn));
        let answer = self.client(caller).propose_initiative(request).await;
        Ok((own, receipt("propose an initiative", answer.map(|a| a.map(|r| r.receipt)))?))
    }

    /// Gives an initiative a new solution, as its proposer; `validate_only` asks without recording.
    pub(super) async fn revise(
        &self,
        caller: usize,
        own: Own,
        validate_only: bool,
    ) -> Result<CommandReceipt> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let solution = format!("{SOLUTION} {}", turn % 100_000);
        let changes =
            InitiativeDetails { solution_hypothesis: text(&solution, ""), ..InitiativeDetails::default() };
        let request = ReviseInitiativeDetailsRequest {
            header: header(validate_only),
            initiative_id: own.id.to_string(),
            changes: Some(changes),
        };
        let answer = self.client(caller).revise_initiative_details(self.asked(own, request)).await;
        receipt("revise an initiative", answer.map(|a| a.map(|r| r.receipt)))
    }

    /// Proposes so many initiatives and revises each so often.
    pub(super) async fn histories(self: &Arc<Self>, count: usize, revisions: usize) -> Result<Vec<Own>> {
        let mut tasks = JoinSet::new();
        for caller in 0..count {
            let callers = self.clone();
            tasks.spawn(async move {
                let (own, _) = callers.propose(caller).await?;
                for _ in 0..revisions {
                    callers.revise(caller, own, false).await?;
                }
                anyhow::Ok(own)
            });
        }
        tasks.join_all().await.into_iter().collect()
    }

    /// A request of an initiative's proposer.
    pub(super) fn asked<T>(&self, own: Own, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("authorization", self.bearers[own.proposer].clone());
        request
    }
}

/// Callers that revise initiatives of their own: each warm aggregate costs one round trip to the log.
pub(super) struct Revisions {
    pub(super) callers: Arc<Callers>,
    /// As many as there are callers, or a multiple.
    pub(super) own: Vec<Own>,
    pub(super) at_a_time: usize,
    turn: AtomicU64,
}

impl Revisions {
    pub(super) fn new(callers: Arc<Callers>, own: Vec<Own>, at_a_time: usize) -> Self {
        Self { callers, own, at_a_time, turn: AtomicU64::new(0) }
    }
}

impl Work for Revisions {
    async fn once(&self, caller: usize) -> Result<()> {
        let turn = usize::try_from(self.turn.fetch_add(1, Ordering::Relaxed)).unwrap_or_default();
        let mine = (self.own.len() / self.at_a_time).max(1);
        let own = self.own[(turn % mine * self.at_a_time + caller) % self.own.len()];
        self.callers.revise(caller, own, false).await.map(drop)
    }
}

/// Callers that propose.
pub(super) struct Proposals(pub(super) Arc<Callers>);

impl Work for Proposals {
    async fn once(&self, caller: usize) -> Result<()> {
        self.0.propose(caller).await.map(drop)
    }
}

fn header(validate_only: bool) -> Option<CommandHeader> {
    let request_id = Uuid::now_v7().to_string();
    Some(CommandHeader { request_id, validate_only, ..CommandHeader::default() })
}

fn proposal(own: Own, turn: u64) -> ProposeInitiativeRequest {
    let classification = Classification {
        facet_weights: Some(FacetWeights {
            enhancement_oriented: 7000,
            mission_oriented: 0,
            adaptive: 3000,
            anticipatory: 0,
        }),
        innovation_types: vec![InnovationType::ServiceDesign.into()],
        primary_type: InnovationType::ServiceDesign.into(),
        novelty: Novelty::NewToUnit.into(),
        horizon: Horizon::H1Under12m.into(),
    };
    ProposeInitiativeRequest {
        header: header(false),
        initiative_id: own.id.to_string(),
        title: text(&format!("תור דיגיטלי לבדיקות דם {}", turn % 100_000), "Appointments for blood tests"),
        summary: text(SUMMARY, ""),
        problem_statement: text(PROBLEM, ""),
        solution_hypothesis: text(SOLUTION, ""),
        origin: Origin::Grassroots.into(),
        lead_org_unit_id: id("unit", PROPOSERS[own.proposer].1),
        partner_org_unit_ids: vec![],
        co_proposer_ids: vec![],
        anonymous_to_line: false,
        classification: Some(classification),
        beneficiaries: vec![Beneficiary { group: "CITIZENS".to_owned(), estimated_count: None }],
        tags: vec!["תורים".to_owned(), "מעבדות".to_owned()],
        mission_id: String::new(),
        challenge_id: String::new(),
    }
}

/// The receipt, or why there is none in words.
fn receipt(what: &str, answer: Result<Response<Option<CommandReceipt>>, Status>) -> Result<CommandReceipt> {
    match answer {
        Ok(response) => response.into_inner().with_context(|| format!("{what}: no receipt")),
        Err(refused) => bail!("{what}: {} {:?}", refused.message(), status::explain(&refused).violations),
    }
}
