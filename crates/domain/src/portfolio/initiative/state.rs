//! An initiative as its events left it.
