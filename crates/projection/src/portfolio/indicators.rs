//! Indicators and what is measured of them.

use std::collections::BTreeMap;

use domain::{
    portfolio::initiative::event::{
        Kpi as Told, KpiDefined, KpiMeasured, KpiMeasurementCorrected, KpiMeasurementVerified, KpiRetired,
        KpiRevised,
    },
    values::{CivilDate, KpiId},
};
use read_model::rows::{Kpi, Measurement, TrajectoryPoint};
use uuid::Uuid;

use super::case::{At, Case};
use crate::values::{code, date, document, text};

pub(super) fn defined(case: &mut Case, told: &KpiDefined, at: &At<'_>) -> Result<(), String> {
    case.rows()?;
    let kpi_id = told.kpi_id.uuid();
    if case.kpis.contains_key(&kpi_id) {
        return Err(format!("the indicator {kpi_id} was defined before"));
    }
    let ordinal =
        i32::try_from(case.kpis.len()).map_err(|error| format!("ordinal of an indicator: {error}"))?;
    case.kpis.insert(kpi_id, kpi(at.initiative_id(), kpi_id, ordinal + 1, &told.kpi));
    Ok(())
}

pub(super) fn revised(case: &mut Case, told: &KpiRevised) -> Result<(), String> {
    let known = known(&mut case.kpis, told.kpi_id)?;
    let rebaselined = known.rebaselined || told.rebaselined;
    let retired = known.retired;
    *known = kpi(known.initiative_id, known.kpi_id, known.ordinal, &told.kpi);
    (known.rebaselined, known.retired) = (rebaselined, retired);
    Ok(())
}

pub(super) fn retired(case: &mut Case, told: &KpiRetired) -> Result<(), String> {
    known(&mut case.kpis, told.kpi_id)?.retired = true;
    Ok(())
}

pub(super) fn measured(case: &mut Case, told: &KpiMeasured, at: &At<'_>) -> Result<(), String> {
    let kpi_id = known(&mut case.kpis, told.kpi_id)?.kpi_id;
    let measured_on = date(told.on);
    let measurement = Measurement {
        initiative_id: at.initiative_id(),
        kpi_id,
        measured_on,
        value: told.value.micros(),
        source: told.source.clone(),
        evidence_level: code(told.evidence_level),
        document: told.document.as_ref().map(document),
        verified: false,
        corrected: false,
    };
    match case.measurements.insert((kpi_id, measured_on), measurement) {
        None => Ok(()),
        Some(_) => Err(format!("the indicator {kpi_id} was measured on {} before", told.on)),
    }
}

/// A corrected value asks for verifying again.
pub(super) fn corrected(case: &mut Case, told: &KpiMeasurementCorrected) -> Result<(), String> {
    let measurement = measurement(case, told.kpi_id, told.on)?;
    measurement.value = told.value.micros();
    (measurement.corrected, measurement.verified) = (true, false);
    Ok(())
}

pub(super) fn verified(case: &mut Case, told: &KpiMeasurementVerified) -> Result<(), String> {
    measurement(case, told.kpi_id, told.on)?.verified = true;
    Ok(())
}

fn known(kpis: &mut BTreeMap<Uuid, Kpi>, kpi_id: KpiId) -> Result<&mut Kpi, String> {
    kpis.get_mut(&kpi_id.uuid()).ok_or_else(|| format!("the indicator {kpi_id} was never defined"))
}

fn measurement(case: &mut Case, kpi_id: KpiId, on: CivilDate) -> Result<&mut Measurement, String> {
    let of_day = (kpi_id.uuid(), date(on));
    case.measurements
        .get_mut(&of_day)
        .ok_or_else(|| format!("the indicator {kpi_id} was not measured on {on}"))
}

fn kpi(initiative_id: Uuid, kpi_id: Uuid, ordinal: i32, told: &Told) -> Kpi {
    let point = |point: &domain::portfolio::initiative::event::TrajectoryPoint| TrajectoryPoint {
        on: date(point.on),
        value: point.value.micros(),
    };
    Kpi {
        initiative_id,
        kpi_id,
        ordinal,
        name: text(&told.name),
        outcome_dimension: code(told.outcome_dimension),
        unit: code(told.unit),
        direction: code(told.direction),
        baseline: told.baseline.micros(),
        baseline_on: date(told.baseline_on),
        baseline_source: told.baseline_source.clone(),
        target: told.target.micros(),
        target_on: date(told.target_on),
        tolerance: told.tolerance.map(|value| value.micros()),
        weight: told.weight.into(),
        frequency_days: told.frequency_days.into(),
        trajectory: told.trajectory.iter().map(point).collect(),
        retired: false,
        rebaselined: false,
    }
}
