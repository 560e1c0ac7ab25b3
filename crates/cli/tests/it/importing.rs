//! What an import sends, twice, and what its report tells.

use std::{fs, path::Path, process::ExitCode};

use clap::Parser as _;
use serde_json::{Value, json};

use crate::given::{Taken, Taker, serve};

const MAPPING: &str = r#"
source = "SAMPLE"
language = "EN"
origin = "MINISTRY_PLAN"
identity = { column = "name" }
title = { column = "name" }
summary = { sections = [{ column = "aims" }] }
stage = { default = "IMPLEMENTING_PROJECTS" }
lead_unit = { code = "UKONE" }
rating = { column = "rating" }
cost = { currency = "GBP", factor = 1, planned = "cost" }

[columns]
name = ["name"]
aims = ["aims"]
rating = ["rating"]
cost = ["cost"]

[[unit]]
code = "UKONE"
kind = "MINISTRY"
name = "Department One"
from = "2013-09-30"

[[edition]]
name = "2014"
file = "2014.csv"
effective_on = "2013-09-30"
year = 2014
rows = 2

[[edition]]
name = "2015"
file = "2015.csv"
effective_on = "2014-09-30"
year = 2015
rows = 1
"#;

#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    connection: cli::Connection,
    #[command(subcommand)]
    command: cli::Command,
}

/// Imports the two editions, and returns how it ended and what the report tells.
async fn import(folder: &Path, more: &[&str]) -> (ExitCode, Value) {
    fs::write(folder.join("mapping.toml"), MAPPING).unwrap();
    fs::write(folder.join("2014.csv"), "name,aims,rating,cost\nRail,Trains,Amber,1.5\nRoad,Cars,Red,\n")
        .unwrap();
    fs::write(folder.join("2015.csv"), "name,aims,rating,cost\nRAIL,Trains,Green,2\n").unwrap();
    let file = |name: &str| folder.join(name).display().to_string();
    let mut line = vec!["cornerstone".to_owned(), "import".to_owned()];
    for (option, value) in
        [("--mapping", "mapping.toml"), ("--report", "report.json"), ("--source", "2014.csv")]
    {
        line.extend([option.to_owned(), file(value)]);
    }
    line.push(file("2015.csv"));
    line.extend(more.iter().map(|&option| option.to_owned()));
    let line = Line::try_parse_from(line).unwrap();
    let ended = cli::run(&line.connection, line.command).await;
    (ended, serde_json::from_slice(&fs::read(folder.join("report.json")).unwrap()).unwrap())
}

/// The commands about one initiative, in the order in which they were taken.
fn about(taken: &[Taken], id: &str) -> Vec<(&'static str, String)> {
    let about = taken.iter().filter(|taken| taken.id == id);
    about.map(|taken| (taken.command, taken.effective_on.clone())).collect()
}

#[tokio::test]
async fn a_dry_run_needs_no_server() {
    let folder = tempfile::tempdir().unwrap();
    let (ended, report) = import(folder.path(), &["--dry-run"]).await;
    assert_eq!(ended, ExitCode::SUCCESS);
    assert_eq!(report["totals"], json!({"read": 3, "imported": 3, "refused": 0, "commands": 7, "known": 0}));
}

#[tokio::test]
async fn commands_are_sent_in_order_until_they_are_taken_and_a_second_run_adds_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let taker = Taker::default();
    let server = serve(taker.clone()).await;
    let (ended, report) = import(folder.path(), &["--server", &server]).await;
    assert_eq!(ended, ExitCode::SUCCESS);
    assert_eq!(report["totals"], json!({"read": 3, "imported": 3, "refused": 0, "commands": 7, "known": 0}));
    let taken = taker.taken.lock().unwrap().clone();
    let rail = taken.iter().find(|taken| taken.effective_on == "2014-09-30").unwrap().id.clone();
    let day = |command, day: &str| (command, day.to_owned());
    assert_eq!(
        about(&taken, &rail),
        [
            day("ImportInitiative", "2013-09-30"),
            day("AssessConfidence", "2013-09-30"),
            day("RecordCost", "2013-09-30"),
            day("AssessConfidence", "2014-09-30"),
            day("RecordCost", "2014-09-30"),
        ]
    );
    assert_eq!(taken.len(), 7);

    let (ended, report) = import(folder.path(), &["--server", &server]).await;
    assert_eq!(ended, ExitCode::SUCCESS);
    assert_eq!(report["totals"], json!({"read": 3, "imported": 3, "refused": 0, "commands": 7, "known": 7}));
    assert_eq!(*taker.taken.lock().unwrap(), taken);
}

#[tokio::test]
async fn a_refusal_is_told_with_its_row_and_nothing_more_is_sent_about_that_initiative() {
    let folder = tempfile::tempdir().unwrap();
    let taker = Taker::default();
    let server = serve(taker.clone()).await;
    import(folder.path(), &["--server", &server]).await;
    let taken = std::mem::take(&mut *taker.taken.lock().unwrap());
    let rail = taken.iter().find(|taken| taken.effective_on == "2014-09-30").unwrap().id.clone();
    *taker.refused.lock().unwrap() = rail.clone();
    let (ended, report) = import(folder.path(), &["--server", &server]).await;
    assert_eq!(ended, ExitCode::from(9));
    assert_eq!(report["totals"], json!({"read": 3, "imported": 1, "refused": 2, "commands": 7, "known": 0}));
    let row = &report["editions"][0]["rows"][0];
    assert_eq!(
        (&row["number"], &row["name"], &row["outcome"]),
        (&json!(2), &json!("Rail"), &json!("refused"))
    );
    let reason = "IMPORT_GRANT_REQUIRED: an integration grant that allows import is required";
    assert_eq!(row["reasons"][0], json!(reason));
    assert_eq!(row["reasons"][1], json!(format!("not sent, since the initiative is not there: {reason}")));
    assert_eq!(about(&taker.taken.lock().unwrap(), &rail), []);
}

#[tokio::test]
async fn rows_that_the_publisher_counts_and_the_file_lacks_make_the_import_incomplete() {
    let folder = tempfile::tempdir().unwrap();
    let mapping = MAPPING.replace("rows = 1\n", "rows = 2\n");
    let (_, report) = import(folder.path(), &["--dry-run"]).await;
    assert_eq!(report["editions"][1]["expected"], json!(1));
    let path = folder.path().join("short.toml");
    fs::write(&path, mapping).unwrap();
    let short = ["--dry-run", "--mapping", path.to_str().unwrap()];
    let line = ["cornerstone", "import", "--source"].map(str::to_owned).into_iter();
    let line =
        line.chain(["2014.csv", "2015.csv"].map(|name| folder.path().join(name).display().to_string()));
    let line = Line::try_parse_from(line.chain(short.map(str::to_owned))).unwrap();
    assert_eq!(cli::run(&line.connection, line.command).await, ExitCode::from(9));
}
