//! Three initiatives from their beginning to their end: every command there is, by whoever gives it.

use std::collections::BTreeSet;

use contract::{
    common::v1::{CommandHeader, DocRef},
    portfolio::v1 as pb,
};
use domain::{
    Aggregate, Vocabulary as _,
    portfolio::initiative::{Initiative, command::Command},
    reference::{org_unit::OrgUnit, person_access::PersonAccess},
};

use crate::{
    given::{FEEDBACK, classification, hebrew, long, proposal, seen, shekels, today, waiting},
    history::{commits, decided_again, history},
    office::Office,
    world::{World, id},
};

pub(crate) const GROUNDS: &str = "הבודק הוא גיסו של מנהל המוקד, ולכן דעתו על ההצעה אינה נקייה.";
pub(crate) const INTEREST: &str = "אשתי עובדת אצל הספק של מערכת ההודעות.";
pub(crate) const NOT_NOW: &str = "מנהלת המחלקה יוצאת לחופשת מחלה ארוכה, ועד שתשוב אין מי שיוביל את העבודה.";
pub(crate) const NOTE: &str = "רופא אחד, ששמו ידוע למנהלת, מסרב להשתתף.";
pub(crate) const FINDINGS: &str = "הצוות מותש, ומנהלת המשמרת שוקלת לעזוב.";

/// Commands on an initiative of that version, one after another: who gives which, and what happens.
macro_rules! story {
    (
        $office:expr, $world:expr, $name:expr, $version:expr;
        $($who:literal: $request:ident $({ $($field:ident: $value:expr),* $(,)? })? => $event:literal;)+
    ) => {{
        let mut version = $version;
        $(
            let request = pb::$request {
                header: seen(version),
                initiative_id: id($name).to_string(),
                $($($field: $value,)*)?
            };
            version += 1;
            let receipt = $office.give(&$world.who($who), request).await;
            let receipt = receipt.map_err(|refusal| format!("{}: {}", $event, refusal.status())).unwrap();
            let happened: Vec<&str> = receipt.events.iter().map(|(_, name, _)| name.as_str()).collect();
            assert_eq!((receipt.version, receipt.duplicate, happened), (version, false, vec![$event]));
        )+
        version
    }};
}

/// Everything that can be told of three initiatives.
pub(crate) async fn told(office: &Office, world: &World) {
    let idea = pb::ProposeInitiativeRequest { header: seen(0), ..proposal("done") };
    office.give(&world.who("nurse"), idea).await.unwrap();
    let version = reviewed(office, world).await;
    let version = prepared(office, world, version).await;
    let version = carried_out(office, world, version).await;
    finished(office, world, version).await;
    stopped(office, world).await;
    let idea = pb::ProposeInitiativeRequest { header: seen(0), ..proposal("withdrawn") };
    office.give(&world.who("clerk"), idea).await.unwrap();
    story! { office, world, "withdrawn", 1; "clerk": WithdrawInitiativeRequest => "InitiativeWithdrawn"; };
}

/// Somebody declines it; upon an appeal somebody else accepts it.
async fn reviewed(office: &Office, world: &World) -> u64 {
    let better =
        pb::InitiativeDetails { title: hebrew("תור לרופא בהודעה"), ..Default::default() };
    let shorter = pb::InitiativeDetails { tags: Some(pb::TagList::default()), ..Default::default() };
    story! { office, world, "done", 1;
        "lead": StartReviewRequest => "InitiativeReviewStarted";
        "lead": RequestChangesRequest { items: vec![hebrew("נא לקצר את הכותרת").unwrap()] }
            => "InitiativeChangesRequested";
        "nurse": ReviseInitiativeDetailsRequest { changes: Some(better) } => "InitiativeDetailsRevised";
        "nurse": ResubmitInitiativeRequest { changes: Some(shorter) } => "InitiativeResubmitted";
        "lead": DeclineInitiativeRequest {
            reason_code: pb::DeclineReason::LowExpectedValue.into(),
            feedback: hebrew(FEEDBACK),
            similar_initiative_id: String::new(),
        } => "InitiativeDeclined";
        "nurse": AppealDeclineRequest { grounds: hebrew(GROUNDS) } => "InitiativeDeclineAppealed";
        "other-lead": StartReviewRequest => "InitiativeReviewStarted";
        "other-lead": ReclassifyInitiativeRequest { classification: Some(classification(5000)) }
            => "InitiativeReclassified";
        "other-lead": AcceptInitiativeRequest {
            initial_stage: pb::Stage::GeneratingIdeas.into(),
            owner_unit_id: id("HOSP").to_string(),
        } => "InitiativeAccepted";
    }
}

/// All that stands before implementation, with a rest on the shelf.
async fn prepared(office: &Office, world: &World, version: u64) -> u64 {
    let kpi_id = || id("waiting").to_string();
    story! { office, world, "done", version;
        "lead": AssignOwnerRequest { owner_manager_id: world.person("manager").to_string() }
            => "InitiativeOwnerAssigned";
        "manager": DeclareInterestRequest { none: false, text: hebrew(INTEREST) } => "InterestDeclared";
        "manager": RecordPrivacyScreenRequest {
            screen: pb::PrivacyScreen::HighlySensitive.into(),
            pia_ref: "PIA-7".to_owned(),
        } => "PrivacyScreenRecorded";
        "manager": DeclareNoMaterialRiskRequest { reason: long("אין סיכון מהותי", 50) }
            => "NoMaterialRiskDeclared";
        "manager": DefineKpiRequest { kpi_id: kpi_id(), kpi: waiting(10) } => "KpiDefined";
        "manager": ReviseKpiRequest { kpi_id: kpi_id(), kpi: waiting(5), reason: "אפשר יותר".to_owned() }
            => "KpiRevised";
        "director": ApproveBudgetRequest {
            amount: shekels(12_000_000),
            source_line: "20-01".to_owned(),
            effort_only: false,
        } => "InitiativeBudgetApproved";
        "manager": RecordCostRequest {
            year: 2026,
            planned: shekels(12_000_000),
            forecast: None,
            whole_life: None,
        } => "InitiativeCostRecorded";
        "director": ShelveInitiativeRequest {
            reason_code: pb::ShelveReason::Timing.into(),
            feedback: hebrew(NOT_NOW),
            revisit_on: "2027-02-01".to_owned(),
        } => "InitiativeShelved";
        "lead": ReactivateInitiativeRequest => "InitiativeReactivated";
        "manager": AdvanceStageRequest => "InitiativeStageAdvanced";
        "manager": ReturnStageRequest {
            to: pb::Stage::GeneratingIdeas.into(),
            reason: long("עלה רעיון טוב יותר", 30),
        } => "InitiativeStageReturned";
        "manager": AdvanceStageRequest => "InitiativeStageAdvanced";
        "director": AdvanceStageRequest => "InitiativeStageAdvanced";
    }
}

/// A pilot, with what was measured and who thinks what of it.
async fn carried_out(office: &Office, world: &World, version: u64) -> u64 {
    let kpi_id = || id("waiting").to_string();
    let sha256 = "0a".repeat(32);
    let document =
        DocRef {
            sha256, media_type: "application/pdf".to_owned(), bytes: 1, title: "מדידות".to_owned()
        };
    story! { office, world, "done", version;
        "manager": SetImplementationModeRequest {
            mode: pb::ImplementationMode::Pilot.into(),
            from: today(),
            to: "2027-03-01".to_owned(),
            override_rationale: None,
        } => "ImplementationModeSet";
        "manager": RecordMeasurementRequest {
            kpi_id: kpi_id(),
            on: today(),
            value_micros: 12_000_000,
            source: "מוקד".to_owned(),
            evidence_level: pb::EvidenceLevel::PositiveChange.into(),
            document: Some(document),
        } => "KpiMeasured";
        "manager": CorrectMeasurementRequest {
            kpi_id: kpi_id(),
            on: today(),
            value_micros: 11_000_000,
            reason: "נספר פעמיים".to_owned(),
        } => "KpiMeasurementCorrected";
        "lead": VerifyMeasurementRequest { kpi_id: kpi_id(), on: today() } => "KpiMeasurementVerified";
        "manager": ReportSelfConfidenceRequest {
            rating: pb::Confidence::Green.into(),
            note: hebrew(NOTE),
        } => "DeliveryConfidenceSelfReported";
        "pm": AssessConfidenceRequest {
            rating: pb::Confidence::Amber.into(),
            findings: hebrew(FINDINGS),
            source_rating: String::new(),
        } => "DeliveryConfidenceAssessed";
        "manager": EndImplementationRequest { early: false, reason: None } => "ImplementationEnded";
    }
}

/// Judged, and handed over.
async fn finished(office: &Office, world: &World, version: u64) -> u64 {
    story! { office, world, "done", version;
        "lead": AdvanceStageRequest => "InitiativeStageAdvanced";
        "lead": RecordEvaluationRequest {
            verdict: pb::Verdict::Scale.into(),
            result: pb::ExperimentResult::Positive.into(),
            evidence_level: pb::EvidenceLevel::PositiveChange.into(),
            summary: long("ההמתנה התקצרה", 30),
            document: None,
        } => "InitiativeEvaluated";
        "lead": AdvanceStageRequest => "InitiativeStageAdvanced";
        "manager": RetireKpiRequest { kpi_id: id("waiting").to_string(), reason: "הושג".to_owned() }
            => "KpiRetired";
        "director": CompleteInitiativeRequest {
            sustaining_owner_id: world.person("manager").to_string(),
            budget_line: "20-01".to_owned(),
            sustain_from: "2027-01-01".to_owned(),
            no_adoption_reason: long("עוד לא נמצא מאמץ", 30),
        } => "InitiativeCompleted";
    }
}

/// One that was running before, taken over with its history, and ended here.
async fn stopped(office: &Office, world: &World) {
    let import = pb::ImportInitiativeRequest {
        header: seen(0).map(|header| CommandHeader { effective_on: "2024-04-01".to_owned(), ..header }),
        initiative_id: id("stopped").to_string(),
        title: hebrew("מרשם ארצי"),
        summary: hebrew("מרשם שהחל לפני שנים"),
        problem_statement: None,
        origin: pb::Origin::MinistryPlan.into(),
        lead_org_unit_id: id("MOH").to_string(),
        stage: pb::Stage::ImplementingProjects.into(),
        tags: vec![],
        source_system: "registry".to_owned(),
        source_key: "R-1".to_owned(),
    };
    office.give(&world.who("registry"), import).await.unwrap();
    story! { office, world, "stopped", 1;
        "lead": StopInitiativeRequest {
            reason_code: pb::StopReason::CostExceedsValue.into(),
            result: pb::ExperimentResult::Negative.into(),
            learning_summary: long("למדנו שמרשם אחד אינו מתאים לכולם", 100),
        } => "InitiativeStopped";
    };
}

#[tokio::test]
async fn every_command_is_carried_out_and_can_be_decided_again_from_the_log_alone() {
    let world = World::start().await;
    told(&world.office().await, &world).await;
    let mut given = BTreeSet::new();
    for name in ["done", "stopped", "withdrawn"] {
        given.extend(decided_again::<Initiative>(&commits::<Initiative>(&*world.log, id(name)).await));
    }
    assert_eq!(given, Command::TYPES.iter().map(|kind| kind.name.to_owned()).collect());
}

#[tokio::test]
async fn how_the_government_came_about_can_be_decided_again_too() {
    let world = World::start().await;
    let ids: BTreeSet<_> =
        history(&*world.log).await.iter().map(|(record, _)| record.subject.clone()).collect();
    let mut given = BTreeSet::new();
    for subject in ids {
        if subject.aggregate() == OrgUnit::NAME {
            given.extend(decided_again::<OrgUnit>(&commits::<OrgUnit>(&*world.log, subject.id()).await));
        } else if subject.aggregate() == PersonAccess::NAME {
            let commits = commits::<PersonAccess>(&*world.log, subject.id()).await;
            given.extend(decided_again::<PersonAccess>(&commits));
        }
    }
    let expected = ["GrantRole", "RegisterOrgUnit", "RegisterPerson"].map(str::to_owned);
    assert_eq!(given, expected.into());
}
