//! The card of one initiative.

use std::{collections::HashMap, time::Duration};

use contract::{
    Enumeration as _,
    common::v1::Role,
    portfolio::v1::{
        Beneficiary, Confidence, ConfidenceCard, CostCard, EvidenceLevel, GateCard, GetInitiativeRequest,
        GetInitiativeResponse, Kpi, KpiCard, KpiDirection, KpiUnit, MeasurementCard, OutcomeDimension,
        SealedText, TimelineEntry, TrajectoryPoint, sealed_text::State,
    },
    status::Violation,
};
use read_model::{
    PORTFOLIO,
    reads::{self, Card},
    rows,
};
use secrecy::ExposeSecret as _;
use uuid::Uuid;
use vault::{FieldAddress, Opened, Sealed};

use super::line::{money, optional, row, text};
use crate::{
    Caller, Failure, Reader,
    moment::{day, moment},
    reader::as_of,
};

/// One initiative with its whole story, if it is in the caller's scope.
///
/// # Errors
/// [`Failure::NotFound`] outside the scope too; the view is behind or away.
pub async fn card(
    reader: &Reader,
    caller: &Caller,
    request: &GetInitiativeRequest,
    time: Duration,
) -> Result<GetInitiativeResponse, Failure> {
    let wrong = || Violation::new("VALIDATION_FORMAT").at("initiative_id").with("expected", "a UUID");
    let id = Uuid::parse_str(&request.initiative_id).map_err(|_malformed| Failure::refused(wrong()))?;
    let token = request.read.as_ref().map_or("", |read| &read.consistency_token);
    let mut snapshot = reader.snapshot(PORTFOLIO, &caller.audience, token, time).await?;
    let card = reads::card(&mut snapshot, id).await?.ok_or(Failure::NotFound)?;
    let mut as_of = as_of(PORTFOLIO, &snapshot);
    let log_id = snapshot.as_of().log_id;
    // The vault is asked without holding a connection to the views.
    drop(snapshot);
    if let Some(position) = card.quarantined_at {
        // What followed waits for a repair: the card is true up to there, and no further.
        as_of.position = as_of.position.min(position.saturating_sub(1));
        as_of.time = moment(card.line.initiative.updated_at);
        if reader.position_of(token)? > as_of.position {
            return Err(Failure::Behind { view: PORTFOLIO.name, wanted: position });
        }
    }
    let opened = open(reader, log_id, &card.sealed_texts).await;
    Ok(GetInitiativeResponse { as_of: Some(as_of), ..answer(card, &opened) })
}

/// Sealed texts by the event that they are part of: an initiative's events have one each.
type Texts = HashMap<Uuid, SealedText>;

async fn open(reader: &Reader, log_id: Uuid, sealed: &[rows::SealedText]) -> Texts {
    let fields: Vec<Sealed> = sealed.iter().map(|text| stored(&text.sealed)).collect();
    let addressed: Vec<(&Sealed, FieldAddress<'_>)> =
        fields.iter().zip(sealed.iter().map(|text| address(log_id, text))).collect();
    let opened = match &reader.vault {
        Some(vault) => vault.open_many(&addressed).await.unwrap_or_else(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "sealed texts cannot be opened");
            Vec::new()
        }),
        None => Vec::new(),
    };
    let opened = opened.into_iter().map(told).chain(std::iter::repeat_with(|| told(Opened::Unavailable)));
    sealed.iter().map(|text| text.event_id).zip(opened).collect()
}

fn stored(sealed: &rows::Sealed) -> Sealed {
    Sealed { key_id: sealed.key_id, nonce: sealed.nonce.clone(), ciphertext: sealed.ciphertext.clone() }
}

fn address(log_id: Uuid, text: &rows::SealedText) -> FieldAddress<'_> {
    FieldAddress {
        log_id,
        subject: &text.subject,
        event_id: text.event_id,
        event_type: &text.event_type,
        // A schema that does not fit was never sealed under: it will not open.
        schema: text.schema.try_into().unwrap_or(u16::MAX),
        path: &text.path,
    }
}

fn told(opened: Opened) -> SealedText {
    let (state, clear) = match opened {
        Opened::Plain(clear) => match serde_json::from_str::<rows::Text>(clear.expose_secret()) {
            Ok(clear) => (State::Plain, Some(text(clear))),
            Err(_not_a_text) => (State::Corrupt, None),
        },
        Opened::Erased => (State::Erased, None),
        Opened::Unavailable => (State::Unavailable, None),
        Opened::Corrupt => (State::Corrupt, None),
    };
    SealedText { state: state.into(), text: clear }
}

fn answer(card: Card, texts: &Texts) -> GetInitiativeResponse {
    let declined = card.timeline.iter().rev().find(|entry| entry.r#type == "InitiativeDeclined");
    let decline_feedback = declined.and_then(|entry| texts.get(&entry.event_id).cloned());
    let measurements = card.measurements;
    let rows::InitiativeCard { problem_statement, solution_hypothesis, beneficiaries, gates, .. } = card.card;
    GetInitiativeResponse {
        as_of: None,
        initiative: Some(row(card.line)),
        problem_statement: problem_statement.map(text),
        solution_hypothesis: solution_hypothesis.map(text),
        beneficiaries: beneficiaries
            .into_iter()
            .map(|b| Beneficiary { group: b.group, estimated_count: b.estimated_count })
            .collect(),
        kpis: card.kpis.into_iter().map(|kpi| indicator(kpi, &measurements)).collect(),
        costs: card.costs.into_iter().map(cost).collect(),
        confidences: card.confidences.into_iter().map(|told| confidence(told, texts)).collect(),
        gates: gates.into_iter().map(|gate| GateCard { gate: gate.gate, met: gate.met }).collect(),
        timeline: card.timeline.into_iter().map(entry).collect(),
        decline_feedback,
        requested_changes: card.card.requested_changes.into_iter().map(text).collect(),
    }
}

fn indicator(kpi: rows::Kpi, measurements: &[rows::Measurement]) -> KpiCard {
    let own = measurements.iter().filter(|measurement| measurement.kpi_id == kpi.kpi_id);
    KpiCard {
        kpi_id: kpi.kpi_id.to_string(),
        retired: kpi.retired,
        rebaselined: kpi.rebaselined,
        measurements: own.map(measurement).collect(),
        kpi: Some(Kpi {
            name: Some(text(kpi.name)),
            outcome_dimension: OutcomeDimension::wire(&kpi.outcome_dimension),
            unit: KpiUnit::wire(&kpi.unit),
            direction: KpiDirection::wire(&kpi.direction),
            baseline_micros: kpi.baseline,
            baseline_on: day(kpi.baseline_on),
            baseline_source: kpi.baseline_source,
            target_micros: kpi.target,
            target_on: day(kpi.target_on),
            tolerance_micros: kpi.tolerance,
            weight: kpi.weight.try_into().unwrap_or_default(),
            frequency_days: kpi.frequency_days.try_into().unwrap_or_default(),
            trajectory: kpi
                .trajectory
                .into_iter()
                .map(|point| TrajectoryPoint { on: day(point.on), value_micros: point.value })
                .collect(),
        }),
    }
}

fn measurement(measured: &rows::Measurement) -> MeasurementCard {
    MeasurementCard {
        on: day(measured.measured_on),
        value_micros: measured.value,
        source: measured.source.clone(),
        evidence_level: EvidenceLevel::wire(&measured.evidence_level),
        verified: measured.verified,
        corrected: measured.corrected,
    }
}

fn cost(cost: rows::Cost) -> CostCard {
    CostCard {
        year: cost.year.try_into().unwrap_or_default(),
        effective_on: day(cost.effective_on),
        planned: cost.planned.map(money),
        forecast: cost.forecast.map(money),
        whole_life: cost.whole_life.map(money),
    }
}

fn confidence(told: rows::Confidence, texts: &Texts) -> ConfidenceCard {
    ConfidenceCard {
        effective_on: day(told.effective_on),
        independent: told.independent,
        rating: told.rating.as_deref().map_or(0, Confidence::wire),
        source_rating: told.source_rating.unwrap_or_default(),
        findings: texts.get(&told.event_id).cloned(),
    }
}

fn entry(entry: rows::TimelineEntry) -> TimelineEntry {
    TimelineEntry {
        position: entry.position,
        event_id: entry.event_id.to_string(),
        r#type: entry.r#type,
        version: entry.version,
        recorded_at: moment(entry.recorded_at),
        effective_on: day(entry.effective_on),
        actor_role: Role::wire(&entry.actor_role),
        actor_person_id: optional(entry.actor_person_id),
        actor_system: entry.actor_system.unwrap_or_default(),
        data: entry.data.to_string(),
    }
}
