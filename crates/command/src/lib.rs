//! Load, decide, append, retry.

pub mod parse;
