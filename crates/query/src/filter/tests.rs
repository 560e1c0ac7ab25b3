//! What of AIP-160 becomes which SQL, and what is refused.

use contract::portfolio::v1::{Stage, Status};
use time::macros::{date, datetime};

use super::*;

const FIELDS: &[Field] = &[
    Field { name: "number", kind: Kind::Text, column: "i.number" },
    Field { name: "status", kind: Kind::Code(codes::<Status>), column: "i.status" },
    Field { name: "stage", kind: Kind::OrderedCode(codes::<Stage>), column: "i.stage" },
    Field { name: "owner_id", kind: Kind::Id, column: "i.owner_id" },
    Field { name: "classified", kind: Kind::Truth, column: "i.classified" },
    Field { name: "proposed_on", kind: Kind::Day, column: "i.proposed_on" },
    Field { name: "updated_at", kind: Kind::Moment, column: "i.updated_at" },
    Field { name: "tags", kind: Kind::Texts, column: "i.tags" },
    Field { name: "years", kind: Kind::Years, column: "i.years" },
];

fn test(column: &'static str, test: Test, value: Value) -> Condition {
    Condition::Test { column, test, value }
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn status(code: &str) -> Condition {
    test("i.status", Test::Equals, text(code))
}

fn stages(codes: &[&str]) -> Condition {
    Condition::Any(codes.iter().map(|code| test("i.stage", Test::Equals, text(code))).collect())
}

fn not(condition: Condition) -> Condition {
    Condition::Not(Box::new(condition))
}

#[test]
fn a_filter_becomes_the_condition_it_says() {
    let id = Uuid::from_u128(7);
    let cases = [
        ("", Condition::everything()),
        ("  ", Condition::everything()),
        ("status = ACTIVE", status("ACTIVE")),
        (r#"status = "ACTIVE""#, status("ACTIVE")),
        ("status != ACTIVE", not(status("ACTIVE"))),
        ("-status = ACTIVE", not(status("ACTIVE"))),
        ("NOT status = ACTIVE", not(status("ACTIVE"))),
        (
            "status = ACTIVE AND status = SHELVED OR status = STOPPED",
            Condition::All(vec![
                status("ACTIVE"),
                Condition::Any(vec![status("SHELVED"), status("STOPPED")]),
            ]),
        ),
        (
            "status = ACTIVE (stage < GENERATING_IDEAS)",
            Condition::All(vec![status("ACTIVE"), stages(&["IDENTIFYING_PROBLEMS"])]),
        ),
        ("stage >= EVALUATING_PROJECTS", stages(&["EVALUATING_PROJECTS", "DIFFUSING_LESSONS"])),
        ("stage > DIFFUSING_LESSONS", stages(&[])),
        ("stage != DIFFUSING_LESSONS", not(stages(&["DIFFUSING_LESSONS"]))),
        ("number = INI-2026-00007", test("i.number", Test::Equals, text("INI-2026-00007"))),
        (r#"number = "' OR 1=1 --""#, test("i.number", Test::Equals, text("' OR 1=1 --"))),
        ("owner_id = 00000000-0000-0000-0000-000000000007", test("i.owner_id", Test::Equals, Value::Id(id))),
        ("owner_id:*", Condition::Present { column: "i.owner_id" }),
        ("-tags:*", not(Condition::NotEmpty { column: "i.tags" })),
        ("classified = true", test("i.classified", Test::Equals, Value::Truth(true))),
        ("proposed_on <= 2026-11-30", test("i.proposed_on", Test::AtMost, Value::Day(date!(2026 - 11 - 30)))),
        (
            r#"updated_at > "2026-11-30T10:00:00+02:00""#,
            test("i.updated_at", Test::Above, Value::Moment(datetime!(2026-11-30 8:00 UTC))),
        ),
        (r#"tags : "בינה מלאכותית""#, test("i.tags", Test::Contains, text("בינה מלאכותית"))),
        ("years : 2016", test("i.years", Test::Contains, Value::Number(2016))),
    ];
    for (filter, expected) in cases {
        // Offsets of times compare by moment.
        assert_eq!(parse(filter, FIELDS), Ok(expected), "{filter}");
    }
}

#[test]
fn a_wrong_filter_says_what_is_wrong_and_what_is_allowed() {
    let comparison = "status = ACTIVE";
    let cases = [
        (
            "colour = RED",
            "there is no field `colour`; there are number, status, stage, owner_id, classified, proposed_on, updated_at, tags, years",
        ),
        (
            "status.x = RED",
            "there is no field `status.x`; there are number, status, stage, owner_id, classified, proposed_on, updated_at, tags, years",
        ),
        (
            r#""status" = RED"#,
            "there is no field `\"status\"`; there are number, status, stage, owner_id, classified, proposed_on, updated_at, tags, years",
        ),
        (
            "status = GREEN",
            "`status` takes one of PROPOSED, UNDER_REVIEW, CHANGES_REQUESTED, ACTIVE, SHELVED, DECLINED, WITHDRAWN, STOPPED, COMPLETED, not `GREEN`",
        ),
        (
            "status = UNSPECIFIED",
            "`status` takes one of PROPOSED, UNDER_REVIEW, CHANGES_REQUESTED, ACTIVE, SHELVED, DECLINED, WITHDRAWN, STOPPED, COMPLETED, not `UNSPECIFIED`",
        ),
        ("status < ACTIVE", "`status` takes = !=, not <"),
        ("status : ACTIVE", "`status` takes = !=, not :"),
        ("tags = ai", "`tags` takes :, not ="),
        ("stage : X", "`stage` takes = != < <= > >=, not :"),
        ("number = INI*", "`number` takes no wildcards; `number:*` asks for any value"),
        ("owner_id = seven", "`owner_id` takes a UUID, not `seven`"),
        ("classified = yes", "`classified` takes true or false, not `yes`"),
        ("proposed_on = 2026-02-30", "`proposed_on` takes a day such as 2026-11-30, not `2026-02-30`"),
        (
            "updated_at > 2026-11-30",
            "`updated_at` takes a quoted time such as \"2026-11-30T08:00:00Z\", not `2026-11-30`",
        ),
        (
            "updated_at > 2026-11-30T08:00:00Z",
            "at byte 26: unexpected input; a value with : or . needs quotes",
        ),
        ("number = gov.uk", "`gov.uk` needs quotes"),
        ("years : MMXVI", "`years` takes a year, not `MMXVI`"),
        ("ACTIVE", "`ACTIVE` is no comparison; words are searched with `text`"),
        ("regex(number, \"x\")", "`regex(number, \"x\")` is no comparison; words are searched with `text`"),
        ("regex(number) = true", "there is no function `regex`"),
        ("number = lower(x)", "there is no function `lower`"),
        ("status = (ACTIVE OR SHELVED)", "`status` is compared with one value: repeat it for each"),
        ("status =", "at byte 8: unexpected end of filter; a value with : or . needs quotes"),
        (&"(".repeat(40), "filter is nested deeper than 32 levels"),
        (&format!("{}{comparison}", " ".repeat(1010)), "it has 1025 bytes, 1024 are allowed"),
        (&[comparison; 21].join(" AND "), "it has 21 comparisons, 20 are allowed"),
        ("number = \"\u{202e}*\"", "`number` takes no wildcards; `number:*` asks for any value"),
        ("number = \"\0\"", "it has the character NUL"),
        ("owner_id = \"\u{202e}\"", "`owner_id` takes a UUID, not `\\u{202e}`"),
    ];
    for (filter, problem) in cases {
        let expected = vec![Violation::new("FILTER_INVALID").at("filter").with("problem", problem)];
        assert_eq!(parse(filter, FIELDS), Err(expected), "{filter}");
    }
}

#[test]
fn twenty_comparisons_are_allowed_and_all_problems_are_told() {
    assert!(parse(&["status = ACTIVE"; 20].join(" AND "), FIELDS).is_ok());
    let problems = parse("colour = RED AND classified = yes", FIELDS).unwrap_err();
    assert_eq!(problems.len(), 2);
}
