//! The read API.
