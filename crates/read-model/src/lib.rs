//! The Postgres views: schema, rows, reads, writes, checkpoints.
