//! Who exists and who may: units, people and their roles, writer keys, policies in force.

pub mod org_unit;
pub mod person_access;
pub mod policy_set;
pub mod writer_key;

#[cfg(test)]
mod tests;
