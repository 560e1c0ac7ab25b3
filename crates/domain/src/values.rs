//! Value types shared by all areas: ids, dates, texts, money, sealed texts.
//!
//! Lengths and ranges of single fields are checked at the door; what is here holds wherever a value of the
//! type exists.

use std::{fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use uuid::Uuid;

/// A closed list of codes, known by name.
pub trait Code: Copy + 'static {
    /// Every code, in the order of the framework.
    const ALL: &'static [Self];
    /// The stored name.
    fn code(self) -> &'static str;
    /// The code of a name.
    fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.code() == code)
    }
}

macro_rules! ids {
    ($($(#[$meta:meta])* $id:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(
            Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
        )]
        #[serde(transparent)]
        pub struct $id(Uuid);

        impl $id {
            /// The id, unless it is the nil UUID.
            pub fn new(id: Uuid) -> Option<Self> {
                (!id.is_nil()).then_some(Self(id))
            }

            /// The UUID inside.
            pub fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($id), self.0)
            }
        }
    )+};
}

ids! {
    /// An organisational unit: a ministry, an auxiliary body, a department.
    OrgUnitId,
    /// A person, as the vault knows them: no name, no national id.
    PersonRef,
    /// One grant of a role to a person.
    GrantId,
    /// One delegation of authority between two people.
    DelegationId,
    /// An initiative.
    InitiativeId,
    /// An indicator of one initiative.
    KpiId,
    /// A strategic theme of the Center of Government.
    MissionId,
    /// A call for solutions.
    ChallengeId,
    /// One event on the log.
    EventId,
}

/// A moment: microseconds since 1970 in UTC, stored as RFC 3339 with exactly six digits and `Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// A moment by its microseconds since 1970.
    pub fn from_micros(micros: i64) -> Option<Self> {
        jiff::Timestamp::from_microsecond(micros).is_ok().then_some(Self(micros))
    }

    /// Microseconds since 1970.
    pub fn micros(self) -> i64 {
        self.0
    }

    pub(crate) fn jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).expect("checked when it was made")
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.6}", self.jiff())
    }
}

impl FromStr for Timestamp {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed: jiff::Timestamp = text.parse().map_err(|e: jiff::Error| e.to_string())?;
        let moment = Self(parsed.as_microsecond());
        if moment.to_string() == text { Ok(moment) } else { Err(format!("`{text}` is not UTC microseconds")) }
    }
}

/// A day of the civil calendar in Asia/Jerusalem, stored as ISO 8601.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CivilDate(jiff::civil::Date);

impl CivilDate {
    /// The first day that can be named.
    pub const FIRST: Self = Self(jiff::civil::date(2000, 1, 1));
    /// The last day that can be named.
    pub const LAST: Self = Self(jiff::civil::date(2099, 12, 31));

    /// The day, if it exists and lies in 2000 to 2099.
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        let date = jiff::civil::Date::new(year, month, day).ok()?;
        (2000..=2099).contains(&year).then_some(Self(date))
    }

    /// Days from `earlier` to this day; negative when this day is the earlier one.
    pub fn days_since(self, earlier: Self) -> i32 {
        (self.0 - earlier.0).get_days()
    }

    /// The day so many days later, at most the last one.
    #[must_use]
    pub fn plus_days(self, days: u16) -> Self {
        self.0.checked_add(jiff::Span::new().days(days)).map_or(Self::LAST, |day| Self(day).min(Self::LAST))
    }

    /// The year.
    pub fn year(self) -> i16 {
        self.0.year()
    }

    pub(crate) fn from_jiff(date: jiff::civil::Date) -> Self {
        Self(date)
    }
}

impl fmt::Display for CivilDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for CivilDate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || format!("`{text}` is not a day such as 2026-11-24, from 2000 to 2099");
        let date: jiff::civil::Date = text.parse().ok().ok_or_else(refused)?;
        let known = Self::new(date.year(), date.month(), date.day()).ok_or_else(refused)?;
        if known.to_string() == text { Ok(known) } else { Err(refused()) }
    }
}

/// A KPI's value in millionths of its unit, stored as a decimal string: it may pass 2^53.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KpiValue(i64);

impl KpiValue {
    /// The largest magnitude in whole units.
    pub const UNITS_MAX: i64 = 9_200_000_000_000;

    /// A value in millionths, within ±9.2e12 whole units.
    pub fn from_micros(micros: i64) -> Option<Self> {
        (micros.unsigned_abs() <= Self::UNITS_MAX.unsigned_abs() * 1_000_000).then_some(Self(micros))
    }

    /// Millionths of the unit.
    pub fn micros(self) -> i64 {
        self.0
    }
}

impl fmt::Display for KpiValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for KpiValue {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let micros = text.parse().map_err(|e: std::num::ParseIntError| e.to_string())?;
        Self::from_micros(micros).ok_or_else(|| format!("{text} millionths is out of range"))
    }
}

macro_rules! as_text {
    ($($ty:ident: $schema:tt),+ $(,)?) => {$(
        impl Serialize for $ty {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $ty {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        }

        impl JsonSchema for $ty {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($ty).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )+};
}

as_text! {
    Timestamp: { "type": "string", "format": "date-time", "pattern": "\\.[0-9]{6}Z$" },
    CivilDate: { "type": "string", "format": "date" },
    KpiValue: { "type": "string", "pattern": "^-?[0-9]+$" },
}

codes! {
    /// The language a text was written in.
    pub enum Language { Hebrew = "HE", English = "EN", Arabic = "AR" }
}

/// A text in up to three languages; at least Hebrew or English is there.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LocalizedText {
    /// Hebrew.
    pub he: Option<String>,
    /// English.
    pub en: Option<String>,
    /// Arabic.
    pub ar: Option<String>,
    /// The language of the original.
    pub source_lang: Language,
}

impl LocalizedText {
    /// The length of the longest of its texts, in Unicode scalar values.
    pub fn chars(&self) -> usize {
        [&self.he, &self.en, &self.ar]
            .into_iter()
            .flatten()
            .map(|text| text.chars().count())
            .max()
            .unwrap_or(0)
    }
}

/// An amount of money in the minor unit of its currency: agorot for ILS, pence for GBP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Money {
    /// ISO 4217, three capital letters.
    pub currency: String,
    /// 0 to 10,000,000,000,000.
    pub minor_units: i64,
}

impl Money {
    /// One hundred billion in major units.
    pub const MINOR_UNITS_MAX: i64 = 10_000_000_000_000;
}

/// A text about people that stands sealed beside its event. The rules see its keyed MAC and nothing else:
/// two are equal exactly when their texts are, within one key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Private {
    /// Hex of the keyed MAC; the key is the owner's and dies with it.
    pub private_mac: String,
}

/// A document that lives elsewhere; its hash is the evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DocRef {
    /// Lower-case hex SHA-256 of the content.
    pub sha256: String,
    /// Such as `application/pdf`.
    pub media_type: String,
    /// Length of the content in bytes.
    pub bytes: u64,
    /// 1 to 200 characters.
    pub title: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_with_six_digits_and_read_only_so() {
        let moment = Timestamp::from_micros(1_796_000_000_000_000).unwrap();
        assert_eq!(moment.to_string(), "2026-11-30T00:53:20.000000Z");
        assert_eq!(moment.to_string().parse(), Ok(moment));
        assert!("2026-11-30T00:53:20Z".parse::<Timestamp>().is_err());
        assert!("2026-11-30T02:53:20.000000+02:00".parse::<Timestamp>().is_err());
    }

    #[test]
    fn a_day_is_iso_and_within_the_century() {
        assert_eq!("2026-11-24".parse::<CivilDate>().map(|d| d.to_string()), Ok("2026-11-24".to_owned()));
        for wrong in ["24.11.2026", "1999-12-31", "2100-01-01", "2026-02-30", "20261124"] {
            assert!(wrong.parse::<CivilDate>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn days_are_counted_within_the_century() {
        let last_of_february: CivilDate = "2028-02-28".parse().unwrap();
        assert_eq!(last_of_february.plus_days(2), "2028-03-01".parse().unwrap());
        assert_eq!(last_of_february.plus_days(2).days_since(last_of_february), 2);
        assert_eq!(CivilDate::LAST.plus_days(1), CivilDate::LAST);
    }

    #[test]
    fn a_kpi_value_is_written_in_millionths_and_bounded() {
        let most = KpiValue::from_micros(KpiValue::UNITS_MAX * 1_000_000).unwrap();
        assert_eq!(most.to_string(), "9200000000000000000");
        assert_eq!("-9200000000000000000".parse().map(KpiValue::micros), Ok(-most.micros()));
        assert!("9200000000000000001".parse::<KpiValue>().is_err());
        assert!("1.5".parse::<KpiValue>().is_err());
    }

    #[test]
    fn a_code_is_known_by_its_name_alone() {
        assert_eq!(Language::from_code("HE"), Some(Language::Hebrew));
        assert_eq!(Language::from_code("AR"), Some(Language::Arabic));
        assert_eq!(Language::from_code("he"), None);
    }

    #[test]
    fn a_text_is_as_long_as_its_longest_language_in_scalar_values() {
        let text = |he: &str, en: &str| LocalizedText {
            he: Some(he.to_owned()),
            en: Some(en.to_owned()),
            ar: None,
            source_lang: Language::Hebrew,
        };
        assert_eq!(text("שלום", "bye").chars(), 4);
        assert_eq!(text("כן", "yes").chars(), 3);
    }
}
