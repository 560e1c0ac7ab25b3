//! Whose key it is, and for which class of personal data. The class, not the name of a field, decides which key
//! seals it and therefore what an erasure reaches.

use std::fmt;

use uuid::Uuid;

use crate::VaultError;

/// Who a data key belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KeyOwner {
    /// A person, by the reference that [`crate::Vault::person_ref`] minted.
    Person(Uuid),
    /// A case, by its subject `cs.<area>.<aggregate>.<uuid>`: free text about people is sealed under the case.
    Case(String),
}

/// What kind of personal data a key seals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// The identity of an official acting officially: evidence, which erasing incidental data does not touch.
    Official,
    /// E-mail, phone and whatever else a person may ask to have erased.
    Incidental,
    /// Feedback, notes and declared interests of a case.
    Case,
}

impl fmt::Display for KeyOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(id) => write!(f, "person:{id}"),
            Self::Case(subject) => write!(f, "case:{subject}"),
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Official => "OFFICIAL",
            Self::Incidental => "INCIDENTAL",
            Self::Case => "CASE",
        })
    }
}

/// Owner and class as stored. At any time a slot has at most one living data key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, sqlx::FromRow)]
pub(crate) struct Slot {
    pub(crate) owner: String,
    pub(crate) class: String,
}

impl Slot {
    /// Case data belongs to cases and to nobody else.
    pub(crate) fn new(owner: &KeyOwner, class: Class) -> Result<Self, VaultError> {
        if matches!(owner, KeyOwner::Case(_)) == matches!(class, Class::Case) {
            Ok(Self { owner: owner.to_string(), class: class.to_string() })
        } else {
            Err(VaultError::ClassMisfits { owner: owner.clone(), class })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_data_belongs_to_cases_only() {
        let person = KeyOwner::Person(Uuid::from_u128(7));
        let case = KeyOwner::Case("cs.risk.risk.00000000-0000-0000-0000-000000000007".to_owned());
        let fits = |owner, class| Slot::new(owner, class).is_ok();
        let classes = [Class::Official, Class::Incidental, Class::Case];
        assert_eq!(classes.map(|class| fits(&person, class)), [true, true, false]);
        assert_eq!(classes.map(|class| fits(&case, class)), [false, false, true]);
    }
}
