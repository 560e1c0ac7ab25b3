//! Who may do what, in a table.
