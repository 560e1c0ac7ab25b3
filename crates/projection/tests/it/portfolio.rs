//! What each event does to the rows of its initiative: told as one long story, whole rows compared after each step,
//! and held against the domain's own fold.

mod delivery;

use codec::event::recorded;
use domain::{
    Aggregate,
    portfolio::{
        framework::{DeclineReason, ExperimentResult, PrivacyScreen, ShelveReason, Stage, StopReason},
        initiative::{Event, Initiative, event},
    },
    reference::org_unit::{OrgUnit, UnitKind},
    scenario::{day, person, unit},
    values::{Code, Private},
};
use projection::{Portfolio, Runner};
use read_model::rows::{self, InitiativeCard, Kpi, Measurement};
use time::macros::{date, datetime};

use crate::{
    Database, catch_up,
    events::{beneficiary, classification, id, money, proposed, registered, text},
    writer::Writer,
};

/// The rows of the one initiative.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    line: rows::Initiative,
    card: InitiativeCard,
    kpis: Vec<Kpi>,
    measurements: Vec<Measurement>,
}

fn entered(seen: &mut Seen, stage: &str, order: i16) {
    (seen.line.stage, seen.line.stage_order) = (some(stage), order);
}

/// The initiative, as it is written, projected and folded.
struct Story {
    database: Database,
    writer: Writer,
    runner: Runner,
    folded: Box<Initiative>,
    expected: Box<Seen>,
}

impl Story {
    async fn begin() -> Self {
        let database = Database::new().await;
        let mut writer = Writer::new().await;
        let moh = registered("MOH", UnitKind::Ministry, None);
        writer.write::<OrgUnit>(unit(1).uuid(), [moh.into()]).await;
        let runner = database.begin(Portfolio, writer.log.clone()).await;
        let mut story =
            Self { database, writer, runner, folded: Box::default(), expected: Box::new(as_proposed()) };
        story.happens(event::Proposed { anonymous_to_line: true, ..proposed() }, |_| ()).await;
        story
    }

    /// One event, and what it changes besides version, position and the gates.
    async fn happens(&mut self, event: impl Into<Event>, changes: impl FnOnce(&mut Seen)) {
        let event = event.into();
        let stored = self.writer.stored(&event);
        let commit = self.writer.commit(&codec::subject::<Initiative>(id(1)), vec![stored.clone()]);
        let position = self.writer.append(&commit).await;
        catch_up(&mut self.runner).await.unwrap();
        self.folded.evolve(&event, &recorded(&commit, stored.id));
        (self.expected.line.version, self.expected.line.position) = (commit.version, position);
        changes(&mut self.expected);
        let seen = self.seen().await;
        // The gates are the domain's to say.
        self.expected.card.gates.clone_from(&seen.card.gates);
        assert_eq!(seen, *self.expected, "after {}", stored.name);
        self.agrees_with_the_fold(&seen, &stored.name);
    }

    async fn seen(&self) -> Seen {
        let [line] = self.database.rows::<rows::Initiative>(&Portfolio).await.try_into().unwrap();
        let [card] = self.database.rows::<InitiativeCard>(&Portfolio).await.try_into().unwrap();
        let kpis = self.database.rows(&Portfolio).await;
        let mut measurements: Vec<Measurement> = self.database.rows(&Portfolio).await;
        measurements.sort_by_key(|measurement| measurement.measured_on);
        Seen { line, card, kpis, measurements }
    }

    fn agrees_with_the_fold(&self, seen: &Seen, after: &str) {
        let (folded, line) = (&self.folded, &seen.line);
        let gates: Vec<_> = folded
            .next_gates()
            .into_iter()
            .map(|(gate, met)| rows::Gate { gate: gate.code().to_owned(), met })
            .collect();
        assert_eq!(seen.card.gates, gates, "after {after}");
        let fold = (
            folded.status().map(Code::code),
            folded.stage().map(Code::code),
            folded.lead_org_unit().map(|unit| unit.uuid()),
            folded.ministry().map(|unit| unit.uuid()),
            folded.owner().map(|owner| owner.uuid()),
            folded.proposer().map(|proposer| proposer.uuid()),
        );
        let row = (
            Some(line.status.as_str()),
            line.stage.as_deref(),
            Some(line.lead_org_unit_id),
            Some(line.ministry_id),
            line.owner_manager_id,
            line.proposer_id,
        );
        assert_eq!(row, fold, "after {after}");
    }
}

fn row_text(he: &str) -> rows::Text {
    rows::Text { he: Some(he.to_owned()), en: None, ar: None, source_lang: "HE".to_owned() }
}

fn private() -> Private {
    Private { private_mac: "ab".repeat(32) }
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn as_proposed() -> Seen {
    let line = rows::Initiative {
        initiative_id: id(1),
        number: "INI-2026-00001".to_owned(),
        number_order: 2_026_000_000_001,
        version: 1,
        position: 3,
        updated_at: datetime!(2026-11-24 08:00 UTC),
        title: row_text("תור דיגיטלי למרפאות"),
        title_he: "תור דיגיטלי למרפאות".to_owned(),
        title_en: "תור דיגיטלי למרפאות".to_owned(),
        status: "PROPOSED".to_owned(),
        stage: None,
        stage_order: 0,
        stage_since: None,
        origin: "GRASSROOTS".to_owned(),
        lead_org_unit_id: unit(2).uuid(),
        ministry_id: unit(1).uuid(),
        ministry: some("MOH"),
        partner_org_unit_ids: vec![unit(3).uuid()],
        proposer_id: Some(person(1).uuid()),
        proposer_hidden: true,
        co_proposer_ids: vec![person(2).uuid()],
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
        tags: vec!["ai".to_owned()],
        mission_id: None,
        challenge_id: None,
        proposed_on: date!(2026 - 11 - 24),
        accepted_on: None,
        revisit_on: None,
        reason_code: None,
        source_system: None,
        source_key: None,
    };
    let card = InitiativeCard {
        initiative_id: id(1),
        summary: row_text("תקציר של היוזמה"),
        problem_statement: Some(row_text("אנשים ממתינים שעות")),
        ..InitiativeCard::default()
    };
    Seen { line, card, kpis: vec![], measurements: vec![] }
}

impl Story {
    /// Through review, changes, a decline and its appeal.
    async fn is_reviewed(&mut self) {
        self.happens(event::ReviewStarted { reviewer: person(3) }, |seen| {
            seen.line.status = "UNDER_REVIEW".to_owned();
            seen.line.reviewer_id = Some(person(3).uuid());
        })
        .await;
        let requested =
            event::ChangesRequested { items: vec![text("מי נהנה?"), text("איך?")], round: 1 };
        self.happens(requested, |seen| {
            seen.line.status = "CHANGES_REQUESTED".to_owned();
            seen.card.requested_changes = vec![row_text("מי נהנה?"), row_text("איך?")];
            seen.card.review_rounds = 1;
        })
        .await;
        let changes = event::Details {
            title: Some(domain::values::LocalizedText {
                en: some("Digital queue"), ..text("תור דיגיטלי")
            }),
            solution_hypothesis: Some(text("זימון תורים מראש")),
            beneficiaries: Some(vec![beneficiary()]),
            tags: Some(vec!["תורים".to_owned(), "ai".to_owned()]),
            partner_org_units: Some(vec![]),
            ..event::Details::default()
        };
        self.happens(event::Resubmitted { changes }, |seen| {
            seen.line.status = "UNDER_REVIEW".to_owned();
            seen.line.title = rows::Text { en: some("Digital queue"), ..row_text("תור דיגיטלי") };
            seen.line.title_he = "תור דיגיטלי".to_owned();
            seen.line.title_en = "Digital queue".to_owned();
            seen.line.tags = vec!["תורים".to_owned(), "ai".to_owned()];
            seen.line.partner_org_unit_ids = vec![];
            seen.card.solution_hypothesis = Some(row_text("זימון תורים מראש"));
            seen.card.beneficiaries =
                vec![rows::Beneficiary { group: "patients".to_owned(), estimated_count: Some(20_000) }];
        })
        .await;
        let declined = event::Declined {
            reason_code: DeclineReason::LowExpectedValue,
            feedback: private(),
            similar_initiative: None,
        };
        self.happens(declined, |seen| {
            seen.line.status = "DECLINED".to_owned();
            seen.line.reviewer_id = None;
            seen.line.reason_code = some("LOW_EXPECTED_VALUE");
        })
        .await;
        self.happens(event::DeclineAppealed { grounds: private() }, |seen| {
            seen.line.status = "UNDER_REVIEW".to_owned();
            seen.line.reason_code = None;
        })
        .await;
    }

    /// Reviewed again, but not now, and then again.
    async fn is_shelved(&mut self) {
        self.happens(event::ReviewStarted { reviewer: person(4) }, |seen| {
            seen.line.reviewer_id = Some(person(4).uuid());
        })
        .await;
        let shelved = event::Shelved {
            reason_code: ShelveReason::Budget,
            feedback: private(),
            revisit_on: day("2027-03-01"),
        };
        self.happens(shelved, |seen| {
            seen.line.status = "SHELVED".to_owned();
            seen.line.reason_code = some("BUDGET");
            seen.line.revisit_on = Some(date!(2027 - 03 - 01));
        })
        .await;
        self.happens(event::Reactivated {}, |seen| {
            seen.line.status = "UNDER_REVIEW".to_owned();
            (seen.line.reason_code, seen.line.revisit_on) = (None, None);
        })
        .await;
    }

    /// Classified and accepted, with an owner and everything that stage 4 asks for.
    async fn is_accepted(&mut self) {
        let reclassified =
            event::Reclassified { framework_version: 1, before: None, after: classification() };
        self.happens(reclassified, |seen| {
            let line = &mut seen.line;
            line.classified = true;
            line.framework_version = Some(1);
            line.primary_facet = some("ADAPTIVE");
            line.facet_weights = Some(rows::FacetWeights {
                enhancement_oriented: 1000,
                mission_oriented: 2000,
                adaptive: 4000,
                anticipatory: 3000,
            });
            line.innovation_types = vec!["AI".to_owned(), "SERVICE_DESIGN".to_owned()];
            line.primary_type = some("AI");
            line.novelty = some("NEW_TO_GOVERNMENT");
            line.horizon = some("H1_UNDER_12M");
        })
        .await;
        let accepted = event::Accepted { initial_stage: Stage::DevelopingProposals, owner_unit: unit(2) };
        self.happens(accepted, |seen| {
            let line = &mut seen.line;
            line.status = "ACTIVE".to_owned();
            (line.proposer_hidden, line.reviewer_id) = (false, None);
            line.accepted_on = Some(date!(2026 - 11 - 24));
            line.owner_unit_id = Some(unit(2).uuid());
            (line.stage, line.stage_order) = (some("DEVELOPING_PROPOSALS"), 3);
            line.stage_since = Some(date!(2026 - 11 - 24));
        })
        .await;
        self.happens(event::OwnerAssigned { owner_manager: person(5), owner_unit: unit(3) }, |seen| {
            seen.line.owner_manager_id = Some(person(5).uuid());
            seen.line.owner_unit_id = Some(unit(3).uuid());
        })
        .await;
        self.happens(event::InterestDeclared { none: false, text: Some(private()) }, |seen| {
            seen.card.interest_declared = true;
        })
        .await;
        self.happens(event::PrivacyScreenRecorded { screen: PrivacyScreen::Basic, pia_ref: None }, |seen| {
            seen.card.privacy_screen = some("BASIC");
        })
        .await;
        self.happens(event::NoMaterialRiskDeclared { reason: text("אין סיכון מהותי") }, |seen| {
            seen.card.no_material_risk = true;
        })
        .await;
        let budget = event::BudgetApproved {
            amount: money(9_007_199_254_740_993),
            source_line: "24-10".to_owned(),
            effort_only: false,
        };
        self.happens(budget, |seen| {
            seen.line.approved_budget = Some(9_007_199_254_740_993);
            seen.line.approved_budget_currency = some("ILS");
        })
        .await;
    }
}

#[tokio::test]
async fn each_event_changes_its_rows_and_nothing_else() {
    let mut story = Story::begin().await;
    story.is_reviewed().await;
    story.is_shelved().await;
    story.is_accepted().await;
    story.is_measured().await;
    story.is_piloted().await;
    story.is_evaluated().await;
}

#[tokio::test]
async fn an_initiative_ends_by_being_stopped_or_withdrawn() {
    let mut stopped = Story::begin().await;
    stopped
        .happens(event::ReviewStarted { reviewer: person(3) }, |seen| {
            seen.line.status = "UNDER_REVIEW".to_owned();
            seen.line.reviewer_id = Some(person(3).uuid());
        })
        .await;
    let stop = event::Stopped {
        reason_code: StopReason::HypothesisRefuted,
        result: ExperimentResult::Negative,
        learning_summary: text("למדנו"),
    };
    stopped
        .happens(stop, |seen| {
            seen.line.status = "STOPPED".to_owned();
            seen.line.reviewer_id = None;
            seen.line.reason_code = some("HYPOTHESIS_REFUTED");
        })
        .await;
    let mut withdrawn = Story::begin().await;
    withdrawn.happens(event::Withdrawn {}, |seen| seen.line.status = "WITHDRAWN".to_owned()).await;
}
