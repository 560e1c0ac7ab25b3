//! Units belong to the ministry that parents and mergers lead to; people are known by sealed names.

use domain::{
    Role,
    reference::{
        org_unit::{Closed, Merged, OrgUnit, Renamed, UnitKind},
        person_access::{PersonAccess, Registered, RoleGranted},
    },
    scenario::{day, unit},
    values::{GrantId, Private},
};
use projection::Reference;
use read_model::rows::{self, Person, Sealed, SealedText};
use time::macros::date;

use crate::{
    Database, catch_up,
    events::{id, registered, text},
    writer::Writer,
};

#[tokio::test]
async fn a_unit_belongs_where_parents_and_mergers_lead() {
    let database = Database::new().await;
    let mut writer = Writer::new().await;
    let [moh, mow, hospital, ward, center] = [1, 2, 3, 4, 5].map(unit);
    let register = |kind, parent, code: &str| registered(code, kind, parent).into();
    for (at, event) in [
        (moh, register(UnitKind::Ministry, None, "MOH")),
        (mow, register(UnitKind::Ministry, None, "MOW")),
        (hospital, register(UnitKind::Auxiliary, Some(mow), "HOSP")),
        (ward, register(UnitKind::Department, Some(hospital), "WARD")),
        (center, register(UnitKind::Center, None, "PMO")),
    ] {
        writer.write::<OrgUnit>(at.uuid(), [event]).await;
    }
    let mut runner = database.begin(Reference, writer.log.clone()).await;
    catch_up(&mut runner).await.unwrap();
    let renamed = Renamed { name: text("משרד הבריאות"), from: day("2026-02-01") };
    writer.write::<OrgUnit>(moh.uuid(), [renamed.into()]).await;
    writer.write::<OrgUnit>(mow.uuid(), [Merged { into: moh, from: day("2026-03-01") }.into()]).await;
    writer.write::<OrgUnit>(ward.uuid(), [Closed { from: day("2026-04-01") }.into()]).await;
    catch_up(&mut runner).await.unwrap();

    let row = |at: domain::values::OrgUnitId, position, version, code: &str, kind: &str| rows::OrgUnit {
        org_unit_id: at.uuid(),
        version,
        position,
        code: code.to_owned(),
        kind: kind.to_owned(),
        name: named(code),
        parent_id: None,
        ministry_id: moh.uuid(),
        registered_from: date!(2026 - 01 - 01),
        ended: None,
        ended_from: None,
        merged_into_id: None,
    };
    let expected = [
        rows::OrgUnit { name: named("משרד הבריאות"), ..row(moh, 7, 2, "MOH", "MINISTRY") },
        rows::OrgUnit {
            ended: Some("MERGED".to_owned()),
            ended_from: Some(date!(2026 - 03 - 01)),
            merged_into_id: Some(moh.uuid()),
            ..row(mow, 8, 2, "MOW", "MINISTRY")
        },
        rows::OrgUnit { parent_id: Some(mow.uuid()), ..row(hospital, 4, 1, "HOSP", "AUXILIARY") },
        rows::OrgUnit {
            parent_id: Some(hospital.uuid()),
            ended: Some("CLOSED".to_owned()),
            ended_from: Some(date!(2026 - 04 - 01)),
            ..row(ward, 9, 2, "WARD", "DEPARTMENT")
        },
        rows::OrgUnit { ministry_id: center.uuid(), ..row(center, 6, 1, "PMO", "CENTER") },
    ];
    let mut units = database.rows::<rows::OrgUnit>(&Reference).await;
    units.sort_by_key(|unit| unit.org_unit_id);
    assert_eq!(units, expected);
}

fn named(he: &str) -> rows::Text {
    rows::Text { he: Some(he.to_owned()), en: None, ar: None, source_lang: "HE".to_owned() }
}

#[tokio::test]
async fn a_person_is_known_by_sealed_texts_of_the_last_registration() {
    let database = Database::new().await;
    let mut writer = Writer::new().await;
    let private = || Private { private_mac: "ab".repeat(32) };
    let register = |unit, email| Registered { display_name: private(), email, unit };
    let granted = RoleGranted {
        grant_id: GrantId::new(id(0x500)).unwrap(),
        role: Role::MinistryLead,
        org_unit: unit(1),
        from: day("2026-01-01"),
        to: None,
        may_import: false,
    };
    writer.write::<PersonAccess>(id(9), [granted.clone().into()]).await;
    writer.write::<PersonAccess>(id(9), [register(unit(1), Some(private())).into()]).await;
    writer.write::<PersonAccess>(id(9), [register(unit(2), None).into(), granted.into()]).await;
    catch_up(&mut database.begin(Reference, writer.log.clone()).await).await.unwrap();

    let people = database.rows::<Person>(&Reference).await;
    let event_id = people[0].event_id;
    let person = Person { person_id: id(9), version: 4, position: 4, org_unit_id: unit(2).uuid(), event_id };
    assert_eq!(people, [person]);
    let texts = database.rows::<SealedText>(&Reference).await;
    let last: Vec<_> = texts.iter().filter(|text| text.event_id == event_id).collect();
    let expected = SealedText {
        event_id,
        path: "/display_name".to_owned(),
        subject_id: id(9),
        subject: codec::subject::<PersonAccess>(id(9)).to_string(),
        position: 4,
        event_type: "PersonRegistered".to_owned(),
        schema: 1,
        sealed: Sealed {
            key_id: id(0x20),
            nonce: "bm9uY2U=".to_owned(),
            ciphertext: "Y2lwaGVydGV4dA==".to_owned(),
        },
    };
    assert_eq!((last, texts.len()), (vec![&expected], 3));
}
