//! Many at once, through two copies of the command role: no update is lost, no version is missing.

use acceptance::{
    Caller, Deployment, Part, given,
    history::{Attempt, Outcome, faults},
    reason,
};
use anyhow::{Context as _, Result};
use contract::{common::v1::Role, status::explain};
use futures::future::try_join_all;
use uuid::Uuid;

/// Workers per copy, and how much each wants to get done.
const WORKERS: usize = 3;
const REVISIONS: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_copies_of_the_command_role_lose_nothing_of_each_other() -> Result<()> {
    let deployment = Deployment::start().await?;
    let ministry = deployment.ministry("MOH").await?;
    deployment.appoint("nurse", Role::Employee, ministry).await?;
    deployment.appoint("comptroller", Role::Auditor, ministry).await?;
    let callers =
        [deployment.caller_of(Part::CommandA, "nurse")?, deployment.caller_of(Part::CommandB, "nurse")?];

    let (blind, seeing) = (Uuid::now_v7(), Uuid::now_v7());
    let mut history = Vec::new();
    for id in [blind, seeing] {
        history.push(give(&callers[0], id, given::proposal(id, &ministry.to_string())).await?);
    }
    let workers = callers.iter().flat_map(|caller| (0..WORKERS).map(move |worker| (caller, worker)));
    let done = try_join_all(workers.enumerate().map(|(n, (caller, _))| async move {
        let mut attempts = revise_blindly(caller, blind, n).await?;
        attempts.extend(revise_what_was_seen(caller, seeing, n).await?);
        anyhow::Ok(attempts)
    }));
    history.extend(done.await?.into_iter().flatten());

    let log = deployment.caller("comptroller")?.log().await?;
    assert_eq!(faults(&history, &log)?, [""; 0]);
    let events = u64::try_from(callers.len() * WORKERS * REVISIONS)? + 1;
    for id in [blind, seeing] {
        let ours = history.iter().filter(|attempt| attempt.aggregate_id == id);
        let versions = ours.filter_map(|attempt| match attempt.outcome {
            Outcome::Acknowledged { version, .. } => Some(version),
            Outcome::Nothing | Outcome::Refused | Outcome::Unknown => None,
        });
        let mut versions: Vec<u64> = versions.collect();
        versions.sort_unstable();
        assert_eq!(versions, (1..=events).collect::<Vec<_>>(), "every acknowledged version, once");
    }
    Ok(())
}

/// Without a version, a command is decided on whatever there is, and all get through.
async fn revise_blindly(caller: &Caller, id: Uuid, worker: usize) -> Result<Vec<Attempt>> {
    let mut attempts = Vec::new();
    for n in 0..REVISIONS {
        attempts.push(give(caller, id, given::new_title(id, &format!("כותרת {worker} {n}"))).await?);
    }
    Ok(attempts)
}

/// With the version seen, whoever was overtaken is told the present one, and looks again.
async fn revise_what_was_seen(caller: &Caller, id: Uuid, worker: usize) -> Result<Vec<Attempt>> {
    let (mut attempts, mut seen) = (Vec::new(), 1);
    for n in 0..REVISIONS {
        loop {
            let mut request = given::new_title(id, &format!("כותרת {worker} {n}"));
            request.header.as_mut().context("a header")?.expected_version = Some(seen);
            let request_id = request_id(&request.header)?;
            let attempt = |outcome| Attempt { request_id, aggregate_id: id, outcome };
            match caller.give(request).await {
                Ok(receipt) => {
                    seen = receipt.version;
                    let (version, position) = (receipt.version, receipt.position);
                    attempts.push(attempt(Outcome::Acknowledged { version, position }));
                    break;
                }
                Err(status) => {
                    assert_eq!(explain(&status).reason, "VERSION_CONFLICT", "{status}");
                    attempts.push(attempt(Outcome::Refused));
                    seen = present_version(caller, id, seen).await?;
                }
            }
        }
    }
    Ok(attempts)
}

/// The version that a refusal names is the one to decide on next.
async fn present_version(caller: &Caller, id: Uuid, seen: u64) -> Result<u64> {
    let mut request = given::new_title(id, "כותרת שלא תירשם");
    let header = request.header.as_mut().context("a header")?;
    (header.validate_only, header.expected_version) = (true, Some(seen));
    let refused = caller.give(request).await;
    let message = match refused {
        Ok(told) => return Ok(told.version),
        Err(status) => explain(&status).en,
    };
    let digits = message.split(|c: char| !c.is_ascii_digit()).find(|word| !word.is_empty());
    digits.with_context(|| format!("no version in: {message}"))?.parse().context("a version")
}

/// Gives a command that cannot be refused, again with the same id when others came first.
async fn give<R: contract::CommandRequest + Clone>(caller: &Caller, id: Uuid, request: R) -> Result<Attempt> {
    let request_id = request.header().context("a header")?.request_id.parse()?;
    loop {
        match caller.give(request.clone()).await {
            Ok(receipt) => {
                let (version, position) = (receipt.version, receipt.position);
                let outcome = Outcome::Acknowledged { version, position };
                return Ok(Attempt { request_id, aggregate_id: id, outcome });
            }
            Err(status) => assert_eq!(reason::<()>(Err(status)), "CONCURRENT_APPEND"),
        }
    }
}

fn request_id(header: &Option<contract::common::v1::CommandHeader>) -> Result<Uuid> {
    Ok(header.as_ref().context("a header")?.request_id.parse()?)
}
