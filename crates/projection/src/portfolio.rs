//! The portfolio: a line, a card and a story for each initiative.
//!
//! The rows of one initiative rest on its own commits only, but for two things that cannot fail: its number counts
//! the initiatives of its year, and the code of its ministry comes from the ministry's registration.

mod case;
mod creation;
mod fold;
mod gates;
mod indicators;
mod numbers;
mod story;

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use codec::DomainEvent;
use domain::{portfolio::initiative, reference::org_unit};
use read_model::{
    Batch, Shape,
    rows::{Table, UnitCode},
};
use uuid::Uuid;

use self::case::Cases;
use crate::{Decoded, Poison, View, view::fold_cases};

/// Initiatives.
pub struct Portfolio;

/// What an initiative's rows take from elsewhere.
struct Known {
    /// Of the initiatives created in the batch.
    numbers: HashMap<Uuid, numbers::Number>,
    codes: HashMap<Uuid, String>,
}

#[async_trait]
impl View for Portfolio {
    fn shape(&self) -> Shape {
        read_model::PORTFOLIO
    }

    fn mixes_keys(&self) -> bool {
        false
    }

    async fn apply(&self, batch: &mut Batch, commits: &[Decoded]) -> Result<Vec<Poison>, read_model::Error> {
        add_codes(batch, commits).await?;
        let known = Known {
            numbers: numbers::count(batch, commits).await?,
            codes: ministries(batch, commits).await?,
        };
        let initiatives: Vec<&Decoded> = commits.iter().filter(|commit| is_initiative(commit)).collect();
        let mut cases = Cases::load(batch, &initiatives).await?;
        let poisons = fold_cases(&mut cases.by_id, &initiatives, |case, commit| case.apply(commit, &known));
        cases.store(batch).await?;
        Ok(poisons)
    }
}

fn is_initiative(commit: &Decoded) -> bool {
    commit.events.iter().any(|event| initiative_event(event).is_some())
}

fn initiative_event(event: &DomainEvent) -> Option<&initiative::Event> {
    match event {
        DomainEvent::Initiative(event) => Some(event),
        DomainEvent::LogOpened(_)
        | DomainEvent::OrgUnit(_)
        | DomainEvent::PersonAccess(_)
        | DomainEvent::PolicySet(_)
        | DomainEvent::WriterKey(_) => None,
    }
}

/// Keeps the codes of the units registered in these commits. A code never changes.
async fn add_codes(batch: &mut Batch, commits: &[Decoded]) -> Result<(), read_model::Error> {
    let mut codes = HashMap::new();
    for commit in commits.iter().filter(|commit| !commit.parked) {
        for event in &commit.events {
            if let DomainEvent::OrgUnit(org_unit::Event::Registered(registered)) = event {
                codes.insert(commit.record.subject.id(), registered.code.clone());
            }
        }
    }
    let rows: Vec<_> = codes.into_iter().map(|(org_unit_id, code)| UnitCode { org_unit_id, code }).collect();
    batch.replace(&rows).await
}

/// The codes of the ministries named by the initiatives created in these commits.
async fn ministries(
    batch: &mut Batch,
    commits: &[Decoded],
) -> Result<HashMap<Uuid, String>, read_model::Error> {
    let events = commits.iter().flat_map(|commit| &commit.events).filter_map(initiative_event);
    let named: HashSet<Uuid> = events.filter_map(creation::ministry).collect();
    let rows: Vec<UnitCode> = batch.load(&named.into_iter().collect::<Vec<_>>()).await?;
    Ok(rows.into_iter().map(|row| (row.key(), row.code)).collect())
}
