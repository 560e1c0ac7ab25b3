//! Follows the log and keeps each view true.
