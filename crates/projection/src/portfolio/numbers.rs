//! Human numbers: the n-th creation of a civil year in Jerusalem, by log order. Creations that cannot be applied
//! count too, so that a rebuild by a version that can apply them numbers all others as before.

use std::collections::{HashMap, HashSet};

use domain::calendar::civil_date;
use read_model::{Batch, rows::InitiativeCount};
use uuid::Uuid;

use super::{creation, initiative_event};
use crate::Decoded;

/// The place of an initiative among those of its year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number {
    year: i32,
    ordinal: i64,
}

impl Number {
    /// Such as `INI-2026-00123`.
    pub(super) fn text(self) -> String {
        format!("INI-{}-{:05}", self.year, self.ordinal)
    }

    /// Orders numbers; the text does not beyond 99,999 in a year.
    pub(super) fn order(self) -> i64 {
        i64::from(self.year) * 1_000_000_000 + self.ordinal
    }
}

/// Numbers the initiatives created in these commits.
pub(super) async fn count(
    batch: &mut Batch,
    commits: &[Decoded],
) -> Result<HashMap<Uuid, Number>, read_model::Error> {
    let created: Vec<(i32, Uuid)> =
        commits.iter().filter(|commit| creates(commit)).map(year_and_id).collect();
    let years: HashSet<i32> = created.iter().map(|(year, _)| *year).collect();
    let rows: Vec<InitiativeCount> = batch.load(&years.into_iter().collect::<Vec<_>>()).await?;
    let mut totals: HashMap<i32, i64> = rows.into_iter().map(|row| (row.year, row.total)).collect();
    let mut numbers = HashMap::new();
    for (year, id) in created {
        let total = totals.entry(year).or_default();
        *total += 1;
        numbers.insert(id, Number { year, ordinal: *total });
    }
    let totals: Vec<_> = totals.into_iter().map(|(year, total)| InitiativeCount { year, total }).collect();
    batch.replace(&totals).await?;
    Ok(numbers)
}

/// The first commit of an initiative, that is: whatever else a damaged stream may say later is no creation.
fn creates(commit: &Decoded) -> bool {
    let mut events = commit.events.iter().filter_map(initiative_event);
    commit.commit.version == 1 && events.any(|event| creation::ministry(event).is_some())
}

fn year_and_id(commit: &Decoded) -> (i32, Uuid) {
    (civil_date(commit.commit.recorded_at).year().into(), commit.record.subject.id())
}
