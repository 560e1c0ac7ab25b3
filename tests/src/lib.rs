//! A running Cornerstone for a test, and what its users do with it.
