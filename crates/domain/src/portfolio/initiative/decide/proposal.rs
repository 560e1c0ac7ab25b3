//! Creating an initiative, and what its proposer does with it until it is decided.

use super::{
    super::{
        super::framework::{Classification, Stage},
        command::{Import, Propose, Reclassify, Resubmit, ReviseDetails},
        event::{Details, DetailsRevised, Imported, Proposed, Reclassified, Resubmitted, Withdrawn},
        state::{Created, Initiative, Situation},
    },
    Judgement, asked_by, may_import,
};
use crate::{
    FRAMEWORK_VERSION, Facts, Reason, Rejection, Role,
    rejection::{outside, unless},
    values::{OrgUnitId, PersonRef},
};

/// How many types of innovation a classification may name.
const TYPES_MAX: usize = 4;
const FACET_WEIGHTS_SUM: u32 = 10_000;

impl Initiative {
    pub(super) fn propose(&self, propose: &Propose, facts: &Facts) -> Judgement {
        let who = asked_by([unless(facts.actor.human().is_some(), Reason::ScopeForbidden)]);
        let Some(proposer) = facts.actor.human() else { return who };
        let proposed = proposed(propose, proposer, self.ministry_as(propose.lead_org_unit, facts));
        if let Some(known) = &self.created {
            return who.unless_it_holds(*known == Created::Proposed(proposed)).about([exists()]);
        }
        who.about([facts.active_unit(propose.lead_org_unit, "lead_org_unit_id")])
            .about(sound_partners(
                &propose.partner_org_units,
                propose.lead_org_unit,
                facts,
                "partner_org_unit_ids",
            ))
            .about(propose.co_proposers.iter().map(|person| facts.known_person(*person, "co_proposer_ids")))
            .about(propose.classification.iter().flat_map(sound_classification))
            .then(proposed)
    }

    pub(super) fn import(&self, import: &Import, facts: &Facts) -> Judgement {
        let who = asked_by([unless(may_import(facts), Reason::ImportGrantRequired)]);
        let imported = imported(import, self.ministry_as(import.lead_org_unit, facts));
        if let Some(known) = &self.created {
            return who.unless_it_holds(*known == Created::Imported(imported)).about([exists()]);
        }
        who.about([facts.active_unit(import.lead_org_unit, "lead_org_unit_id")]).then(imported)
    }

    pub(super) fn revise_details(&self, revise: &ReviseDetails, facts: &Facts) -> Judgement {
        let changes = self.changed(&revise.changes);
        let may = if self.stage.is_some() {
            self.owner_or(&[Role::MinistryLead], facts)
        } else {
            unless(self.is_proposer(facts), Reason::ScopeForbidden)
        };
        asked_by([may])
            .about(self.sound_changes(&revise.changes, facts))
            .about([unless(changes != Details::default(), Reason::NothingChanged)])
            .then(DetailsRevised { changes })
    }

    /// What was revised since the request counts as an answer too.
    pub(super) fn resubmit(&self, resubmit: &Resubmit, facts: &Facts) -> Judgement {
        let changes = self.changed(&resubmit.changes);
        let was_revised = matches!(self.situation, Situation::ChangesRequested { revised: true, .. });
        asked_by([unless(self.is_proposer(facts), Reason::ScopeForbidden)])
            .about(self.sound_changes(&resubmit.changes, facts))
            .about([unless(was_revised || changes != Details::default(), Reason::NothingChanged)])
            .then(Resubmitted { changes })
    }

    pub(super) fn reclassify(&self, reclassify: &Reclassify) -> Judgement {
        let before = self.classification.as_ref().map(|told| told.what.clone());
        let after = reclassify.classification.clone();
        asked_by([])
            .unless_it_holds(before.as_ref() == Some(&after))
            .about(sound_classification(&after))
            .then(Reclassified { framework_version: FRAMEWORK_VERSION, before, after })
    }

    pub(super) fn withdraw(&self, facts: &Facts) -> Judgement {
        asked_by([unless(self.is_proposer(facts), Reason::ScopeForbidden)])
            .unless_it_holds(self.situation == Situation::Withdrawn)
            .then(Withdrawn {})
    }

    /// The ministry as it was at creation, so that a repeat is recognised after ministries merged; else of
    /// today. An unknown unit is refused before its stand-in is recorded.
    fn ministry_as(&self, lead: OrgUnitId, facts: &Facts) -> OrgUnitId {
        self.ministry().or(facts.units.get(&lead).map(|unit| unit.ministry)).unwrap_or(lead)
    }

    /// Those values that are new.
    fn changed(&self, asked: &Details) -> Details {
        fn new<T: Clone + PartialEq>(asked: Option<&T>, known: Option<&T>) -> Option<T> {
            asked.filter(|_| asked != known).cloned()
        }
        let known = &self.details;
        Details {
            title: new(asked.title.as_ref(), known.title.as_ref()),
            summary: new(asked.summary.as_ref(), known.summary.as_ref()),
            problem_statement: new(asked.problem_statement.as_ref(), known.problem_statement.as_ref()),
            solution_hypothesis: new(asked.solution_hypothesis.as_ref(), known.solution_hypothesis.as_ref()),
            beneficiaries: new(asked.beneficiaries.as_ref(), known.beneficiaries.as_ref()),
            tags: new(asked.tags.as_ref(), known.tags.as_ref()),
            partner_org_units: new(asked.partner_org_units.as_ref(), known.partner_org_units.as_ref()),
        }
    }

    fn sound_changes(&self, changes: &Details, facts: &Facts) -> Vec<Option<Rejection>> {
        let mut checks = match (&changes.partner_org_units, self.lead_org_unit()) {
            (Some(partners), Some(lead)) => {
                sound_partners(partners, lead, facts, "changes.partner_org_units")
            }
            (Some(_) | None, _) => vec![],
        };
        let emptied = changes.beneficiaries.as_ref().is_some_and(Vec::is_empty);
        let needed = self.beneficiaries.is_some() && self.stage > Some(Stage::IdentifyingProblems);
        checks.push(unless(
            !(emptied && needed),
            Rejection::new(Reason::ValidationRequired).at("changes.beneficiaries"),
        ));
        checks
    }
}

fn exists() -> Option<Rejection> {
    Some(Reason::AlreadyExists.into())
}

fn proposed(propose: &Propose, proposer: PersonRef, ministry: OrgUnitId) -> Proposed {
    let asked = propose.clone();
    Proposed {
        title: asked.title,
        summary: asked.summary,
        problem_statement: asked.problem_statement,
        solution_hypothesis: asked.solution_hypothesis,
        origin: asked.origin,
        lead_org_unit: asked.lead_org_unit,
        ministry,
        partner_org_units: asked.partner_org_units,
        proposer,
        co_proposers: asked.co_proposers,
        anonymous_to_line: asked.anonymous_to_line,
        classification: asked.classification,
        beneficiaries: asked.beneficiaries,
        tags: asked.tags,
        mission_id: asked.mission_id,
        challenge_id: asked.challenge_id,
    }
}

fn imported(import: &Import, ministry: OrgUnitId) -> Imported {
    let asked = import.clone();
    Imported {
        title: asked.title,
        summary: asked.summary,
        problem_statement: asked.problem_statement,
        origin: asked.origin,
        lead_org_unit: asked.lead_org_unit,
        ministry,
        stage: asked.stage,
        tags: asked.tags,
        source_system: asked.source_system,
        source_key: asked.source_key,
    }
}

/// Active units, each once, never the lead.
fn sound_partners(
    partners: &[OrgUnitId],
    lead: OrgUnitId,
    facts: &Facts,
    field: &str,
) -> Vec<Option<Rejection>> {
    let is_repeated =
        |(at, partner): (usize, &OrgUnitId)| *partner == lead || partners[..at].contains(partner);
    let repeated = partners.iter().enumerate().any(is_repeated);
    let mut checks: Vec<_> = partners.iter().map(|partner| facts.active_unit(*partner, field)).collect();
    checks.push(unless(!repeated, Rejection::new(Reason::ValidationDuplicate).at(field)));
    checks
}

fn sound_classification(classification: &Classification) -> [Option<Rejection>; 4] {
    let Classification { facet_weights, innovation_types: types, primary_type, .. } = classification;
    let (sum, count) = (facet_weights.sum(), types.len());
    let repeated = types.iter().enumerate().any(|(at, one)| types[..at].contains(one));
    [
        unless(
            sum == FACET_WEIGHTS_SUM,
            Rejection::new(Reason::FacetWeightsSum).at("classification.facet_weights").with("actual", sum),
        ),
        unless(
            (1..=TYPES_MAX).contains(&count),
            outside(Reason::ValidationLength, "classification.innovation_types", 1, TYPES_MAX)
                .with("actual", count),
        ),
        unless(!repeated, Rejection::new(Reason::ValidationDuplicate).at("classification.innovation_types")),
        unless(
            types.contains(primary_type),
            Rejection::new(Reason::ValidationRange).at("classification.primary_type"),
        ),
    ]
}
