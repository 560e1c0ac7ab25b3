//! The rules: events, state, decisions, refusals.
