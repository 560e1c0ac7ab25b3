//! What the directory answers.
