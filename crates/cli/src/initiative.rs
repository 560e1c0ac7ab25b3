//! `cornerstone initiative`: the commands of an ordinary life, from the proposal to the end.
//!
//! Every other command of the contract can be sent with `cornerstone call`.

mod arguments;

use contract::{
    common::v1::CommandReceipt,
    portfolio::v1::{
        AcceptInitiativeRequest, AdvanceStageRequest, AssessConfidenceRequest, AssignOwnerRequest,
        Confidence, DeclineInitiativeRequest, DeclineReason, ExperimentResult, ProposeInitiativeRequest,
        ReclassifyInitiativeRequest, ReportSelfConfidenceRequest, ShelveInitiativeRequest, ShelveReason,
        Stage, StartReviewRequest, StopInitiativeRequest, StopReason, WithdrawInitiativeRequest,
    },
};
use uuid::Uuid;

use self::arguments::{Classifying, Proposal};
use crate::{
    codes::code,
    connection::{Session, unary},
    failure::Failure,
    header::{Header, initiative_id, localized, show_receipt},
    output::Output,
    units,
};

/// Commands on initiatives. An initiative is named by its id or its number, such as INI-2026-00123.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Puts an idea on the table
    Propose {
        #[command(flatten)]
        proposal: Box<Proposal>,
        #[command(flatten)]
        header: Header,
    },
    /// Takes a proposal up for review
    StartReview(On),
    /// Makes a proposal part of the portfolio
    Accept {
        #[command(flatten)]
        on: On,
        /// One of the first three stages
        #[arg(long, value_parser = code::<Stage>)]
        initial_stage: i32,
        /// Code or id of the unit that owns it
        #[arg(long, value_name = "CODE")]
        owner_unit: String,
    },
    /// Declines a proposal, with feedback, which is sealed
    Decline {
        #[command(flatten)]
        on: On,
        #[arg(long, value_parser = code::<DeclineReason>)]
        reason: i32,
        /// 50 to 2000 characters
        #[arg(long)]
        feedback_he: Option<String>,
        #[arg(long)]
        feedback_en: Option<String>,
        /// The initiative that it duplicates
        #[arg(long, value_name = "ID")]
        similar: Option<String>,
    },
    /// Changes the place in the framework
    Reclassify {
        #[command(flatten)]
        on: On,
        #[command(flatten)]
        classifying: Classifying,
    },
    /// Makes a manager the owner
    AssignOwner {
        #[command(flatten)]
        on: On,
        /// Reference of the manager
        #[arg(long, value_name = "UUID")]
        owner: Uuid,
    },
    /// One step forward, through the gates
    Advance(On),
    /// The owner's own confidence in delivery
    Confidence {
        #[command(flatten)]
        on: On,
        #[arg(long, value_parser = code::<Confidence>)]
        rating: i32,
        #[arg(long)]
        note_he: Option<String>,
        #[arg(long)]
        note_en: Option<String>,
    },
    /// An outsider's confidence in delivery
    Assess {
        #[command(flatten)]
        on: On,
        #[arg(long, value_parser = code::<Confidence>)]
        rating: Option<i32>,
        /// The rating in another scale
        #[arg(long)]
        source_rating: Option<String>,
        #[arg(long)]
        findings_he: Option<String>,
        #[arg(long)]
        findings_en: Option<String>,
    },
    /// Puts it on the shelf with feedback, which is sealed
    Shelve {
        #[command(flatten)]
        on: On,
        #[arg(long, value_parser = code::<ShelveReason>)]
        reason: i32,
        /// 50 to 2000 characters
        #[arg(long)]
        feedback_he: Option<String>,
        #[arg(long)]
        feedback_en: Option<String>,
        /// ISO 8601, 30 to 730 days ahead
        #[arg(long, value_name = "DAY")]
        revisit_on: String,
    },
    /// Ends it before its aim, with what was learnt
    Stop {
        #[command(flatten)]
        on: On,
        #[arg(long, value_parser = code::<StopReason>)]
        reason: i32,
        #[arg(long, value_parser = code::<ExperimentResult>)]
        result: i32,
        /// 100 to 4000 characters
        #[arg(long)]
        learnt_he: Option<String>,
        #[arg(long)]
        learnt_en: Option<String>,
    },
    /// The proposer takes it back
    Withdraw(On),
}

/// Which initiative, and how the command is to be taken.
#[derive(Debug, clap::Args)]
pub struct On {
    /// Id or number of the initiative
    initiative: String,
    #[command(flatten)]
    header: Header,
}

/// Builds a request about an initiative, sends it, and tells what it led to.
macro_rules! send {
    ($session:expr, $output:expr, $on:expr, $rpc:ident, $request:ident { $($field:ident: $value:expr),* $(,)? }) => {{
        let initiative_id = initiative_id(&$on.initiative, $session).await?;
        let header = $on.header.resolve($session).await?;
        send!(@ $session, $output, $rpc, $request { initiative_id, header, $($field: $value),* })
    }};
    (@ $session:expr, $output:expr, $rpc:ident, $request:ident
        { $id:ident, $header:ident, $($field:ident: $value:expr),* $(,)? }) => {{
        let (id, request_id) = ($id.clone(), $header.request_id.clone());
        let request = $request { header: Some($header), initiative_id: $id, $($field: $value),* };
        let answer = $session.initiatives().$rpc(unary(request)).await;
        let answer = answer.map_err(|status| {
            Failure::Refused { status: Box::new(status), request_id: Some(request_id.clone()) }
        })?;
        let receipt: CommandReceipt = answer.into_inner().receipt.unwrap_or_default();
        show_receipt(&receipt, &id, &request_id, $output);
    }};
}

impl Command {
    pub(crate) async fn run(self, session: &Session, output: &Output) -> Result<(), Failure> {
        match self {
            Self::Propose { proposal, header } => propose(*proposal, &header, session, output).await?,
            Self::StartReview(on) => send!(session, output, on, start_review, StartReviewRequest {}),
            Self::Accept { on, initial_stage, owner_unit } => {
                let owner_unit_id = units::id_of(&owner_unit, session).await?;
                send!(
                    session,
                    output,
                    on,
                    accept_initiative,
                    AcceptInitiativeRequest { initial_stage: initial_stage, owner_unit_id: owner_unit_id }
                );
            }
            Self::Decline { on, reason, feedback_he, feedback_en, similar } => {
                let similar = match similar {
                    Some(similar) => initiative_id(&similar, session).await?,
                    None => String::new(),
                };
                send!(
                    session,
                    output,
                    on,
                    decline_initiative,
                    DeclineInitiativeRequest {
                        reason_code: reason,
                        feedback: localized(feedback_he, feedback_en),
                        similar_initiative_id: similar,
                    }
                );
            }
            Self::Reclassify { on, classifying } => {
                send!(
                    session,
                    output,
                    on,
                    reclassify_initiative,
                    ReclassifyInitiativeRequest { classification: classifying.classification() }
                );
            }
            Self::AssignOwner { on, owner } => {
                send!(
                    session,
                    output,
                    on,
                    assign_owner,
                    AssignOwnerRequest { owner_manager_id: owner.to_string() }
                );
            }
            Self::Advance(on) => send!(session, output, on, advance_stage, AdvanceStageRequest {}),
            Self::Withdraw(on) => {
                send!(session, output, on, withdraw_initiative, WithdrawInitiativeRequest {});
            }
            judging => judging.judge(session, output).await?,
        }
        Ok(())
    }

    /// Those that judge how it goes, or end it.
    async fn judge(self, session: &Session, output: &Output) -> Result<(), Failure> {
        match self {
            Self::Confidence { on, rating, note_he, note_en } => {
                send!(
                    session,
                    output,
                    on,
                    report_self_confidence,
                    ReportSelfConfidenceRequest { rating: rating, note: localized(note_he, note_en) }
                );
            }
            Self::Assess { on, rating, source_rating, findings_he, findings_en } => {
                send!(
                    session,
                    output,
                    on,
                    assess_confidence,
                    AssessConfidenceRequest {
                        rating: rating.unwrap_or_default(),
                        findings: localized(findings_he, findings_en),
                        source_rating: source_rating.unwrap_or_default(),
                    }
                );
            }
            Self::Shelve { on, reason, feedback_he, feedback_en, revisit_on } => {
                send!(
                    session,
                    output,
                    on,
                    shelve_initiative,
                    ShelveInitiativeRequest {
                        reason_code: reason,
                        feedback: localized(feedback_he, feedback_en),
                        revisit_on: revisit_on,
                    }
                );
            }
            Self::Stop { on, reason, result, learnt_he, learnt_en } => {
                send!(
                    session,
                    output,
                    on,
                    stop_initiative,
                    StopInitiativeRequest {
                        reason_code: reason,
                        result: result,
                        learning_summary: localized(learnt_he, learnt_en),
                    }
                );
            }
            others => unreachable!("{others:?} is carried out by `run`"),
        }
        Ok(())
    }
}

async fn propose(
    proposal: Proposal,
    header: &Header,
    session: &Session,
    output: &Output,
) -> Result<(), Failure> {
    let lead_org_unit_id = units::id_of(&proposal.ministry, session).await?;
    let mut partner_org_unit_ids = Vec::new();
    for code in &proposal.partner {
        partner_org_unit_ids.push(units::id_of(code, session).await?);
    }
    let header = header.resolve(session).await?;
    let id = proposal.id.unwrap_or_else(Uuid::now_v7).to_string();
    send!(@ session, output, propose_initiative, ProposeInitiativeRequest {
        id, header,
        title: localized(proposal.title_he, proposal.title_en),
        summary: localized(proposal.summary_he, proposal.summary_en),
        problem_statement: localized(proposal.problem_he, proposal.problem_en),
        solution_hypothesis: localized(proposal.solution_he, proposal.solution_en),
        origin: proposal.origin,
        lead_org_unit_id: lead_org_unit_id,
        partner_org_unit_ids: partner_org_unit_ids,
        co_proposer_ids: proposal.co_proposer.iter().map(Uuid::to_string).collect(),
        anonymous_to_line: proposal.anonymous_to_line,
        classification: proposal.classifying.classification(),
        beneficiaries: Vec::new(),
        tags: proposal.tag,
        mission_id: String::new(),
        challenge_id: String::new(),
    });
    Ok(())
}
