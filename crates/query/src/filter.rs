//! Filters in AIP-160 syntax become conditions on columns, through an allow-list: nothing that a caller wrote ever
//! becomes SQL.
//!
//! Restrictions beyond AIP-160's grammar: bare words and functions are refused (words are searched with `text`),
//! strings have no wildcards, and `field:*` asks whether there is a value. A test of an absent value is false, so
//! its negation, `!=` included, is true.

use aip_160::{Arg, Comparable, Comparator, Expression, FilterError, Restriction, parse_filter};
use contract::{Enumeration, status::Violation};
use read_model::reads::{Condition, Test, Value};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

use crate::moment::parse_day;

/// Bounds the work of parsing and the length of a statement.
const FILTER_BYTES_MAX: usize = 1024;
const TERMS_MAX: usize = 20;
/// How much of a caller's text an error repeats.
const ECHO_CHARS_MAX: usize = 60;

/// A field that callers may test.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) column: &'static str,
}

/// What a field's values are, which decides its operators.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Text,
    Id,
    Truth,
    Day,
    Moment,
    /// One of these codes.
    Code(fn() -> Vec<&'static str>),
    /// One of these codes, which have an order.
    OrderedCode(fn() -> Vec<&'static str>),
    /// A list of texts.
    Texts,
    /// A list of these codes.
    Codes(fn() -> Vec<&'static str>),
    /// A list of years.
    Years,
}

/// The codes of an enum, in the order of their numbers.
pub(crate) fn codes<E: Enumeration>() -> Vec<&'static str> {
    (1..).map_while(|number| E::try_from(number).ok()).map(E::code).collect()
}

/// The condition of a filter; an empty one is met by everything.
///
/// # Errors
/// One violation at `filter` for each thing that is wrong with it.
pub(crate) fn parse(filter: &str, fields: &[Field]) -> Result<Condition, Vec<Violation>> {
    let mut translation = Translation { fields, terms: 0, problems: Vec::new() };
    let condition = translation.filter(filter);
    if translation.problems.is_empty() { Ok(condition) } else { Err(translation.violations()) }
}

struct Translation<'a> {
    fields: &'a [Field],
    terms: usize,
    problems: Vec<String>,
}

impl Translation<'_> {
    fn violations(self) -> Vec<Violation> {
        let violation =
            |problem: String| Violation::new("FILTER_INVALID").at("filter").with("problem", problem);
        self.problems.into_iter().map(violation).collect()
    }

    /// Notes a problem. What it returns is never used, since a filter with a problem is refused.
    fn problem(&mut self, problem: String) -> Condition {
        self.problems.push(problem);
        Condition::everything()
    }

    fn filter(&mut self, filter: &str) -> Condition {
        if filter.len() > FILTER_BYTES_MAX {
            return self.problem(format!("it has {} bytes, {FILTER_BYTES_MAX} are allowed", filter.len()));
        }
        // Postgres holds no text with it.
        if filter.contains('\0') {
            return self.problem("it has the character NUL".to_owned());
        }
        let parsed = match parse_filter(filter) {
            Ok(parsed) => parsed,
            Err(FilterError::Syntax { offset, message }) => {
                return self
                    .problem(format!("at byte {offset}: {message}; a value with : or . needs quotes"));
            }
            Err(error) => return self.problem(error.to_string()),
        };
        let condition = parsed.expression.map_or_else(Condition::everything, |e| self.expression(&e));
        if self.terms > TERMS_MAX {
            return self.problem(format!("it has {} comparisons, {TERMS_MAX} are allowed", self.terms));
        }
        condition
    }

    fn expression(&mut self, expression: &Expression) -> Condition {
        match expression {
            // Ours are exact matches, for which AIP-160 reads a sequence as AND.
            Expression::And(all) | Expression::Sequence(all) => {
                Condition::All(all.iter().map(|one| self.expression(one)).collect())
            }
            Expression::Or(any) => Condition::Any(any.iter().map(|one| self.expression(one)).collect()),
            Expression::Not(inner) => Condition::Not(Box::new(self.expression(inner))),
            Expression::Restriction(restriction) => {
                self.terms += 1;
                self.restriction(restriction).unwrap_or_else(|problem| self.problem(problem))
            }
            Expression::Global(word) => {
                let word = echo(&word.to_string());
                self.problem(format!("`{word}` is no comparison; words are searched with `text`"))
            }
        }
    }

    fn restriction(&self, restriction: &Restriction) -> Result<Condition, String> {
        let name = match &restriction.comparable {
            Comparable::Function(function) => {
                return Err(format!("there is no function `{}`", echo(&function.name.join("."))));
            }
            Comparable::Member(member) => member.field_path(),
        };
        let field = name.as_deref().and_then(|name| self.fields.iter().find(|field| field.name == name));
        let Some(field) = field else {
            let fields: Vec<&str> = self.fields.iter().map(|field| field.name).collect();
            let (wrong, fields) = (echo(&restriction.comparable.to_string()), fields.join(", "));
            return Err(format!("there is no field `{wrong}`; there are {fields}"));
        };
        field.condition(restriction.comparator, literal(field, &restriction.arg)?)
    }
}

fn literal<'a>(field: &Field, arg: &'a Arg) -> Result<&'a str, String> {
    match arg {
        Arg::Composite(_) => Err(format!("`{}` is compared with one value: repeat it for each", field.name)),
        Arg::Comparable(Comparable::Function(function)) => {
            Err(format!("there is no function `{}`", echo(&function.name.join("."))))
        }
        Arg::Comparable(Comparable::Member(member)) if member.is_simple() => Ok(member.value.as_str()),
        Arg::Comparable(Comparable::Member(member)) => {
            Err(format!("`{}` needs quotes", echo(&member.to_string())))
        }
    }
}

impl Field {
    fn condition(&self, comparator: Comparator, literal: &str) -> Result<Condition, String> {
        if comparator == Comparator::Has && literal == "*" {
            let column = self.column;
            return Ok(if self.kind.is_list() {
                Condition::NotEmpty { column }
            } else {
                Condition::Present { column }
            });
        }
        if !self.kind.comparators().contains(&comparator) {
            let allowed: Vec<String> = self.kind.comparators().iter().map(ToString::to_string).collect();
            return Err(format!("`{}` takes {}, not {comparator}", self.name, allowed.join(" ")));
        }
        if literal.starts_with('*') || literal.ends_with('*') {
            return Err(format!("`{}` takes no wildcards; `{}:*` asks for any value", self.name, self.name));
        }
        let value = self.value(literal)?;
        if let (Kind::OrderedCode(codes), Value::Text(code)) = (self.kind, &value) {
            return Ok(self.ordered(comparator, &codes(), code));
        }
        let test = |test| Condition::Test { column: self.column, test, value };
        Ok(match comparator {
            Comparator::Equal => test(Test::Equals),
            Comparator::NotEqual => Condition::Not(Box::new(test(Test::Equals))),
            Comparator::LessThan => test(Test::Below),
            Comparator::LessThanOrEqual => test(Test::AtMost),
            Comparator::GreaterThan => test(Test::Above),
            Comparator::GreaterThanOrEqual => test(Test::AtLeast),
            Comparator::Has => test(Test::Contains),
        })
    }

    /// An order of codes is the list's, not the alphabet's: a comparison is one of the codes on that side.
    fn ordered(&self, comparator: Comparator, codes: &[&'static str], code: &str) -> Condition {
        let at = codes.iter().position(|known| *known == code).expect("the value was checked");
        let among = |codes: &[&'static str]| {
            let equals = |code: &&str| Condition::Test {
                column: self.column,
                test: Test::Equals,
                value: Value::Text((*code).to_owned()),
            };
            Condition::Any(codes.iter().map(equals).collect())
        };
        match comparator {
            Comparator::Equal | Comparator::Has => among(&codes[at..=at]),
            Comparator::NotEqual => Condition::Not(Box::new(among(&codes[at..=at]))),
            Comparator::LessThan => among(&codes[..at]),
            Comparator::LessThanOrEqual => among(&codes[..=at]),
            Comparator::GreaterThan => among(&codes[at + 1..]),
            Comparator::GreaterThanOrEqual => among(&codes[at..]),
        }
    }

    fn value(&self, literal: &str) -> Result<Value, String> {
        let found = match self.kind {
            Kind::Text | Kind::Texts => Some(Value::Text(literal.to_owned())),
            Kind::Id => Uuid::parse_str(literal).ok().map(Value::Id),
            Kind::Truth => literal.parse().ok().map(Value::Truth),
            Kind::Day => parse_day(literal).map(Value::Day),
            Kind::Moment => OffsetDateTime::parse(literal, &Rfc3339).ok().map(Value::Moment),
            Kind::Code(codes) | Kind::OrderedCode(codes) | Kind::Codes(codes) => {
                codes().contains(&literal).then(|| Value::Text(literal.to_owned()))
            }
            Kind::Years => literal.parse().ok().map(Value::Number),
        };
        found.ok_or_else(|| {
            format!("`{}` takes {}, not `{}`", self.name, self.kind.expectation(), echo(literal))
        })
    }
}

impl Kind {
    fn is_list(self) -> bool {
        matches!(self, Self::Texts | Self::Codes(_) | Self::Years)
    }

    fn comparators(self) -> &'static [Comparator] {
        use Comparator::{Equal, GreaterThan, GreaterThanOrEqual, Has, LessThan, LessThanOrEqual, NotEqual};
        match self {
            Self::Text | Self::Id | Self::Truth | Self::Code(_) => &[Equal, NotEqual],
            Self::Day | Self::Moment | Self::OrderedCode(_) => {
                &[Equal, NotEqual, LessThan, LessThanOrEqual, GreaterThan, GreaterThanOrEqual]
            }
            Self::Texts | Self::Codes(_) | Self::Years => &[Has],
        }
    }

    fn expectation(self) -> String {
        match self {
            Self::Text | Self::Texts => "a text".to_owned(),
            Self::Id => "a UUID".to_owned(),
            Self::Truth => "true or false".to_owned(),
            Self::Day => "a day such as 2026-11-30".to_owned(),
            Self::Moment => "a quoted time such as \"2026-11-30T08:00:00Z\"".to_owned(),
            Self::Code(codes) | Self::OrderedCode(codes) | Self::Codes(codes) => {
                format!("one of {}", codes().join(", "))
            }
            Self::Years => "a year".to_owned(),
        }
    }
}

/// A caller's text as errors repeat it: short, and without characters that would change how the error reads.
pub(crate) fn echo(text: &str) -> String {
    let quote = |c| matches!(c, '"' | '\'');
    let shown = |c: char| if quote(c) { c.to_string() } else { c.escape_debug().to_string() };
    text.chars().take(ECHO_CHARS_MAX).map(shown).collect()
}

#[cfg(test)]
mod tests;
