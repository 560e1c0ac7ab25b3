//! What stands in a commit, and what does not.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use codec::{Commit, event::privates};
use contract::{
    common::v1::{CommandHeader, LocalizedText},
    portfolio::v1::{AppealDeclineRequest, ProposeInitiativeRequest},
};
use domain::{Aggregate as _, portfolio::initiative::Initiative, reference::person_access::PersonAccess};
use event_log::EventLog as _;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use uuid::Uuid;
use vault::{FieldAddress, Opened, Sealed};

use crate::{
    given::{FEEDBACK, decline, header, hebrew, proposal, review},
    history::{commits, history},
    office::NOW,
    story::{self, FINDINGS, GROUNDS, INTEREST, NOT_NOW, NOTE},
    world::{LOG_ID, TODAY, World, id},
};

const REQUEST: Uuid = Uuid::from_u128(0xf00d);
const CORRELATION: Uuid = Uuid::from_u128(0xc0de);

#[tokio::test]
async fn a_commit_tells_what_was_asked_by_whom_what_allowed_it_and_what_was_known() {
    let world = World::start().await;
    let office = world.office().await;
    let header = CommandHeader {
        request_id: REQUEST.to_string(),
        correlation_id: CORRELATION.to_string(),
        ..CommandHeader::default()
    };
    let idea = ProposeInitiativeRequest {
        header: Some(header),
        partner_org_unit_ids: vec![id("MOE").to_string()],
        co_proposer_ids: vec![world.person("manager").to_string()],
        ..proposal("idea")
    };
    let receipt = office.give(&world.who("nurse"), idea).await.unwrap();
    let record = world.log.get(receipt.position).await.unwrap().unwrap();
    let mut body: Value = serde_json::from_slice(&record.body).unwrap();

    let fields = body.as_object_mut().unwrap();
    assert_eq!(fields.remove("commit_id"), Some(json!(receipt.commit_id)));
    assert_eq!(receipt.commit_id.map(|id| id.get_version_num()), Some(7));
    let salt = fields.remove("salt").unwrap();
    assert_eq!(STANDARD.decode(salt.as_str().unwrap()).unwrap().len(), 16);
    let command = Commit::decode(&record.body).unwrap().command;
    assert_eq!(body, expected(&world, &office.api, &command.sha256, receipt.events[0].0));
    assert_eq!(command.sha256, codec::sha256_hex(command.data.get().as_bytes()));
}

fn expected(world: &World, api: &command::api::Api, sha256: &str, event_id: Uuid) -> Value {
    let (nurse, manager) = (world.person("nurse"), world.person("manager"));
    let (hospital, health, schools) = (id("HOSP"), id("MOH"), id("MOE"));
    let asked = json!({
        "title": {"he": "תור לרופא בלי טלפון", "source_lang": "HE"},
        "summary": {"he": proposal("idea").summary.unwrap().he, "source_lang": "HE"},
        "problem_statement": {"he": proposal("idea").problem_statement.unwrap().he, "source_lang": "HE"},
        "solution_hypothesis": {"he": proposal("idea").solution_hypothesis.unwrap().he, "source_lang": "HE"},
        "origin": "GRASSROOTS",
        "lead_org_unit": hospital,
        "partner_org_units": [schools],
        "co_proposers": [manager],
        "anonymous_to_line": false,
        "classification": {
            "facet_weights": {
                "enhancement_oriented": 7000, "mission_oriented": 0, "adaptive": 3000, "anticipatory": 0
            },
            "innovation_types": ["SERVICE_DESIGN"],
            "primary_type": "SERVICE_DESIGN",
            "novelty": "NEW_TO_MINISTRY",
            "horizon": "H1_UNDER_12M",
        },
        "beneficiaries": [{"group": "PATIENTS", "estimated_count": 12_000}],
        "tags": ["שירות"],
    });
    let mut happened = asked.clone();
    happened["ministry"] = json!(health);
    happened["proposer"] = json!(nurse);
    let actor = json!({"person": nurse, "role": "EMPLOYEE", "unit": hospital});
    let unit = |ministry: Uuid| json!({"ministry": ministry, "active": true});
    json!({
        "format": 1,
        "stream": format!("cs.portfolio.initiative.{}", id("idea")),
        "version": 1,
        "command": {"id": REQUEST, "type": "ProposeInitiative", "sha256": sha256, "data": asked},
        "actor": actor,
        "authority": {
            "basis": "GRANT",
            "grant": id("nurse"),
            "policy_set_sha256": api.shell.gate.access().policies().sha256(),
            "policy_ids": ["employee-proposes"],
            "position": world.founding().len().to_string(),
        },
        "recorded_at": NOW,
        "effective_on": TODAY,
        "correlation_id": CORRELATION,
        "classification": "INTERNAL",
        "framework_version": 1,
        "policies": [],
        "decider": {"name": "initiative", "version": 1},
        "facts": {
            "subject_id": id("idea"),
            "now": NOW,
            "today": TODAY,
            "effective_on": TODAY,
            "actor": actor,
            "grant": id("nurse"),
            "may_import": false,
            "units": {hospital.to_string(): unit(health), schools.to_string(): unit(schools)},
            "people": {
                manager.to_string(): [{"grant": id("manager"), "role": "MANAGER", "unit": hospital}]
            },
        },
        "events": [{"id": event_id, "type": "InitiativeProposed", "schema": 1, "data": happened}],
    })
}

#[tokio::test]
async fn a_commit_names_the_one_before_and_groups_by_itself() {
    let world = World::start().await;
    let office = world.office().await;
    let first = office.give(&world.who("nurse"), proposal("idea")).await.unwrap();
    let second = office.give(&world.who("lead"), review("idea")).await.unwrap();
    let before = world.log.get(first.position).await.unwrap().unwrap();
    let read = commits::<Initiative>(&*world.log, id("idea")).await;
    let [_, commit] = &read[..] else { panic!("two commits") };
    assert_eq!(
        (commit.version, commit.prev_position, commit.prev_sha256.as_deref()),
        (2, Some(first.position), Some(codec::sha256_hex(&before.body).as_str()))
    );
    assert_eq!(second.position, first.position + 1);
    assert_eq!(commit.correlation_id, commit.command.id);
}

#[tokio::test]
async fn private_texts_stand_sealed_on_the_log_and_open_where_they_stand() {
    let world = World::start().await;
    let office = world.office().await;
    story::told(&office, &world).await;
    let (vault, private) = (world.vault().await, [FEEDBACK, GROUNDS, INTEREST, NOT_NOW, NOTE, FINDINGS]);
    let mut opened = BTreeMap::new();
    for (record, commit) in history(&*world.log).await {
        let stored = String::from_utf8(record.body.to_vec()).unwrap();
        for word in private.iter().flat_map(|text| text.split(' ')).chain(["ישראלה", "private.example"])
        {
            let told = word.chars().count() > 5 && stored.contains(word);
            assert!(!told, "`{word}` stands in {stored}");
        }
        for event in &commit.events {
            let found = privates(&event.data);
            let sealed = event.sealed.clone().unwrap_or_default();
            assert!(found.iter().map(|(path, _)| path).eq(sealed.keys()), "each private text is sealed");
            for (path, field) in &sealed {
                let at = FieldAddress {
                    log_id: LOG_ID,
                    subject: &commit.stream,
                    event_id: event.id.uuid(),
                    event_type: &event.name,
                    schema: event.schema,
                    path,
                };
                let field = Sealed {
                    key_id: field.key_id,
                    nonce: field.nonce.clone(),
                    ciphertext: field.ciphertext.clone(),
                };
                let Opened::Plain(text) = vault.open(&field, &at).await.unwrap() else { panic!("{at:?}") };
                if commit.stream.contains(Initiative::NAME) {
                    opened.insert((event.name.clone(), path.clone()), text.expose_secret().to_owned());
                } else {
                    assert!(commit.stream.contains(PersonAccess::NAME));
                }
            }
        }
    }
    let clear = |event: &str, path: &str, text: &str| {
        ((event.to_owned(), path.to_owned()), format!(r#"{{"he":"{text}","source_lang":"HE"}}"#))
    };
    let expected = [
        clear("InitiativeDeclined", "/feedback", FEEDBACK),
        clear("InitiativeDeclineAppealed", "/grounds", GROUNDS),
        clear("InterestDeclared", "/text", INTEREST),
        clear("InitiativeShelved", "/feedback", NOT_NOW),
        clear("DeliveryConfidenceSelfReported", "/note", NOTE),
        clear("DeliveryConfidenceAssessed", "/findings", FINDINGS),
    ];
    assert_eq!(opened, expected.into());
}

#[tokio::test]
async fn names_and_addresses_open_for_whoever_holds_the_vault() {
    let world = World::start().await;
    let vault = world.vault().await;
    let read = commits::<PersonAccess>(&*world.log, world.person("nurse").uuid()).await;
    let registered = &read[0].events[0];
    let mut texts = Vec::new();
    for (path, field) in registered.sealed.iter().flatten() {
        let at = FieldAddress {
            log_id: LOG_ID,
            subject: &read[0].stream,
            event_id: registered.id.uuid(),
            event_type: "PersonRegistered",
            schema: 1,
            path,
        };
        let (key_id, nonce, ciphertext) = (field.key_id, field.nonce.clone(), field.ciphertext.clone());
        let Opened::Plain(text) = vault.open(&Sealed { key_id, nonce, ciphertext }, &at).await.unwrap()
        else {
            panic!("{path}")
        };
        texts.push((path.as_str(), text.expose_secret().to_owned()));
    }
    let expected =
        [("/display_name", "ישראלה nurse".to_owned()), ("/email", "nurse@private.example".to_owned())];
    assert_eq!(texts, expected);
}

#[tokio::test]
async fn equal_private_texts_of_one_case_have_one_mac_and_those_of_two_have_two() {
    let world = World::start().await;
    let office = world.office().await;
    let (nurse, lead, other_lead) = (world.who("nurse"), world.who("lead"), world.who("other-lead"));
    for name in ["idea", "other"] {
        office.give(&nurse, proposal(name)).await.unwrap();
        office.give(&lead, review(name)).await.unwrap();
        office.give(&lead, decline(name, 2)).await.unwrap();
    }
    let appeal = AppealDeclineRequest {
        header: header(),
        initiative_id: id("idea").to_string(),
        grounds: hebrew(FEEDBACK),
    };
    office.give(&nurse, appeal).await.unwrap();
    office.give(&other_lead, review("idea")).await.unwrap();
    world.office().await.give(&other_lead, decline("idea", 5)).await.unwrap();

    let macs = async |name| {
        let commits = commits::<Initiative>(&*world.log, id(name)).await;
        let asked = commits.iter().flat_map(|commit| privates(&commit.command.data));
        let happened = commits.iter().flat_map(|commit| privates(&commit.events[0].data));
        let both: Vec<_> = asked.chain(happened).map(|(_, mac)| mac).collect();
        both
    };
    let (idea, other) = (macs("idea").await, macs("other").await);
    assert_eq!((idea.len(), other.len()), (6, 2));
    assert!(idea.iter().all(|mac| *mac == idea[0]) && other[0] == other[1] && idea[0] != other[0]);
    let sealed: Vec<_> = commits::<Initiative>(&*world.log, id("idea")).await;
    let ciphertexts = sealed.iter().flat_map(|commit| commit.events[0].sealed.iter().flatten());
    let mut ciphertexts: Vec<_> = ciphertexts.map(|(_, field)| field.ciphertext.clone()).collect();
    ciphertexts.sort();
    ciphertexts.dedup();
    assert_eq!(ciphertexts.len(), 3, "the same text reads differently each time");
}

#[tokio::test]
async fn other_private_words_under_the_same_id_are_another_request() {
    let world = World::start().await;
    let office = world.office().await;
    let lead = world.who("lead");
    office.give(&world.who("nurse"), proposal("idea")).await.unwrap();
    office.give(&lead, review("idea")).await.unwrap();
    let declined = decline("idea", 2);
    let first = office.give(&lead, declined.clone()).await.unwrap();
    let process = world.office().await;
    let repeated = process.give(&lead, declined.clone()).await.unwrap();
    assert_eq!((repeated.duplicate, repeated.commit_id), (true, first.commit_id));
    let feedback =
        Some(LocalizedText { he: FEEDBACK.replace("דיברנו", "שוחחנו"), ..Default::default() });
    let other = contract::portfolio::v1::DeclineInitiativeRequest { feedback, ..declined };
    assert_eq!(process.refusal(&lead, other).await, "COMMAND_ID_REUSED");
}
