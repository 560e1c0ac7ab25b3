//! Files as publishers write them, on made-up samples.

use super::{
    super::mapping::{Edition, Mapping},
    *,
};

const MAPPING: &str = r#"
source = "SAMPLE"
language = "EN"
origin = "MINISTRY_PLAN"
replace = { "\u009d" = "" }
identity = { column = "name" }
title = { column = "name" }
summary = { sections = [{ column = "aims" }] }
stage = { default = "IMPLEMENTING_PROJECTS" }
lead_unit = { code = "ONE" }

[columns]
name = ["Project name", "project_name"]
aims = ["Description / Aims"]

[[unit]]
code = "ONE"
kind = "MINISTRY"
name = "One"
from = "2013-09-30"

[[edition]]
name = "2014"
file = "2014.csv"
encoding = "windows-1252"
effective_on = "2013-09-30"
year = 2014
"#;

fn read_as(bytes: &[u8], change: impl Fn(&mut Edition)) -> Result<Table, SourceError> {
    let mapping: Mapping = toml::from_str(MAPPING).unwrap();
    let mut edition = mapping.edition[0].clone();
    change(&mut edition);
    read(bytes, &mapping, &edition)
}

fn row(number: usize, name: &str, aims: &str) -> Row {
    Row::of(number, &[("name", name), ("aims", aims)])
}

#[test]
fn windows_1252_is_read_with_its_undefined_bytes_replaced_as_told() {
    let bytes = b"Project name,Description / Aims\r\nCaf\xe9 \x96 \xa3,say \x93yes\x94\x9d\x81";
    let table = read_as(bytes, |_| ()).unwrap();
    assert_eq!(table.rows, [row(2, "Café – £", "say “yes”\u{81}")]);
    assert!(!table.undecodable);
    let utf8 = read_as(bytes, |edition| edition.encoding = "utf-8".into()).unwrap();
    assert!(utf8.undecodable);
}

#[test]
fn every_line_end_ends_a_record_and_none_does_within_quotes() {
    let bytes = b"Project name,Description / Aims\r\nA,\"one\rtwo\ntwo\r\nthree\"\nB,b\rC,c\r\n";
    let table = read_as(bytes, |_| ()).unwrap();
    assert_eq!(table.rows, [row(2, "A", "one\rtwo\ntwo\r\nthree"), row(3, "B", "b"), row(4, "C", "c")]);
}

#[test]
fn a_transposed_file_is_one_column_a_project_and_junk_is_no_project() {
    let bytes =
        "Project name ,A,B,,\nDescription\n/ Aims (from us),a,,,\n,,,,\nA remark on the totals,,,x,\n";
    let bytes = bytes.replace("Description\n/ Aims (from us)", "\"Description\n/ Aims (from us)\"");
    let table = read_as(bytes.as_bytes(), |edition| edition.layout = Layout::Transposed).unwrap();
    assert_eq!(table.rows, [row(2, "A", "a"), row(3, "B", "")]);
    assert_eq!((table.blank, table.unknown), (2, vec!["a remark on the totals".to_owned()]));
}

#[test]
fn json_lines_are_one_object_a_project() {
    let bytes = "{\"project_name\":\"A\",\"Description / Aims\":null}\n\n{\"Description / Aims\":7,\"project_name\":\"B\",\"x\":{}}";
    let table = read_as(bytes.as_bytes(), |edition| edition.layout = Layout::Jsonl).unwrap();
    assert_eq!(table.rows, [row(1, "A", ""), row(3, "B", "7")]);
}

#[test]
fn a_column_that_is_missing_or_ambiguous_is_an_error_unless_the_edition_goes_without() {
    let told = |result: Result<Table, SourceError>| result.unwrap_err().to_string();
    assert_eq!(
        told(read_as(b"Project name,Aims\nA,a", |_| ())),
        r#"edition `2014` has no column `aims`: its headers are ["project name", "aims"]"#
    );
    assert_eq!(
        told(read_as(b"Project name,Description / aims 1,Description / aims 2\nA,a,b", |_| ())),
        r#"edition `2014` has several headers for `aims`: ["description / aims 1", "description / aims 2"]"#
    );
    let without =
        read_as(b"Project name,Aims\nA,a", |edition| edition.without = vec!["aims".into()]).unwrap();
    assert_eq!(
        (without.rows, without.unknown),
        (vec![Row::of(2, &[("name", "A")])], vec!["aims".to_owned()])
    );
}

#[test]
fn of_headers_written_twice_the_first_counts() {
    let table =
        read_as(b"Project name,Description / Aims,Description / Aims\nA,first,second", |_| ()).unwrap();
    assert_eq!(table.rows, [row(2, "A", "first")]);
}
