//! Operators' and auditors' client.
