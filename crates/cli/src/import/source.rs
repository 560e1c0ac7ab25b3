//! A source's file as rows: bytes to text, text to cells, whatever encoding, line ends and layout.
//!
//! Which column means what is `mapping`'s affair; what a cell says is `text`'s and `amount`'s.

use std::{collections::BTreeMap, path::PathBuf};

use super::mapping::{Edition, Layout, Mapping, folded};

/// A file that is not what the mapping says.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceError {
    #[error("read `{path}`")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("read line {line} of edition `{edition}` as JSON")]
    Json { edition: String, line: usize, source: serde_json::Error },
    #[error("read edition `{edition}` as CSV")]
    Csv { edition: String, source: Box<csv::Error> },
    #[error("edition `{edition}` has no column `{column}`: its headers are {headers:?}")]
    NoColumn { edition: String, column: String, headers: Vec<String> },
    #[error("edition `{edition}` has several headers for `{column}`: {headers:?}")]
    Ambiguous { edition: String, column: String, headers: Vec<String> },
}

/// An edition as it was read.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Rows that say something.
    pub rows: Vec<Row>,
    /// Rows, or columns when transposed, without any cell that the mapping knows.
    pub blank: usize,
    /// Headers that the mapping does not know.
    pub unknown: Vec<String>,
    /// The bytes were not all characters of the encoding.
    pub undecodable: bool,
}

/// One project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// Where a person finds it: the number of the record, or of the column when transposed, from 1.
    pub number: usize,
    /// By the mapping's name of the column.
    cells: BTreeMap<String, String>,
}

impl Row {
    /// The cell of a column; nothing when the edition does not have it.
    pub(super) fn cell(&self, column: &str) -> &str {
        self.cells.get(column).map_or("", String::as_str)
    }

    #[cfg(test)]
    pub(crate) fn of(number: usize, cells: &[(&str, &str)]) -> Self {
        let cells = cells.iter().map(|(column, cell)| ((*column).to_owned(), (*cell).to_owned())).collect();
        Self { number, cells }
    }
}

/// Reads the bytes of an edition.
///
/// # Errors
/// When they are not what the mapping says.
pub(super) fn read(bytes: &[u8], mapping: &Mapping, edition: &Edition) -> Result<Table, SourceError> {
    let encoding = encoding_rs::Encoding::for_label(edition.encoding.as_bytes());
    let (text, _, undecodable) = encoding.expect("checked when the mapping was read").decode(bytes);
    let mut text = text.into_owned();
    for (from, to) in &mapping.replace {
        text = text.replace(from, to);
    }
    let (headers, raw) = match edition.layout {
        Layout::Rows => rows(&text, edition)?,
        Layout::Transposed => transposed(&text, edition)?,
        Layout::Jsonl => json_lines(&text, edition)?,
    };
    let columns = columns(&headers, mapping, edition)?;
    let known = |at: &usize| columns.iter().any(|(_, column)| column == at);
    let unknown = (0..headers.len()).filter(|at| !known(at) && !headers[*at].trim().is_empty());
    let unknown = unknown.map(|at| folded(&headers[at])).collect();
    let mut table = Table { unknown, undecodable, ..Table::default() };
    for (number, cells) in raw {
        let cell = |at: usize| cells.get(at).cloned().unwrap_or_default();
        let cells: BTreeMap<String, String> =
            columns.iter().map(|(name, at)| (name.clone(), cell(*at))).collect();
        if cells.values().all(|cell| cell.trim().is_empty()) {
            table.blank += 1;
        } else {
            table.rows.push(Row { number, cells });
        }
    }
    Ok(table)
}

/// Headers, and the cells of each numbered row.
type Raw = (Vec<String>, Vec<(usize, Vec<String>)>);

/// LF, CRLF and a lone CR all end a record outside quotes, and all stand within them.
fn records(text: &str, edition: &Edition) -> Result<Vec<Vec<String>>, SourceError> {
    let delimiter = u8::try_from(edition.delimiter).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let records = reader.records().map(|record| {
        let cells = record.map(|record| record.iter().map(str::to_owned).collect());
        cells.map_err(|source| SourceError::Csv { edition: edition.name.clone(), source: Box::new(source) })
    });
    records.collect()
}

fn rows(text: &str, edition: &Edition) -> Result<Raw, SourceError> {
    let mut records = records(text, edition)?.into_iter();
    let headers = records.next().unwrap_or_default();
    Ok((headers, (2..).zip(records).collect()))
}

fn transposed(text: &str, edition: &Edition) -> Result<Raw, SourceError> {
    let records = records(text, edition)?;
    let headers = records.iter().map(|record| record.first().cloned().unwrap_or_default()).collect();
    let width = records.iter().map(Vec::len).max().unwrap_or(0);
    let column = |at: usize| records.iter().map(|r| r.get(at).cloned().unwrap_or_default()).collect();
    Ok((headers, (1..width).map(|at| (at + 1, column(at))).collect()))
}

fn json_lines(text: &str, edition: &Edition) -> Result<Raw, SourceError> {
    let (mut headers, mut raw): Raw = (Vec::new(), Vec::new());
    for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text)
            .map_err(|source| SourceError::Json { edition: edition.name.clone(), line, source })?;
        headers.extend(object.keys().filter(|key| !headers.contains(key)).cloned().collect::<Vec<_>>());
        let cell = |header: &String| match object.get(header) {
            None | Some(serde_json::Value::Null) => String::new(),
            Some(serde_json::Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        raw.push((line, headers.iter().map(cell).collect()));
    }
    Ok((headers, raw))
}

/// Which header each known column has in this edition: the whole header, else the only one that begins so.
fn columns(
    headers: &[String],
    mapping: &Mapping,
    edition: &Edition,
) -> Result<Vec<(String, usize)>, SourceError> {
    let headers: Vec<String> = headers.iter().map(|header| folded(header)).collect();
    let mut found = Vec::new();
    for (column, aliases) in &mapping.columns {
        let aliases: Vec<String> = aliases.iter().map(|alias| folded(alias)).collect();
        let by = |fits: fn(&str, &str) -> bool| -> Vec<usize> {
            let fits_any = |header: &String| aliases.iter().any(|alias| fits(header, alias));
            (0..headers.len()).filter(|at| fits_any(&headers[*at])).collect()
        };
        let mut at = by(|header, alias| header == alias);
        at.truncate(1); // Of headers written twice, the first counts.
        if at.is_empty() {
            at = by(|header, alias| header.starts_with(alias));
        }
        let named = || (edition.name.clone(), column.clone());
        match at[..] {
            [at] => found.push((column.clone(), at)),
            [] if edition.without.contains(column) => {}
            [] => {
                let (edition, column) = named();
                return Err(SourceError::NoColumn { edition, column, headers });
            }
            _ => {
                let (edition, column) = named();
                let headers = at.iter().map(|at| headers[*at].clone()).collect();
                return Err(SourceError::Ambiguous { edition, column, headers });
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
