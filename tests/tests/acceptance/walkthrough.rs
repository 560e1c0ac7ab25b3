//! The story of README.md: an employee proposes, the ministry decides, the Center sees, the auditor reads.

use std::time::Duration;

use acceptance::{Caller, Running, given};
use anyhow::{Context as _, Result, bail};
use contract::{
    audit::v1::{EventFilter, StreamEventsRequest, StreamEventsResponse},
    portfolio::v1::{
        ListInitiativesRequest, Stage, Status, WatchInitiativesRequest, WatchInitiativesResponse,
        watch_initiatives_response::Change,
    },
};
use serde_json::{Value, json};
use test_kit::eventually;
use tonic::Streaming;
use uuid::Uuid;

/// A heartbeat comes every few seconds.
const WATCH_MAX: Duration = Duration::from_secs(60);

#[tokio::test]
async fn an_idea_is_proposed_accepted_seen_and_audited() -> Result<()> {
    let running = Running::shared().await?;
    let (nurse, lead) = (running.persona("nurse").await?, running.persona("moh-lead").await?);
    let (id, unit) = (Uuid::now_v7(), running.unit("MOHHOSP").await?);

    let proposed = nurse.give(given::proposal(id, &unit)).await?;
    assert_eq!((proposed.version, proposed.duplicate), (1, false));
    assert_eq!(kinds(&proposed.events), ["InitiativeProposed"]);
    let mine = nurse.initiative(id, &proposed.consistency_token).await?;
    let row = mine.initiative.context("the initiative")?;
    let title = row.title.clone().context("a title")?.he;
    assert_eq!((row.status(), row.version, title.as_str()), (Status::Proposed, 1, "תור לרופא בלי טלפון"));
    assert!(mine.as_of.context("as of")?.position >= proposed.position, "its own command is seen");

    let taken_up = lead.give(given::review(id)).await?;
    let seen =
        lead.initiative(id, &taken_up.consistency_token).await?.initiative.context("the initiative")?;
    assert_eq!((seen.status(), seen.version), (Status::UnderReview, 2));
    let accepted = lead.give(given::acceptance(id, &unit, seen.version)).await?;
    assert_eq!((accepted.version, kinds(&accepted.events)), (3, vec!["InitiativeAccepted"]));

    let center = running.persona("cog-pm").await?;
    let request = ListInitiativesRequest {
        read: Some(contract::common::v1::ReadOptions { consistency_token: accepted.consistency_token }),
        filter: format!("number = \"{}\"", row.number),
        ..ListInitiativesRequest::default()
    };
    let portfolio = center.list(request).await?;
    let [line] = &portfolio.initiatives[..] else { panic!("one line: {portfolio:?}") };
    assert_eq!((line.initiative_id.as_str(), line.ministry.as_str()), (id.to_string().as_str(), "MOH"));
    assert_eq!((line.status(), line.stage()), (Status::Active, Stage::IdentifyingProblems));

    let story = events_of(&running.persona("auditor").await?, id).await?;
    let told: Vec<Value> = story
        .iter()
        .map(|event| json!([event["type"], event["actorrole"], event["aggregateversion"], event["subject"]]))
        .collect();
    let subject = format!("initiative/{id}");
    assert_eq!(
        told,
        [
            json!([
                "cornerstone.portfolio.initiative_proposed.v1",
                "EMPLOYEE",
                format!("{:020}", 1),
                subject
            ]),
            json!([
                "cornerstone.portfolio.initiative_review_started.v1",
                "MINISTRY_LEAD",
                format!("{:020}", 2),
                subject
            ]),
            json!([
                "cornerstone.portfolio.initiative_accepted.v1",
                "MINISTRY_LEAD",
                format!("{:020}", 3),
                subject
            ]),
        ]
    );
    Ok(())
}

#[tokio::test]
async fn whoever_searches_in_hebrew_finds_what_was_just_proposed() -> Result<()> {
    let running = Running::shared().await?;
    let nurse = running.persona("nurse").await?;
    let (id, unit) = (Uuid::now_v7(), running.unit("MOHHOSP").await?);
    let mut proposal = given::proposal(id, &unit);
    proposal.title = given::hebrew("מלגות לאחיות בפריפריה");
    let token = nurse.give(proposal).await?.consistency_token;
    // With a prefix, in the singular's final letter, without the quotation mark: found all the same.
    for words in ["מלגות", "והמלגות", "לאחיות פריפריה"] {
        let read = Some(contract::common::v1::ReadOptions { consistency_token: token.clone() });
        let request =
            ListInitiativesRequest { read, text: words.to_owned(), ..ListInitiativesRequest::default() };
        let found = nurse.list(request).await?.initiatives;
        assert!(found.iter().any(|row| row.initiative_id == id.to_string()), "{words}: {found:?}");
    }
    Ok(())
}

#[tokio::test]
async fn what_would_be_recorded_is_told_and_nothing_is() -> Result<()> {
    let running = Running::shared().await?;
    let nurse = running.persona("nurse").await?;
    let (id, unit) = (Uuid::now_v7(), running.unit("MOHHOSP").await?);
    let mut proposal = given::proposal(id, &unit);
    proposal.header.as_mut().context("a header")?.validate_only = true;
    let told = nurse.give(proposal).await?;
    assert_eq!(
        (told.position, told.commit_id.as_str(), kinds(&told.events)),
        (0, "", vec!["InitiativeProposed"])
    );
    let payload: Value = serde_json::from_str(&told.events[0].data)?;
    assert_eq!(payload["title"]["he"], given::proposal(id, &unit).title.context("a title")?.he);
    assert_eq!(events_of(&running.persona("auditor").await?, id).await?, Vec::<Value>::new());
    Ok(())
}

fn kinds(events: &[contract::common::v1::RecordedEvent]) -> Vec<&str> {
    events.iter().map(|event| event.r#type.as_str()).collect()
}

#[tokio::test]
async fn a_frontend_that_watches_misses_nothing_while_it_is_away() -> Result<()> {
    let running = Running::shared().await?;
    let nurse = running.persona("nurse").await?;
    let (id, unit) = (Uuid::now_v7(), running.unit("MOHHOSP").await?);
    let mut watched = watch(&nurse, "").await?;
    let (token, _) = next(&mut watched, |change| matches!(change, Change::Heartbeat(_))).await?;
    drop(watched);

    nurse.give(given::proposal(id, &unit)).await?;
    let of_ours =
        |change: &Change| matches!(change, Change::Changed(row) if row.initiative_id == id.to_string());
    let mut resumed = watch(&nurse, &token).await?;
    let (_, missed) = next(&mut resumed, of_ours).await?;
    let Change::Changed(row) = missed else { panic!("{missed:?}") };
    assert_eq!((row.status(), row.version), (Status::Proposed, 1));
    nurse.give(given::new_title(id, "תור לרופא בהודעה אחת")).await?;
    let (_, seen) =
        next(&mut resumed, |change| of_ours(change) && *change != Change::Changed(row.clone())).await?;
    let Change::Changed(row) = seen else { panic!("{seen:?}") };
    assert_eq!((row.title.context("a title")?.he.as_str(), row.version), ("תור לרופא בהודעה אחת", 2));
    Ok(())
}

async fn watch(caller: &Caller, resume_token: &str) -> Result<Streaming<WatchInitiativesResponse>> {
    let resume_token = resume_token.to_owned();
    let request = WatchInitiativesRequest { resume_token, ..WatchInitiativesRequest::default() };
    Ok(caller.portfolio().watch_initiatives(request).await?.into_inner())
}

/// The next change of that kind, and where to resume after it.
async fn next(
    watched: &mut Streaming<WatchInitiativesResponse>,
    wanted: impl Fn(&Change) -> bool,
) -> Result<(String, Change)> {
    let search = async {
        while let Some(message) = watched.message().await? {
            match message.change {
                Some(change) if wanted(&change) => return Ok((message.resume_token, change)),
                _ => {}
            }
        }
        bail!("the stream ended")
    };
    tokio::time::timeout(WATCH_MAX, search).await.context("nothing of that kind came")?
}

#[tokio::test]
async fn what_readme_says_to_try_works_as_it_stands_there() -> Result<()> {
    let running = Running::shared().await?;
    let readme = std::fs::read_to_string(acceptance::root().join("README.md"))?;
    let (_, rest) = readme.split_once("\ncs() {").context("the three things to try")?;
    let (lines, _) = rest.split_once("```").context("their end")?;
    let (_, lines) = lines.split_once('\n').context("what comes after `cs`")?;
    let (propose, look) = lines.split_once("# 2.").context("the second thing to try")?;
    running.shell(propose)?;
    // Nobody types as fast as a script: by the time a person looks, the view has seen it.
    let (title, event) = ("Digital queue for blood tests", "portfolio.initiative_proposed.v1");
    eventually(Duration::from_secs(10), async || match running.shell(&format!("# {look}")) {
        Ok(printed) if printed.contains(title) && printed.contains(event) => Ok(()),
        other => Err(format!("{title} and {event} are not in {other:?}")),
    })
    .await?;
    Ok(())
}

/// The events of one aggregate as an auditor receives them.
async fn events_of(auditor: &Caller, id: Uuid) -> Result<Vec<Value>> {
    let filter = Some(EventFilter { aggregate_id: id.to_string(), ..EventFilter::default() });
    let request = StreamEventsRequest { from_position: 1, filter, until_head: true, include_stored: false };
    let mut stream = auditor.audit().stream_events(request).await?.into_inner();
    let mut events = Vec::new();
    while let Some(StreamEventsResponse { cloud_events, .. }) = stream.message().await? {
        events.extend(cloud_events);
    }
    events.iter().map(|event| Ok(serde_json::from_str(event)?)).collect()
}
