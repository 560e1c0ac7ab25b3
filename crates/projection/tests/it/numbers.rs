//! Human numbers count the creations of a civil year in Jerusalem.

use domain::portfolio::initiative::{Initiative, event::Withdrawn};
use projection::Portfolio;
use read_model::rows;

use crate::{
    Database, catch_up,
    events::{id, proposed},
    history::imported,
    writer::Writer,
};

#[tokio::test]
async fn the_year_changes_at_midnight_in_jerusalem_and_imports_count_when_recorded() {
    let database = Database::new().await;
    let mut writer = Writer::new().await;
    writer.recorded_at = "2026-12-31T21:59:59.999999Z";
    writer.write::<Initiative>(id(3), [proposed().into()]).await;
    writer.effective_on = "2024-03-31";
    writer.write::<Initiative>(id(1), [imported().into(), Withdrawn {}.into()]).await;
    writer.recorded_at = "2026-12-31T22:00:00.000000Z";
    writer.write::<Initiative>(id(2), [proposed().into()]).await;
    let mut runner = database.begin(Portfolio, writer.log.clone()).await;
    catch_up(&mut runner).await.unwrap();
    writer.write::<Initiative>(id(4), [proposed().into()]).await;
    catch_up(&mut runner).await.unwrap();
    let mut lines = database.rows::<rows::Initiative>(&Portfolio).await;
    lines.sort_by_key(|line| line.number_order);
    let numbers: Vec<_> = lines.into_iter().map(|line| (line.number, line.initiative_id)).collect();
    let expected =
        [("INI-2026-00001", 3), ("INI-2026-00002", 1), ("INI-2027-00001", 2), ("INI-2027-00002", 4)];
    assert_eq!(numbers, expected.map(|(number, n)| (number.to_owned(), id(n))));
}
