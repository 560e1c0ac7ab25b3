//! Everything is killed at random moments while commands run; then everything that was promised must hold.
//!
//! The checks are shown able to fail: the same log with a commit taken out, put in twice or changed, and the same
//! view with one row changed, must not pass them. `CORNERSTONE_SEED` repeats a schedule of kills and commands.

mod storm;
mod worker;

use std::{collections::BTreeMap, process::Command, time::Duration};

use acceptance::{
    Caller, Deployment, Stored, View, given,
    history::{Attempt, Outcome, faults},
    python, root, view_of_all,
};
use anyhow::{Context as _, Result, ensure};
use contract::{
    common::v1::Role,
    operations::v1::{ListProjectionsRequest, Projection, RebuildProjectionRequest},
};
use test_kit::eventually;
use tokio_util::sync::CancellationToken;

/// How long things are killed.
const STORM: Duration = Duration::from_secs(30);
/// A rebuild of a small view beside the live one takes a second or two.
const REBUILD_MAX: Duration = Duration::from_secs(60);
/// Four callers for two cores: commands overlap each other and every kill.
const WORKERS: u64 = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_holds_whatever_is_killed() -> Result<()> {
    let seed = seed();
    println!("CORNERSTONE_SEED={seed} repeats this schedule");
    let mut deployment = Deployment::start().await?;
    let ministry = deployment.ministry("MOH").await?;
    deployment.appoint("nurse", Role::Employee, ministry).await?;
    deployment.appoint("comptroller", Role::Auditor, ministry).await?;

    let stop = CancellationToken::new();
    let workers = worker::start(&deployment, ministry, seed, WORKERS, &stop)?;
    storm::rage(&mut deployment, seed, STORM).await?;
    stop.cancel();
    let history = worker::finish(workers).await?;
    deployment.heal().await?;

    let auditor = deployment.caller("comptroller")?;
    let log = auditor.log().await?;
    let count = |wanted: fn(&Outcome) -> bool| history.iter().filter(|a| wanted(&a.outcome)).count();
    let acknowledged = count(|outcome| matches!(outcome, Outcome::Acknowledged { .. }));
    let unknown = count(|outcome| *outcome == Outcome::Unknown);
    println!("{} commands: {acknowledged} acknowledged, {unknown} unknown", history.len());
    assert!(acknowledged > 50, "too little was done between the kills: {acknowledged}");
    assert_eq!(faults(&history, &log)?, [""; 0]);
    assert_eq!(independent_reader(&log)?, "");
    a_doctored_log_is_told_from_a_sound_one(&history, &log)?;

    let token = settled(&deployment, &auditor).await?;
    let before = view_of_all(&auditor, &token).await?;
    assert_eq!(differences(&auditor.log().await?, &before)?, [""; 0]);
    assert_eq!(rebuild_all(&deployment).await?, [""; 0], "a view is not what a rebuild from nothing gives");
    assert!(before == view_of_all(&auditor, &token).await?, "an answer differs after the rebuild");
    a_doctored_view_is_told_from_a_sound_one(&deployment, &auditor, &token, &before).await
}

fn seed() -> u64 {
    let given = std::env::vars().find(|(name, _)| name == "CORNERSTONE_SEED");
    given.map_or_else(rand::random, |(_, seed)| seed.parse().expect("CORNERSTONE_SEED is a number"))
}

fn a_doctored_log_is_told_from_a_sound_one(history: &[Attempt], log: &[Stored]) -> Result<()> {
    let promised = |stored: &Stored| {
        let at = stored.position;
        history.iter().any(|a| matches!(a.outcome, Outcome::Acknowledged { position, .. } if position == at))
    };
    let last = log.iter().rposition(promised).context("something was acknowledged")?;
    let lost: Vec<Stored> =
        log.iter().enumerate().filter(|(n, _)| *n != last).map(|(_, s)| s.clone()).collect();
    let mut doubled = log.to_vec();
    let position = log.last().context("a log")?.position + 1;
    doubled.push(Stored { position, ..log[last].clone() });
    let mut changed = log.to_vec();
    let text = String::from_utf8(changed[last].body.clone())?;
    let (head, tail) = text.split_once("\"salt\":\"").context("a salt")?;
    let other = if tail.starts_with('A') { 'B' } else { 'A' };
    changed[last].body = format!("{head}\"salt\":\"{other}{}", &tail[1..]).into_bytes();
    let mut forgotten = history.to_vec();
    forgotten.retain(
        |a| !matches!(a.outcome, Outcome::Acknowledged { position, .. } if position == log[last].position),
    );
    assert!(!faults(history, &lost)?.is_empty(), "a lost commit is noticed");
    assert!(!faults(history, &doubled)?.is_empty(), "a commit that stands twice is noticed");
    assert!(!faults(&forgotten, log)?.is_empty(), "a commit that nobody asked for is noticed");
    assert!(!independent_reader(&changed)?.is_empty(), "a changed commit is noticed");
    Ok(())
}

async fn a_doctored_view_is_told_from_a_sound_one(
    deployment: &Deployment,
    auditor: &Caller,
    token: &str,
    sound: &BTreeMap<String, View>,
) -> Result<()> {
    let victim = sound.keys().next().context("there are initiatives")?;
    deployment.damage_views(&format!(
        "DO $$ DECLARE at text; BEGIN \
         SELECT live INTO at FROM view WHERE name = 'portfolio' AND live IS NOT NULL; \
         EXECUTE format('UPDATE %I.initiative SET title = jsonb_set(title, ''{{he}}'', ''\"x\"'') \
                         WHERE initiative_id = ''{victim}''', at); END $$"
    ))?;
    let damaged = view_of_all(auditor, token).await?;
    assert_eq!(differences(&auditor.log().await?, &damaged)?.len(), 1, "a changed row is noticed");
    assert_eq!(rebuild_all(deployment).await?, ["portfolio: differs in initiative"]);
    assert!(*sound == view_of_all(auditor, token).await?, "a rebuild repairs it");
    Ok(())
}

/// One more command, so that there is a token after which everything has been seen.
async fn settled(deployment: &Deployment, auditor: &Caller) -> Result<String> {
    let unit = deployment.ministry("MOE").await?;
    deployment.appoint("teacher", Role::Employee, unit).await?;
    let teacher = deployment.caller("teacher")?;
    let (id, unit) = (uuid::Uuid::now_v7(), unit.to_string());
    let token = teacher.give(given::proposal(id, &unit)).await?.consistency_token;
    // The projector may have to take its lease over from the one that was killed.
    eventually(REBUILD_MAX, async || {
        auditor.initiative(id, &token).await.map(drop).map_err(|status| status.to_string())
    })
    .await?;
    Ok(token)
}

/// What is wrong with the log by the reader in Python, which knows no code of the product: signatures too.
fn independent_reader(log: &[Stored]) -> Result<String> {
    let dump = tempfile::NamedTempFile::new()?;
    let lines: Vec<String> = log.iter().map(Stored::dump_line).collect();
    std::fs::write(dump.path(), lines.join("\n"))?;
    let script = root().join("tests/python/verify_log.py");
    let output = Command::new(python()?).arg(script).arg(dump.path()).output()?;
    let said = [output.stdout, output.stderr].concat();
    Ok(if output.status.success() { String::new() } else { String::from_utf8(said)? })
}

/// In what the answers differ from the log, initiative by initiative.
fn differences(log: &[Stored], views: &BTreeMap<String, View>) -> Result<Vec<String>> {
    let mut told: BTreeMap<String, (u64, String)> = BTreeMap::new();
    for stored in log.iter().filter(|stored| stored.subject.starts_with("cs.portfolio.initiative.")) {
        let id = stored.subject.rsplit('.').next().context("an id")?;
        let (version, title) = told.entry(id.to_owned()).or_default();
        let body = stored.json()?;
        for event in body["events"].as_array().context("events")? {
            *version += 1;
            let data = &event["data"];
            let new = data["title"]["he"].as_str().or_else(|| data["changes"]["title"]["he"].as_str());
            if let Some(new) = new {
                *title = new.to_owned();
            }
        }
    }
    let answered: BTreeMap<String, (u64, String)> = views
        .iter()
        .map(|(id, view)| {
            let title = view.row.title.clone().unwrap_or_default().he;
            (id.clone(), (view.row.version, title))
        })
        .collect();
    let ids = told.keys().chain(answered.keys().filter(|id| !told.contains_key(*id)));
    let different = ids.filter(|id| told.get(*id) != answered.get(*id));
    Ok(different.map(|id| format!("{id}: log {:?}, view {:?}", told.get(id), answered.get(id))).collect())
}

/// Rebuilds every view beside the live one, waits for the swap, and says in which the two differed.
async fn rebuild_all(deployment: &Deployment) -> Result<Vec<String>> {
    let admin = deployment.admin()?;
    let mut found = Vec::new();
    for view in listed(&admin).await?.into_iter().filter(|view| !view.shadow) {
        let request = RebuildProjectionRequest { name: view.name.clone() };
        admin.projections().rebuild_projection(request).await?;
        let rebuilt = eventually(REBUILD_MAX, async || {
            let all = listed(&admin).await.map_err(|error| format!("{error:#}"))?;
            let swapped = |other: &&Projection| !other.shadow && other.build != view.build;
            let ours = all.iter().filter(|other| other.name == view.name);
            ours.clone().find(swapped).cloned().ok_or_else(|| format!("{:?}", ours.collect::<Vec<_>>()))
        });
        let rebuilt = rebuilt.await.with_context(|| format!("rebuild {}", view.name))?;
        assert_eq!(
            (rebuilt.commits, rebuilt.digest),
            (view.commits, view.digest),
            "commits of {}",
            view.name
        );
        if !rebuilt.reason.is_empty() {
            found.push(format!("{}: {}", view.name, rebuilt.reason));
        }
    }
    Ok(found)
}

async fn listed(admin: &Caller) -> Result<Vec<Projection>> {
    let all = admin.projections().list_projections(ListProjectionsRequest {}).await?.into_inner().projections;
    ensure!(!all.is_empty(), "there are no views");
    Ok(all)
}
