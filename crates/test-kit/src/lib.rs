//! Real nats-server and Postgres for tests.
