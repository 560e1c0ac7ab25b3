//! Initiatives and the portfolio they form.

pub mod framework;
pub mod initiative;
