//! Reference data, for everybody who is known here.

use sqlx::types::Json;

use super::Snapshot;
use crate::{Error, error::doing, rows::OrgUnit};

/// All units, the closed ones too, in the order of codes.
///
/// # Errors
/// The database does not answer in time.
pub async fn org_units(snapshot: &mut Snapshot) -> Result<Vec<OrgUnit>, Error> {
    let sql = "SELECT to_jsonb(u) FROM org_unit u ORDER BY u.code COLLATE \"C\", u.org_unit_id";
    let units = sqlx::query_scalar(sql).fetch_all(snapshot.connection());
    let units: Vec<Json<OrgUnit>> = doing("list units", units).await?;
    Ok(units.into_iter().map(|Json(unit)| unit).collect())
}
