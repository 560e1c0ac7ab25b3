//! The rest of the story: measured, piloted, evaluated.

use domain::{
    portfolio::{
        framework::{EvidenceLevel, ExperimentResult, ImplementationMode, Stage, Verdict},
        initiative::event,
    },
    scenario::{day, person},
};
use read_model::rows::{self, Kpi, Measurement};
use time::macros::date;

use super::{Seen, Story, entered, row_text, some};
use crate::events::{id, kpi, kpi_defined, kpi_id, measured, text, value};

impl Story {
    /// An indicator that is defined, revised, measured, corrected, verified and retired.
    pub(super) async fn is_measured(&mut self) {
        let defined = Kpi {
            initiative_id: id(1),
            kpi_id: id(0x700),
            ordinal: 1,
            name: row_text("זמן המתנה"),
            outcome_dimension: "EFFICIENCY_TIME".to_owned(),
            unit: "MINUTES".to_owned(),
            direction: "DECREASE".to_owned(),
            baseline: 90_000_000,
            baseline_on: date!(2026 - 01 - 01),
            baseline_source: "survey".to_owned(),
            target: 30_000_000,
            target_on: date!(2027 - 01 - 01),
            tolerance: None,
            weight: 100,
            frequency_days: 30,
            trajectory: vec![rows::TrajectoryPoint { on: date!(2026 - 06 - 01), value: 60_000_000 }],
            retired: false,
            rebaselined: false,
        };
        self.happens(kpi_defined(), |seen| seen.kpis = vec![defined]).await;
        let measurement = Measurement {
            initiative_id: id(1),
            kpi_id: id(0x700),
            measured_on: date!(2026 - 11 - 20),
            value: 80_000_000,
            source: "queue system".to_owned(),
            evidence_level: "LOGIC_MODEL".to_owned(),
            document: None,
            verified: false,
            corrected: false,
        };
        let first = measurement.clone();
        self.happens(measured("2026-11-20", 80_000_000), |seen| seen.measurements = vec![first]).await;
        let verified = || event::KpiMeasurementVerified { kpi_id: kpi_id(), on: day("2026-11-20") };
        self.happens(verified(), |seen| seen.measurements[0].verified = true).await;
        let corrected = event::KpiMeasurementCorrected {
            kpi_id: kpi_id(),
            on: day("2026-11-20"),
            original: value(80_000_000),
            value: value(85_000_000),
            reason: "typo".to_owned(),
        };
        self.happens(corrected, |seen| {
            seen.measurements[0].value = 85_000_000;
            (seen.measurements[0].verified, seen.measurements[0].corrected) = (false, true);
        })
        .await;
        self.happens(verified(), |seen| seen.measurements[0].verified = true).await;
        let revised = event::KpiRevised {
            kpi_id: kpi_id(),
            kpi: event::Kpi { target: value(20_000_000), trajectory: vec![], ..kpi() },
            reason: "more is possible than we thought".to_owned(),
            rebaselined: true,
        };
        self.happens(revised, |seen| {
            (seen.kpis[0].target, seen.kpis[0].rebaselined) = (20_000_000, true);
            seen.kpis[0].trajectory = vec![];
        })
        .await;
    }

    /// Piloted, sent back, piloted again.
    pub(super) async fn is_piloted(&mut self) {
        let advanced = |from, to| event::StageAdvanced { from, to, gates: vec![] };
        let (develop, implement) = (Stage::DevelopingProposals, Stage::ImplementingProjects);
        let piloted = || event::ImplementationModeSet {
            mode: ImplementationMode::Pilot,
            from: day("2026-12-01"),
            to: day("2027-05-01"),
            override_rationale: None,
        };
        let pilot = |seen: &mut Seen| {
            seen.card.implementation_mode = some("PILOT");
            seen.card.implementation_from = Some(date!(2026 - 12 - 01));
            seen.card.implementation_to = Some(date!(2027 - 05 - 01));
        };
        self.happens(advanced(develop, implement), |seen| {
            entered(seen, "IMPLEMENTING_PROJECTS", 4);
            seen.card.implementation_since = Some(date!(2026 - 11 - 24));
        })
        .await;
        self.happens(piloted(), pilot).await;
        let back = event::StageReturned {
            from: implement, to: develop, reason: text("צריך לתכנן מחדש")
        };
        self.happens(back, |seen| entered(seen, "DEVELOPING_PROPOSALS", 3)).await;
        self.writer.effective_on = "2026-11-30";
        self.happens(advanced(develop, implement), |seen| {
            entered(seen, "IMPLEMENTING_PROJECTS", 4);
            seen.line.stage_since = Some(date!(2026 - 11 - 30));
            let card = &mut seen.card;
            card.implementation_since = Some(date!(2026 - 11 - 30));
            (card.implementation_mode, card.implementation_from, card.implementation_to) = (None, None, None);
        })
        .await;
        self.happens(piloted(), pilot).await;
    }

    /// Measured, ended early, evaluated and completed.
    pub(super) async fn is_evaluated(&mut self) {
        let advanced = |from, to| event::StageAdvanced { from, to, gates: vec![] };
        let later =
            Measurement { measured_on: date!(2026 - 12 - 15), value: 40_000_000, ..self.measurement() };
        self.happens(measured("2026-12-15", 40_000_000), |seen| seen.measurements.push(later)).await;
        self.happens(event::ImplementationEnded { early: true, reason: Some(text("הספיק")) }, |seen| {
            seen.card.implementation_ended = true;
        })
        .await;
        self.happens(advanced(Stage::ImplementingProjects, Stage::EvaluatingProjects), |seen| {
            entered(seen, "EVALUATING_PROJECTS", 5);
        })
        .await;
        let evaluated = event::Evaluated {
            verdict: Verdict::Adapt,
            result: ExperimentResult::Negative,
            evidence_level: EvidenceLevel::LogicModel,
            summary: text("לא עבד"),
            document: None,
        };
        self.happens(evaluated, |seen| {
            seen.card.verdict = some("ADAPT");
            seen.card.result = some("NEGATIVE");
            seen.card.evidence_level = some("LOGIC_MODEL");
        })
        .await;
        self.happens(advanced(Stage::EvaluatingProjects, Stage::DiffusingLessons), |seen| {
            entered(seen, "DIFFUSING_LESSONS", 6);
        })
        .await;
        self.happens(event::KpiRetired { kpi_id: kpi_id(), reason: "done".to_owned() }, |seen| {
            seen.kpis[0].retired = true;
        })
        .await;
        let completed = event::Completed {
            sustaining_owner: person(5),
            budget_line: "24-11".to_owned(),
            sustain_from: day("2027-06-01"),
            no_adoption_reason: None,
        };
        self.happens(completed, |seen| seen.line.status = "COMPLETED".to_owned()).await;
    }

    fn measurement(&self) -> Measurement {
        Measurement { verified: false, corrected: false, ..self.expected.measurements[0].clone() }
    }
}
