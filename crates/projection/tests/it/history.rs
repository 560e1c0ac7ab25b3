//! What is told about different days: costs and confidence of imported initiatives, and the story of each.

use domain::{
    portfolio::framework::DeclineReason,
    portfolio::{
        framework::{Confidence, Origin, Stage},
        initiative::{
            Initiative,
            event::{
                ConfidenceAssessed, ConfidenceSelfReported, CostRecorded, Declined, Imported, Withdrawn,
            },
        },
    },
    scenario::unit,
    values::{Money, Private},
};
use projection::Portfolio;
use read_model::rows::{self, Cost, SealedText, TimelineEntry};
use serde_json::json;
use time::macros::{date, datetime};
use uuid::Uuid;

use crate::{
    Database, catch_up,
    events::{id, proposed, text},
    writer::Writer,
};

pub(crate) fn imported() -> Imported {
    Imported {
        title: text("יוזמה מיובאת"),
        summary: text("תקציר"),
        problem_statement: None,
        origin: Origin::MinistryPlan,
        lead_org_unit: unit(2),
        ministry: unit(1),
        stage: Stage::ImplementingProjects,
        tags: vec![],
        source_system: "gmpp".to_owned(),
        source_key: "DH_0001".to_owned(),
    }
}

fn pounds(minor_units: i64) -> Money {
    Money { currency: "GBP".to_owned(), minor_units }
}

fn cost(year: u16, whole_life: i64) -> CostRecorded {
    let (planned, forecast) = (Some(pounds(10)), Some(pounds(11)));
    CostRecorded { year, planned, forecast, whole_life: Some(pounds(whole_life)) }
}

fn assessed(rating: Option<Confidence>, source: &str) -> ConfidenceAssessed {
    ConfidenceAssessed { rating, findings: None, source_rating: Some(source.to_owned()) }
}

#[tokio::test]
async fn a_later_day_wins_over_an_earlier_one_whatever_was_recorded_first() {
    let database = Database::new().await;
    let mut writer = Writer::new().await;
    writer.effective_on = "2022-03-31";
    writer.write::<Initiative>(id(1), [imported().into()]).await;
    writer.effective_on = "2025-03-31";
    writer.write::<Initiative>(id(1), [cost(2025, 900).into(), assessed(None, "Reset").into()]).await;
    let own = ConfidenceSelfReported { rating: Confidence::Green, note: None };
    writer.write::<Initiative>(id(1), [own.into()]).await;
    writer.effective_on = "2023-03-31";
    let earlier = [cost(2023, 500).into(), assessed(Some(Confidence::Amber), "Amber/Red").into()];
    writer.write::<Initiative>(id(1), earlier).await;
    let own = ConfidenceSelfReported { rating: Confidence::Red, note: None };
    writer.write::<Initiative>(id(1), [own.into()]).await;
    catch_up(&mut database.begin(Portfolio, writer.log).await).await.unwrap();

    let [line] = database.rows::<rows::Initiative>(&Portfolio).await.try_into().unwrap();
    assert_eq!(line.whole_life_cost, Some(rows::Money { currency: "GBP".to_owned(), minor_units: 900 }));
    assert_eq!(
        (line.confidence_independent, line.confidence_source_rating.as_deref(), line.confidence_on),
        (None, Some("Reset"), Some(date!(2025 - 03 - 31)))
    );
    assert_eq!(line.confidence_self.as_deref(), Some("GREEN"));
    assert_eq!(line.reported_years, [2023, 2025]);
    assert_eq!((line.proposed_on, line.source_key.as_deref()), (date!(2022 - 03 - 31), Some("DH_0001")));
    assert_eq!((line.status.as_str(), line.stage_order, line.proposer_id), ("ACTIVE", 4, None));

    let mut costs = database.rows::<Cost>(&Portfolio).await;
    costs.sort_by_key(|cost| cost.effective_on);
    let pounds = |minor_units| Some(rows::Money { currency: "GBP".to_owned(), minor_units });
    let earlier = Cost {
        event_id: costs[0].event_id,
        initiative_id: id(1),
        position: 5,
        effective_on: date!(2023 - 03 - 31),
        year: 2023,
        planned: pounds(10),
        forecast: pounds(11),
        whole_life: pounds(500),
    };
    let later = Cost {
        event_id: costs[1].event_id,
        position: 3,
        effective_on: date!(2025 - 03 - 31),
        year: 2025,
        whole_life: pounds(900),
        ..earlier.clone()
    };
    assert_eq!(costs, [earlier, later]);

    let mut told = database.rows::<rows::Confidence>(&Portfolio).await;
    told.sort_by_key(|told| (told.effective_on, told.independent));
    let statement = |told: &rows::Confidence| {
        (told.effective_on, told.independent, told.rating.clone(), told.source_rating.clone(), told.position)
    };
    let some = |text: &str| Some(text.to_owned());
    let (early, late) = (date!(2023 - 03 - 31), date!(2025 - 03 - 31));
    let expected = [
        (early, false, some("RED"), None, 6),
        (early, true, some("AMBER"), some("Amber/Red"), 5),
        (late, false, some("GREEN"), None, 4),
        (late, true, None, some("Reset"), 3),
    ];
    assert_eq!(told.iter().map(statement).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn the_story_tells_each_event_without_its_private_texts() {
    let database = Database::new().await;
    let mut writer = Writer::new().await;
    writer.write::<Initiative>(id(1), [proposed().into()]).await;
    let declined = Declined {
        reason_code: DeclineReason::OutOfScope,
        feedback: Private { private_mac: "ab".repeat(32) },
        similar_initiative: None,
    };
    writer.write::<Initiative>(id(1), [declined.into(), Withdrawn {}.into()]).await;
    catch_up(&mut database.begin(Portfolio, writer.log).await).await.unwrap();

    let mut story = database.rows::<TimelineEntry>(&Portfolio).await;
    story.sort_by_key(|entry| entry.version);
    let entry = |event_id: Uuid, version, kind: &str, data| TimelineEntry {
        event_id,
        initiative_id: id(1),
        position: 3,
        version,
        r#type: kind.to_owned(),
        schema: 1,
        recorded_at: datetime!(2026-11-24 08:00 UTC),
        effective_on: date!(2026 - 11 - 24),
        actor_role: "MINISTRY_LEAD".to_owned(),
        actor_person_id: Some(domain::scenario::person(1).uuid()),
        actor_system: None,
        actor_unit_id: Some(unit(1).uuid()),
        on_behalf_of_id: None,
        data,
    };
    let expected = [
        entry(story[1].event_id, 2, "InitiativeDeclined", json!({ "reason_code": "OUT_OF_SCOPE" })),
        entry(story[2].event_id, 3, "InitiativeWithdrawn", json!({})),
    ];
    assert_eq!(story[1..], expected);
    assert_eq!(story[0].data["title"], json!({ "he": "תור דיגיטלי למרפאות", "source_lang": "HE" }));

    let texts = database.rows::<SealedText>(&Portfolio).await;
    let sealed = SealedText {
        event_id: story[1].event_id,
        path: "/feedback".to_owned(),
        subject_id: id(1),
        subject: codec::subject::<Initiative>(id(1)).to_string(),
        position: 3,
        event_type: "InitiativeDeclined".to_owned(),
        schema: 1,
        sealed: rows::Sealed {
            key_id: id(0x20),
            nonce: "bm9uY2U=".to_owned(),
            ciphertext: "Y2lwaGVydGV4dA==".to_owned(),
        },
    };
    assert_eq!(texts, [sealed]);
}

#[tokio::test]
async fn an_initiative_is_found_by_its_words_as_they_now_stand() {
    let database = Database::new().await;
    let mut writer = Writer::new().await;
    writer.write::<Initiative>(id(1), [proposed().into()]).await;
    writer.write::<Initiative>(id(2), [imported().into()]).await;
    let changes = domain::portfolio::initiative::event::Details {
        title: Some(text("ניהול המידע במשרדים")),
        ..Default::default()
    };
    let revised = domain::portfolio::initiative::event::DetailsRevised { changes };
    writer.write::<Initiative>(id(1), [revised.into()]).await;
    catch_up(&mut database.begin(Portfolio, writer.log).await).await.unwrap();

    let mut tx = database.pool.begin().await.unwrap();
    let path = "SELECT set_config('search_path', $1 || ', public', true)";
    sqlx::query(path).bind(&database.build(&Portfolio).await.schema).execute(&mut *tx).await.unwrap();
    for (words, expected) in [
        ("מידע", vec![id(1)]),
        ("תור", vec![]),
        ("תקציר", vec![id(1), id(2)]),
        ("INI-2026-00002", vec![id(2)]),
        ("dh_0001", vec![id(2)]),
        ("dh%0001", vec![]),
        ("רדים", vec![]),
    ] {
        let find = "SELECT initiative_id FROM find_initiatives($1) ORDER BY 1";
        let found: Vec<Uuid> = sqlx::query_scalar(find).bind(words).fetch_all(&mut *tx).await.unwrap();
        assert_eq!(found, expected, "{words}");
    }
}
