//! The fields of requests about initiatives. What several of them share is in `parts`.

use contract::portfolio::v1 as pb;
use domain::Reason::{
    FeedbackTooShort, ValidationDuplicate, ValidationEnumUnspecified, ValidationFormat, ValidationLength,
    ValidationPersonalData, ValidationRequired,
};

use super::{ID, NO_CODE, OTHER_ID, Table, delivery, hebrew, letters, parts::classification};

#[test]
fn requests_about_initiatives_refuse_what_is_wrong() {
    let mut table = Table::default();
    propose(&mut table);
    import(&mut table);
    review(&mut table);
    decide(&mut table);
    delivery::declare(&mut table);
    delivery::indicators(&mut table);
    delivery::money(&mut table);
    delivery::stages(&mut table);
    delivery::confidence(&mut table);
    delivery::end(&mut table);
    table.covers("InitiativeCommandService");
}

pub(super) fn proposal() -> pb::ProposeInitiativeRequest {
    pb::ProposeInitiativeRequest {
        title: hebrew(5),
        summary: hebrew(30),
        problem_statement: hebrew(30),
        solution_hypothesis: hebrew(30),
        origin: pb::Origin::Grassroots.into(),
        lead_org_unit_id: ID.into(),
        partner_org_unit_ids: vec![ID.into(), OTHER_ID.into()],
        co_proposer_ids: vec![ID.into()],
        classification: classification(),
        beneficiaries: vec![pb::Beneficiary { group: "ELDERLY".into(), estimated_count: Some(1000) }],
        tags: vec!["בריאות דיגיטלית".into(), "AI".into()],
        mission_id: ID.into(),
        challenge_id: ID.into(),
        ..Default::default()
    }
}

fn propose(table: &mut Table) {
    table.request(
        &proposal(),
        &[
            (|r| r.title = None, ValidationRequired, "title"),
            (|r| r.title = hebrew(4), ValidationLength, "title.he"),
            (|r| r.title = hebrew(161), ValidationLength, "title.he"),
            (|r| r.summary = hebrew(29), ValidationLength, "summary.he"),
            (|r| r.summary = hebrew(2001), ValidationLength, "summary.he"),
            (|r| r.problem_statement = hebrew(29), ValidationLength, "problem_statement.he"),
            (|r| r.problem_statement = hebrew(4001), ValidationLength, "problem_statement.he"),
            (|r| r.solution_hypothesis = hebrew(29), ValidationLength, "solution_hypothesis.he"),
            (|r| r.solution_hypothesis = hebrew(0), ValidationRequired, "solution_hypothesis"),
            (|r| r.origin = 0, ValidationEnumUnspecified, "origin"),
            (|r| r.origin = NO_CODE, ValidationEnumUnspecified, "origin"),
            (|r| r.lead_org_unit_id.clear(), ValidationRequired, "lead_org_unit_id"),
            (|r| r.partner_org_unit_ids[1] = "x".into(), ValidationFormat, "partner_org_unit_ids[1]"),
            (|r| r.partner_org_unit_ids[1] = ID.into(), ValidationDuplicate, "partner_org_unit_ids[1]"),
            (|r| r.partner_org_unit_ids = vec![ID.into(); 21], ValidationLength, "partner_org_unit_ids"),
            (|r| r.co_proposer_ids[0].clear(), ValidationRequired, "co_proposer_ids[0]"),
            (|r| r.co_proposer_ids = vec![ID.into(); 11], ValidationLength, "co_proposer_ids"),
            (
                |r| r.classification.as_mut().unwrap().facet_weights = None,
                ValidationRequired,
                "classification.facet_weights",
            ),
            (|r| r.beneficiaries[0].group.clear(), ValidationRequired, "beneficiaries[0].group"),
            (|r| r.beneficiaries = vec![Default::default(); 11], ValidationLength, "beneficiaries"),
            (|r| r.tags[1] = "a".into(), ValidationLength, "tags[1]"),
            (|r| r.tags[1] = letters(41), ValidationLength, "tags[1]"),
            (|r| r.tags[1] = format!(" {} ", r.tags[0]), ValidationDuplicate, "tags[1]"),
            (|r| r.tags[1] = "050-1234567".into(), ValidationPersonalData, "tags[1]"),
            (|r| r.tags = vec!["תג".into(); 13], ValidationLength, "tags"),
            (|r| r.mission_id = "x".into(), ValidationFormat, "mission_id"),
            (|r| r.challenge_id = "x".into(), ValidationFormat, "challenge_id"),
        ],
    );
}

fn import(table: &mut Table) {
    let valid = pb::ImportInitiativeRequest {
        title: hebrew(2),
        summary: hebrew(1),
        origin: pb::Origin::MinistryPlan.into(),
        lead_org_unit_id: ID.into(),
        stage: pb::Stage::ImplementingProjects.into(),
        source_system: "gmpp".into(),
        source_key: "DfT_0012/2014 – Crossrail".into(),
        ..Default::default()
    };
    table.request(
        &valid,
        &[
            (|r| r.title = hebrew(1), ValidationLength, "title.he"),
            (|r| r.title = hebrew(161), ValidationLength, "title.he"),
            (|r| r.summary = None, ValidationRequired, "summary"),
            (|r| r.summary = hebrew(2001), ValidationLength, "summary.he"),
            (|r| r.problem_statement = hebrew(4001), ValidationLength, "problem_statement.he"),
            (|r| r.origin = 0, ValidationEnumUnspecified, "origin"),
            (|r| r.lead_org_unit_id.clear(), ValidationRequired, "lead_org_unit_id"),
            (|r| r.stage = 0, ValidationEnumUnspecified, "stage"),
            (|r| r.tags = vec!["a".into()], ValidationLength, "tags[0]"),
            (|r| r.source_system.clear(), ValidationRequired, "source_system"),
            (|r| r.source_system = "מקור".into(), ValidationFormat, "source_system"),
            (|r| r.source_system = letters(65), ValidationFormat, "source_system"),
            (|r| r.source_key.clear(), ValidationRequired, "source_key"),
            (|r| r.source_key = letters(201), ValidationLength, "source_key"),
        ],
    );
}

fn review(table: &mut Table) {
    let changes = Some(pb::InitiativeDetails { title: hebrew(5), ..Default::default() });
    table.request(
        &pb::ReviseInitiativeDetailsRequest { changes: changes.clone(), ..Default::default() },
        &[(|r| r.changes = None, ValidationRequired, "changes")],
    );
    table.request(
        &pb::ResubmitInitiativeRequest { changes, ..Default::default() },
        &[(|r| r.changes = None, ValidationRequired, "changes")],
    );
    table.request(&pb::StartReviewRequest::default(), &[]);
    table.request(&pb::WithdrawInitiativeRequest::default(), &[]);
    let items = vec![hebrew(3).unwrap(); 20];
    table.request(
        &pb::RequestChangesRequest { items, ..Default::default() },
        &[
            (|r| r.items.clear(), ValidationRequired, "items"),
            (|r| r.items.push(Default::default()), ValidationLength, "items"),
            (|r| r.items[19].he.clear(), ValidationRequired, "items[19]"),
            (|r| r.items[19] = hebrew(1001).unwrap(), ValidationLength, "items[19].he"),
        ],
    );
    table.request(
        &pb::ReclassifyInitiativeRequest { classification: classification(), ..Default::default() },
        &[(|r| r.classification = None, ValidationRequired, "classification")],
    );
}

fn decide(table: &mut Table) {
    table.request(
        &pb::AcceptInitiativeRequest {
            initial_stage: pb::Stage::IdentifyingProblems.into(),
            owner_unit_id: ID.into(),
            ..Default::default()
        },
        &[
            (|r| r.initial_stage = 0, ValidationEnumUnspecified, "initial_stage"),
            (|r| r.owner_unit_id.clear(), ValidationRequired, "owner_unit_id"),
        ],
    );
    let valid = pb::DeclineInitiativeRequest {
        reason_code: pb::DeclineReason::Duplicate.into(),
        feedback: hebrew(50),
        similar_initiative_id: ID.into(),
        ..Default::default()
    };
    table.request(
        &valid,
        &[
            (|r| r.reason_code = 0, ValidationEnumUnspecified, "reason_code"),
            (|r| r.feedback = None, FeedbackTooShort, "feedback"),
            (|r| r.feedback = hebrew(49), FeedbackTooShort, "feedback.he"),
            (|r| r.feedback = hebrew(2001), ValidationLength, "feedback.he"),
            (|r| r.similar_initiative_id = "x".into(), ValidationFormat, "similar_initiative_id"),
        ],
    );
    table.request(
        &pb::AppealDeclineRequest { grounds: hebrew(30), ..Default::default() },
        &[
            (|r| r.grounds = None, ValidationRequired, "grounds"),
            (|r| r.grounds = hebrew(29), ValidationLength, "grounds.he"),
            (|r| r.grounds = hebrew(2001), ValidationLength, "grounds.he"),
        ],
    );
    table.request(
        &pb::AssignOwnerRequest { owner_manager_id: ID.into(), ..Default::default() },
        &[(|r| r.owner_manager_id.clear(), ValidationRequired, "owner_manager_id")],
    );
}
