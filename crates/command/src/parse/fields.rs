//! The collector: reads fields and remembers everything that is wrong, each by its path in the request.
//!
//! Here are paths, lists, ids, codes, days, numbers and forms; texts are in `text`, composed values in `values`.
//! A method answers `None` when it refused; an optional field answers `Some(None)` when it is absent.

use std::{fmt, fmt::Display, ops::RangeInclusive};

use domain::{
    Reason, Rejection, Rejections,
    values::{
        ChallengeId, CivilDate, DelegationId, GrantId, InitiativeId, KpiId, MissionId, OrgUnitId, PersonRef,
        Private,
    },
};
use uuid::Uuid;
use vault::Class;

use super::codes::Coded;

/// What was read of a request besides its values: what is wrong, and what is private.
#[derive(Debug, Default)]
pub struct Fields {
    /// Of the message being read, with a dot at its end.
    path: String,
    refused: Vec<Rejection>,
    secrets: Vec<Secret>,
}

/// A private text, whose MAC takes the place of its placeholder in the command.
pub struct Secret {
    /// What stands as `private_mac` until then. It has a character that no text of a client may have.
    pub placeholder: String,
    /// Whose key seals it.
    pub owner: Owner,
    /// Which of the owner's keys.
    pub class: Class,
    /// The text: JSON of a `LocalizedText`, or one line as it is.
    pub clear: String,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret")
            .field("owner", &self.owner)
            .field("class", &self.class)
            .finish_non_exhaustive()
    }
}

/// Whose key seals a private text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The case: the stream of the aggregate that the command addresses.
    Case,
    /// The person whose reference is the aggregate's id.
    Person,
}

/// A form that a machine's text must have.
#[derive(Clone, Copy)]
pub struct Form {
    /// In words, for the refusal.
    pub expected: &'static str,
    /// Whether a text has it.
    pub fits: fn(&str) -> bool,
}

const A_UUID: &str = "a lower-case UUID";
const A_DAY: &str = "a day such as 2026-11-24, from 2000 to 2099";

impl Fields {
    /// What is private in the request.
    ///
    /// # Errors
    /// Everything that was refused.
    pub fn finish(self) -> Result<Vec<Secret>, Rejections> {
        Rejections::unless_met(self.refused)?;
        Ok(self.secrets)
    }

    /// How much was refused so far.
    pub(super) fn refusals(&self) -> usize {
        self.refused.len()
    }

    /// Remembers a refusal of a field of the message being read.
    pub fn refuse<T>(&mut self, path: &str, rejection: impl Into<Rejection>) -> Option<T> {
        let path = format!("{}{path}", self.path);
        self.refused.push(rejection.into().at(path));
        None
    }

    pub(super) fn refuse_form<T>(&mut self, path: &str, expected: &str) -> Option<T> {
        self.refuse(path, Rejection::new(Reason::ValidationFormat).with("expected", expected))
    }

    pub(super) fn refuse_bounds<T>(
        &mut self,
        path: &str,
        reason: Reason,
        bounds: &RangeInclusive<impl Display>,
        actual: impl Display,
    ) -> Option<T> {
        let rejection = Rejection::new(reason).with("min", bounds.start()).with("max", bounds.end());
        self.refuse(path, rejection.with("actual", actual))
    }

    /// Reads with the paths of a message inside this one.
    pub(super) fn inside<T>(&mut self, path: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.path.len();
        self.path.push_str(path);
        self.path.push('.');
        let value = read(self);
        self.path.truncate(outer);
        value
    }

    /// A message that must be there.
    pub(super) fn message<M, T>(
        &mut self,
        path: &str,
        message: Option<&M>,
        read: impl FnOnce(&mut Self, &M) -> Option<T>,
    ) -> Option<T> {
        match message {
            Some(message) => self.inside(path, |fields| read(fields, message)),
            None => self.refuse(path, Reason::ValidationRequired),
        }
    }

    /// A message that may be left out; given, it must be right.
    pub(super) fn optional_message<M, T>(
        &mut self,
        path: &str,
        message: Option<&M>,
        read: impl FnOnce(&mut Self, &M) -> Option<T>,
    ) -> Option<Option<T>> {
        message.map_or(Some(None), |message| self.message(path, Some(message), read).map(Some))
    }

    /// A list, its items read by their own paths unless there are too many.
    pub(super) fn list<M, T>(
        &mut self,
        path: &str,
        items: &[M],
        count: RangeInclusive<usize>,
        mut read: impl FnMut(&mut Self, &str, &M) -> Option<T>,
    ) -> Option<Vec<T>> {
        if items.is_empty() && !count.contains(&0) {
            return self.refuse(path, Reason::ValidationRequired);
        }
        if !count.contains(&items.len()) {
            return self.refuse_bounds(path, Reason::ValidationLength, &count, items.len());
        }
        let read_all: Vec<Option<T>> =
            items.iter().enumerate().map(|(at, item)| read(self, &format!("{path}[{at}]"), item)).collect();
        read_all.into_iter().collect()
    }

    /// The same list, when nothing in it is repeated.
    pub(super) fn distinct<T: PartialEq>(&mut self, path: &str, items: Vec<T>) -> Option<Vec<T>> {
        let repeated: Vec<usize> = (0..items.len()).filter(|at| items[..*at].contains(&items[*at])).collect();
        for at in &repeated {
            self.refuse::<()>(&format!("{path}[{at}]"), Reason::ValidationDuplicate);
        }
        repeated.is_empty().then_some(items)
    }

    /// A value that cannot be wrong.
    pub(super) fn given<T: Copy>(&mut self, _path: &str, value: &T) -> Option<T> {
        Some(*value)
    }

    /// A UUID: not nil, lower-case and hyphenated.
    pub fn id<T: Id>(&mut self, path: &str, text: &str) -> Option<T> {
        if text.is_empty() {
            return self.refuse(path, Reason::ValidationRequired);
        }
        let id = text.parse().ok().filter(|id: &Uuid| id.to_string() == text).and_then(T::of);
        id.or_else(|| self.refuse_form(path, A_UUID))
    }

    /// A UUID that may be left out.
    pub fn optional_id<T: Id>(&mut self, path: &str, text: &str) -> Option<Option<T>> {
        if text.is_empty() { Some(None) } else { self.id(path, text).map(Some) }
    }

    /// At most so many UUIDs, each once.
    pub fn ids<T: Id + PartialEq>(&mut self, path: &str, texts: &[String], most: usize) -> Option<Vec<T>> {
        let ids = self.list(path, texts, 0..=most, |fields, path, text| fields.id(path, text))?;
        self.distinct(path, ids)
    }

    /// A code of a closed list; unspecified and unknown numbers are refused.
    pub fn code<C: Coded>(&mut self, path: &str, number: &i32) -> Option<C> {
        C::of_wire(*number).or_else(|| {
            self.refuse(path, Rejection::new(Reason::ValidationEnumUnspecified).with("actual", number))
        })
    }

    /// A code that may be left unspecified.
    pub fn optional_code<C: Coded>(&mut self, path: &str, number: &i32) -> Option<Option<C>> {
        if *number == 0 { Some(None) } else { self.code(path, number).map(Some) }
    }

    /// A day as ISO 8601.
    pub fn date(&mut self, path: &str, text: &str) -> Option<CivilDate> {
        if text.is_empty() {
            return self.refuse(path, Reason::ValidationRequired);
        }
        text.parse().ok().or_else(|| self.refuse_form(path, A_DAY))
    }

    /// A day that may be left out.
    pub fn optional_date(&mut self, path: &str, text: &str) -> Option<Option<CivilDate>> {
        if text.is_empty() { Some(None) } else { self.date(path, text).map(Some) }
    }

    /// A number within bounds, which the type must be able to hold.
    pub fn number<N, T>(&mut self, path: &str, number: &N, bounds: RangeInclusive<N>) -> Option<T>
    where
        N: Copy + Display + PartialOrd,
        T: TryFrom<N>,
    {
        let within = T::try_from(*number).ok().filter(|_| bounds.contains(number));
        within.or_else(|| self.refuse_bounds(path, Reason::ValidationRange, &bounds, number))
    }

    /// A number that may be left out.
    pub fn optional_number<N, T>(
        &mut self,
        path: &str,
        number: &Option<N>,
        bounds: RangeInclusive<N>,
    ) -> Option<Option<T>>
    where
        N: Copy + Display + PartialOrd,
        T: TryFrom<N>,
    {
        number.map_or(Some(None), |number| self.number(path, &number, bounds).map(Some))
    }

    /// A text for machines, trimmed, of a form.
    pub fn form(&mut self, path: &str, text: &str, form: Form) -> Option<String> {
        match text.trim() {
            "" => self.refuse(path, Reason::ValidationRequired),
            text if (form.fits)(text) => Some(text.to_owned()),
            _ => self.refuse_form(path, form.expected),
        }
    }

    /// Keeps a text aside and leaves its placeholder.
    pub(super) fn seal(&mut self, class: Class, clear: String) -> Private {
        let owner = if class == Class::Case { Owner::Case } else { Owner::Person };
        // Word joiners: not in any text that passes, so that nobody can write a placeholder.
        let placeholder = format!("\u{2060}secret-{}\u{2060}", self.secrets.len());
        self.secrets.push(Secret { placeholder: placeholder.clone(), owner, class, clear });
        Private { private_mac: placeholder }
    }
}

/// A kind of id that is a UUID.
pub trait Id: Sized {
    /// Unless it is nil.
    fn of(id: Uuid) -> Option<Self>;
}

impl Id for Uuid {
    fn of(id: Uuid) -> Option<Self> {
        (!id.is_nil()).then_some(id)
    }
}

macro_rules! ids {
    ($($id:ident),+) => {$(
        impl Id for $id {
            fn of(id: Uuid) -> Option<Self> {
                Self::new(id)
            }
        }
    )+};
}

ids!(ChallengeId, DelegationId, GrantId, InitiativeId, KpiId, MissionId, OrgUnitId, PersonRef);
