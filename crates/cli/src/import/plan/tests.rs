//! What follows from made-up rows.

use std::path::Path;

use contract::common::v1::Language;

use super::{super::mapping::load, *};

/// A mapping with every treatment in it.
const MAPPING: &str = r#"
source = "SAMPLE"
language = "EN"
origin = "MINISTRY_PLAN"
dates = ["dd/mm/yyyy"]

[columns]
name = ["name"]
aims = ["aims"]
rating = ["rating"]
comment = ["comment"]
start = ["start"]
budget = ["budget"]
total = ["total"]
unit = ["unit"]
kind = ["kind"]
stage = ["stage"]

[identity]
column = "name"
ending_words = ["programme"]
former = ["formerly"]

[title]
column = "name"
too_long = "cut"

[summary]
sections = [{ column = "aims" }]
too_long = "continue"
otherwise = "No description of {title} was published."

[stage]
column = "stage"
values = { "Live" = "IMPLEMENTING_PROJECTS", "Idea" = "GENERATING_IDEAS" }

[lead_unit]
column = "unit"

[tags]
always = ["sample"]
columns = ["kind"]
values = { "Information and communication" = "ICT" }

[rating]
column = "rating"
shorten = [["Freedom of Information Act", "FOI Act"]]
[rating.values]
"Green" = { rating = "GREEN", source_rating = "Green" }
"Amber/Red" = { source_rating = "Amber/Red" }
"Amber/ Red" = { source_rating = "Amber/Red" }

[findings]
as_published = "As published"
sections = [{ column = "comment" }, { column = "start", heading = "Start", date = true }]

[cost]
currency = "GBP"
factor = 1000000
planned = "budget"
whole_life = "total"

[[unit]]
code = "UKONE"
kind = "MINISTRY"
name = "Department One"
from = "2013-09-30"
spellings = ["One", "Dept One"]

[[edition]]
name = "2014"
file = "2014.csv"
effective_on = "2013-09-30"
year = 2014

[[edition]]
name = "2015"
file = "2015.csv"
effective_on = "2014-09-30"
year = 2015
"#;

fn mapping() -> Mapping {
    toml::from_str(MAPPING).unwrap()
}

/// A row that has nothing wrong in it, changed in some cells.
fn row(number: usize, changes: &[(&str, &str)]) -> Row {
    let mut cells = vec![
        ("name", "Rail Programme"),
        ("aims", "Faster trains."),
        ("rating", "Green"),
        ("comment", "On track."),
        ("start", "31/05/2010"),
        ("budget", "£1.50m"),
        ("total", "2,000"),
        ("unit", "dept  one"),
        ("kind", "Information and communication"),
        ("stage", "live"),
    ];
    cells.extend(changes);
    Row::of(number, &cells)
}

/// The plan of editions that consist of these rows.
fn planned(editions: &[&[Row]]) -> Plan {
    let mapping = mapping();
    let table = |rows: &&[Row]| Table { rows: rows.to_vec(), ..Table::default() };
    let read: Vec<_> = mapping.edition.iter().zip(editions.iter().map(table)).collect();
    plan(&mapping, &read)
}

fn english(text: &str) -> Option<LocalizedText> {
    let source_lang = Language::En.into();
    Some(LocalizedText { en: text.to_owned(), source_lang, ..LocalizedText::default() })
}

fn gbp(minor_units: i64) -> Option<Money> {
    Some(Money { currency: "GBP".to_owned(), minor_units })
}

/// Kind, edition and text that tells most of each command.
fn told(plan: &Plan) -> Vec<Vec<String>> {
    let command = |step: &Step| match &step.command {
        Command::Import { unit, request } => format!("import {} {unit}", request.source_key),
        Command::Assess(request) => format!("{} {}", step.edition, request.source_rating),
        Command::Cost(request) => format!("{} cost of {}", step.edition, request.year),
    };
    plan.initiatives.iter().map(|planned| planned.steps.iter().map(command).collect()).collect()
}

fn reasons(plan: &Plan) -> Vec<Outcome> {
    plan.editions.iter().flat_map(|edition| &edition.rows).map(|row| row.outcome.clone()).collect()
}

fn refused(reason: &str) -> Outcome {
    Outcome::Refused(vec![reason.to_owned()])
}

#[test]
fn a_row_becomes_an_import_an_assessment_and_a_cost() {
    let plan = planned(&[&[row(2, &[])]]);
    let ids = Ids::new("SAMPLE", "rail");
    let header = |step: &str| Some(ids.header(&mapping().edition[0], step));
    let import = ImportInitiativeRequest {
        header: header("import"),
        initiative_id: ids.initiative(),
        title: english("Rail Programme"),
        summary: english("Faster trains."),
        problem_statement: None,
        origin: Origin::MinistryPlan.into(),
        lead_org_unit_id: String::new(),
        stage: Stage::ImplementingProjects.into(),
        tags: vec!["sample".into(), "ICT".into()],
        source_system: "SAMPLE".into(),
        source_key: "rail".into(),
    };
    let assess = AssessConfidenceRequest {
        header: header("confidence"),
        initiative_id: ids.initiative(),
        rating: Confidence::Green.into(),
        findings: english("On track.\n\nStart: 2010-05-31"),
        source_rating: "Green".into(),
    };
    let cost = RecordCostRequest {
        header: header("cost"),
        initiative_id: ids.initiative(),
        year: 2014,
        planned: gbp(150_000_000),
        forecast: None,
        whole_life: gbp(200_000_000_000),
    };
    let commands: Vec<_> = plan.initiatives[0].steps.iter().map(|step| step.command.clone()).collect();
    assert_eq!(
        commands,
        [
            Command::Import { unit: "UKONE".into(), request: Box::new(import) },
            Command::Assess(Box::new(assess)),
            Command::Cost(Box::new(cost)),
        ]
    );
    let header = header("cost").unwrap();
    assert_eq!((header.role, header.effective_on.as_str()), (Role::Integration.into(), "2013-09-30"));
}

#[test]
fn a_project_of_several_editions_is_one_initiative_whatever_it_is_called() {
    let first = [row(2, &[]), row(3, &[("name", "Road")])];
    let second = [row(2, &[("name", "Rail 2 (formerly Rail)"), ("rating", "Amber/ Red")])];
    assert_eq!(
        told(&planned(&[&first, &second])),
        [
            vec!["import rail UKONE", "0 Green", "0 cost of 2014", "1 Amber/Red", "1 cost of 2015"],
            vec!["import road UKONE", "0 Green", "0 cost of 2014"],
        ]
    );
}

#[test]
fn names_can_be_told_apart_by_other_columns() {
    let mut mapping = mapping();
    mapping.identity.within = vec!["unit".to_owned(), "stage".to_owned()];
    let rows = vec![row(2, &[("unit", "One")]), row(3, &[("unit", "DEPT ONE")]), row(4, &[("unit", "one")])];
    let plan = plan(&mapping, &[(&mapping.edition[0], Table { rows, ..Table::default() })]);
    let twice = refused("another row of this edition is about `one/live/rail`");
    assert_eq!(reasons(&plan), [Outcome::Planned, Outcome::Planned, twice]);
}

#[test]
fn a_very_long_key_is_shortened_and_stays_one_of_its_own() {
    let keys = ["a", "b"].map(|end| Ids::new("SAMPLE", &format!("{}{end}", "x".repeat(300))).source_key());
    assert_ne!(keys[0], keys[1]);
    assert_eq!(keys.map(|key| text::length(&key)), [SOURCE_KEY_CHARS_MAX; 2]);
}

#[test]
fn planning_twice_gives_the_same_commands() {
    let rows = [row(2, &[])];
    let steps =
        |plan: Plan| plan.initiatives.into_iter().flat_map(|planned| planned.steps).collect::<Vec<_>>();
    assert_eq!(steps(planned(&[&rows])), steps(planned(&[&rows])));
}

#[test]
fn everything_that_is_wrong_with_a_row_is_told_and_a_later_row_takes_its_place() {
    let first = [row(2, &[("name", "R"), ("unit", "Nobody"), ("stage", "?")]), row(3, &[("name", "")])];
    let second = [row(2, &[("name", "R Programme")]), row(3, &[("name", "r programme")])];
    let plan = planned(&[&first, &second]);
    assert_eq!(
        reasons(&plan),
        [
            Outcome::Refused(vec![
                "the title has 1 characters, not 2..=160".to_owned(),
                "`Nobody` is not a unit of the mapping".to_owned(),
                "`?` is not a stage of the mapping".to_owned(),
            ]),
            refused("the row has no name"),
            Outcome::Planned,
            refused("another row of this edition is about `r`"),
        ]
    );
    assert_eq!(told(&plan), [["import r UKONE", "1 Green", "1 cost of 2015"]]);
}

#[test]
fn ratings_of_another_scale_are_kept_in_the_sources_words() {
    let exempt =
        "Exempt under Section 43 of the Freedom of Information Act (Commercial Interests, as they say)";
    let plan = planned(&[&[row(2, &[("rating", exempt), ("comment", "")])]]);
    let Command::Assess(request) = &plan.initiatives[0].steps[1].command else { panic!("{plan:?}") };
    assert_eq!(
        (request.rating, request.source_rating.as_str()),
        (0, "Exempt under Section 43 of the FOI Act (Commercial Interests,…")
    );
    assert_eq!(request.findings, english(&format!("Start: 2010-05-31\n\nAs published: {exempt}")));
}

#[test]
fn an_amount_that_is_none_is_left_out_and_stands_as_it_was_published() {
    let plan = planned(&[&[row(2, &[("budget", "Exempt"), ("total", "-£2.60m")])]]);
    assert_eq!(told(&plan), [["import rail UKONE", "0 Green"]]);
    let Command::Assess(request) = &plan.initiatives[0].steps[1].command else { panic!("{plan:?}") };
    let findings = "On track.\n\nStart: 2010-05-31\n\nAs published: budget: Exempt; total: -£2.60m";
    assert_eq!(request.findings, english(findings));
    assert_eq!(
        plan.editions[0].rows[0].notes,
        [
            "budget is not taken as an amount: Exempt",
            "total is not taken as an amount: -£2.60m",
            "there is no amount, so no cost is recorded",
        ]
    );
}

#[test]
fn long_texts_go_on_elsewhere_or_say_that_they_are_cut() {
    let title = format!("{} end", "title ".repeat(30).trim());
    let aims = "word ".repeat(500);
    let plan = planned(&[&[row(2, &[("name", &title), ("aims", &aims)])]]);
    let Command::Import { request, .. } = &plan.initiatives[0].steps[0].command else { panic!("{plan:?}") };
    let english = |text: &Option<LocalizedText>| text.clone().unwrap().en;
    let (short, summary, problem) =
        (english(&request.title), english(&request.summary), english(&request.problem_statement));
    assert_eq!(short, format!("{}…", "title ".repeat(26).trim()));
    assert!(
        summary.starts_with(&format!("{title}\n\nword word")) && summary.ends_with("word …"),
        "{summary}"
    );
    assert!(text::length(&summary) <= SUMMARY_CHARS_MAX);
    assert!(problem.starts_with("… word"), "{problem}");
    let words = |text: &str| text.matches("word").count();
    assert_eq!(words(&summary) + words(&problem), 500);

    let far_too_long = planned(&[&[row(2, &[("aims", &"x".repeat(6001))])]]);
    assert_eq!(reasons(&far_too_long), [refused("the summary has 6001 characters")]);
}

#[test]
fn a_blank_text_is_replaced_by_the_declared_one_and_by_nothing_else() {
    let plan = planned(&[&[row(2, &[("aims", " ")])]]);
    let Command::Import { request, .. } = &plan.initiatives[0].steps[0].command else { panic!("{plan:?}") };
    assert_eq!(request.summary, english("No description of Rail Programme was published."));
    assert_eq!(
        plan.editions[0].rows[0].notes,
        ["a text declared by the mapping stands for one that is blank"]
    );
}

#[test]
fn the_mappings_that_are_shipped_hang_together() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/import");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mappings: Vec<_> = files.filter(|path| path.extension().is_some_and(|e| e == "toml")).collect();
    assert!(!mappings.is_empty());
    for path in mappings {
        load(&path).unwrap();
    }
}
