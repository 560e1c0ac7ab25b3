//! Whole requests: the header, the command that comes out, what is private in it, all violations at once.

use contract::{
    common::v1::{CommandHeader, LocalizedText as WireText, Role as WireRole},
    portfolio::v1 as portfolio,
    reference::v1 as reference,
};
use domain::{
    Reason::{self, ValidationEnumUnspecified, ValidationFormat, ValidationLength, ValidationRequired},
    Rejections, Role,
    portfolio::{
        framework::{Classification, DeclineReason, FacetWeights, Horizon, InnovationType, Novelty, Origin},
        initiative::{command, event::Beneficiary},
    },
    reference::{person_access, writer_key},
    values::{
        ChallengeId, DelegationId, InitiativeId, Language, LocalizedText, MissionId, OrgUnitId, PersonRef,
        Private,
    },
};
use proptest::prelude::{any, proptest};
use uuid::Uuid;
use vault::Class;

use super::{
    super::{Header, Owner, Parse, Parsed, request},
    DAY, ID, NO_CODE, NO_DAY, OTHER_ID, hebrew,
    initiative::proposal,
};

fn header() -> Option<CommandHeader> {
    Some(CommandHeader { request_id: ID.into(), ..Default::default() })
}

fn uuid(text: &str) -> Uuid {
    text.parse().unwrap()
}

fn told(rejections: &Rejections) -> Vec<(Reason, &str)> {
    rejections.all().iter().map(|r| (r.reason, r.field.as_deref().unwrap_or_default())).collect()
}

fn wrong<R: Parse>(given: R) -> Rejections {
    request(given).expect_err("something is wrong with it")
}

#[test]
fn an_empty_proposal_is_told_everything_it_lacks() {
    assert_eq!(
        told(&wrong(portfolio::ProposeInitiativeRequest::default())),
        [
            (ValidationRequired, "initiative_id"),
            (ValidationRequired, "header.request_id"),
            (ValidationRequired, "title"),
            (ValidationRequired, "summary"),
            (ValidationRequired, "problem_statement"),
            (ValidationRequired, "lead_org_unit_id"),
            (ValidationEnumUnspecified, "origin"),
        ]
    );
}

#[test]
fn a_refusal_tells_the_bounds() {
    let title = hebrew(3);
    let rejections = wrong(portfolio::ProposeInitiativeRequest {
        header: header(),
        initiative_id: OTHER_ID.into(),
        title,
        ..proposal()
    });
    let expected = domain::Rejection::new(ValidationLength).at("title.he");
    assert_eq!(rejections.all(), [expected.with("min", 5).with("max", 160).with("actual", 3)]);
}

#[test]
fn a_proposal_becomes_a_command() {
    let long = |chars| LocalizedText {
        he: Some("א".repeat(chars)),
        en: None,
        ar: None,
        source_lang: Language::Hebrew,
    };
    let unit = |id| OrgUnitId::new(uuid(id)).unwrap();
    let parsed = request(portfolio::ProposeInitiativeRequest {
        header: header(),
        initiative_id: OTHER_ID.into(),
        ..proposal()
    })
    .unwrap();
    let expected = command::Propose {
        title: long(5),
        summary: long(30),
        problem_statement: long(30),
        solution_hypothesis: Some(long(30)),
        origin: Origin::Grassroots,
        lead_org_unit: unit(ID),
        partner_org_units: vec![unit(ID), unit(OTHER_ID)],
        co_proposers: PersonRef::new(uuid(ID)).into_iter().collect(),
        anonymous_to_line: false,
        classification: Some(Classification {
            facet_weights: FacetWeights {
                enhancement_oriented: 0,
                mission_oriented: 10_000,
                adaptive: 0,
                anticipatory: 0,
            },
            innovation_types: vec![InnovationType::Ai, InnovationType::Regulatory],
            primary_type: InnovationType::Ai,
            novelty: Novelty::NewToUnit,
            horizon: Horizon::H1Under12m,
        }),
        beneficiaries: vec![Beneficiary { group: "ELDERLY".into(), estimated_count: Some(1000) }],
        tags: vec!["בריאות דיגיטלית".into(), "AI".into()],
        mission_id: MissionId::new(uuid(ID)),
        challenge_id: ChallengeId::new(uuid(ID)),
    };
    assert_eq!(parsed.command, expected.into());
    assert!(parsed.secrets.is_empty());
}

#[test]
fn a_header_is_read_whole() {
    let given = CommandHeader {
        request_id: ID.into(),
        expected_version: Some(0),
        validate_only: true,
        role: WireRole::MinistryDg.into(),
        unit_id: ID.into(),
        on_behalf_of: ID.into(),
        delegation_id: ID.into(),
        effective_on: DAY.into(),
        correlation_id: OTHER_ID.into(),
    };
    let given = portfolio::StartReviewRequest { header: Some(given), initiative_id: OTHER_ID.into() };
    let Parsed { header, command, .. } = request(given).unwrap();
    assert_eq!(command, command::StartReview {}.into());
    assert_eq!(
        header,
        Header {
            request_id: uuid(ID),
            aggregate_id: uuid(OTHER_ID),
            expected_version: Some(0),
            validate_only: true,
            role: Some(Role::MinistryDg),
            unit: OrgUnitId::new(uuid(ID)),
            on_behalf_of: PersonRef::new(uuid(ID)),
            delegation: DelegationId::new(uuid(ID)),
            effective_on: DAY.parse().ok(),
            correlation_id: Some(uuid(OTHER_ID)),
        }
    );
}

#[test]
fn a_wrong_header_is_told_everything() {
    let nil = Uuid::nil().to_string();
    let given = CommandHeader {
        request_id: nil.clone(),
        expected_version: None,
        validate_only: false,
        role: NO_CODE,
        unit_id: ID.to_uppercase(),
        on_behalf_of: ID.replace('-', ""),
        delegation_id: format!("{{{ID}}}"),
        effective_on: NO_DAY.into(),
        correlation_id: format!(" {ID}"),
    };
    assert_eq!(
        told(&wrong(portfolio::StartReviewRequest { header: Some(given), initiative_id: nil })),
        [
            (ValidationFormat, "initiative_id"),
            (ValidationFormat, "header.request_id"),
            (ValidationFormat, "header.unit_id"),
            (ValidationFormat, "header.on_behalf_of"),
            (ValidationFormat, "header.delegation_id"),
            (ValidationFormat, "header.effective_on"),
            (ValidationFormat, "header.correlation_id"),
            (ValidationEnumUnspecified, "header.role"),
        ]
    );
}

#[test]
fn feedback_is_sealed_under_the_case_and_may_tell_about_people() {
    let feedback = format!("  {} dana@moh.gov.il  ", "א".repeat(50));
    let Parsed { command, secrets, .. } = request(portfolio::DeclineInitiativeRequest {
        header: header(),
        initiative_id: OTHER_ID.into(),
        reason_code: portfolio::DeclineReason::Duplicate.into(),
        feedback: Some(WireText { en: feedback.clone(), ..Default::default() }),
        similar_initiative_id: ID.into(),
    })
    .unwrap();
    let [secret] = secrets.try_into().unwrap();
    let expected = command::Decline {
        reason_code: DeclineReason::Duplicate,
        feedback: Private { private_mac: secret.placeholder },
        similar_initiative: InitiativeId::new(uuid(ID)),
    };
    assert_eq!(command, expected.into());
    let clear = format!(r#"{{"en":"{}","source_lang":"EN"}}"#, feedback.trim());
    assert_eq!((secret.owner, secret.class, secret.clear), (Owner::Case, Class::Case, clear));
}

#[test]
fn a_person_is_sealed_under_the_own_keys_and_never_printed() {
    let Parsed { command, secrets, .. } = request(reference::RegisterPersonRequest {
        header: header(),
        person_id: OTHER_ID.into(),
        display_name: " דנה לוי ".into(),
        email: "dana@moh.gov.il".into(),
        unit_id: ID.into(),
    })
    .unwrap();
    assert!(!format!("{secrets:?}").contains("dana"));
    let [name, email] = secrets.try_into().unwrap();
    assert_ne!(name.placeholder, email.placeholder);
    let expected = person_access::Register {
        display_name: Private { private_mac: name.placeholder },
        email: Some(Private { private_mac: email.placeholder }),
        unit: OrgUnitId::new(uuid(ID)).unwrap(),
    };
    assert_eq!(command, expected.into());
    assert_eq!((name.owner, name.class, name.clear.as_str()), (Owner::Person, Class::Official, "דנה לוי"));
    assert_eq!(
        (email.owner, email.class, email.clear.as_str()),
        (Owner::Person, Class::Incidental, "dana@moh.gov.il")
    );
}

#[test]
fn a_key_is_known_by_the_digest_of_its_bytes() {
    let public_key = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=".to_owned();
    let Parsed { command, .. } = request(reference::EnrolWriterKeyRequest {
        header: header(),
        writer_key_id: OTHER_ID.into(),
        public_key: public_key.clone(),
    })
    .unwrap();
    // The public key of RFC 8032, 7.1, test 1.
    let expected = writer_key::Enrol { key_id: "21fe31dfa154a261".into(), public_key };
    assert_eq!(command, expected.into());
}

proptest! {
    #[test]
    fn no_request_is_too_strange_to_be_judged(texts in any::<[String; 8]>(), number in any::<i32>()) {
        let [he, en, ar, id, day, code, tag, line] = texts;
        let text = Some(WireText { he, en, ar, source_lang: number });
        let header = Some(CommandHeader { request_id: id.clone(), effective_on: day, ..Default::default() });
        let _judged = request(portfolio::ImportInitiativeRequest {
            header,
            initiative_id: id.clone(),
            title: text.clone(),
            summary: text.clone(),
            problem_statement: text,
            origin: number,
            lead_org_unit_id: id,
            stage: number,
            tags: vec![tag],
            source_system: code,
            source_key: line.clone(),
        });
        let _judged = request(reference::EnrolWriterKeyRequest { public_key: line, ..Default::default() });
    }
}
