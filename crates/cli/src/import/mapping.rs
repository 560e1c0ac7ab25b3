//! The mapping file: how the columns of a source become initiatives, ratings and costs.
//!
//! It is TOML, described in `deploy/import/README.md`. Everything that is decided about a source stands there;
//! the code knows no source. What cannot be right is refused when the file is read, before any row is.

use std::{
    collections::{BTreeMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

use contract::{
    common::v1::Language,
    portfolio::v1::{Confidence, Origin, Stage},
    reference::v1::UnitKind,
};
use serde::Deserialize;

use crate::codes::code;

/// A mapping that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MappingError {
    #[error("read the mapping `{path}`")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("read the mapping `{path}`")]
    Syntax { path: PathBuf, source: Box<toml::de::Error> },
    #[error("the mapping `{path}`: {problem}")]
    Wrong { path: PathBuf, problem: String },
}

/// A source and all its editions.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mapping {
    /// `source_system` of every initiative, and the root of every id.
    pub source: String,
    /// `HE` or `EN`: the language of the texts.
    pub language: String,
    pub origin: String,
    /// Our name of a column, and the headers it has; compared without case and white space, whole or from the start.
    pub columns: BTreeMap<String, Vec<String>>,
    /// Replaced in every cell before anything else.
    #[serde(default)]
    pub replace: BTreeMap<String, String>,
    pub identity: Identity,
    pub title: Title,
    pub summary: Text,
    pub findings: Option<Findings>,
    pub stage: Coded,
    pub rating: Option<Rating>,
    pub cost: Option<Cost>,
    #[serde(default)]
    pub tags: Tags,
    pub lead_unit: LeadUnit,
    #[serde(default)]
    pub dates: Vec<String>,
    pub unit: Vec<Unit>,
    pub edition: Vec<Edition>,
}

/// How rows of several editions are known to be about one initiative.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Identity {
    pub column: String,
    /// Columns within whose values names are told apart, such as agency and bureau.
    #[serde(default)]
    pub within: Vec<String>,
    /// Words that do not count at the end of a name.
    #[serde(default)]
    pub ending_words: Vec<String>,
    /// How a bracket begins that tells an earlier name.
    #[serde(default)]
    pub former: Vec<String>,
    /// Names of one initiative; the first is the one whose key counts.
    #[serde(default)]
    pub same: Vec<Vec<String>>,
}

/// What is done with a text that is too long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum TooLong {
    /// The row is refused.
    #[default]
    Refuse,
    /// It is cut, and says so.
    Cut,
    /// A summary goes on in the problem statement.
    Continue,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Title {
    pub column: String,
    /// A title that is cut stands whole at the head of the summary.
    #[serde(default)]
    pub too_long: TooLong,
}

/// A text made of the columns that are not blank.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Text {
    pub sections: Vec<Section>,
    #[serde(default)]
    pub too_long: TooLong,
    /// What stands there when all sections are blank: a declared text, in which `{title}` is the title.
    pub otherwise: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Section {
    pub column: String,
    pub heading: Option<String>,
    /// Written as ISO 8601 when it has one of the forms of `dates`.
    #[serde(default)]
    pub date: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Findings {
    #[serde(flatten)]
    pub text: Text,
    /// Heads the values that are not taken as they were published: ratings and amounts.
    pub as_published: String,
}

/// A code of ours by the source's value.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Coded {
    /// For rows without the column or with an unlisted value; without it such a row is refused.
    pub default: Option<String>,
    pub column: Option<String>,
    #[serde(default)]
    pub values: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rating {
    pub column: String,
    /// Replaced before the value is looked up: from, to.
    #[serde(default)]
    pub shorten: Vec<(String, String)>,
    /// Known values by their spelling. Any other value is kept as the source's rating alone.
    #[serde(default)]
    pub values: BTreeMap<String, Rated>,
}

/// What a value of the source's scale says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rated {
    /// On our scale, when it can be said.
    pub rating: Option<String>,
    /// The source's word, in its usual spelling.
    pub source_rating: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cost {
    pub currency: String,
    /// One number in the source is so many major units, such as 1000000.
    pub factor: u64,
    pub planned: Option<String>,
    pub forecast: Option<String>,
    pub whole_life: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tags {
    /// On every initiative.
    #[serde(default)]
    pub always: Vec<String>,
    #[serde(default)]
    pub columns: Vec<String>,
    /// Values that are written otherwise; an empty text is no tag.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LeadUnit {
    /// Holds a spelling of one of the units.
    pub column: Option<String>,
    /// The unit of every row, instead.
    pub code: Option<String>,
}

/// A unit of the source, to be registered with `cornerstone units apply`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Unit {
    pub code: String,
    pub kind: String,
    pub name: String,
    /// ISO 8601.
    pub from: String,
    /// How the source writes it, compared without case.
    #[serde(default)]
    pub spellings: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Layout {
    /// A header line, then one row a project.
    #[default]
    Rows,
    /// A header column, then one column a project.
    Transposed,
    /// JSON Lines: one object a project.
    Jsonl,
}

/// One file of the source.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Edition {
    pub name: String,
    /// Name of the file, without its folder.
    pub file: String,
    /// A label of the WHATWG encoding standard, such as `windows-1252`.
    #[serde(default = "utf8")]
    pub encoding: String,
    #[serde(default = "comma")]
    pub delimiter: char,
    #[serde(default)]
    pub layout: Layout,
    /// The day for which the rows hold, ISO 8601.
    pub effective_on: String,
    /// The calendar year in which the budget year ends.
    pub year: u32,
    /// How many projects the publisher counts.
    pub rows: Option<usize>,
    /// Columns that this edition does not have.
    #[serde(default)]
    pub without: Vec<String>,
}

fn utf8() -> String {
    "utf-8".to_owned()
}

fn comma() -> char {
    ','
}

/// Reads a mapping and checks that it hangs together.
///
/// # Errors
/// When it cannot be read, or names what does not exist.
pub(super) fn load(path: &Path) -> Result<Mapping, MappingError> {
    let text = fs::read_to_string(path).map_err(|source| MappingError::Read { path: path.into(), source })?;
    let mapping: Mapping = toml::from_str(&text)
        .map_err(|source| MappingError::Syntax { path: path.into(), source: Box::new(source) })?;
    let wrong = |problem| MappingError::Wrong { path: path.into(), problem };
    mapping.check().map_err(wrong)?;
    Ok(mapping)
}

/// A value as it is compared: without case, with single spaces.
pub(super) fn folded(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Mapping {
    fn check(&self) -> Result<(), String> {
        for column in self.named_columns() {
            if !self.columns.contains_key(column) {
                return Err(format!("`{column}` is not among the columns"));
            }
        }
        code::<Origin>(&self.origin)?;
        code::<Language>(&self.language)?;
        for stage in self.stage.values.values().chain(&self.stage.default) {
            code::<Stage>(stage)?;
        }
        for rated in self.rating.iter().flat_map(|rating| rating.values.values()) {
            rated.rating.as_deref().map_or(Ok(0), code::<Confidence>)?;
        }
        let mut spellings = HashSet::new();
        for unit in &self.unit {
            code::<UnitKind>(&unit.kind)?;
            for spelling in unit.spellings.iter().chain([&unit.code]).map(|s| folded(s)) {
                if !spellings.insert(spelling.clone()) {
                    return Err(format!("`{spelling}` is written for two units"));
                }
            }
        }
        match (&self.lead_unit.column, &self.lead_unit.code) {
            (Some(_), None) => {}
            (None, Some(code)) if self.unit.iter().any(|unit| unit.code == *code) => {}
            _ => return Err("lead_unit has a column, or the code of one of the units".to_owned()),
        }
        let mut files = HashSet::new();
        for edition in &self.edition {
            if !files.insert((&edition.file, &edition.name)) {
                return Err(format!("edition `{}` is written twice", edition.name));
            }
            if encoding_rs::Encoding::for_label(edition.encoding.as_bytes()).is_none() {
                return Err(format!("`{}` is no encoding", edition.encoding));
            }
        }
        Ok(())
    }

    fn named_columns(&self) -> impl Iterator<Item = &String> {
        let sections = self.summary.sections.iter();
        let sections = sections.chain(self.findings.iter().flat_map(|findings| &findings.text.sections));
        let cost = self.cost.iter();
        let costs = cost.flat_map(|cost| [&cost.planned, &cost.forecast, &cost.whole_life]).flatten();
        [&self.identity.column, &self.title.column]
            .into_iter()
            .chain(sections.map(|section| &section.column))
            .chain(&self.identity.within)
            .chain(&self.stage.column)
            .chain(self.rating.iter().map(|rating| &rating.column))
            .chain(costs)
            .chain(&self.tags.columns)
            .chain(&self.lead_unit.column)
            .chain(self.edition.iter().flat_map(|edition| &edition.without))
    }

    /// The code of the unit that the source writes so.
    pub(super) fn unit_code(&self, spelling: &str) -> Option<&str> {
        let spelling = folded(spelling);
        let written = |unit: &&Unit| {
            folded(&unit.code) == spelling || unit.spellings.iter().any(|known| folded(known) == spelling)
        };
        self.unit.iter().find(written).map(|unit| unit.code.as_str())
    }
}

/// The units of a mapping, or of any file that has `[[unit]]`.
///
/// # Errors
/// When it cannot be read.
pub(super) fn units(path: &Path) -> Result<Vec<Unit>, MappingError> {
    #[derive(Deserialize)]
    struct Units {
        unit: Vec<Unit>,
    }
    let text = fs::read_to_string(path).map_err(|source| MappingError::Read { path: path.into(), source })?;
    let units: Units = toml::from_str(&text)
        .map_err(|source| MappingError::Syntax { path: path.into(), source: Box::new(source) })?;
    for unit in &units.unit {
        code::<UnitKind>(&unit.kind).map_err(|problem| MappingError::Wrong { path: path.into(), problem })?;
    }
    Ok(units.unit)
}
