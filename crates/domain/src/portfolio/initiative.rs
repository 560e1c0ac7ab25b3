//! An initiative, from an idea to its diffused lessons: events, state, `evolve`, decisions, refusals.
//!
//! What happened is in [`event`], what can be asked in [`command`]; the state and its folding, the decisions
//! and the stage gates follow. Benefits, tranches, dependencies and merging are not here yet.

pub mod command;
pub mod event;
mod state;

pub use command::Command;
pub use event::Event;
pub use state::Initiative;
