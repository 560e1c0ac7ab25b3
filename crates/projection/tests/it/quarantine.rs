//! What cannot be applied waits with its aggregate; nothing is skipped and nobody else waits.

use domain::{
    portfolio::initiative::{
        Initiative,
        event::{Proposed, Withdrawn},
    },
    reference::org_unit::{OrgUnit, Renamed},
    scenario::day,
};
use projection::{Portfolio, Reference, log_digest};
use read_model::rows::{self, Parked, Quarantine};

use crate::{
    Database, catch_up,
    events::{id, measured, proposed, text},
    stop_code,
    writer::Writer,
};

fn parked(parked: &Parked) -> (u64, &str) {
    (parked.position, parked.subject.as_str())
}

#[tokio::test]
async fn an_event_that_cannot_be_applied_parks_its_aggregate_and_others_go_on() {
    let database = Database::new().await;
    let mut writer = Writer::new().await;
    writer.write::<Initiative>(id(1), [proposed().into()]).await;
    // The second event cannot be applied, so the first one of its commit is not either.
    writer.write::<Initiative>(id(1), [Withdrawn {}.into(), measured("2026-11-24", 1).into()]).await;
    writer.write::<Initiative>(id(2), [proposed().into()]).await;
    writer.write::<Initiative>(id(1), [Withdrawn {}.into()]).await;
    let mut runner = database.begin(Portfolio, writer.log.clone()).await;
    catch_up(&mut runner).await.unwrap();
    writer.write::<Initiative>(id(1), [Withdrawn {}.into()]).await;
    writer.write::<Initiative>(id(2), [Withdrawn {}.into()]).await;
    catch_up(&mut runner).await.unwrap();

    let subject = codec::subject::<Initiative>(id(1)).to_string();
    let reason = format!("the indicator {} was never defined", id(0x700));
    let quarantined = database.rows::<Quarantine>(&Portfolio).await;
    assert_eq!(quarantined, [Quarantine { subject: subject.clone(), position: 3, reason }]);
    let waiting = database.rows::<Parked>(&Portfolio).await;
    let s = subject.as_str();
    assert_eq!(waiting.iter().map(parked).collect::<Vec<_>>(), [(3, s), (5, s), (6, s)]);
    let mut lines = database.rows::<rows::Initiative>(&Portfolio).await;
    lines.sort_by_key(|line| line.initiative_id);
    let seen: Vec<_> = lines.iter().map(|line| (line.version, line.status.as_str())).collect();
    assert_eq!(seen, [(1, "PROPOSED"), (2, "WITHDRAWN")]);
    let build = database.build(&Portfolio).await;
    let told = log_digest(writer.log.clone(), u64::MAX).await.unwrap();
    assert_eq!((build.quarantined, build.commits, build.digest), (1, 7, told.sha256));
}

#[tokio::test]
async fn a_text_that_the_database_cannot_hold_parks_its_aggregate_only() {
    let database = Database::new().await;
    let mut writer = Writer::new().await;
    let unwritable = Proposed { title: text("nul \0"), ..proposed() };
    writer.write::<Initiative>(id(1), [proposed().into()]).await;
    writer.write::<Initiative>(id(2), [unwritable.into()]).await;
    writer.write::<Initiative>(id(3), [proposed().into()]).await;
    writer.write::<Initiative>(id(2), [Withdrawn {}.into()]).await;
    catch_up(&mut database.begin(Portfolio, writer.log).await).await.unwrap();

    let subject = codec::subject::<Initiative>(id(2)).to_string();
    let reason = "initiative: the database refuses a value with 22P05".to_owned();
    let quarantined = database.rows::<Quarantine>(&Portfolio).await;
    assert_eq!(quarantined, [Quarantine { subject: subject.clone(), position: 3, reason }]);
    let waiting = database.rows::<Parked>(&Portfolio).await;
    let s = subject.as_str();
    assert_eq!(waiting.iter().map(parked).collect::<Vec<_>>(), [(3, s), (5, s)]);
    // The number of the one that waits stays its own.
    let mut lines = database.rows::<rows::Initiative>(&Portfolio).await;
    lines.sort_by_key(|line| line.initiative_id);
    let numbers: Vec<_> = lines.iter().map(|line| line.number.as_str()).collect();
    assert_eq!(numbers, ["INI-2026-00001", "INI-2026-00003"]);
}

#[tokio::test]
async fn a_view_whose_rows_rest_on_several_aggregates_stops_instead() {
    let database = Database::new().await;
    let mut writer = Writer::new().await;
    let renamed = Renamed { name: text("משרד"), from: day("2026-02-01") };
    writer.write::<OrgUnit>(id(1), [renamed.into()]).await;
    let mut runner = database.begin(Reference, writer.log).await;
    assert_eq!(stop_code(catch_up(&mut runner).await), "EVENT_NOT_APPLICABLE");
    assert_eq!(runner.position(), 1);
    assert_eq!(database.rows::<Quarantine>(&Reference).await, []);
}
