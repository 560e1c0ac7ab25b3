//! What a client is told when the answer is no: the exact reason, every violation at once, in both languages.

use acceptance::{Running, given, reason, refusal};
use anyhow::Result;
use contract::{
    portfolio::v1::{FacetWeights, ProposeInitiativeRequest},
    status::Explained,
};
use tonic::Code;
use uuid::Uuid;

#[tokio::test]
async fn all_that_is_wrong_is_said_at_once() -> Result<()> {
    let running = Running::shared().await?;
    let nurse = running.persona("nurse").await?;
    let mut proposal = given::proposal(Uuid::now_v7(), &running.unit("MOHHOSP").await?);
    proposal.title = given::hebrew("תור");
    proposal.summary = None;
    proposal.origin = 0;
    proposal.tags = vec!["x".to_owned()];
    proposal.lead_org_unit_id = "MOHHOSP".to_owned();
    let refused = nurse.give(proposal).await.expect_err("nothing of that can be recorded");
    assert_eq!(refused.code(), Code::InvalidArgument);
    let violation = |reason: &str, field: &str| (reason.to_owned(), field.to_owned());
    assert_eq!(
        contract::status::explain(&refused),
        Explained {
            reason: "VALIDATION_REQUIRED".to_owned(),
            violations: vec![
                violation("VALIDATION_REQUIRED", "summary"),
                violation("VALIDATION_LENGTH", "title.he"),
                violation("VALIDATION_LENGTH", "tags[0]"),
                violation("VALIDATION_FORMAT", "lead_org_unit_id"),
                violation("VALIDATION_ENUM_UNSPECIFIED", "origin"),
            ],
            he: "summary: שדה חובה".to_owned(),
            en: "summary: the field is required".to_owned(),
        }
    );
    Ok(())
}

#[tokio::test]
async fn the_rules_of_the_domain_speak_through_the_same_door() -> Result<()> {
    let running = Running::shared().await?;
    let nurse = running.persona("nurse").await?;
    let mut proposal = given::proposal(Uuid::now_v7(), &running.unit("MOHHOSP").await?);
    let weights = FacetWeights { adaptive: 1, ..FacetWeights::default() };
    proposal.classification.as_mut().expect("it is classified").facet_weights = Some(weights);
    let unknown = Uuid::now_v7().to_string();
    proposal.partner_org_unit_ids = vec![unknown];
    let said = refusal(nurse.give(proposal).await);
    let violation = |reason: &str, field: &str| (reason.to_owned(), field.to_owned());
    assert_eq!(said.reason, "REFERENCE_UNKNOWN");
    assert_eq!(
        said.violations,
        [
            violation("REFERENCE_UNKNOWN", "partner_org_unit_ids"),
            violation("FACET_WEIGHTS_SUM", "classification.facet_weights"),
        ]
    );
    Ok(())
}

#[tokio::test]
async fn a_decision_is_refused_for_the_reason_that_the_rules_name() -> Result<()> {
    let running = Running::shared().await?;
    let (nurse, lead) = (running.persona("nurse").await?, running.persona("moh-lead").await?);
    let (id, unit) = (Uuid::now_v7(), running.unit("MOHHOSP").await?);
    let proposed = nurse.give(given::proposal(id, &unit)).await?;

    let unseen = contract::portfolio::v1::AcceptInitiativeRequest {
        header: given::header(),
        ..given::acceptance(id, &unit, 1)
    };
    assert_eq!(reason(lead.give(unseen).await), "EXPECTED_VERSION_REQUIRED");
    assert_eq!(reason(lead.give(given::acceptance(id, &unit, 7)).await), "VERSION_CONFLICT");
    assert_eq!(reason(lead.give(given::acceptance(id, &unit, proposed.version)).await), "STATE_FORBIDS");
    assert_eq!(reason(nurse.give(given::review(id)).await), "ROLE_FORBIDDEN");
    assert_eq!(reason(lead.give(given::proposal(id, &unit)).await), "ALREADY_EXISTS");

    let own = Uuid::now_v7();
    lead.give(given::proposal(own, &running.unit("MOH").await?)).await?;
    assert_eq!(reason(lead.give(given::review(own)).await), "SOD_PROPOSER_REVIEWER");
    assert_eq!(reason(lead.give(given::review(Uuid::now_v7())).await), "NOT_FOUND");
    Ok(())
}

#[tokio::test]
async fn nobody_acts_without_a_token_that_is_meant_for_here() -> Result<()> {
    let running = Running::shared().await?;
    let anybody = |token: &str| {
        let url = running.api_url();
        acceptance::Caller::new(
            &acceptance::Endpoints { command: url.clone(), query: url.clone(), audit: url },
            token,
        )
    };
    let token = running.token("nurse").await?;
    let (signed, signature) = token.rsplit_once('.').expect("a token has three parts");
    let forged = format!("{signed}.{}", signature.chars().rev().collect::<String>());
    for bad in ["", "x", forged.as_str()] {
        let refused = anybody(bad)?.give(given::proposal(Uuid::now_v7(), "")).await.expect_err("refused");
        assert_eq!(
            (refused.code(), reason::<()>(Err(refused))),
            (Code::Unauthenticated, "UNAUTHENTICATED".to_owned())
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_text_that_names_a_citizen_or_turns_the_writing_around_is_refused() -> Result<()> {
    let running = Running::shared().await?;
    let nurse = running.persona("nurse").await?;
    let unit = running.unit("MOHHOSP").await?;
    let with_summary = |summary: &str| ProposeInitiativeRequest {
        summary: given::hebrew(summary),
        ..given::proposal(Uuid::now_v7(), &unit)
    };
    let id_number = "המטופלת, תעודת זהות 123456782, המתינה במוקד שעה ארוכה מאוד.";
    let said = refusal(nurse.give(with_summary(id_number)).await);
    assert_eq!(said.violations, [("VALIDATION_PERSONAL_DATA".to_owned(), "summary.he".to_owned())]);
    let turned = "קביעת תור במרפאה \u{202E}מתוך הודעה שהמטופל מקבל, בלי המתנה.";
    let said = refusal(nurse.give(with_summary(turned)).await);
    assert_eq!(said.violations, [("VALIDATION_BIDI".to_owned(), "summary.he".to_owned())]);
    Ok(())
}
