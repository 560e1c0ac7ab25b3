//! Carries a plan out: each initiative's commands in their order, several initiatives at a time.
//!
//! Ids are fixed by the plan, so whatever is sent twice is recorded once. What the server refuses is told in the
//! report; when the server cannot be reached, the rest is told as not sent, and another run goes on from there.

use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use contract::{
    common::v1::CommandReceipt,
    portfolio::v1::initiative_command_service_client::InitiativeCommandServiceClient, status::explain,
};
use futures::{StreamExt as _, stream};
use indicatif::ProgressBar;
use tonic::{Code, Status};

use super::{
    plan::{Command, Plan, Planned, Step},
    report::{EditionReport, Outcome},
};
use crate::{
    connection::{Authorised, Session, unary},
    failure::Explanation,
};

/// Initiatives at a time. A command costs the server some milliseconds, most of them waiting for the disk.
const AT_A_TIME: usize = 16;

/// Attempts for one command. With the waits below they span about half a minute: longer than a change of leader,
/// a restart or a deployment of one copy takes.
const ATTEMPTS_MAX: u32 = 10;
const WAIT_MIN: Duration = Duration::from_millis(100);
const WAIT_MAX: Duration = Duration::from_secs(5);

/// Sends everything, and writes into the report what became of it.
pub(super) async fn send(
    plan: &mut Plan,
    session: &Session,
    units: &HashMap<String, String>,
    progress: &ProgressBar,
) {
    let sending = Sending {
        session,
        units,
        progress,
        unreachable: AtomicBool::new(false),
        editions: Mutex::new(std::mem::take(&mut plan.editions)),
    };
    stream::iter(&plan.initiatives)
        .for_each_concurrent(AT_A_TIME, |planned| sending.initiative(planned))
        .await;
    plan.editions = sending.editions.into_inner().unwrap_or_else(PoisonError::into_inner);
}

struct Sending<'a> {
    session: &'a Session,
    /// Ids by code.
    units: &'a HashMap<String, String>,
    progress: &'a ProgressBar,
    /// Somebody tried long enough, so the others need not.
    unreachable: AtomicBool,
    editions: Mutex<Vec<EditionReport>>,
}

impl Sending<'_> {
    async fn initiative(&self, planned: &Planned) {
        let mut missing = None;
        for step in &planned.steps {
            let outcome = match &missing {
                Some(reason) => Err(format!("not sent, since the initiative is not there: {reason}")),
                None => self.step(&step.command).await,
            };
            if let (Command::Import { .. }, Err(reason)) = (&step.command, &outcome) {
                missing = Some(reason.clone());
            }
            self.tell(step, outcome);
            self.progress.inc(1);
        }
    }

    fn tell(&self, step: &Step, outcome: Result<bool, String>) {
        let mut editions = self.editions.lock().unwrap_or_else(PoisonError::into_inner);
        let row = &mut editions[step.edition].rows[step.row];
        match outcome {
            Ok(known) => {
                row.known += usize::from(known);
                if row.outcome == Outcome::Planned {
                    row.outcome = Outcome::Imported;
                }
            }
            Err(reason) => row.refuse(reason),
        }
    }

    /// Whether the command was known before, or why it was refused.
    async fn step(&self, command: &Command) -> Result<bool, String> {
        if self.unreachable.load(Ordering::Relaxed) {
            return Err("not sent, since the server does not answer".to_owned());
        }
        match self.attempts(command).await {
            Ok(receipt) => Ok(receipt.duplicate || receipt.position == 0),
            // The initiative is there, imported from another edition or with other details: its rows still fit.
            Err(status) if matches!(command, Command::Import { .. }) && is_there(&status) => Ok(true),
            Err(status) => {
                if is_transient(&status) || status.code() == Code::Unauthenticated {
                    self.unreachable.store(true, Ordering::Relaxed);
                }
                Err(Explanation::of(&status).in_english())
            }
        }
    }

    async fn attempts(&self, command: &Command) -> Result<CommandReceipt, Status> {
        let mut attempt = 0;
        loop {
            let refused = match self.once(command).await {
                Ok(receipt) => return Ok(receipt),
                Err(status) => status,
            };
            attempt += 1;
            let expired = explain(&refused).reason == "TOKEN_EXPIRED";
            if attempt >= ATTEMPTS_MAX || !(expired || is_transient(&refused)) {
                return Err(refused);
            }
            if expired && self.session.refresh().await.is_err() {
                return Err(refused);
            }
            // Half of the wait is random, so that those who failed together do not come back together.
            let wait = WAIT_MAX.min(WAIT_MIN * 2_u32.pow(attempt));
            tokio::time::sleep(wait.mul_f64(rand::random_range(0.5..1.0))).await;
        }
    }

    async fn once(&self, command: &Command) -> Result<CommandReceipt, Status> {
        let mut client: InitiativeCommandServiceClient<Authorised> = self.session.initiatives();
        let receipt = match command {
            Command::Import { unit, request } => {
                let mut request = (**request).clone();
                request.lead_org_unit_id = self.units.get(unit).cloned().unwrap_or_default();
                client.import_initiative(unary(request)).await?.into_inner().receipt
            }
            Command::Assess(request) => {
                client.assess_confidence(unary((**request).clone())).await?.into_inner().receipt
            }
            Command::Cost(request) => {
                client.record_cost(unary((**request).clone())).await?.into_inner().receipt
            }
        };
        receipt.ok_or_else(|| Status::internal("an answer without a receipt"))
    }
}

/// Worth another attempt with the same id: the outcome is open, or others came first.
fn is_transient(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::Unavailable | Code::Aborted | Code::DeadlineExceeded | Code::ResourceExhausted | Code::Unknown
    ) && !matches!(
        explain(status).reason.as_str(),
        "VERSION_CONFLICT" | "COMMIT_TOO_LARGE" | "REQUEST_TOO_LARGE"
    )
}

fn is_there(status: &Status) -> bool {
    explain(status).reason == "ALREADY_EXISTS"
}
