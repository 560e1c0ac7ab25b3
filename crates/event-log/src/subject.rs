//! `cs.<area>.<aggregate>.<uuid>`: the only way a subject comes into being.

use std::{fmt, str::FromStr, sync::Arc};

use uuid::Uuid;

/// The name of one aggregate's stream. Nothing a client typed becomes part of it as text: the tokens come
/// from the code, the id is a parsed, non-nil UUID.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject {
    area: Arc<str>,
    aggregate: Arc<str>,
    id: Uuid,
}

/// A text that is no subject of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not cs.<area>.<aggregate>.<uuid>")]
pub struct SubjectError(pub String);

impl Subject {
    /// # Panics
    /// If a token is not snake_case: tokens are constants of the code. If the id is nil: ids are checked at the
    /// door, and a commit under a nil id could be stored but never read.
    pub fn new(area: &str, aggregate: &str, id: Uuid) -> Self {
        assert!(is_token(area) && is_token(aggregate), "a subject token is a snake_case constant");
        assert!(!id.is_nil(), "an id is not nil");
        Self { area: area.into(), aggregate: aggregate.into(), id }
    }

    pub fn area(&self) -> &str {
        &self.area
    }

    pub fn aggregate(&self) -> &str {
        &self.aggregate
    }

    pub fn id(&self) -> Uuid {
        self.id
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cs.{}.{}.{}", self.area, self.aggregate, self.id)
    }
}

impl FromStr for Subject {
    type Err = SubjectError;

    fn from_str(text: &str) -> Result<Self, SubjectError> {
        let refused = || SubjectError(text.to_owned());
        let tokens: Vec<&str> = text.split('.').collect();
        let ["cs", area, aggregate, id] = tokens[..] else { return Err(refused()) };
        let parsed = Uuid::try_parse(id).map_err(|_not_a_uuid| refused())?;
        let canonical = parsed.hyphenated().to_string() == id;
        if !is_token(area) || !is_token(aggregate) || !canonical || parsed.is_nil() {
            return Err(refused());
        }
        Ok(Self { area: area.into(), aggregate: aggregate.into(), id: parsed })
    }
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_reads_back_as_itself() {
        let subject = Subject::new("portfolio", "initiative", Uuid::from_u128(7));
        assert_eq!(subject.to_string().parse(), Ok(subject));
    }

    #[test]
    fn wildcards_and_foreign_ids_are_no_subjects() {
        let upper = "CS".to_owned() + &Subject::new("a", "b", Uuid::from_u128(7)).to_string()[2..];
        for text in [
            "cs.portfolio.initiative.*",
            "cs.portfolio.>",
            "cs.portfolio.initiative.00000000-0000-0000-0000-000000000000",
            "cs.portfolio.initiative.00000000000000000000000000000007",
            "cs.portfolio.initiative.00000000-0000-0000-0000-00000000000A",
            "cs..initiative.00000000-0000-0000-0000-000000000007",
            "cs.portfolio.initiative.x.00000000-0000-0000-0000-000000000007",
            upper.as_str(),
        ] {
            assert_eq!(text.parse::<Subject>(), Err(SubjectError(text.to_owned())));
        }
    }
}
