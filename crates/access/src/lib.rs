//! Who is calling and what they may do.
//!
//! [`gate`] is what services use: from the metadata of a call to a principal, from a principal to an
//! authorisation. Behind it, [`token`] answers who, [`authority`] follows the grants on the log into a
//! [`directory`], and [`decide`] asks the policies of [`policy`]. Relations (own, owner, reviewer) and the
//! segregation of duties are the aggregates' affair, since a replay must be able to check them.

pub mod authority;
pub mod decide;
pub mod directory;
#[cfg(test)]
mod fixture;
pub mod gate;
pub mod policy;
pub mod token;

pub use authority::{Authority, AuthorityError};
pub use decide::{Access, Authorised, Denied, Principal, ReadScope, Wish};
pub use directory::{Directory, Held};
pub use gate::{Gate, Persons};
pub use policy::PolicySet;
pub use token::{Identity, Issuer, TokenError, Tokens};
