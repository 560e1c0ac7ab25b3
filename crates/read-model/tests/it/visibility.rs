//! Row-level security: a reader sees what is theirs, and without saying who they are, nothing.

use read_model::{PORTFOLIO, Pool, Reading, Role, Scope, connect};
use sqlx::Row;
use uuid::Uuid;

use crate::{
    database,
    fixture::{card, entry, id, initiative, kpi, live_build, measurement},
};

/// Rows seen of the initiative, its card, its indicator, its measurement, its story, and by searching for it.
async fn seen(reader: &Pool, scope: &Scope) -> [i64; 6] {
    let mut reading = Reading::begin(reader, PORTFOLIO, scope).await.unwrap().unwrap();
    let counts = "SELECT (SELECT count(*) FROM initiative), (SELECT count(*) FROM initiative_card),
                         (SELECT count(*) FROM kpi), (SELECT count(*) FROM measurement),
                         (SELECT count(*) FROM timeline),
                         (SELECT count(*) FROM initiative JOIN find_initiatives('תור') USING (initiative_id))";
    let row = sqlx::query(counts).fetch_one(reading.connection()).await.unwrap();
    std::array::from_fn(|column| row.get(column))
}

#[tokio::test]
async fn a_reader_sees_what_is_theirs_and_nothing_without_a_scope() {
    let (_postgres, url, pool) = database().await;
    live_build(&pool, async |batch| {
        batch.add(&[initiative(1)]).await.unwrap();
        batch.add(&[card(1)]).await.unwrap();
        batch.add(&[kpi(1)]).await.unwrap();
        batch.add(&[measurement(1)]).await.unwrap();
        batch.add(&[entry(1)]).await.unwrap();
        batch.index_initiatives(&[id(1)]).await.unwrap();
    })
    .await;
    let reader = connect(&url, Role::Reader).await.unwrap();
    let ministries = |ids: &[Uuid]| Scope { ministries: ids.to_vec(), ..Scope::default() };
    let units = |ids: &[Uuid]| Scope { units: ids.to_vec(), ..Scope::default() };
    let person = |person| Scope { person: Some(person), ..Scope::default() };
    let government = Scope { government: true, ..Scope::default() };
    for theirs in [government, ministries(&[id(99), id(1)]), units(&[id(2)]), person(id(3)), person(id(4))] {
        assert_eq!(seen(&reader, &theirs).await, [1; 6], "{theirs:?}");
    }
    for others in [Scope::default(), ministries(&[id(99)]), units(&[id(1)]), person(id(9))] {
        assert_eq!(seen(&reader, &others).await, [0; 6], "{others:?}");
    }
}

#[tokio::test]
async fn a_reader_who_sets_nothing_at_all_sees_nothing_and_writes_nothing() {
    let (_postgres, url, pool) = database().await;
    live_build(&pool, async |batch| batch.add(&[initiative(1)]).await.unwrap()).await;
    let reader = connect(&url, Role::Reader).await.unwrap();
    let schema: String = sqlx::query_scalar("SELECT live FROM view").fetch_one(&reader).await.unwrap();
    let mut tx = reader.begin().await.unwrap();
    sqlx::query("SELECT set_config('search_path', $1, true)").bind(schema).execute(&mut *tx).await.unwrap();
    let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM initiative").fetch_one(&mut *tx).await.unwrap();
    assert_eq!(seen, 0);
    let refused = sqlx::query("DELETE FROM initiative").execute(&mut *tx).await.unwrap_err();
    assert_eq!(refused.as_database_error().unwrap().code().as_deref(), Some("42501"));
}
