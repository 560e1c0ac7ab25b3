//! Reading the views: in one snapshot, for one audience, each query once.
//!
//! Every read goes through a [`Snapshot`]: one transaction, as the reader's role, with the scope told to row-level
//! security; the queries narrow by the same scope themselves. What a caller asked for arrives as values
//! ([`Condition`], [`SortKey`]) and becomes binds; no text of a caller becomes SQL.

mod card;
mod condition;
mod initiatives;
mod order;
mod positions;
mod reference;
mod scope;
mod snapshot;

pub use card::{Card, card};
pub use condition::{Condition, Test, Value};
pub use initiatives::{Change, Line, Order, Selection, Sort, changes, column, count, lines, page};
pub use order::{Key, SortKey};
pub use positions::Positions;
pub use reference::org_units;
pub use scope::Audience;
pub use snapshot::Snapshot;
