//! Sealing personal data.
