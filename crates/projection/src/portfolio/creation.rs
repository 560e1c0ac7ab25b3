//! How an initiative comes into the portfolio: proposed, or imported.

use domain::{
    portfolio::{
        framework::{Classification, Stage, Status},
        initiative::event::{Details, Event, Imported, Proposed},
    },
    values::Code,
};
use read_model::rows::{Beneficiary, FacetWeights, Initiative, InitiativeCard, Text};
use uuid::Uuid;

use super::{
    Known,
    case::{At, Case, Rows},
    fold::enter,
};
use crate::values::{code, date, moment, people, text, units};

/// The ministry that a creation names; none for what is no creation.
pub(super) fn ministry(event: &Event) -> Option<Uuid> {
    if let Event::Proposed(proposed) = event {
        return Some(proposed.ministry.uuid());
    }
    if let Event::Imported(imported) = event {
        return Some(imported.ministry.uuid());
    }
    None
}

pub(super) fn proposed(case: &mut Case, told: &Proposed, at: &At<'_>, known: &Known) -> Result<(), String> {
    let mut rows = blank(case, told.ministry.uuid(), at, known)?;
    rows.line.status = code(Status::Proposed);
    rows.line.origin = code(told.origin);
    rows.line.lead_org_unit_id = told.lead_org_unit.uuid();
    rows.line.proposer_id = Some(told.proposer.uuid());
    rows.line.proposer_hidden = told.anonymous_to_line;
    rows.line.co_proposer_ids = people(&told.co_proposers);
    rows.line.mission_id = told.mission_id.map(|mission| mission.uuid());
    rows.line.challenge_id = told.challenge_id.map(|challenge| challenge.uuid());
    if let Some(classification) = &told.classification {
        classify(&mut rows.line, classification, at.commit.framework_version)?;
    }
    let details = Details {
        title: Some(told.title.clone()),
        summary: Some(told.summary.clone()),
        problem_statement: Some(told.problem_statement.clone()),
        solution_hypothesis: told.solution_hypothesis.clone(),
        beneficiaries: Some(told.beneficiaries.clone()),
        tags: Some(told.tags.clone()),
        partner_org_units: Some(told.partner_org_units.clone()),
    };
    revise(&mut rows, &details);
    (case.rows, case.reworded) = (Some(rows), true);
    Ok(())
}

pub(super) fn imported(case: &mut Case, told: &Imported, at: &At<'_>, known: &Known) -> Result<(), String> {
    let mut rows = blank(case, told.ministry.uuid(), at, known)?;
    rows.line.status = code(Status::Active);
    rows.line.origin = code(told.origin);
    rows.line.lead_org_unit_id = told.lead_org_unit.uuid();
    rows.line.source_system = Some(told.source_system.clone());
    rows.line.source_key = Some(told.source_key.clone());
    let details = Details {
        title: Some(told.title.clone()),
        summary: Some(told.summary.clone()),
        problem_statement: told.problem_statement.clone(),
        tags: Some(told.tags.clone()),
        ..Details::default()
    };
    revise(&mut rows, &details);
    enter(&mut rows, told.stage, at);
    (case.rows, case.reworded) = (Some(rows), true);
    Ok(())
}

/// New values of the details that changed.
pub(super) fn revise(rows: &mut Rows, changes: &Details) {
    let Rows { line, card } = rows;
    if let Some(title) = &changes.title {
        let either = |first: &Option<String>, second: &Option<String>| {
            first.as_ref().or(second.as_ref()).cloned().unwrap_or_default()
        };
        line.title = text(title);
        line.title_he = either(&title.he, &title.en);
        line.title_en = either(&title.en, &title.he);
    }
    if let Some(tags) = &changes.tags {
        line.tags.clone_from(tags);
    }
    if let Some(partners) = &changes.partner_org_units {
        line.partner_org_unit_ids = units(partners);
    }
    if let Some(summary) = &changes.summary {
        card.summary = text(summary);
    }
    if let Some(problem) = &changes.problem_statement {
        card.problem_statement = Some(text(problem));
    }
    if let Some(solution) = &changes.solution_hypothesis {
        card.solution_hypothesis = Some(text(solution));
    }
    if let Some(groups) = &changes.beneficiaries {
        let group = |told: &domain::portfolio::initiative::event::Beneficiary| Beneficiary {
            group: told.group.clone(),
            estimated_count: told.estimated_count,
        };
        card.beneficiaries = groups.iter().map(group).collect();
    }
}

pub(super) fn classify(
    line: &mut Initiative,
    told: &Classification,
    framework_version: u32,
) -> Result<(), String> {
    let version = i32::try_from(framework_version).map_err(|error| format!("framework version: {error}"))?;
    line.classified = true;
    line.framework_version = Some(version);
    line.primary_facet = Some(code(told.facet_weights.primary()));
    let [enhancement_oriented, mission_oriented, adaptive, anticipatory] = told.facet_weights.shares();
    line.facet_weights =
        Some(FacetWeights { enhancement_oriented, mission_oriented, adaptive, anticipatory });
    line.innovation_types = told.innovation_types.iter().map(|kind| code(*kind)).collect();
    line.primary_type = Some(code(told.primary_type));
    line.novelty = Some(code(told.novelty));
    line.horizon = Some(code(told.horizon));
    Ok(())
}

/// An initiative of which nothing is known but its place.
fn blank(case: &Case, ministry_id: Uuid, at: &At<'_>, known: &Known) -> Result<Rows, String> {
    if case.rows.is_some() {
        return Err("the initiative was created before".to_owned());
    }
    let initiative_id = at.initiative_id();
    let number = known.numbers.get(&initiative_id).ok_or("the creation is not the first event")?;
    let line = Initiative {
        initiative_id,
        number: number.text(),
        number_order: number.order(),
        version: at.version,
        position: at.position(),
        updated_at: moment(at.commit.recorded_at),
        title: Text::default(),
        title_he: String::new(),
        title_en: String::new(),
        status: String::new(),
        stage: None,
        stage_order: 0,
        stage_since: None,
        origin: String::new(),
        lead_org_unit_id: ministry_id,
        ministry_id,
        ministry: known.codes.get(&ministry_id).cloned(),
        partner_org_unit_ids: vec![],
        proposer_id: None,
        proposer_hidden: false,
        co_proposer_ids: vec![],
        reviewer_id: None,
        owner_manager_id: None,
        owner_unit_id: None,
        classified: false,
        framework_version: None,
        primary_facet: None,
        facet_weights: None,
        innovation_types: vec![],
        primary_type: None,
        novelty: None,
        horizon: None,
        confidence_self: None,
        confidence_self_on: None,
        confidence_independent: None,
        confidence_source_rating: None,
        confidence_on: None,
        approved_budget: None,
        approved_budget_currency: None,
        effort_only: false,
        whole_life_cost: None,
        whole_life_cost_on: None,
        reported_years: vec![],
        tags: vec![],
        mission_id: None,
        challenge_id: None,
        proposed_on: date(at.effective_on()),
        accepted_on: None,
        revisit_on: None,
        reason_code: None,
        source_system: None,
        source_key: None,
    };
    let card = InitiativeCard { initiative_id, ..InitiativeCard::default() };
    Ok(Rows { line, card })
}

/// 1 to 6, by the order of the lifecycle.
pub(super) fn order(stage: Stage) -> i16 {
    let before = Stage::ALL.iter().filter(|other| **other < stage).count();
    i16::try_from(before).expect("six stages") + 1
}
