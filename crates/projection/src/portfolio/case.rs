//! The rows of one initiative, on their way from the database through some commits and back.

use std::collections::{BTreeMap, HashMap, HashSet};

use codec::{Commit, StoredEvent};
use domain::values::CivilDate;
use read_model::{
    Batch,
    rows::{
        Confidence, Cost, Initiative, InitiativeCard, Kpi, Measurement, SealedText, Table, TimelineEntry,
    },
};
use time::Date;
use uuid::Uuid;

use super::{Known, fold, gates, initiative_event, story};
use crate::{Decoded, values::sealed};

/// The rows of one initiative.
#[derive(Clone, Default)]
pub(super) struct Case {
    /// None before it is created.
    pub(super) rows: Option<Rows>,
    pub(super) kpis: BTreeMap<Uuid, Kpi>,
    pub(super) measurements: BTreeMap<(Uuid, Date), Measurement>,
    // What is only added to, and therefore never loaded.
    pub(super) confidences: Vec<Confidence>,
    pub(super) costs: Vec<Cost>,
    timeline: Vec<TimelineEntry>,
    sealed: Vec<SealedText>,
    changed: bool,
    /// Its words have to be indexed again.
    pub(super) reworded: bool,
}

/// The line of the list and the card behind it.
#[derive(Clone)]
pub(super) struct Rows {
    pub(super) line: Initiative,
    pub(super) card: InitiativeCard,
}

/// One event and where it stands.
pub(super) struct At<'a> {
    pub(super) record: &'a Decoded,
    pub(super) commit: &'a Commit,
    pub(super) stored: &'a StoredEvent,
    /// Of the event.
    pub(super) version: u64,
}

impl At<'_> {
    pub(super) fn initiative_id(&self) -> Uuid {
        self.record.record.subject.id()
    }

    pub(super) fn position(&self) -> u64 {
        self.record.record.position
    }

    pub(super) fn event_id(&self) -> Uuid {
        self.stored.id.uuid()
    }

    pub(super) fn effective_on(&self) -> CivilDate {
        self.commit.effective_on
    }
}

impl Case {
    /// Applies the events of a commit.
    pub(super) fn apply(&mut self, decoded: &Decoded, known: &Known) -> Result<(), String> {
        let commit = &decoded.commit;
        for (version, (stored, event)) in (commit.version..).zip(commit.events.iter().zip(&decoded.events)) {
            let event = initiative_event(event).ok_or("an event of another aggregate")?;
            let at = At { record: decoded, commit, stored, version };
            fold::apply(self, event, &at, known)?;
            self.timeline.push(story::entry(&at)?);
            self.sealed.extend(sealed(&decoded.record, stored));
        }
        let gates = gates::of_next_stage(self);
        if let Some(rows) = &mut self.rows {
            rows.line.version = commit.last_version();
            rows.line.position = decoded.record.position;
            rows.line.updated_at = crate::values::moment(commit.recorded_at);
            rows.card.gates = gates;
        }
        self.changed = true;
        Ok(())
    }

    pub(super) fn rows(&mut self) -> Result<&mut Rows, String> {
        self.rows.as_mut().ok_or_else(|| "the initiative was never created".to_owned())
    }
}

/// The cases that some commits are about.
pub(super) struct Cases {
    pub(super) by_id: HashMap<Uuid, Case>,
}

impl Cases {
    pub(super) async fn load(batch: &mut Batch, commits: &[&Decoded]) -> Result<Self, read_model::Error> {
        let ids: HashSet<Uuid> = commits.iter().map(|commit| commit.record.subject.id()).collect();
        let ids: Vec<Uuid> = ids.into_iter().collect();
        let mut by_id: HashMap<Uuid, Case> = HashMap::new();
        let mut cards: HashMap<Uuid, InitiativeCard> =
            batch.load(&ids).await?.into_iter().map(|card: InitiativeCard| (card.key(), card)).collect();
        for line in batch.load::<Initiative>(&ids).await? {
            if let Some(card) = cards.remove(&line.initiative_id) {
                let case = by_id.entry(line.initiative_id).or_default();
                case.rows = Some(Rows { line, card });
            }
        }
        for kpi in batch.load::<Kpi>(&ids).await? {
            by_id.entry(kpi.initiative_id).or_default().kpis.insert(kpi.kpi_id, kpi);
        }
        for measurement in batch.load::<Measurement>(&ids).await? {
            let of_day = (measurement.kpi_id, measurement.measured_on);
            by_id.entry(measurement.initiative_id).or_default().measurements.insert(of_day, measurement);
        }
        Ok(Self { by_id })
    }

    /// Writes what changed.
    pub(super) async fn store(self, batch: &mut Batch) -> Result<(), read_model::Error> {
        let changed: Vec<Case> = self.by_id.into_values().filter(|case| case.changed).collect();
        let rows = || changed.iter().filter_map(|case| case.rows.as_ref());
        batch.replace(&rows().map(|rows| rows.line.clone()).collect::<Vec<_>>()).await?;
        batch.replace(&rows().map(|rows| rows.card.clone()).collect::<Vec<_>>()).await?;
        batch.replace(&each(&changed, |case| case.kpis.values())).await?;
        batch.replace(&each(&changed, |case| case.measurements.values())).await?;
        batch.add(&each(&changed, |case| case.confidences.iter())).await?;
        batch.add(&each(&changed, |case| case.costs.iter())).await?;
        batch.add(&each(&changed, |case| case.timeline.iter())).await?;
        batch.add(&each(&changed, |case| case.sealed.iter())).await?;
        let reworded = changed.iter().filter(|case| case.reworded).filter_map(|case| case.rows.as_ref());
        batch.index_initiatives(&reworded.map(|rows| rows.line.initiative_id).collect::<Vec<_>>()).await
    }
}

fn each<'a, T: Clone + 'a, I: Iterator<Item = &'a T>>(
    cases: &'a [Case],
    rows: impl Fn(&'a Case) -> I,
) -> Vec<T> {
    cases.iter().flat_map(rows).cloned().collect()
}
