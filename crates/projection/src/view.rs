//! What a view is: how commits become rows.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use event_log::Subject;
use read_model::{Batch, Shape};
use uuid::Uuid;

use crate::Decoded;

/// A view of the log. Its rows are a function of the commits alone: no clock, no randomness, nothing read from
/// elsewhere, so that a rebuild gives the same rows.
#[async_trait]
pub trait View: Send + Sync + 'static {
    /// Its name, version and tables.
    fn shape(&self) -> Shape;

    /// Whether a row may rest on several aggregates. Such a view stops at a commit that it cannot apply, since
    /// parking one aggregate's commits would make rows of others untrue.
    fn mixes_keys(&self) -> bool;

    /// Applies commits, in order. Commits that are parked change no rows; they still count where a view counts.
    /// A commit that cannot be applied is returned, and no later commit of its aggregate is applied: they wait for a
    /// version that can, and for a rebuild by it.
    ///
    /// # Errors
    /// Those of the database.
    async fn apply(&self, batch: &mut Batch, commits: &[Decoded]) -> Result<Vec<Poison>, read_model::Error>;
}

/// A commit that cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poison {
    /// Its position.
    pub position: u64,
    /// Why not; without names and texts.
    pub reason: String,
}

/// Folds commits into the rows of their own aggregate, one [`Clone`] of them at a time: a commit that cannot be
/// applied leaves the rows as they were before it, and the later ones of its aggregate are passed over.
pub(crate) fn fold_cases<C: Clone + Default>(
    cases: &mut HashMap<Uuid, C>,
    commits: &[&Decoded],
    apply: impl Fn(&mut C, &Decoded) -> Result<(), String>,
) -> Vec<Poison> {
    let mut poisons = Vec::new();
    let mut poisoned: HashSet<&Subject> = HashSet::new();
    for commit in commits.iter().filter(|commit| !commit.parked) {
        let subject = &commit.record.subject;
        if poisoned.contains(subject) {
            continue;
        }
        let mut case = cases.get(&subject.id()).cloned().unwrap_or_default();
        match apply(&mut case, commit) {
            Ok(()) => {
                cases.insert(subject.id(), case);
            }
            Err(reason) => {
                poisoned.insert(subject);
                poisons.push(Poison { position: commit.record.position, reason });
            }
        }
    }
    poisons
}
