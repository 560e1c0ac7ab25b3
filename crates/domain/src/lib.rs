//! The rules: events, state, decisions, refusals. Pure values, no clock, no randomness, no I/O.
//!
//! A decider is plain functions in a fixed order: events, state, `evolve`, decisions, refusals. Start with
//! [`portfolio::initiative`]. Stored bytes are `codec`'s affair, who may call is `access`'s.
#![deny(clippy::wildcard_enum_match_arm)]
#![warn(missing_docs)]

#[macro_use]
mod vocabulary;
pub mod calendar;
pub mod facts;
pub mod portfolio;
pub mod reference;
pub mod rejection;
pub mod scenario;
pub mod values;

pub use facts::{Actor, Facts, GrantFact, Recorded, Role, UnitFact};
pub use rejection::{Reason, Rejection, Rejections};
pub use vocabulary::{Type, Vocabulary};

use values::{OrgUnitId, PersonRef};

/// The rules' version, recorded in every commit: a change of any decision raises it.
pub const DECIDER_VERSION: u32 = 1;

/// The conceptual framework under which classifications are made until one is published by event.
pub const FRAMEWORK_VERSION: u32 = 1;

/// What happened to an aggregate, what can be asked of it, and how the second becomes the first.
pub trait Aggregate: Default + Clone + Send + Sync + 'static {
    /// The area's token in subjects.
    const AREA: &'static str;
    /// The aggregate's token in subjects.
    const NAME: &'static str;
    /// Facts, in the past tense.
    type Event: Vocabulary;
    /// Orders, in the imperative.
    type Command: Command;

    /// Folds one event. Total: history is never refused.
    fn evolve(&mut self, event: &Self::Event, recorded: &Recorded);

    /// Decides. Asking again for what already holds is `Ok(vec![])`; a refusal names every unmet condition.
    ///
    /// # Errors
    /// All reasons why not, never only the first.
    fn decide(&self, command: &Self::Command, facts: &Facts) -> Result<Vec<Self::Event>, Rejections>;

    /// The organisational unit whose ministry the command concerns; none for government-wide matters.
    fn unit(&self, command: &Self::Command) -> Option<OrgUnitId>;

    /// Whether the matter is somebody's own, so that they may see it whatever their unit.
    fn concerns(&self, _person: PersonRef) -> bool {
        false
    }
}

/// What a command needs to be known besides its content.
pub trait Command: Vocabulary {
    /// Whether it creates its aggregate, so that the stream must be empty.
    fn creates(&self) -> bool;
    /// Whether the caller must name the version that was seen: human decisions do.
    fn needs_expected_version(&self) -> bool;
    /// Units and people whose present facts the decision rests on.
    fn references(&self) -> References;
    /// The role that it would grant to somebody: who may grant depends on it.
    fn grants(&self) -> Option<Role> {
        None
    }
}

/// The references of a command, resolved into [`Facts`] before deciding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// Organisational units named by the command.
    pub units: Vec<OrgUnitId>,
    /// People named by the command.
    pub people: Vec<PersonRef>,
}
