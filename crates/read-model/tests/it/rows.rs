//! A row comes back as it was written, and its struct has the columns of its table.

use std::collections::BTreeSet;

use read_model::{
    Batch, Error, Reading,
    rows::{Initiative, InitiativeCard, Kpi, Measurement, Table, TimelineEntry},
};
use read_model::{PORTFOLIO, Role, Scope, connect};

use crate::{
    database,
    fixture::{card, entry, id, initiative, kpi, live_build, measurement},
};

#[tokio::test]
async fn every_row_comes_back_as_it_was_written() {
    let (_postgres, _url, pool) = database().await;
    let (_lease, build) = live_build(&pool, async |batch| {
        batch.add(&[initiative(1), initiative(2)]).await.unwrap();
        batch.add(&[card(1)]).await.unwrap();
        batch.add(&[kpi(1)]).await.unwrap();
        batch.add(&[measurement(1)]).await.unwrap();
        batch.add(&[entry(1)]).await.unwrap();
    })
    .await;
    let mut batch = Batch::begin(&pool, &build).await.unwrap();
    assert_eq!(batch.load::<Initiative>(&[id(2)]).await.unwrap(), [initiative(2)]);
    assert_eq!(batch.load::<InitiativeCard>(&[id(1)]).await.unwrap(), [card(1)]);
    assert_eq!(batch.load::<Kpi>(&[id(1)]).await.unwrap(), [kpi(1)]);
    assert_eq!(batch.load::<Measurement>(&[id(1)]).await.unwrap(), [measurement(1)]);
    assert_eq!(batch.load::<TimelineEntry>(&[id(1)]).await.unwrap(), [entry(1)]);
}

#[tokio::test]
async fn replacing_leaves_the_rows_of_other_keys() {
    let (_postgres, _url, pool) = database().await;
    let changed = Initiative { status: "STOPPED".to_owned(), ..initiative(1) };
    let (_lease, build) = live_build(&pool, async |batch| {
        batch.add(&[initiative(1), initiative(2)]).await.unwrap();
        batch.replace(std::slice::from_ref(&changed)).await.unwrap();
    })
    .await;
    let mut rows = Batch::begin(&pool, &build).await.unwrap().load_all::<Initiative>().await.unwrap();
    rows.sort_by_key(|row| row.initiative_id);
    assert_eq!(rows, [changed, initiative(2)]);
}

#[tokio::test]
async fn a_text_that_no_column_can_hold_is_refused_and_not_unavailable() {
    let (_postgres, _url, pool) = database().await;
    live_build(&pool, async |batch| {
        let row = Initiative { title_he: "nul \0".to_owned(), ..initiative(1) };
        let refused = batch.add(&[row]).await.unwrap_err();
        assert!(matches!(&refused, Error::Refused { code, .. } if code == "22P05"), "{refused:?}");
        *batch =
            Batch::begin(&pool, &read_model::Build::all(&pool, PORTFOLIO).await.unwrap()[0]).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_struct_has_exactly_the_columns_of_its_table() {
    let (_postgres, url, pool) = database().await;
    live_build(&pool, async |_| {}).await;
    let reader = connect(&url, Role::Reader).await.unwrap();
    let mut reading = Reading::begin(&reader, PORTFOLIO, &Scope::default()).await.unwrap().unwrap();
    for (table, fields) in [
        (Initiative::NAME, fields(&initiative(1))),
        (InitiativeCard::NAME, fields(&card(1))),
        (Kpi::NAME, fields(&kpi(1))),
        (Measurement::NAME, fields(&measurement(1))),
        (TimelineEntry::NAME, fields(&entry(1))),
    ] {
        let columns =
            "SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0";
        let columns: Vec<String> =
            sqlx::query_scalar(columns).bind(table).fetch_all(reading.connection()).await.unwrap();
        assert_eq!(fields, columns.into_iter().collect::<BTreeSet<_>>(), "{table}");
    }
}

fn fields(row: &impl Table) -> BTreeSet<String> {
    serde_json::to_value(row).unwrap().as_object().unwrap().keys().cloned().collect()
}
