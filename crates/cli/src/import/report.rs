//! What became of every row, for people and for machines. The rows read are the rows told about: none is lost.

use serde::Serialize;

use super::{mapping::Edition, source::Table};
use crate::output::{Output, Table as Lines};

/// The whole import.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub source: String,
    pub dry_run: bool,
    pub totals: Totals,
    /// Distinct initiatives among the rows.
    pub initiatives: usize,
    pub editions: Vec<EditionReport>,
}

/// Sums over all editions.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Totals {
    pub read: usize,
    pub imported: usize,
    pub refused: usize,
    pub commands: usize,
    /// Commands that the server had carried out before.
    pub known: usize,
}

/// One edition.
#[derive(Debug, Serialize)]
pub(super) struct EditionReport {
    pub edition: String,
    pub file: String,
    pub effective_on: String,
    /// How many projects the publisher counts.
    pub expected: Option<usize>,
    /// Rows or columns without anything in them.
    pub blank: usize,
    /// Headers that nothing is taken from.
    pub headers_not_taken: Vec<String>,
    /// The file's bytes were not all characters of its encoding.
    pub undecodable: bool,
    pub rows: Vec<RowReport>,
}

/// One row.
#[derive(Debug, Serialize)]
pub(super) struct RowReport {
    /// Of the record in the file, or of the column when transposed, from 1.
    pub number: usize,
    pub name: String,
    #[serde(flatten)]
    pub outcome: Outcome,
    /// How many commands it leads to.
    pub commands: usize,
    /// How many of them the server had carried out before.
    pub known: usize,
    /// What was changed or left out on the way.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", content = "reasons", rename_all = "snake_case")]
pub(super) enum Outcome {
    /// It can be imported.
    Planned,
    /// All its commands are recorded.
    Imported,
    /// Why not; with several commands some may be recorded.
    Refused(Vec<String>),
}

impl EditionReport {
    pub(super) fn new(edition: &Edition, table: &Table) -> Self {
        Self {
            edition: edition.name.clone(),
            file: edition.file.clone(),
            effective_on: edition.effective_on.clone(),
            expected: edition.rows,
            blank: table.blank,
            headers_not_taken: table.unknown.clone(),
            undecodable: table.undecodable,
            rows: Vec::new(),
        }
    }

    fn refused(&self) -> usize {
        self.rows.iter().filter(|row| matches!(row.outcome, Outcome::Refused(_))).count()
    }

    /// The publisher counts as many rows as were read.
    pub(super) fn is_complete(&self) -> bool {
        self.expected.is_none_or(|expected| expected == self.rows.len())
    }
}

impl RowReport {
    pub(super) fn new(number: usize, name: &str) -> Self {
        let outcome = Outcome::Planned;
        Self { number, name: name.to_owned(), outcome, commands: 0, known: 0, notes: Vec::new() }
    }

    /// One more reason why it is not imported.
    pub(super) fn refuse(&mut self, reason: String) {
        match &mut self.outcome {
            Outcome::Refused(reasons) => reasons.push(reason),
            Outcome::Planned | Outcome::Imported => self.outcome = Outcome::Refused(vec![reason]),
        }
    }
}

impl Report {
    pub(super) fn new(source: &str, dry_run: bool, initiatives: usize, editions: Vec<EditionReport>) -> Self {
        let rows = || editions.iter().flat_map(|edition| &edition.rows);
        let read = rows().count();
        let refused = editions.iter().map(EditionReport::refused).sum();
        let totals = Totals {
            read,
            refused,
            imported: read - refused,
            commands: rows().map(|row| row.commands).sum(),
            known: rows().map(|row| row.known).sum(),
        };
        Self { source: source.to_owned(), dry_run, totals, initiatives, editions }
    }

    /// Nothing was refused, and every edition has the rows that its publisher counts.
    pub(super) fn is_clean(&self) -> bool {
        self.totals.refused == 0 && self.editions.iter().all(EditionReport::is_complete)
    }

    /// For people: a line an edition, and every refused row with its reasons.
    pub(super) fn show(&self, output: &Output) {
        let imported = if self.dry_run { "importable" } else { "imported" };
        let mut lines =
            Lines::new(&["edition", "holds for", "read", "expected", imported, "refused", "notes", "blank"]);
        for edition in &self.editions {
            let (read, refused) = (edition.rows.len(), edition.refused());
            let notes: usize = edition.rows.iter().map(|row| row.notes.len()).sum();
            lines.row([
                edition.edition.clone(),
                edition.effective_on.clone(),
                read.to_string(),
                edition.expected.map_or_else(String::new, |expected| expected.to_string()),
                (read - refused).to_string(),
                refused.to_string(),
                notes.to_string(),
                edition.blank.to_string(),
            ]);
        }
        output.table(&lines);
        for edition in &self.editions {
            for row in &edition.rows {
                let Outcome::Refused(reasons) = &row.outcome else { continue };
                let name = output.isolated(&row.name);
                output.line(&format!("refused: {} row {}, {name}", edition.edition, row.number));
                reasons.iter().for_each(|reason| output.line(&format!("    {reason}")));
            }
            if !edition.headers_not_taken.is_empty() {
                let headers = edition.headers_not_taken.join(" | ");
                output.line(&format!("not taken from {}: {headers}", edition.edition));
            }
        }
        let Totals { read, imported: done, refused, commands, known } = &self.totals;
        output.line(&format!(
            "{read} rows: {done} {imported}, {refused} refused; {} initiatives, {commands} commands, \
             {known} known before",
            self.initiatives
        ));
    }
}
