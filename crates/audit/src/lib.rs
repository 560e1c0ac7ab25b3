//! Replay of the log for auditors.
