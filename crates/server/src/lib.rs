//! Assembly: roles, configuration, telemetry.
