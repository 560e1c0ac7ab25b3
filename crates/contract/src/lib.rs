//! Bindings generated from proto/.
