//! What people and programs read: tables, lines and JSON on the standard output.
//!
//! Hebrew inside a line of other text is wrapped in isolates (FSI, PDI), so that a terminal which knows about
//! directions does not carry the neighbouring cells along.

use std::{
    io::{self, Write as _},
    sync::atomic::{AtomicBool, Ordering},
};

use comfy_table::{ContentArrangement, Table as Comfy, presets};
use contract::common::v1::{LocalizedText, Money};
use serde_json::Value;

use crate::reflect;

/// The language of errors, headings and texts that exist in several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Lang {
    He,
    #[default]
    En,
}

/// Where the answers go.
#[derive(Debug)]
pub(crate) struct Output {
    pub json: bool,
    pub lang: Lang,
    /// Whoever read has gone away.
    closed: AtomicBool,
}

/// Lines of cells under headings.
#[derive(Debug)]
pub(crate) struct Table {
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// Longer cells are cut: a table is for the eye, `--json` has everything.
const CELL_CHARS_MAX: usize = 60;

impl Table {
    pub(crate) fn new(headings: &[&str]) -> Self {
        Self { headings: headings.iter().map(|&heading| heading.to_owned()).collect(), rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }
}

impl Output {
    pub(crate) fn new(json: bool, lang: Lang) -> Self {
        Self { json, lang, closed: AtomicBool::new(false) }
    }

    /// Nobody reads any more, such as after `| head`.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    pub(crate) fn line(&self, line: &str) {
        let mut out = io::stdout().lock();
        if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
            self.closed.store(true, Ordering::Relaxed);
        }
    }

    #[expect(clippy::print_stderr, reason = "the one place where failures are told")]
    pub(crate) fn error(&self, line: &str) {
        eprintln!("{line}");
    }

    /// One value on one line when it is one of many, else over several.
    pub(crate) fn value(&self, value: &Value) {
        self.line(&serde_json::to_string_pretty(value).expect("JSON"));
    }

    /// A message in the canonical JSON of protos.
    pub(crate) fn message(&self, name: &str, message: &impl prost::Message) {
        self.value(&reflect::json(name, message));
    }

    /// The same on one line, for streams.
    pub(crate) fn message_line(&self, name: &str, message: &impl prost::Message) {
        self.line(&reflect::json(name, message).to_string());
    }

    pub(crate) fn table(&self, table: &Table) {
        let mut comfy = Comfy::new();
        comfy.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Disabled);
        let cells =
            |cells: &[String]| cells.iter().map(|cell| self.isolated(&short(cell))).collect::<Vec<_>>();
        comfy.set_header(cells(&table.headings));
        for row in &table.rows {
            comfy.add_row(cells(row));
        }
        self.line(&comfy.to_string());
    }

    /// The word in the language asked for.
    pub(crate) fn word<'a>(&self, he: &'a str, en: &'a str) -> &'a str {
        match self.lang {
            Lang::He => he,
            Lang::En => en,
        }
    }

    /// The text in the language asked for, else in the one that is there.
    pub(crate) fn text<'a>(&self, text: Option<&'a LocalizedText>) -> &'a str {
        let Some(text) = text else { return "" };
        let (first, second) = match self.lang {
            Lang::He => (&text.he, &text.en),
            Lang::En => (&text.en, &text.he),
        };
        [first, second, &text.ar].into_iter().find(|text| !text.is_empty()).map_or("", String::as_str)
    }

    /// Each line that has right-to-left letters as an isolate.
    pub(crate) fn isolated(&self, text: &str) -> String {
        let isolate = |line: &str| match line.chars().any(is_right_to_left) {
            true => format!("\u{2068}{line}\u{2069}"),
            false => line.to_owned(),
        };
        text.split('\n').map(isolate).collect::<Vec<_>>().join("\n")
    }
}

/// An amount with its currency, in major units.
pub(crate) fn money(money: Option<&Money>) -> String {
    let Some(Money { currency, minor_units }) = money else { return String::new() };
    let digits = (minor_units / 100).to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped}.{:02} {currency}", minor_units % 100)
}

fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= CELL_CHARS_MAX {
        return line;
    }
    line.chars().take(CELL_CHARS_MAX - 1).chain(['…']).collect()
}

fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hebrew_is_isolated_line_by_line_and_other_text_is_left_alone() {
        let output = Output::new(false, Lang::He);
        assert_eq!(output.isolated("שירות API\nplain"), "\u{2068}שירות API\u{2069}\nplain");
        let both =
            LocalizedText { he: "שירות".into(), en: "service".into(), ..LocalizedText::default() };
        assert_eq!(output.text(Some(&both)), "שירות");
        let english = LocalizedText { en: "service".into(), ..LocalizedText::default() };
        assert_eq!(output.text(Some(&english)), "service");
        assert_eq!(output.text(None), "");
    }

    #[test]
    fn amounts_read_as_people_write_them() {
        let of = |minor_units| money(Some(&Money { currency: "GBP".into(), minor_units }));
        assert_eq!(of(123_456_789), "1,234,567.89 GBP");
        assert_eq!(of(5), "0.05 GBP");
        assert_eq!(of(100_000), "1,000.00 GBP");
        assert_eq!(money(None), "");
    }

    #[test]
    fn long_cells_are_cut_to_one_short_line() {
        assert_eq!(short("a\n b"), "a b");
        assert_eq!(short(&"x".repeat(61)).chars().count(), 60);
    }
}
