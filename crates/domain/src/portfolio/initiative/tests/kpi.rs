//! Indicators and their measurements.

use super::{
    super::{command::*, event::*},
    *,
};
use crate::values::CivilDate;

const STAGE: Stage = Stage::DevelopingProposals;

fn define(kpi: Kpi) -> DefineKpi {
    DefineKpi { kpi_id: kpi_id(1), kpi }
}

fn defined() -> Vec<Event> {
    with(owned(STAGE), kpi_defined())
}

fn revise(kpi: Kpi, reason_chars: usize) -> ReviseKpi {
    ReviseKpi { kpi_id: kpi_id(1), kpi, reason: "r".repeat(reason_chars) }
}

fn retire() -> RetireKpi {
    RetireKpi { kpi_id: kpi_id(1), reason: "replaced".to_owned() }
}

fn retired() -> Vec<Event> {
    with(measured(STAGE), KpiRetired { kpi_id: kpi_id(1), reason: "replaced".to_owned() })
}

fn measure(on: CivilDate) -> RecordMeasurement {
    let KpiMeasured { kpi_id, value, source, evidence_level, document, .. } = measured_on("2026-11-10");
    RecordMeasurement { kpi_id, on, value, source, evidence_level, document }
}

fn correct(whole: i64) -> CorrectMeasurement {
    let (kpi_id, on) = (kpi_id(1), day("2026-11-10"));
    CorrectMeasurement { kpi_id, on, value: units(whole), reason: "miscounted".to_owned() }
}

fn verify() -> VerifyMeasurement {
    VerifyMeasurement { kpi_id: kpi_id(1), on: day("2026-11-10") }
}

fn verified() -> Event {
    KpiMeasurementVerified { kpi_id: kpi_id(1), on: day("2026-11-10") }.into()
}

fn unknown_kpi() -> Rejection {
    at(Reason::KpiUnknown, "kpi_id")
}

#[test]
fn the_owner_and_the_lead_define_indicators() {
    for who in [OWNER, LEAD] {
        after(owned(STAGE))
            .as_(who)
            .when(define(errors()))
            .then([kpi_defined().into()])
            .when(define(errors()))
            .then_nothing();
    }
    after(owned(STAGE)).as_(STRANGER).when(define(errors())).then_refused(&[Reason::ScopeForbidden]);
}

#[test]
fn an_indicators_id_is_used_once() {
    let exists = at(Reason::AlreadyExists, "kpi_id");
    let other = Kpi { weight: 1, ..errors() };
    after(defined()).as_(OWNER).when(define(other)).then_rejected(exists.clone());
    after(retired()).as_(OWNER).when(define(errors())).then_rejected(exists);
}

#[test]
fn an_initiative_follows_twelve_indicators_at_most() {
    let twelve = (1..=12)
        .fold(owned(STAGE), |history, n| with(history, KpiDefined { kpi_id: kpi_id(n), kpi: errors() }));
    let thirteenth = || DefineKpi { kpi_id: kpi_id(13), kpi: errors() };
    let full = Rejection::new(Reason::KpiLimit).with("max", 12);
    after(twelve.clone()).as_(OWNER).when(thirteenth()).then_rejected(full);
    let freed = with(twelve, KpiRetired { kpi_id: kpi_id(1), reason: "replaced".to_owned() });
    after(freed).as_(OWNER).when(thirteenth()).then_accepted();
}

/// Each unsound indicator with why.
fn unsound() -> Vec<(Kpi, Rejection)> {
    let maintain = || Kpi { direction: KpiDirection::Maintain, tolerance: Some(units(1)), ..errors() };
    let (target, tolerance) = ("kpi.target_micros", "kpi.tolerance_micros");
    let order = at(Reason::ValidationDateOrder, "kpi.target_on");
    vec![
        (Kpi { target: units(40), ..errors() }, at(Reason::KpiNoChange, target)),
        (
            Kpi { direction: KpiDirection::Increase, target: units(40), ..errors() },
            at(Reason::KpiNoChange, target),
        ),
        (Kpi { target: units(41), ..errors() }, at(Reason::KpiDirection, target)),
        (Kpi { direction: KpiDirection::Increase, ..errors() }, at(Reason::KpiDirection, target)),
        (Kpi { target_on: errors().baseline_on, ..errors() }, order),
        (Kpi { tolerance: None, ..maintain() }, at(Reason::ValidationRequired, tolerance)),
        (Kpi { tolerance: Some(units(0)), ..maintain() }, at(Reason::ValidationRange, tolerance)),
        (Kpi { tolerance: Some(units(1)), ..errors() }, at(Reason::ValidationRange, tolerance)),
    ]
}

#[test]
fn an_indicator_is_sound_when_defined_and_when_revised() {
    for (kpi, why) in unsound() {
        after(owned(STAGE)).as_(OWNER).when(define(kpi.clone())).then_rejected(why.clone());
        after(defined()).as_(OWNER).when(revise(kpi, 3)).then_rejected(why);
    }
}

#[test]
fn what_is_maintained_may_have_its_baseline_as_target() {
    let (direction, tolerance) = (KpiDirection::Maintain, Some(units(1)));
    let kpi = Kpi { direction, tolerance, target: units(40), ..errors() };
    after(owned(STAGE)).as_(OWNER).when(define(kpi)).then_accepted();
}

#[test]
fn an_indicator_is_revised_as_a_whole() {
    let kpi = Kpi { baseline: units(50), target: units(5), ..errors() };
    let revised =
        KpiRevised { kpi_id: kpi_id(1), kpi: kpi.clone(), reason: "rrr".to_owned(), rebaselined: false };
    after(defined())
        .as_(OWNER)
        .when(revise(kpi.clone(), 3))
        .then([revised.into()])
        .when(revise(kpi.clone(), 4))
        .then_nothing();
    after(defined()).as_(STRANGER).when(revise(kpi, 3)).then_refused(&[Reason::ScopeForbidden]);
}

#[test]
fn a_baseline_stays_from_the_first_measurement_on() {
    let locked = |field| at(Reason::KpiBaselineLocked, field);
    let moved = [
        (Kpi { baseline: units(41), ..errors() }, locked("kpi.baseline_micros")),
        (Kpi { baseline_on: day("2026-10-01"), ..errors() }, locked("kpi.baseline_on")),
        (Kpi { unit: KpiUnit::Index, ..errors() }, locked("kpi.unit")),
    ];
    for (kpi, why) in moved {
        after(defined()).as_(OWNER).when(revise(kpi.clone(), 3)).then_accepted();
        after(measured(STAGE)).as_(OWNER).when(revise(kpi, 30)).then_rejected(why);
    }
}

#[test]
fn a_target_moves_after_measuring_only_with_a_reason_and_is_marked() {
    let short = at(Reason::ValidationLength, "reason").with("min", 30).with("max", 1000).with("actual", 29);
    for kpi in [Kpi { target: units(20), ..errors() }, Kpi { target_on: day("2028-01-01"), ..errors() }] {
        let revised =
            KpiRevised { kpi_id: kpi_id(1), kpi: kpi.clone(), reason: "r".repeat(30), rebaselined: true };
        after(measured(STAGE)).as_(OWNER).when(revise(kpi.clone(), 29)).then_rejected(short.clone());
        after(measured(STAGE)).as_(OWNER).when(revise(kpi, 30)).then([revised.into()]);
    }
    let reweighted = Kpi { weight: 1, ..errors() };
    after(measured(STAGE)).as_(OWNER).when(revise(reweighted, 3)).then_accepted();
}

#[test]
fn only_a_followed_indicator_is_revised_or_measured() {
    for history in [owned(STAGE), retired()] {
        after(history.clone()).as_(OWNER).when(revise(errors(), 3)).then_rejected(unknown_kpi());
        after(history).as_(OWNER).when(measure(day("2026-11-24"))).then_rejected(unknown_kpi());
    }
}

#[test]
fn a_retired_indicator_stays_retired() {
    let event = KpiRetired { kpi_id: kpi_id(1), reason: "replaced".to_owned() };
    after(defined()).as_(LEAD).when(retire()).then([event.into()]).when(retire()).then_nothing();
    after(owned(STAGE)).as_(OWNER).when(retire()).then_rejected(unknown_kpi());
    after(defined()).as_(STRANGER).when(retire()).then_refused(&[Reason::ScopeForbidden]);
}

#[test]
fn the_owner_and_systems_record_measurements() {
    for who in [OWNER, SYSTEM_OF_RECORD] {
        after(defined()).as_(who).when(measure(day("2026-11-10"))).then([measured_on("2026-11-10").into()]);
    }
    for who in [LEAD, STRANGER] {
        after(defined()).as_(who).when(measure(day("2026-11-10"))).then_refused(&[Reason::ScopeForbidden]);
    }
}

#[test]
fn a_measurement_lies_between_the_baseline_and_the_day_that_it_is_recorded_for() {
    let outside = |last| at(Reason::ValidationRange, "on").with("min", "2026-11-01").with("max", day(last));
    for on in ["2026-11-01", "2026-11-24"] {
        after(defined()).as_(OWNER).when(measure(day(on))).then_accepted();
    }
    for on in ["2026-10-31", "2026-11-25"] {
        after(defined()).as_(OWNER).when(measure(day(on))).then_rejected(outside("2026-11-24"));
    }
    let history = [imported(), vec![kpi_defined().into()]].concat();
    after(history)
        .importing()
        .knowing(|facts| facts.effective_on = day("2026-11-20"))
        .when(measure(day("2026-11-21")))
        .then_rejected(outside("2026-11-20"));
}

#[test]
fn a_day_has_one_measurement_which_is_corrected_not_repeated() {
    after(measured(STAGE))
        .as_(OWNER)
        .when(measure(day("2026-11-10")))
        .then_rejected(at(Reason::MeasurementExists, "on"));
}

#[test]
fn a_correction_tells_what_stood_before() {
    let CorrectMeasurement { kpi_id, on, value, reason } = correct(21);
    let corrected = KpiMeasurementCorrected { kpi_id, on, original: units(22), value, reason };
    for who in [OWNER, SYSTEM_OF_RECORD] {
        after(measured(STAGE))
            .as_(who)
            .when(correct(21))
            .then([corrected.clone().into()])
            .when(correct(21))
            .then_nothing();
    }
    after(retired()).as_(OWNER).when(correct(21)).then_accepted();
    after(measured(STAGE)).as_(LEAD).when(correct(21)).then_refused(&[Reason::ScopeForbidden]);
}

#[test]
fn only_what_was_measured_is_corrected_or_verified() {
    let unknown = at(Reason::MeasurementUnknown, "on");
    after(defined()).as_(OWNER).when(correct(21)).then_rejected(unknown.clone());
    after(defined()).as_(PM).when(verify()).then_rejected(unknown);
    after(owned(STAGE)).as_(OWNER).when(correct(21)).then_rejected(unknown_kpi());
    after(owned(STAGE)).as_(PM).when(verify()).then_rejected(unknown_kpi());
}

#[test]
fn a_measurement_is_verified_by_somebody_other_than_the_owner() {
    after(measured(STAGE)).as_(PM).when(verify()).then([verified()]).as_(LEAD).when(verify()).then_nothing();
    let owner = (OWNER.0, Role::MinistryLead);
    after(measured(STAGE)).as_(owner).when(verify()).then_refused(&[Reason::SodOwnerAssessor]);
}

#[test]
fn a_corrected_measurement_is_verified_anew() {
    after(with(measured(STAGE), verified()))
        .as_(OWNER)
        .when(correct(21))
        .then_accepted()
        .as_(PM)
        .when(verify())
        .then([verified()]);
}
