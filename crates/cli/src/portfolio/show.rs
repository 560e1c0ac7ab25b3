//! One initiative with its whole story, for people.

use contract::{
    common::v1::{LocalizedText, Role},
    portfolio::v1::{
        Confidence, GetInitiativeResponse, Horizon, InitiativeRow, InnovationType, Novelty, SealedText,
        Stage, Status, TimelineEntry, sealed_text,
    },
};

use crate::{
    codes::name,
    output::{Output, Table, money},
};

pub(crate) fn show(answer: &GetInitiativeResponse, output: &Output) {
    if output.json {
        return output.message("cornerstone.portfolio.v1.GetInitiativeResponse", answer);
    }
    let row = answer.initiative.clone().unwrap_or_default();
    head(&row, output);
    for (word, text) in [
        (output.word("תקציר", "Summary"), row.summary.as_ref()),
        (output.word("הבעיה", "Problem"), answer.problem_statement.as_ref()),
        (output.word("הפתרון", "Solution"), answer.solution_hypothesis.as_ref()),
    ] {
        paragraph(word, text, output);
    }
    for item in &answer.requested_changes {
        paragraph(output.word("שינוי מבוקש", "Change requested"), Some(item), output);
    }
    if let Some(feedback) = &answer.decline_feedback {
        output.line(&format!("\n{}\n{}", output.word("משוב", "Feedback"), sealed(feedback, output)));
    }
    judgements(answer, output);
    story(&answer.timeline, output);
    let as_of = answer.as_of.clone().unwrap_or_default();
    output.line(&format!("as of position {}, {}", as_of.position, as_of.time));
}

fn head(row: &InitiativeRow, output: &Output) {
    let title = output.isolated(output.text(row.title.as_ref()));
    output.line(&format!("{}  {title}", row.number));
    let classification = row.classification.clone().unwrap_or_default();
    let types: Vec<&str> =
        classification.innovation_types.iter().map(|kind| name::<InnovationType>(*kind)).collect();
    for (word, value) in [
        ("id", row.initiative_id.clone()),
        ("version", row.version.to_string()),
        ("status", name::<Status>(row.status).to_owned()),
        ("stage", format!("{} since {}", name::<Stage>(row.stage), row.stage_since)),
        ("ministry", row.ministry.clone()),
        ("types", types.join(", ")),
        ("novelty", name::<Novelty>(classification.novelty).to_owned()),
        ("horizon", name::<Horizon>(classification.horizon).to_owned()),
        ("owner", row.owner_manager_id.clone()),
        ("budget", money(row.approved_budget.as_ref())),
        ("tags", row.tags.join(", ")),
        ("source", format!("{} {}", row.source_system, row.source_key).trim().to_owned()),
    ] {
        if !value.is_empty() {
            output.line(&format!("  {word:<9}{}", output.isolated(&value)));
        }
    }
}

fn paragraph(word: &str, text: Option<&LocalizedText>, output: &Output) {
    let text = output.text(text);
    if !text.is_empty() {
        output.line(&format!("\n{word}\n{}", output.isolated(text)));
    }
}

fn judgements(answer: &GetInitiativeResponse, output: &Output) {
    if !answer.gates.is_empty() {
        let gate = |gate: &contract::portfolio::v1::GateCard| {
            format!("{} {}", gate.gate, if gate.met { "met" } else { "not met" })
        };
        let gates: Vec<String> = answer.gates.iter().map(gate).collect();
        output.line(&format!("\nGates of the next stage: {}", gates.join(", ")));
    }
    if !answer.confidences.is_empty() {
        let mut table = Table::new(&["on", "confidence", "source's word", "by", "findings"]);
        for card in &answer.confidences {
            table.row([
                card.effective_on.clone(),
                name::<Confidence>(card.rating).to_owned(),
                card.source_rating.clone(),
                if card.independent { "an outsider" } else { "the owner" }.to_owned(),
                card.findings.as_ref().map(|findings| sealed(findings, output)).unwrap_or_default(),
            ]);
        }
        output.table(&table);
        if let Some(findings) = answer.confidences.last().and_then(|card| card.findings.as_ref()) {
            let findings = output.isolated(&sealed(findings, output));
            output.line(&format!("{}\n{findings}\n", output.word("הממצאים האחרונים", "Latest findings")));
        }
    }
    if !answer.costs.is_empty() {
        let mut table = Table::new(&["year", "planned", "forecast", "whole life", "told on"]);
        for card in &answer.costs {
            let [planned, forecast, whole_life] =
                [&card.planned, &card.forecast, &card.whole_life].map(|amount| money(amount.as_ref()));
            table.row([card.year.to_string(), planned, forecast, whole_life, card.effective_on.clone()]);
        }
        output.table(&table);
    }
}

fn sealed(text: &SealedText, output: &Output) -> String {
    match text.state() {
        sealed_text::State::Plain => output.text(text.text.as_ref()).to_owned(),
        sealed_text::State::Erased => output.word("(נמחק)", "(erased)").to_owned(),
        sealed_text::State::Corrupt => "(does not decrypt)".to_owned(),
        sealed_text::State::Unavailable | sealed_text::State::Unspecified => {
            output.word("(לא זמין כעת)", "(not available now)").to_owned()
        }
    }
}

fn story(timeline: &[TimelineEntry], output: &Output) {
    let mut table = Table::new(&["version", "recorded", "holds for", "what", "by"]);
    for entry in timeline {
        let by = name::<Role>(entry.actor_role).to_owned();
        let recorded = entry.recorded_at.chars().take(19).collect();
        table.row([
            entry.version.to_string(),
            recorded,
            entry.effective_on.clone(),
            entry.r#type.clone(),
            by,
        ]);
    }
    output.table(&table);
}
