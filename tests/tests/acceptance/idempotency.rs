//! A request id stands for one effect, for ever.

use acceptance::{Running, given, reason};
use anyhow::{Context as _, Result};
use contract::common::v1::CommandReceipt;
use uuid::Uuid;

fn repeated(first: &CommandReceipt) -> CommandReceipt {
    CommandReceipt { duplicate: true, ..first.clone() }
}

#[tokio::test]
async fn a_repeated_request_has_the_first_result_even_after_a_restart_or_a_kill() -> Result<()> {
    let mut running = Running::start().await?;
    let (id, unit) = (Uuid::now_v7(), running.unit("MOHHOSP").await?);
    let proposal = given::proposal(id, &unit);
    let revision = given::new_title(id, "תור לרופא בהודעה אחת");
    let nurse = running.persona("nurse").await?;
    let proposed = nurse.give(proposal.clone()).await?;
    let revised = nurse.give(revision.clone()).await?;

    // The first result, not the present state: the aggregate has moved on.
    assert_eq!(nurse.give(proposal.clone()).await?, repeated(&proposed));
    running.stop().await?;
    running.start_again().await?;
    let nurse = running.persona("nurse").await?;
    assert_eq!(nurse.give(proposal.clone()).await?, repeated(&proposed));
    assert_eq!(nurse.give(revision.clone()).await?, repeated(&revised));
    running.kill9()?;
    running.start_again().await?;
    let nurse = running.persona("nurse").await?;
    assert_eq!(nurse.give(proposal).await?, repeated(&proposed));
    assert_eq!(nurse.give(revision).await?, repeated(&revised));
    let log = running.persona("auditor").await?.log().await?;
    let ours = log.iter().filter(|stored| stored.subject.ends_with(&id.to_string()));
    assert_eq!(ours.map(|stored| stored.position).collect::<Vec<_>>(), [proposed.position, revised.position]);
    Ok(())
}

#[tokio::test]
async fn a_request_id_is_not_used_for_anything_else() -> Result<()> {
    let running = Running::shared().await?;
    let nurse = running.persona("nurse").await?;
    let (id, unit) = (Uuid::now_v7(), running.unit("MOHHOSP").await?);
    let proposal = given::proposal(id, &unit);
    nurse.give(proposal.clone()).await?;

    let mut other_content = proposal.clone();
    other_content.title = given::hebrew("משהו אחר לגמרי");
    assert_eq!(reason(nurse.give(other_content).await), "COMMAND_ID_REUSED");
    let mut other_command = given::new_title(id, "משהו אחר לגמרי");
    other_command.header.clone_from(&proposal.header);
    assert_eq!(reason(nurse.give(other_command).await), "COMMAND_ID_REUSED");
    let manager = running.persona("manager").await?;
    assert_eq!(reason(manager.give(proposal.clone()).await), "COMMAND_ID_REUSED");

    // On another aggregate the same id is another request.
    let mut elsewhere = given::proposal(Uuid::now_v7(), &unit);
    elsewhere.header.clone_from(&proposal.header);
    assert!(!nurse.give(elsewhere).await?.duplicate);
    Ok(())
}

#[tokio::test]
async fn a_repeat_is_recognised_before_anything_else_is_looked_at() -> Result<()> {
    let running = Running::shared().await?;
    let (nurse, lead) = (running.persona("nurse").await?, running.persona("moh-lead").await?);
    let (id, unit) = (Uuid::now_v7(), running.unit("MOHHOSP").await?);
    nurse.give(given::proposal(id, &unit)).await?;
    let review = given::review(id);
    let taken_up = lead.give(review.clone()).await?;
    let acceptance = given::acceptance(id, &unit, taken_up.version);
    let accepted = lead.give(acceptance.clone()).await?;
    // By now the state forbids a review, and the version named is an old one.
    assert_eq!(lead.give(review).await?, repeated(&taken_up));
    assert_eq!(lead.give(acceptance).await?, repeated(&accepted));
    let mut new_id = given::review(id);
    new_id.header.as_mut().context("a header")?.expected_version = Some(1);
    assert_eq!(reason(lead.give(new_id).await), "VERSION_CONFLICT");
    Ok(())
}
