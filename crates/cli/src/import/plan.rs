//! What is to be sent: for each initiative its import, and for each of its rows an assessment and a cost.
//!
//! Planning needs no connection. Each row is either planned or refused with all that is wrong with it; none is
//! lost. The bounds here are those that the protos' comments tell; `send` carries the plan out.

use std::collections::HashMap;

use contract::{
    Enumeration,
    common::v1::{CommandHeader, Language, LocalizedText, Money, Role},
    portfolio::v1::{
        AssessConfidenceRequest, Confidence, ImportInitiativeRequest, Origin, RecordCostRequest, Stage,
    },
};
use uuid::Uuid;

use super::{
    amount::{Amount, amount},
    identity::{Identities, namespace},
    mapping::{Edition, Mapping, Rated, Section, Text, TooLong, folded},
    report::{EditionReport, Outcome, RowReport},
    source::{Row, Table},
    text::{self, REPLACEMENT},
};

const TITLE_CHARS: std::ops::RangeInclusive<usize> = 2..=160;
const SUMMARY_CHARS_MAX: usize = 2000;
const PROBLEM_STATEMENT_CHARS_MAX: usize = 4000;
const FINDINGS_CHARS_MAX: usize = 20_000;
const SOURCE_RATING_CHARS_MAX: usize = 64;
const SOURCE_KEY_CHARS_MAX: usize = 200;
const TAG_CHARS: std::ops::RangeInclusive<usize> = 2..=40;
const TAGS_MAX: usize = 12;

/// Everything to send, and what became of each row so far.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub initiatives: Vec<Planned>,
    pub editions: Vec<EditionReport>,
}

/// One initiative with its commands, to be sent in their order.
#[derive(Debug)]
pub(super) struct Planned {
    pub steps: Vec<Step>,
}

/// One command, and the row that it comes from: edition and row by their places in the report.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Step {
    pub edition: usize,
    pub row: usize,
    pub command: Command,
}

/// The commands of an import.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Command {
    /// The unit is named by its code; its id is the server's to tell.
    Import {
        unit: String,
        request: Box<ImportInitiativeRequest>,
    },
    Assess(Box<AssessConfidenceRequest>),
    Cost(Box<RecordCostRequest>),
}

/// Plans all editions that were read, in the order of their days.
pub(super) fn plan(mapping: &Mapping, read: &[(&Edition, Table)]) -> Plan {
    let mut identities = Identities::new(&mapping.identity);
    for (_, table) in read {
        let names = table.rows.iter().map(|row| text::line(row.cell(&mapping.identity.column)));
        names.filter(|name| !name.is_empty()).for_each(|name| identities.learn(&name));
    }
    let mut planning = Planning { mapping, identities, known: HashMap::new(), plan: Plan::default() };
    for (edition, table) in read {
        planning.edition(edition, table);
    }
    planning.plan
}

struct Planning<'a> {
    mapping: &'a Mapping,
    identities: Identities<'a>,
    /// By key: the place of the initiative, and the edition that told of it last.
    known: HashMap<String, (usize, usize)>,
    plan: Plan,
}

impl Planning<'_> {
    fn edition(&mut self, edition: &Edition, table: &Table) {
        let place = self.plan.editions.len();
        self.plan.editions.push(EditionReport::new(edition, table));
        for row in &table.rows {
            let name = text::line(row.cell(&self.mapping.title.column));
            let mut report = RowReport::new(row.number, &name);
            match self.row(place, edition, row, &mut report) {
                Ok(()) => report.outcome = Outcome::Planned,
                Err(reasons) => report.outcome = Outcome::Refused(reasons),
            }
            self.plan.editions[place].rows.push(report);
        }
    }

    fn row(
        &mut self,
        place: usize,
        edition: &Edition,
        row: &Row,
        report: &mut RowReport,
    ) -> Result<(), Vec<String>> {
        let mut reading = Reading { mapping: self.mapping, edition, row, report, refused: Vec::new() };
        let name = text::line(row.cell(&self.mapping.identity.column));
        if name.is_empty() {
            return Err(vec!["the row has no name".to_owned()]);
        }
        let within = self.mapping.identity.within.iter().map(|column| folded(row.cell(column)));
        let key = within.chain([self.identities.of(&name)]).collect::<Vec<_>>().join("/");
        let known = self.known.get(&key).copied();
        if known.is_some_and(|(_, last)| last == place) {
            return Err(vec![format!("another row of this edition is about `{key}`")]);
        }
        let ids = Ids::new(&self.mapping.source, &key);
        let import = if known.is_none() { reading.import(&ids) } else { None };
        let assess = reading.assess(&ids);
        let cost = reading.cost(&ids);
        let refused = std::mem::take(&mut reading.refused);
        if !refused.is_empty() {
            return Err(refused);
        }
        let commands: Vec<Command> = [import, assess, cost].into_iter().flatten().collect();
        report.commands = commands.len();
        let at = self.plan.editions[place].rows.len();
        let steps = commands.into_iter().map(|command| Step { edition: place, row: at, command });
        let (initiative, _) = known.unwrap_or_else(|| {
            self.plan.initiatives.push(Planned { steps: Vec::new() });
            (self.plan.initiatives.len() - 1, place)
        });
        self.plan.initiatives[initiative].steps.extend(steps);
        self.known.insert(key, (initiative, place));
        Ok(())
    }
}

/// The ids of an initiative and its commands.
struct Ids {
    namespace: Uuid,
    key: String,
}

impl Ids {
    fn new(source: &str, key: &str) -> Self {
        Self { namespace: namespace(source), key: key.to_owned() }
    }

    fn initiative(&self) -> String {
        Uuid::new_v5(&self.namespace, format!("initiative/{}", self.key).as_bytes()).to_string()
    }

    /// The key; of a very long one the beginning, and an id that stands for all of it.
    fn source_key(&self) -> String {
        if text::length(&self.key) <= SOURCE_KEY_CHARS_MAX {
            return self.key.clone();
        }
        let begins: String = self.key.chars().take(SOURCE_KEY_CHARS_MAX - 37).collect();
        format!("{begins} {}", Uuid::new_v5(&self.namespace, self.key.as_bytes()))
    }

    fn header(&self, edition: &Edition, step: &str) -> CommandHeader {
        let name = format!("{}/{}/{step}", edition.name, self.key);
        CommandHeader {
            request_id: Uuid::new_v5(&self.namespace, name.as_bytes()).to_string(),
            role: Role::Integration.into(),
            effective_on: edition.effective_on.clone(),
            correlation_id: self.initiative(),
            ..CommandHeader::default()
        }
    }
}

/// Reads one row; what is wrong is collected, what is changed is noted.
struct Reading<'a> {
    mapping: &'a Mapping,
    edition: &'a Edition,
    row: &'a Row,
    report: &'a mut RowReport,
    refused: Vec<String>,
}

impl Reading<'_> {
    fn refuse<T>(&mut self, reason: impl Into<String>) -> Option<T> {
        self.refused.push(reason.into());
        None
    }

    fn note(&mut self, note: impl Into<String>) {
        self.report.notes.push(note.into());
    }

    fn cell(&mut self, column: &str) -> String {
        let clean = text::lines(self.row.cell(column));
        if clean.contains(REPLACEMENT) {
            self.note(format!("{column} has a character that its encoding does not define"));
        }
        clean
    }

    fn localized(&self, text: String) -> LocalizedText {
        let source_lang = Language::wire(&self.mapping.language);
        match Language::try_from(source_lang) {
            Ok(Language::He) => LocalizedText { he: text, source_lang, ..LocalizedText::default() },
            _ => LocalizedText { en: text, source_lang, ..LocalizedText::default() },
        }
    }

    fn import(&mut self, ids: &Ids) -> Option<Command> {
        let whole = text::line(self.row.cell(&self.mapping.title.column));
        let title = self.title(&whole);
        let summary = self.summary(&whole, title.as_deref().unwrap_or(&whole));
        let unit = self.unit();
        let stage = self.stage();
        let tags = self.tags();
        let (summary, problem) = summary?;
        let request = ImportInitiativeRequest {
            header: Some(ids.header(self.edition, "import")),
            initiative_id: ids.initiative(),
            title: Some(self.localized(title?)),
            summary: Some(self.localized(summary)),
            problem_statement: (!problem.is_empty()).then(|| self.localized(problem)),
            origin: Origin::wire(&self.mapping.origin),
            lead_org_unit_id: String::new(),
            stage: stage?,
            tags,
            source_system: self.mapping.source.clone(),
            source_key: ids.source_key(),
        };
        Some(Command::Import { unit: unit?, request: Box::new(request) })
    }

    fn title(&mut self, whole: &str) -> Option<String> {
        let length = text::length(whole);
        if length > *TITLE_CHARS.end() && self.mapping.title.too_long != TooLong::Refuse {
            self.note(format!("the title of {length} characters is cut, and stands whole in the summary"));
            return Some(text::cut_title(whole, *TITLE_CHARS.end()));
        }
        if !TITLE_CHARS.contains(&length) {
            return self.refuse(format!("the title has {length} characters, not {TITLE_CHARS:?}"));
        }
        Some(whole.to_owned())
    }

    /// The summary, and what of it goes on in the problem statement.
    fn summary(&mut self, whole_title: &str, title: &str) -> Option<(String, String)> {
        let rules = &self.mapping.summary;
        let mut summary = self.sections(rules, whole_title);
        if title != whole_title {
            summary = format!("{whole_title}\n\n{summary}").trim().to_owned();
        }
        let length = text::length(&summary);
        if length == 0 {
            return self.refuse("there is nothing for a summary, and the mapping declares nothing instead");
        }
        if length <= SUMMARY_CHARS_MAX {
            return Some((summary, String::new()));
        }
        match rules.too_long {
            TooLong::Refuse => self.refuse(format!("the summary has {length} characters")),
            TooLong::Cut => {
                self.note(format!("the summary of {length} characters is cut"));
                Some((text::cut(&summary, SUMMARY_CHARS_MAX), String::new()))
            }
            TooLong::Continue => {
                let (head, rest) = text::part(&summary, SUMMARY_CHARS_MAX - 2);
                self.note(format!("the summary of {length} characters goes on in the problem statement"));
                if text::length(rest) > PROBLEM_STATEMENT_CHARS_MAX - 2 {
                    return self.refuse(format!("the summary has {length} characters"));
                }
                Some((format!("{head} …"), format!("… {rest}")))
            }
        }
    }

    /// The sections that are not blank, each with its heading.
    fn sections(&mut self, rules: &Text, title: &str) -> String {
        let sections: Vec<String> =
            rules.sections.iter().filter_map(|section| self.section(section)).collect();
        match &rules.otherwise {
            Some(otherwise) if sections.is_empty() => {
                self.note("a text declared by the mapping stands for one that is blank");
                otherwise.replace("{title}", title)
            }
            _ => sections.join("\n\n"),
        }
    }

    fn section(&mut self, section: &Section) -> Option<String> {
        let mut cell = self.cell(&section.column);
        if section.date {
            cell = text::day(&cell, &self.mapping.dates).unwrap_or(cell);
        }
        let heading = section.heading.as_deref().filter(|_| !cell.is_empty());
        let cell = heading.map_or(cell.clone(), |heading| format!("{heading}: {cell}"));
        (!cell.is_empty()).then_some(cell)
    }

    fn unit(&mut self) -> Option<String> {
        let lead = &self.mapping.lead_unit;
        if let Some(code) = &lead.code {
            return Some(code.clone());
        }
        let spelling = text::line(self.row.cell(lead.column.as_deref().unwrap_or_default()));
        match self.mapping.unit_code(&spelling) {
            Some(code) => Some(code.to_owned()),
            None => self.refuse(format!("`{spelling}` is not a unit of the mapping")),
        }
    }

    fn stage(&mut self) -> Option<i32> {
        let rules = &self.mapping.stage;
        let value = rules.column.as_ref().map(|column| folded(self.row.cell(column))).unwrap_or_default();
        let listed = rules.values.iter().find(|(spelling, _)| folded(spelling) == value);
        match listed.map(|(_, stage)| stage).or(rules.default.as_ref()) {
            Some(stage) => Some(Stage::wire(stage)),
            None => self.refuse(format!("`{value}` is not a stage of the mapping")),
        }
    }

    fn tags(&mut self) -> Vec<String> {
        let rules = &self.mapping.tags;
        let mut tags = rules.always.clone();
        for column in &rules.columns {
            let value = text::line(self.row.cell(column));
            let listed = rules.values.iter().find(|(spelling, _)| folded(spelling) == folded(&value));
            let tag = listed.map_or(value, |(_, tag)| tag.clone());
            if tag.is_empty() || tags.contains(&tag) {
                continue;
            }
            if TAG_CHARS.contains(&text::length(&tag)) && tags.len() < TAGS_MAX {
                tags.push(tag);
            } else {
                self.note(format!("`{tag}` does not fit as a tag"));
            }
        }
        tags
    }

    fn assess(&mut self, ids: &Ids) -> Option<Command> {
        let (published, rated) = self.rating()?;
        let findings = self.findings(&published, &rated.source_rating)?;
        let rating = rated.rating.as_deref().map_or(0, Confidence::wire);
        let request = AssessConfidenceRequest {
            header: Some(ids.header(self.edition, "confidence")),
            initiative_id: ids.initiative(),
            rating,
            findings: (!findings.is_empty()).then(|| self.localized(findings)),
            source_rating: rated.source_rating,
        };
        Some(Command::Assess(Box::new(request)))
    }

    /// The rating as published, and as it is recorded.
    fn rating(&mut self) -> Option<(String, Rated)> {
        let rules = self.mapping.rating.as_ref()?;
        let published = text::line(self.row.cell(&rules.column));
        if published.is_empty() {
            self.note("there is no rating, so nothing is assessed");
            return None;
        }
        let short = rules.shorten.iter().fold(published.clone(), |short, (from, to)| short.replace(from, to));
        let listed = rules.values.iter().find(|(spelling, _)| folded(spelling) == folded(&short));
        let rated = match listed {
            Some((_, rated)) => rated.clone(),
            None => Rated { rating: None, source_rating: text::cut_title(&short, SOURCE_RATING_CHARS_MAX) },
        };
        Some((published, rated))
    }

    fn findings(&mut self, published: &str, source_rating: &str) -> Option<String> {
        let Some(rules) = &self.mapping.findings else { return Some(String::new()) };
        let mut findings = self.sections(&rules.text, "");
        let mut as_published = Vec::new();
        if published != source_rating {
            as_published.push(published.to_owned());
        }
        for (column, cell) in self.amounts_not_taken() {
            as_published.push(format!("{column}: {cell}"));
        }
        if !as_published.is_empty() {
            let values = as_published.join("; ");
            findings = format!("{findings}\n\n{}: {values}", rules.as_published).trim().to_owned();
        }
        let length = text::length(&findings);
        if length <= FINDINGS_CHARS_MAX {
            return Some(findings);
        }
        if rules.text.too_long == TooLong::Refuse {
            return self.refuse(format!("the findings have {length} characters"));
        }
        self.note(format!("the findings of {length} characters are cut"));
        Some(text::cut(&findings, FINDINGS_CHARS_MAX))
    }

    /// Cells that stand in the place of an amount and are none of ours.
    fn amounts_not_taken(&self) -> Vec<(String, String)> {
        let Some(rules) = &self.mapping.cost else { return Vec::new() };
        let columns = [&rules.planned, &rules.forecast, &rules.whole_life].into_iter().flatten();
        let cells = columns.map(|column| (column.clone(), text::line(self.row.cell(column))));
        cells.filter(|(_, cell)| amount(cell, rules.factor) == Amount::Other).collect()
    }

    fn cost(&mut self, ids: &Ids) -> Option<Command> {
        let rules = self.mapping.cost.as_ref()?;
        for (column, cell) in self.amounts_not_taken() {
            self.note(format!("{column} is not taken as an amount: {cell}"));
        }
        let [planned, forecast, whole_life] =
            [&rules.planned, &rules.forecast, &rules.whole_life].map(|column| self.money(column.as_deref()));
        if planned.is_none() && forecast.is_none() && whole_life.is_none() {
            self.note("there is no amount, so no cost is recorded");
            return None;
        }
        let request = RecordCostRequest {
            header: Some(ids.header(self.edition, "cost")),
            initiative_id: ids.initiative(),
            year: self.edition.year,
            planned,
            forecast,
            whole_life,
        };
        Some(Command::Cost(Box::new(request)))
    }

    fn money(&mut self, column: Option<&str>) -> Option<Money> {
        let (rules, column) = (self.mapping.cost.as_ref()?, column?);
        match amount(&text::line(self.row.cell(column)), rules.factor) {
            Amount::Minor { units: minor_units, rounded } => {
                if rounded {
                    self.note(format!("{column} is rounded to the minor unit"));
                }
                Some(Money { currency: rules.currency.clone(), minor_units })
            }
            Amount::Absent | Amount::Other => None,
        }
    }
}

#[cfg(test)]
mod tests;
