//! An indicator of an initiative and what was measured of it.

use std::collections::BTreeMap;

use super::event::Kpi;
use crate::values::{CivilDate, EventId, KpiValue};

/// An indicator as its events left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Indicator {
    pub(super) kpi: Kpi,
    /// The event that gave it its present values.
    pub(super) told: EventId,
    pub(super) retired: bool,
    /// One value a day.
    pub(super) measurements: BTreeMap<CivilDate, Measurement>,
}

/// A measured value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Measurement {
    pub(super) value: KpiValue,
    /// The event that gave it its present value.
    pub(super) told: EventId,
    /// Of the present value: a correction asks for verifying again.
    pub(super) verified: bool,
}

impl Indicator {
    pub(super) fn new(kpi: &Kpi, told: EventId) -> Self {
        Self { kpi: kpi.clone(), told, retired: false, measurements: BTreeMap::new() }
    }

    pub(super) fn revise(&mut self, kpi: &Kpi, told: EventId) {
        self.kpi = kpi.clone();
        self.told = told;
    }

    pub(super) fn measure(&mut self, on: CivilDate, value: KpiValue, told: EventId) {
        self.measurements.insert(on, Measurement { value, told, verified: false });
    }

    pub(super) fn verify(&mut self, on: CivilDate) {
        if let Some(measurement) = self.measurements.get_mut(&on) {
            measurement.verified = true;
        }
    }

    pub(super) fn is_measured(&self) -> bool {
        !self.measurements.is_empty()
    }
}
