//! Indicators and their measurements.

use super::{
    super::{
        super::framework::KpiDirection,
        command::{
            CorrectMeasurement, DefineKpi, RecordMeasurement, RetireKpi, ReviseKpi, VerifyMeasurement,
        },
        event::{
            Kpi, KpiDefined, KpiMeasured, KpiMeasurementCorrected, KpiMeasurementVerified, KpiRetired,
            KpiRevised,
        },
        indicator::{Indicator, Measurement},
        state::Initiative,
    },
    Judgement, asked_by,
};
use crate::{
    Facts, Reason, Rejection, Role,
    rejection::{outside, unless},
    values::{CivilDate, KpiId},
};

/// How many indicators may be followed at once.
const KPIS_MAX: usize = 12;
/// How much must be said, in characters, when a target moves after measuring began.
const REBASELINE_REASON_MIN: usize = 30;
const REASON_MAX: usize = 1000;

impl Initiative {
    pub(super) fn define_kpi(&self, define: &DefineKpi, facts: &Facts) -> Judgement {
        let DefineKpi { kpi_id, kpi } = define.clone();
        let who = asked_by([self.owner_or(&[Role::MinistryLead], facts)]);
        if let Some(known) = self.kpis.get(&kpi_id) {
            let exists = Rejection::new(Reason::AlreadyExists).at("kpi_id");
            return who.unless_it_holds(!known.retired && known.kpi == kpi).about([Some(exists)]);
        }
        who.about(sound(&kpi))
            .about([unless(
                self.followed().count() < KPIS_MAX,
                Rejection::new(Reason::KpiLimit).with("max", KPIS_MAX),
            )])
            .then(KpiDefined { kpi_id, kpi })
    }

    pub(super) fn revise_kpi(&self, revise: &ReviseKpi, facts: &Facts) -> Judgement {
        let ReviseKpi { kpi_id, kpi, reason } = revise.clone();
        let who = asked_by([self.owner_or(&[Role::MinistryLead], facts)]);
        let Some(known) = self.followed_kpi(kpi_id) else { return who.about([unknown_kpi()]) };
        let moved = (known.kpi.target, known.kpi.target_on) != (kpi.target, kpi.target_on);
        let rebaselined = known.is_measured() && moved;
        let said = reason.chars().count();
        let short = outside(Reason::ValidationLength, "reason", REBASELINE_REASON_MIN, REASON_MAX);
        who.unless_it_holds(known.kpi == kpi)
            .about(sound(&kpi))
            .about(baseline_locked(known, &kpi))
            .about([unless(!rebaselined || said >= REBASELINE_REASON_MIN, short.with("actual", said))])
            .then(KpiRevised { kpi_id, kpi, reason, rebaselined })
    }

    pub(super) fn retire_kpi(&self, retire: &RetireKpi, facts: &Facts) -> Judgement {
        let RetireKpi { kpi_id, reason } = retire.clone();
        let who = asked_by([self.owner_or(&[Role::MinistryLead], facts)]);
        match self.kpis.get(&kpi_id) {
            None => who.about([unknown_kpi()]),
            Some(known) => who.unless_it_holds(known.retired).then(KpiRetired { kpi_id, reason }),
        }
    }

    pub(super) fn record_measurement(&self, record: &RecordMeasurement, facts: &Facts) -> Judgement {
        let RecordMeasurement { kpi_id, on, value, source, evidence_level, document } = record.clone();
        let who = asked_by([self.owner_or(&[Role::Integration], facts)]);
        let Some(known) = self.followed_kpi(kpi_id) else { return who.about([unknown_kpi()]) };
        let (first, last) = (known.kpi.baseline_on, facts.effective_on);
        who.about([
            unless(first <= on && on <= last, outside(Reason::ValidationRange, "on", first, last)),
            unless(!known.measurements.contains_key(&on), Rejection::new(Reason::MeasurementExists).at("on")),
        ])
        .then(KpiMeasured { kpi_id, on, value, source, evidence_level, document })
    }

    pub(super) fn correct_measurement(&self, correct: &CorrectMeasurement, facts: &Facts) -> Judgement {
        let CorrectMeasurement { kpi_id, on, value, reason } = correct.clone();
        let who = asked_by([self.owner_or(&[Role::Integration], facts)]);
        match self.measurement(kpi_id, on) {
            Err(unknown) => who.about([Some(unknown)]),
            Ok(Measurement { value: original, .. }) => who
                .unless_it_holds(*original == value)
                .then(KpiMeasurementCorrected { kpi_id, on, original: *original, value, reason }),
        }
    }

    pub(super) fn verify_measurement(&self, verify: &VerifyMeasurement, facts: &Facts) -> Judgement {
        let VerifyMeasurement { kpi_id, on } = verify.clone();
        let who = asked_by([self.not_owner(facts)]);
        match self.measurement(kpi_id, on) {
            Err(unknown) => who.about([Some(unknown)]),
            Ok(known) => who.unless_it_holds(known.verified).then(KpiMeasurementVerified { kpi_id, on }),
        }
    }

    fn followed_kpi(&self, kpi_id: KpiId) -> Option<&Indicator> {
        self.kpis.get(&kpi_id).filter(|known| !known.retired)
    }

    /// A measurement, of a retired indicator too.
    fn measurement(&self, kpi_id: KpiId, on: CivilDate) -> Result<&Measurement, Rejection> {
        let known = self.kpis.get(&kpi_id).ok_or_else(|| Rejection::new(Reason::KpiUnknown).at("kpi_id"))?;
        known.measurements.get(&on).ok_or_else(|| Rejection::new(Reason::MeasurementUnknown).at("on"))
    }
}

fn unknown_kpi() -> Option<Rejection> {
    Some(Rejection::new(Reason::KpiUnknown).at("kpi_id"))
}

/// Baseline, target, direction and tolerance agree with each other.
fn sound(kpi: &Kpi) -> [Option<Rejection>; 5] {
    let maintains = kpi.direction == KpiDirection::Maintain;
    let agrees = match kpi.direction {
        KpiDirection::Increase => kpi.target >= kpi.baseline,
        KpiDirection::Decrease => kpi.target <= kpi.baseline,
        KpiDirection::Maintain => true,
    };
    let tolerance = |reason| Rejection::new(reason).at("kpi.tolerance_micros");
    let positive = kpi.tolerance.is_some_and(|tolerance| tolerance.micros() > 0);
    [
        unless(
            maintains || kpi.target != kpi.baseline,
            Rejection::new(Reason::KpiNoChange).at("kpi.target_micros"),
        ),
        unless(agrees, Rejection::new(Reason::KpiDirection).at("kpi.target_micros")),
        unless(
            kpi.target_on > kpi.baseline_on,
            Rejection::new(Reason::ValidationDateOrder).at("kpi.target_on"),
        ),
        unless(!maintains || kpi.tolerance.is_some(), tolerance(Reason::ValidationRequired)),
        unless(kpi.tolerance.is_none() || (maintains && positive), tolerance(Reason::ValidationRange)),
    ]
}

/// What was measured is compared with the baseline: neither it, nor its day, nor the unit of both may move.
fn baseline_locked(known: &Indicator, kpi: &Kpi) -> [Option<Rejection>; 3] {
    let locked = |same: bool, field: &str| {
        let rejection = Rejection::new(Reason::KpiBaselineLocked).at(field);
        unless(same || !known.is_measured(), rejection)
    };
    [
        locked(known.kpi.baseline == kpi.baseline, "kpi.baseline_micros"),
        locked(known.kpi.baseline_on == kpi.baseline_on, "kpi.baseline_on"),
        locked(known.kpi.unit == kpi.unit, "kpi.unit"),
    ]
}
