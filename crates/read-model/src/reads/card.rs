//! The card of one initiative: everything that hangs on it.

use serde::de::DeserializeOwned;
use sqlx::types::Json;
use uuid::Uuid;

use super::{Line, Snapshot, lines};
use crate::{
    Error,
    build::unsigned,
    error::doing,
    rows::{Confidence, Cost, Initiative, InitiativeCard, Kpi, Measurement, SealedText, TimelineEntry},
};

/// One initiative with its whole story, without what is hidden from its reader.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    pub line: Line,
    pub card: InitiativeCard,
    /// In the order of definition.
    pub kpis: Vec<Kpi>,
    /// By day.
    pub measurements: Vec<Measurement>,
    /// By year, then as told.
    pub costs: Vec<Cost>,
    /// By the day for which they hold.
    pub confidences: Vec<Confidence>,
    /// In the order of the log.
    pub timeline: Vec<TimelineEntry>,
    /// In the order of the log.
    pub sealed_texts: Vec<SealedText>,
    /// The position of a commit that could not be applied: the card is true up to the one before it.
    pub quarantined_at: Option<u64>,
}

/// The card of an initiative; `None` when there is none, or none in scope.
///
/// # Errors
/// The database does not answer in time.
pub async fn card(snapshot: &mut Snapshot, id: Uuid) -> Result<Option<Card>, Error> {
    const STORED: &str = "SELECT to_jsonb(i) FROM initiative i WHERE i.initiative_id = $1";
    const CARD: &str = "SELECT to_jsonb(c) FROM initiative_card c WHERE c.initiative_id = $1";
    const KPIS: &str = "SELECT to_jsonb(k) FROM kpi k WHERE k.initiative_id = $1 ORDER BY k.ordinal";
    const MEASUREMENTS: &str =
        "SELECT to_jsonb(m) FROM measurement m WHERE m.initiative_id = $1 ORDER BY m.measured_on";
    const COSTS: &str = "SELECT to_jsonb(c) FROM cost c WHERE c.initiative_id = $1
                          ORDER BY c.year, c.effective_on, c.position, c.event_id";
    const CONFIDENCES: &str = "SELECT to_jsonb(c) FROM confidence c WHERE c.initiative_id = $1
                                ORDER BY c.effective_on, c.position, c.event_id";
    const TIMELINE: &str = "SELECT to_jsonb(t) FROM timeline t WHERE t.initiative_id = $1 ORDER BY t.version";
    const SEALED: &str = "SELECT to_jsonb(s) FROM sealed_text s WHERE s.subject_id = $1 ORDER BY s.position, s.event_id, s.path";

    let stored: Vec<Initiative> = rows(snapshot, STORED, id).await?;
    let card = rows(snapshot, CARD, id).await?.into_iter().next();
    let line = lines(snapshot, &[id], None).await?.remove(&id);
    let (Some(stored), Some(card), Some(line)) = (stored.into_iter().next(), card, line) else {
        return Ok(None);
    };
    let mut timeline = rows(snapshot, TIMELINE, id).await?;
    snapshot.audience.conceal_story(&stored, &mut timeline);
    Ok(Some(Card {
        line,
        card,
        kpis: rows(snapshot, KPIS, id).await?,
        measurements: rows(snapshot, MEASUREMENTS, id).await?,
        costs: rows(snapshot, COSTS, id).await?,
        confidences: rows(snapshot, CONFIDENCES, id).await?,
        timeline,
        sealed_texts: rows(snapshot, SEALED, id).await?,
        quarantined_at: quarantined_at(snapshot, id).await?,
    }))
}

async fn rows<T: DeserializeOwned + Send + Unpin + 'static>(
    snapshot: &mut Snapshot,
    sql: &'static str,
    id: Uuid,
) -> Result<Vec<T>, Error> {
    let found = sqlx::query_scalar(sql).bind(id).fetch_all(snapshot.connection());
    let found: Vec<Json<T>> = doing("read the card of an initiative", found).await?;
    Ok(found.into_iter().map(|Json(row)| row).collect())
}

async fn quarantined_at(snapshot: &mut Snapshot, id: Uuid) -> Result<Option<u64>, Error> {
    let sql = "SELECT position FROM quarantine WHERE subject = 'cs.portfolio.initiative.' || $1::uuid::text";
    let found = sqlx::query(sql).bind(id).try_map(|row| unsigned(&row, "position"));
    doing("look for an initiative in quarantine", found.fetch_optional(snapshot.connection())).await
}
