//! Load, decide, append, retry.
