//! Domain events and stored bytes.
